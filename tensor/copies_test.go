package tensor_test

import (
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestCopiesThatChangeNothing: ops that copy in PyTorch copy here too, even if all elements stay the same: a write to
// the result does not change the input.
func TestCopiesThatChangeNothing(t *testing.T) {
	onDevices(t, func(t *testing.T, o tensor.Options) {
		for name, f := range map[string]func(x tensor.Tensor) tensor.Tensor{
			"Repeat":                      func(x tensor.Tensor) tensor.Tensor { return x.Repeat(1, 1) },
			"Repeat with more dimensions": func(x tensor.Tensor) tensor.Tensor { return x.Repeat(1, 1, 1) },
			"Repeat of one element":       func(x tensor.Tensor) tensor.Tensor { return x.Narrow(0, 0, 1).Narrow(1, 0, 1).Repeat(3, 2) },
			"RepeatInterleave":            func(x tensor.Tensor) tensor.Tensor { return x.RepeatInterleave(1, 0) },
			"RepeatInterleave of one": func(x tensor.Tensor) tensor.Tensor {
				return x.Narrow(0, 0, 1).Narrow(1, 0, 1).RepeatInterleave(3, 0)
			},
			"Roll by nothing":     func(x tensor.Tensor) tensor.Tensor { return x.Roll(0, 0) },
			"Roll by the size":    func(x tensor.Tensor) tensor.Tensor { return x.Roll(3, 1) },
			"Roll of one element": func(x tensor.Tensor) tensor.Tensor { return x.Narrow(0, 0, 1).Roll(5, 0) },
			"Pad":                 func(x tensor.Tensor) tensor.Tensor { return x.Pad(1, 0, 0) },
			"Pad with no sides":   func(x tensor.Tensor) tensor.Tensor { return x.Pad(1) },
			"Pad that cuts":       func(x tensor.Tensor) tensor.Tensor { return x.Pad(1, -1, 0) },
			"PadReflect":          func(x tensor.Tensor) tensor.Tensor { return x.PadReflect(0, 0) },
			"PadReplicate":        func(x tensor.Tensor) tensor.Tensor { return x.PadReplicate(0, 0) },
			"PadCircular":         func(x tensor.Tensor) tensor.Tensor { return x.PadCircular(0, 0) },
			"PadCircular that cuts": func(x tensor.Tensor) tensor.Tensor {
				return x.PadCircular(-1, 0)
			},
			"Flip":          func(x tensor.Tensor) tensor.Tensor { return x.Narrow(0, 0, 1).Flip(0) },
			"Clamp":         func(x tensor.Tensor) tensor.Tensor { return x.Clamp(-1e9, 1e9) },
			"Cat":           func(x tensor.Tensor) tensor.Tensor { return tensor.Cat(0, x) },
			"Cat and empty": func(x tensor.Tensor) tensor.Tensor { return tensor.Cat(0, x.NewZeros(0), x) },
			"Stack":         func(x tensor.Tensor) tensor.Tensor { return tensor.Stack(0, x) },
			"IndexSelect":   func(x tensor.Tensor) tensor.Tensor { return x.IndexSelect(0, x.NewZeros(2).Cast(tensor.Int64)) },
			"Where":         func(x tensor.Tensor) tensor.Tensor { return tensor.Where(x.Equal(x), x, x) },
			"Sum":           func(x tensor.Tensor) tensor.Tensor { return x.Select(0, 0).Select(0, 0).Sum() },
			"Max":           func(x tensor.Tensor) tensor.Tensor { return x.Select(0, 0).Select(0, 0).Max() },
			"MaxDim": func(x tensor.Tensor) tensor.Tensor {
				y, _ := x.Select(0, 0).Select(0, 0).MaxDim(0)
				return y
			},
			"TopK": func(x tensor.Tensor) tensor.Tensor {
				y, _ := x.Select(0, 0).Select(0, 0).TopK(1, 0, true)
				return y
			},
			"Sort": func(x tensor.Tensor) tensor.Tensor {
				y, _ := x.Select(0, 0).Select(0, 0).Sort(0, false)
				return y
			},
			"Unique": func(x tensor.Tensor) tensor.Tensor {
				y, _, _ := x.Unique()
				return y
			},
			"CumSum":      func(x tensor.Tensor) tensor.Tensor { return x.Narrow(0, 0, 1).CumSum(0) },
			"Tril":        func(x tensor.Tensor) tensor.Tensor { return x.Tril(9) },
			"MaskedFill":  func(x tensor.Tensor) tensor.Tensor { return x.MaskedFill(x.Less(x), 0) },
			"AddScalar":   func(x tensor.Tensor) tensor.Tensor { return x.AddScalar(0) },
			"PowScalar":   func(x tensor.Tensor) tensor.Tensor { return x.PowScalar(1) },
			"Norm":        func(x tensor.Tensor) tensor.Tensor { return x.Select(0, 0).Select(0, 0).Norm(1) },
			"ClampTensor": func(x tensor.Tensor) tensor.Tensor { return x.ClampTensor(x, x) },
		} {
			x := o.Zeros(2, 3)
			y := f(x)
			y.FillInPlace(7)
			if got := x.Max().Item(); got != 0 {
				t.Errorf("%s: a write to the result changes the input to %v", name, x)
			}
		}
		// Ops that return the tensor itself or a view in PyTorch do so here.
		for name, f := range map[string]func(x tensor.Tensor) tensor.Tensor{
			"Cast":       func(x tensor.Tensor) tensor.Tensor { return x.Cast(x.DType()) },
			"Contiguous": func(x tensor.Tensor) tensor.Tensor { return x.Contiguous() },
			"Reshape":    func(x tensor.Tensor) tensor.Tensor { return x.Reshape(2, 3) },
			"Expand":     func(x tensor.Tensor) tensor.Tensor { return x.Expand(-1, -1) },
			"Squeeze":    func(x tensor.Tensor) tensor.Tensor { return x.Squeeze() },
			"Narrow":     func(x tensor.Tensor) tensor.Tensor { return x.Narrow(0, 0, 2) },
			"Chunk":      func(x tensor.Tensor) tensor.Tensor { return x.Chunk(1, 0)[0] },
			"Flatten":    func(x tensor.Tensor) tensor.Tensor { return x.Flatten(0) },
			"To":         func(x tensor.Tensor) tensor.Tensor { return x.To(x.Device()) },
		} {
			x := o.Zeros(2, 3)
			f(x).FillInPlace(7)
			if got := x.Min().Item(); got != 7 {
				t.Errorf("%s: a write to the result does not reach the input", name)
			}
		}
	})
}
