package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// TestCTCGolden compares the reductions, and the gradients of log-probabilities, with PyTorch's.
func TestCTCGolden(t *testing.T) {
	var file struct {
		CTC []struct {
			Lengths, Inputs []int
			Blank           int
			Reduction       string
			Zero            bool
			X, Y, Grad      packed
		}
	}
	golden(t, "recurrent", &file)
	if len(file.CTC) == 0 {
		t.Fatal("there are no cases")
	}
	for _, c := range file.CTC {
		targets := tensor.From([]int64{1, 1, 2, 3, 1, 2, 2, 2, 2}, 3, 3)
		if len(c.X.Shape) == 2 {
			targets = targets.Select(0, 0)
		}
		x := c.X.on(tensor.CPU()).SetRequiresGrad(true)
		l := nn.CTCLoss{Blank: c.Blank, Reduction: attrs{"reduction": c.Reduction}.reduction(), ZeroInfinity: c.Zero}
		y := l.Forward(x, targets, c.Inputs, c.Lengths)
		name := fmt.Sprintf("%s %v %v %s %v", c.X.DType, c.Lengths, c.Inputs, c.Reduction, c.Zero)
		if err := c.Y.differs(y, 64); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		n := y.Len()
		w := tensor.Options{DType: x.DType()}.Linspace(0.5, 1.5, n).ReshapeTo(y.Shape())
		y.Mul(w).Sum().Backward()
		if err := c.Grad.near(x.Grad(), 64, 1); err != nil {
			t.Errorf("%s: gradient: %v", name, err)
		}
	}
}

// On a device without a kernel the values are the same.
func TestCTCOnEveryDevice(t *testing.T) {
	for _, d := range devices {
		x := tensor.Zeros(2, 2, 3).LogSoftmax(2).To(d)
		y := nn.CTCLoss{Reduction: nn.None}.Forward(x, tensor.From([]int64{1, 1, 2}).To(d), []int{2, 2}, []int{2, 1}).Float32s()
		if !math.IsInf(float64(y[0]), 1) || math.Abs(float64(y[1])-math.Log(3)) > 1e-6 { // "1 1" needs a blank; "2" has three paths of nine
			t.Errorf("%v: %v", d, y)
		}
	}
}

func TestCTCAllocations(t *testing.T) {
	x, targets := tensor.Zeros(9, 2, 4).SetRequiresGrad(true), tensor.From([]int64{1, 2, 3, 3}, 2, 2)
	inputs, lengths := []int{9, 7}, []int{2, 1}
	s := tensor.NewScope(tensor.CPU())
	step := func() {
		s.Recycle()
		nn.CTCLoss{}.Forward(x.InScope(s).LogSoftmax(2), targets.InScope(s), inputs, lengths).Backward()
	}
	for range 4 {
		step()
	}
	if n := tensortest.AllocsPerRun(20, step); n > 0 {
		t.Errorf("%v allocations in a steady step", n)
	}
}

func ExampleCTCLoss() {
	log := tensor.Zeros(5, 1, 3).LogSoftmax(2) // five steps of one sample: all classes are equally probable
	loss := nn.CTCLoss{}.Forward(log, tensor.From([]int64{1, 2}), []int{5}, []int{2})
	fmt.Println(loss)
	// Output: tensor(0.9689)
}
