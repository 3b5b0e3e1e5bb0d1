package nn_test

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// ForwardWeights gives what Forward gives: in 16 bits, where both compute in float32, and for padding of NaN that a
// mask of −∞ hides.
func TestForwardWeightsIsForward(t *testing.T) {
	for _, dt := range []tensor.DType{tensor.Float32, tensor.BFloat16} {
		l := nn.MultiheadAttentionConfig{DType: dt, BatchFirst: true}.New(rng.NewTorch(1), 8, 2)
		x := tensor.Options{}.RandN(rng.NewTorch(2), 2, 5, 8).Cast(dt)
		padded := x.Clone()
		padded.Narrow(1, 4, 1).FillInPlace(math.NaN())
		mask := tensor.Zeros(5, 5)
		mask.Narrow(1, 4, 1).FillInPlace(math.Inf(-1))
		value := padded.Clone()
		value.Narrow(1, 4, 1).FillInPlace(0) // 0·NaN is NaN
		m := nn.AttentionMask{Mask: mask}
		want := l.Forward(x, padded, value, m)
		got, weights := l.ForwardWeights(x, padded, value, m, true)
		tol := 1e-6
		if dt == tensor.BFloat16 {
			tol = 1.0 / 256 // both round to 16 bits
		}
		if d := got.Sub(want).Abs().Max().Item(); !(d <= tol) {
			t.Errorf("%v: the results differ by %v", dt, d)
		}
		if hidden := weights.Narrow(3, 4, 1).Abs().Max().Item(); hidden != 0 || weights.DType() != dt {
			t.Errorf("%v: a hidden key has the weight %v of type %v", dt, hidden, weights.DType())
		}
	}
}
