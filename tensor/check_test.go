package tensor_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestValuesOutOfRange: values that an operation must not have are the same error on every device: at once where the
// device knows them, else at the next wait. The device goes on working.
func TestValuesOutOfRange(t *testing.T) {
	for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
		ints := func(v ...int64) tensor.Tensor {
			return tensor.FromAs(tensor.Options{DType: tensor.Int64, Device: dev}, v)
		}
		floats := func(v ...float64) tensor.Tensor { return tensor.FromAs(tensor.Options{Device: dev}, v) }
		x := floats(1, 2, 3)
		words := nn.NewEmbedding(rng.NewTorch(1), 5, 2)
		nn.To(words, dev)
		nine := 9
		for text, f := range map[string]func() tensor.Tensor{
			"index_select: index 3 at element 1 is outside dimension 0 of size 3: (3,) × (2,)": func() tensor.Tensor { return x.IndexSelect(0, ints(0, 3)) },
			"gather: index -1 at element 0 is outside dimension 0 of size 3: (3,) × (2,)":      func() tensor.Tensor { return x.Gather(0, ints(-1, 0)) },
			"index: index -4 at element 2 is outside dimension 0 of size 3: (3,) × (3,)":       func() tensor.Tensor { return x.Index(ints(-3, 2, -4)) },
			"embedding: index 5 at element 0 is outside the 5 rows: (1,) × (5, 2)":             func() tensor.Tensor { return words.Forward(ints(5)) },
			"cross_entropy: target 3 of row 1 is not one of 3 classes, 0 to 2: (2, 3) × (2,)": func() tensor.Tensor {
				return nn.CrossEntropyLoss{IgnoreIndex: &nine}.Forward(x.Unsqueeze(0).Expand(2, 3), ints(9, 3))
			},
			"binary_cross_entropy: the prediction 1.5 at element 1 is not between 0 and 1: (2,) × (2,)": func() tensor.Tensor { return nn.BCE(floats(1, 1.5), floats(0, 1)) },
			"binary_cross_entropy: the prediction NaN at element 0 is not between 0 and 1: (1,) × (1,)": func() tensor.Tensor { return nn.BCE(floats(math.NaN()), floats(0)) },
			"binary_cross_entropy: the target -1 at element 0 is not between 0 and 1: (1,) × (1,)":      func() tensor.Tensor { return nn.BCE(floats(1), floats(-1)) },
		} {
			err := tensor.Try(func() { f().Float64s() })
			if e, ok := err.(*tensor.Error); !ok || (&tensor.Error{Op: e.Op, Msg: e.Msg, Shapes: e.Shapes}).Error() != text {
				t.Errorf("%s: the error is %v, want %s", dev, err, text)
			}
			err = tensor.Try(func() { f(); dev.Synchronize() })
			if e, ok := err.(*tensor.Error); !ok || (&tensor.Error{Op: e.Op, Msg: e.Msg, Shapes: e.Shapes}).Error() != text {
				t.Errorf("%s, Synchronize: the error is %v, want %s", dev, err, text)
			}
			dev.Synchronize()
			holds(t, "afterwards", x.Index(ints(-3, 2)).Float32s(), []float32{1, 3})
		}
		ignored := nn.CrossEntropyLoss{IgnoreIndex: &nine}.Forward(x.Unsqueeze(0).Expand(2, 3), ints(9, 2))
		holds(t, "an ignored class", ignored.Float64s(), nn.CrossEntropyLoss{}.Forward(x.Unsqueeze(0), ints(2)).Float64s())
	}
}
