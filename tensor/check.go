package tensor

import "github.com/lamina-ml/lamina/internal/device"

// checkRange checks that the values of x are in the range of c. If the device knows the values, it panics with the
// error of c and returns true; otherwise it returns false, and a later wait panics.
func checkRange(x Tensor, c device.Check) (known bool) {
	h := x.header()
	r := h.store.dev.Check(&h.Array, c)
	if r.Failed {
		checkDeviceError(r.Err(&h.Array, c))
	}
	return r.Known
}

// checkDeviceError panics if a device returned an error: for a failed check, with the *Error of the operation that
// made the check.
func checkDeviceError(err error) {
	e, ok := err.(*device.RangeError)
	if !ok {
		if err != nil {
			fail("device", err.Error())
		}
		return
	}
	out := &Error{Op: e.Op, Msg: e.Message(), Layer: e.Layer}
	for _, s := range e.Shapes {
		if s.Rank >= 0 {
			out.Shapes = append(out.Shapes, Shape{rank: s.Rank, dims: s.Dims})
		}
	}
	panic(out)
}

// deviceShape returns s in the form that a device keeps for errors.
func (s Shape) deviceShape() device.Shape { return device.Shape{Rank: s.rank, Dims: s.dims} }

// checkIndex checks that the elements of an index into dimension dim of x, of size n, are between 0 and n−1.
func checkIndex(op string, index Tensor, dim, n int, x Shape) {
	checkRange(index, device.Check{Op: op, Hi: float64(n - 1), Format: outsideDimension, Args: [2]int{dim, n},
		Shapes: [2]device.Shape{x.deviceShape(), index.Shape().deviceShape()}})
}

const outsideDimension = "index %d at element %d is outside dimension %d of size %[4]d"

// CheckClasses checks that each element of target, int64 class numbers, is between 0 and classes−1 or is ignore, and
// reports whether ignore may occur. Losses use it: the error names op, and the shape of the scores. On a CPU it panics
// at once; on a device that works asynchronously, the next wait panics.
func CheckClasses(op string, target Tensor, classes int, ignore int64, scores Shape) (ignored bool) {
	c := device.Check{Op: op, Hi: float64(classes - 1), Skip: ignore, HasSkip: true,
		Format: "target %d of row %d is not one of %d classes, 0 to %[4]d", Args: [2]int{classes, classes - 1},
		Shapes: [2]device.Shape{scores.deviceShape(), target.Shape().deviceShape()}}
	if !checkRange(target, c) {
		return true
	}
	if ignore >= 0 && ignore < int64(classes) {
		return true
	}
	c.HasSkip = false
	h := target.header()
	return h.store.dev.Check(&h.Array, c).Failed
}
