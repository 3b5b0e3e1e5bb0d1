package nn_test

import (
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestBatchNormInPlace compares ForwardInPlace with Forward, bit for bit, and checks whose memory the result has: x's in
// evaluation in a step that does not record, in other cases its own.
func TestBatchNormInPlace(t *testing.T) {
	g := rng.NewTorch(3)
	for _, size := range []int{1, 3, 8} { // rows of 9 elements are computed in another order
		for _, act := range []tensor.Activation{tensor.NoActivation, tensor.ReLU} {
			l := nn.BatchNormConfig{Activation: act}.New2d(5)
			l.RunningMean.CopyFrom(tensor.Options{}.RandN(g, 5))
			l.RunningVar.CopyFrom(tensor.Options{}.Rand(g, 5))
			data := tensor.Options{}.RandN(g, 2, 5, size, size)
			for _, c := range []struct {
				name                        string
				training, records, observed bool
				dtype                       tensor.DType
				inPlace                     bool
			}{
				{name: "evaluation", inPlace: size != 3},
				{name: "training", training: true},
				{name: "a step that records", records: true},
				{name: "an observer", observed: true},
				{name: "bfloat16", dtype: tensor.BFloat16},
			} {
				if c.training && size == 1 {
					continue
				}
				l.SetTraining(c.training)
				s := tensor.NewScope(tensor.CPU())
				s.SetRecording(c.records)
				if c.observed {
					s.Observe(func(any, []tensor.Tensor, []tensor.Tensor) {})
				}
				x := data.Cast(c.dtype).InScope(s).Clone()
				want := l.Forward(x).Keep()
				y := l.ForwardInPlace(x)
				if d := y.Sub(want.InScope(s)).Abs().Max().Item(); d != 0 {
					t.Errorf("size %d, %s: the results differ by %v", size, c.name, d)
				}
				if got := tensor.SharesMemory(x, y); got != c.inPlace {
					t.Errorf("size %d, %s: the result is in x's memory: %v, want %v", size, c.name, got, c.inPlace)
				}
				s.Recycle()
			}
		}
	}
}
