package sched_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
)

// twoOptimizers is all that a schedule asks for: groups of parameters, here those of two optimizers.
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
