package tensor

// PromoteTypes returns the smallest type that holds both, as torch.promote_types does: a float wins over an integer,
// an integer over a boolean, then the wider type; bfloat16 with float16 gives float32.
func PromoteTypes(a, b DType) DType { return promote(a, b) }

// ResultType returns the type in which an operation computes xs, as torch.result_type does: the promoted type of all
// arrays. A tensor without dimensions counts only if its kind (boolean, integer, float) is higher than that of every
// array. It panics without tensors.
func ResultType(xs ...Tensor) DType {
	if len(xs) == 0 {
		fail("result_type", "at least one tensor is needed")
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
