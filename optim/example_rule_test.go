package optim_test

import (
	"errors"
	"fmt"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// Signum steps by the sign of the momentum, a running mean of gradients (https://arxiv.org/abs/1802.04434). It is a
// complete user-defined optimizer.
type Signum struct{ LR, Momentum float64 }

func (c *Signum) Name() string { return "Signum" }

func (c *Signum) Settings() []optim.Setting {
	return []optim.Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-2},
		{Name: "momentum", Value: &c.Momentum, Default: 0.9, Below: 1},
	}
}

func (c *Signum) State(tensor.Tensor) []optim.State { return []optim.State{{Name: "exp_avg"}} }

func (c *Signum) Step(s *optim.Step) {
	m := s.State("exp_avg")
	m.LerpInPlace(s.Grad, 1-c.Momentum)
	s.Param.AddScaledInPlace(-c.LR, m.Sign())
}

func (c *Signum) Check(params []tensor.Tensor) error {
	if c.LR > 1 {
		return errors.New("LR is above 1")
	}
	return nil
}

func ExampleRule() {
	p := tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.New([]tensor.Tensor{p}, Signum{LR: 0.25})
	for range 3 {
		opt.ZeroGrad()
		distance(p).Backward()
		opt.Step()
		fmt.Println(p.Float32s())
	}
	// Output:
	// [0.25 -0.25]
	// [0.5 -0.5]
	// [0.75 -0.75]
}

// A user-defined rule has groups, settings and states like the rules of this package.
func ExampleBase() {
	body, head := tensor.Zeros(2).SetRequiresGrad(true), tensor.Zeros(2).SetRequiresGrad(true)
	opt := optim.New([]tensor.Tensor{body}, Signum{})
	opt.AddGroup([]tensor.Tensor{head}, Signum{LR: 0.5, Momentum: optim.Zero})
	fmt.Println(*opt.Config(0), *opt.Config(1))

	again := optim.New([]tensor.Tensor{body}, Signum{})
	fmt.Println(again.LoadPartialState(opt.State()))
	fmt.Println(again.LoadState(optim.NewSGD([]tensor.Tensor{body}, optim.SGDConfig{Momentum: 0.9}).State()))
	// Output:
	// {0.01 0.9} {0.5 0}
	// [param_groups.1.lr is unexpected param_groups.1.momentum is unexpected param_groups.1.params is unexpected]
	// the state does not fit the Signum optimizer: param_groups.0.dampening is unexpected; param_groups.0.maximize is unexpected; param_groups.0.nesterov is unexpected; param_groups.0.weight_decay is unexpected; the state is of the rule SGD
}

func ExampleConfig() {
	var c optim.Config = &optim.SGDConfig{LR: 0.1}
	for _, s := range c.Settings() {
		fmt.Print(s.Name, " ")
	}
	// Output: lr momentum dampening weight_decay nesterov maximize
}

func ExampleSetting() {
	c := Signum{Momentum: 1.5}
	fmt.Println(tensor.Try(func() { optim.New(parameters(), c) }))
	// Output: Signum: Momentum is 1.5; it must be at least 0 and less than 1
}

func ExampleChecker() {
	fmt.Println(tensor.Try(func() { optim.New(parameters(), Signum{LR: 2}) }))
	// Output: Signum: LR is above 1
}

func ExampleState() {
	for _, s := range (&optim.AdamConfig{AMSGrad: true}).State(tensor.Zeros(2)) {
		fmt.Println(s.Name, s.Start)
	}
	// Output:
	// exp_avg 0
	// exp_avg_sq 0
	// max_exp_avg_sq 0
}

// Warmup is a rule that uses the step count: its first steps are short.
type Warmup struct{ LR float64 }

func (c *Warmup) Name() string { return "Warmup" }

func (c *Warmup) Settings() []optim.Setting {
	return []optim.Setting{{Name: "lr", Value: &c.LR, Default: 1}}
}

func (c *Warmup) State(tensor.Tensor) []optim.State { return nil }

func (c *Warmup) Step(s *optim.Step) {
	s.Param.AddScaledInPlace(-c.LR*min(1, float64(s.Count)/4), s.Grad)
}

func ExampleStep() {
	p := tensor.Zeros(1).SetRequiresGrad(true)
	opt := optim.New([]tensor.Tensor{p}, Warmup{})
	for range 3 {
		opt.ZeroGrad()
		p.Sum().Backward() // the gradient is 1
		opt.Step()
		fmt.Println(p.Item())
	}
	// Output:
	// -0.25
	// -0.75
	// -1.5
}

// Scaled is SGD on a scaled gradient, computed by the device's kernel for SGD.
type Scaled struct{ LR, Scale float64 }

func (c *Scaled) Name() string { return "Scaled" }

func (c *Scaled) Settings() []optim.Setting {
	return []optim.Setting{{Name: "lr", Value: &c.LR, Default: 1}, {Name: "scale", Value: &c.Scale, Default: 2}}
}

func (c *Scaled) State(tensor.Tensor) []optim.State { return nil }
func (c *Scaled) Step(s *optim.Step)                { s.Param.AddScaledInPlace(-c.LR*c.Scale, s.Grad) }
func (c *Scaled) Kernel() tensor.StepRule           { return tensor.StepSGD }
func (c *Scaled) Fuse(s *optim.Step, f *tensor.ParamStep) {
	f.Numbers = tensor.StepNumbers{LR: c.LR * c.Scale}
}

func ExampleFuser() {
	p := tensor.Zeros(1).SetRequiresGrad(true)
	opt := optim.New([]tensor.Tensor{p}, Scaled{LR: 0.5})
	p.Sum().Backward()
	opt.Step()
	fmt.Println(p.Item())
	// Output: -1
}
