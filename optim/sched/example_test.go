package sched_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/tensor"
)

func newSGD(lr float64) *optim.SGD {
	return optim.NewSGD([]tensor.Tensor{tensor.Zeros(2).SetRequiresGrad(true)}, optim.SGDConfig{LR: lr, Momentum: 0.9})
}

// The rates of three schedules.
func follow(s sched.Scheduler, steps int) {
	var rates []float64
	for range steps {
		rates = append(rates, s.LRs()[0])
		s.Step()
	}
	fmt.Printf("%.4f\n", rates)
}

func ExampleScheduler() {
	follow(sched.NewStepLR(newSGD(0.1), 2, 0.5), 6)
	follow(sched.NewCosineAnnealingLR(newSGD(0.1), 5, 0), 6)
	follow(sched.NewLambdaLR(newSGD(0.1), func(step int) float64 { return 1 / float64(1+step) }), 6)
	// Output:
	// [0.1000 0.1000 0.0500 0.0500 0.0250 0.0250]
	// [0.1000 0.0905 0.0655 0.0345 0.0095 0.0000]
	// [0.1000 0.0500 0.0333 0.0250 0.0200 0.0167]
}

// Resume after a restart.
func ExampleSchedule() {
	opt := newSGD(0.1)
	s := sched.NewExponentialLR(opt, 0.9)
	follow(s, 3)

	again := newSGD(0.1)
	t := sched.NewExponentialLR(again, 0.9)
	fmt.Println(again.LoadState(opt.State()), t.LoadState(s.State()))
	follow(t, 3)
	// Output:
	// [0.1000 0.0900 0.0810]
	// <nil> <nil>
	// [0.0729 0.0656 0.0590]
}

// Rate and momentum of a cycle over ten batches.
func ExampleOneCycleConfig() {
	opt := newSGD(0.1)
	s := sched.NewOneCycleLR(opt, 1, 10, sched.OneCycleConfig{PctStart: 0.5})
	for range 10 {
		m, _ := opt.Groups()[0].Momentum()
		fmt.Printf("%.2f/%.2f ", opt.LR(), m)
		s.Step()
	}
	// Output: 0.04/0.95 0.18/0.94 0.52/0.90 0.86/0.86 1.00/0.85 0.90/0.86 0.65/0.88 0.35/0.92 0.10/0.94 0.00/0.95
}

// Two cycles, the second half as high; the momentum stays.
func ExampleCyclicConfig() {
	follow(sched.NewCyclicLR(newSGD(0.1), 0.1, 0.5, 2, sched.CyclicConfig{Halve: true, FixedMomentum: true}), 9)
	// Output: [0.1000 0.3000 0.5000 0.3000 0.1000 0.2000 0.3000 0.2000 0.1000]
}

func ExampleChained() {
	opt := newSGD(1)
	follow(sched.NewChained(sched.NewConstantLR(opt, 0.1, 2), sched.NewExponentialLR(opt, 0.9)), 5)
	// Output: [0.1000 0.0900 0.8100 0.7290 0.6561]
}

// A warm-up, then half a cosine.
func ExampleSequential() {
	opt := newSGD(1)
	warm, anneal := sched.NewLinearLR(opt, 0.25, 1, 3), sched.NewCosineAnnealingLR(opt, 4, 0)
	follow(sched.NewSequential([]*sched.Schedule{warm, anneal}, []int{3}), 8)
	// Output: [0.2500 0.5000 0.7500 1.0000 0.8536 0.5000 0.1464 0.0000]
}

func ExampleReduceLROnPlateau() {
	opt := newSGD(1)
	s := sched.NewReduceLROnPlateau(opt, sched.PlateauConfig{Patience: 1})
	for _, loss := range []float64{5, 4, 4, 4, 4, 4} {
		s.Step(loss)
		fmt.Println(loss, opt.LR())
	}
	// Output:
	// 5 1
	// 4 1
	// 4 1
	// 4 0.1
	// 4 0.1
	// 4 0.010000000000000002
}

// A larger measure is better; one step without progress is allowed.
func ExamplePlateauConfig() {
	opt := newSGD(1)
	s := sched.NewReduceLROnPlateau(opt, sched.PlateauConfig{Max: true, Factor: 0.5, Patience: 1})
	for _, accuracy := range []float64{0.6, 0.8, 0.8, 0.8} {
		s.Step(accuracy)
	}
	fmt.Println(opt.LR())
	// Output: 0.5
}
