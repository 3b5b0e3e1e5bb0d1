package metrics

import (
	"math"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestCalibrationError compares with a hand calculation: two samples of 0.9 with one correct, and two of 0.6, both correct.
func TestCalibrationError(t *testing.T) {
	p := tensor.From([]float32{0.9, 0.1, 0.1, 0.9, 0.6, 0.4, 0.4, 0.6}, 4, 2)
	y := tensor.From([]int64{0, 0, 0, 1})
	var all, first, second CalibrationError
	all.Add(p, y)
	want := 2./4*math.Abs(0.5-0.9) + 2./4*math.Abs(1-0.6)
	if got := all.Value(); math.Abs(got-want) > 1e-6 {
		t.Errorf("error %v, want %v", got, want)
	}
	first.Add(p.Narrow(0, 0, 1), y.Narrow(0, 0, 1))
	second.Add(p.Narrow(0, 1, 3), y.Narrow(0, 1, 3))
	first.Merge(&second)
	if first.Value() != all.Value() {
		t.Errorf("merged: %v, want %v", first.Value(), all.Value())
	}
	if !math.IsNaN(new(CalibrationError).Value()) {
		t.Error("without samples the error is not NaN")
	}
	for _, f := range []func(){
		func() { all.Add(p, tensor.From([]int64{0, 0, 0, 2})) },
		func() { all.Add(p.MulScalar(2), y) },
		func() { all.Add(p, tensor.From([]int64{0})) },
	} {
		func() {
			defer func() {
				if _, ok := recover().(*tensor.Error); !ok {
					t.Error("no *tensor.Error")
				}
			}()
			f()
		}()
	}
}
