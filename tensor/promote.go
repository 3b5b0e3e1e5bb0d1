package tensor

// PromoteTypes returns the smallest type that holds both, as torch.promote_types does: floats win over integers, integers over
// booleans, then the wider one; bfloat16 with float16 gives float32.
func PromoteTypes(a, b DType) DType { return promote(a, b) }

// ResultType returns the type that an operation computes xs in, as torch.result_type does: that of all arrays together. A tensor
// without dimensions counts only where it is of a higher kind (boolean, integer, float) than every array.
func ResultType(xs ...Tensor) DType {
	if len(xs) == 0 {
		fail("result_type", "there are no tensors")
	}
	return resultType(xs)
}

func resultType(xs []Tensor) DType {
	var arrays, numbers DType
	anyArray, anyNumber := false, false
	for _, x := range xs {
		dt := x.DType()
		switch {
		case x.h.Rank > 0 && !anyArray:
			arrays, anyArray = dt, true
		case x.h.Rank > 0:
			arrays = promote(arrays, dt)
		case !anyNumber:
			numbers, anyNumber = dt, true
		default:
			numbers = promote(numbers, dt)
		}
	}
	switch {
	case !anyArray:
		return numbers
	case !anyNumber || outranks(arrays, numbers):
		return arrays
	}
	return promote(arrays, numbers)
}
