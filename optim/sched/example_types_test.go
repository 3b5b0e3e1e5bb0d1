package sched_test

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/tensor"
)

// twoOptimizers implements sched.Optimizer with the groups of two optimizers.
type twoOptimizers struct{ body, head *optim.SGD }

func (o twoOptimizers) Groups() []*optim.Group {
	return append(o.body.Groups(), o.head.Groups()...)
}

func ExampleOptimizer() {
	o := twoOptimizers{newSGD(0.1), newSGD(1)}
	s := sched.NewExponentialLR(o, 0.5)
	s.Step()
	fmt.Println(o.body.LR(), o.head.LR())
	// Output: 0.05 0.5
}

// A user-defined schedule: the rate falls with the square root of the number of steps.
func ExampleRule() {
	p := tensor.Zeros(1).SetRequiresGrad(true)
	opt := optim.NewSGD([]tensor.Tensor{p}, optim.SGDConfig{LR: 0.1})
	lr := sched.New(opt, sched.Rule{Name: "InverseRoot", Next: func(step int, _, base float64, _ int) float64 {
		return base / math.Sqrt(float64(1+step))
	}})
	for range 3 {
		lr.Step()
		fmt.Printf("%.4f\n", opt.LR())
	}
	// Output:
	// 0.0707
	// 0.0577
	// 0.0500
}
