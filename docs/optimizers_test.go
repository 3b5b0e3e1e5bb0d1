package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/tensor"
)

// valley is a loss that is ten times as steep along y as along x, with its minimum at (0, 0).
func valley(p tensor.Tensor) tensor.Tensor {
	return p.Square().Dot(tensor.From([]float32{0.5, 5})) // ½x² + 5y²
}

// gradient returns the gradient of valley at p.
func gradient(p tensor.Tensor) tensor.Tensor {
	p.ZeroGrad()
	valley(p).Backward()
	return p.Grad()
}

// start is the starting point of every walk.
func start() tensor.Tensor { return tensor.From([]float32{4, 1}).SetRequiresGrad(true) }

// walk makes three steps with an optimizer and prints the result.
func walk(name string, p tensor.Tensor, opt optim.Optimizer) {
	for range 3 {
		opt.ZeroGrad()
		valley(p).Backward()
		opt.Step()
	}
	fmt.Printf("%-9s %.5f\n", name, p.Float32s())
}

func Example_sgd() {
	const eta = 0.05
	p := start()
	for range 3 {
		g := gradient(p)
		p.Data().SubInPlace(g.MulScalar(eta)) // p ← p − ηg
	}
	fmt.Printf("%-9s %.5f\n", "by hand", p.Float32s())

	q := start()
	walk("optim.SGD", q, optim.NewSGD([]tensor.Tensor{q}, optim.SGDConfig{LR: eta}))
	// Output:
	// by hand   [3.42950 0.12500]
	// optim.SGD [3.42950 0.12500]
}

func Example_momentum() {
	const eta, mu = 0.05, 0.9
	p := start()
	v := tensor.Zeros(2)
	for range 3 {
		g := gradient(p)
		v = v.MulScalar(mu).Add(g)            // v ← μv + g
		p.Data().SubInPlace(v.MulScalar(eta)) // p ← p − ηv
	}
	fmt.Printf("%-9s %.5f\n", "by hand", p.Float32s())

	q := start()
	walk("optim.SGD", q, optim.NewSGD([]tensor.Tensor{q}, optim.SGDConfig{LR: eta, Momentum: mu}))
	// Output:
	// by hand   [2.92550 -0.73000]
	// optim.SGD [2.92550 -0.73000]
}

func Example_rmsProp() {
	const eta, alpha, eps = 0.05, 0.99, 1e-8
	p := start()
	v := tensor.Zeros(2)
	for range 3 {
		g := gradient(p)
		v = v.MulScalar(alpha).Add(g.Square().MulScalar(1 - alpha))        // v ← αv + (1 − α)g²
		p.Data().SubInPlace(g.Div(v.Sqrt().AddScalar(eps)).MulScalar(eta)) // p ← p − ηg/(√v + ε)
	}
	fmt.Printf("%-9s %.5f\n", "by hand", p.Float32s())

	q := start()
	walk("RMSprop", q, optim.NewRMSprop([]tensor.Tensor{q}, optim.RMSpropConfig{LR: eta, Alpha: alpha, Eps: eps}))
	// Output:
	// by hand   [2.91222 0.15484]
	// RMSprop   [2.91222 0.15484]
}

func Example_adam() {
	const eta, beta1, beta2, eps = 0.1, 0.9, 0.999, 1e-8
	p := start()
	m, v := tensor.Zeros(2), tensor.Zeros(2)
	power1, power2 := 1.0, 1.0
	for range 3 {
		g := gradient(p)
		power1, power2 = power1*beta1, power2*beta2                 // β₁ᵗ, β₂ᵗ
		m = m.MulScalar(beta1).Add(g.MulScalar(1 - beta1))          // m ← β₁m + (1 − β₁)g
		v = v.MulScalar(beta2).Add(g.Square().MulScalar(1 - beta2)) // v ← β₂v + (1 − β₂)g²
		mHat, vHat := m.DivScalar(1-power1), v.DivScalar(1-power2)  // corrected for the start at 0
		step := mHat.Div(vHat.Sqrt().AddScalar(eps)).MulScalar(eta)
		p.Data().SubInPlace(step) // p ← p − ηm̂/(√v̂ + ε)
	}
	fmt.Printf("%-9s %.5f\n", "by hand", p.Float32s())

	q := start()
	walk("Adam", q, optim.NewAdam([]tensor.Tensor{q}, optim.AdamConfig{LR: eta, Beta1: beta1, Beta2: beta2, Eps: eps}))
	// Output:
	// by hand   [3.70027 0.70159]
	// Adam      [3.70027 0.70159]
}

func Example_race() {
	race := func(name string, optimizer func(params []tensor.Tensor) optim.Optimizer) {
		p := start()
		opt := optimizer([]tensor.Tensor{p})
		fmt.Printf("%-9s", name)
		for step := range 40 {
			opt.ZeroGrad()
			loss := valley(p)
			loss.Backward()
			opt.Step()
			if step%10 == 9 {
				fmt.Printf(" %9.5f", valley(p).Item())
			}
		}
		fmt.Println()
	}
	race("SGD", func(p []tensor.Tensor) optim.Optimizer { return optim.NewSGD(p, optim.SGDConfig{LR: 0.1}) })
	race("momentum", func(p []tensor.Tensor) optim.Optimizer {
		return optim.NewSGD(p, optim.SGDConfig{LR: 0.05, Momentum: 0.7})
	})
	race("RMSProp", func(p []tensor.Tensor) optim.Optimizer {
		return optim.NewRMSprop(p, optim.RMSpropConfig{LR: 0.1, Alpha: 0.9})
	})
	race("Adam", func(p []tensor.Tensor) optim.Optimizer { return optim.NewAdam(p, optim.AdamConfig{LR: 0.5}) })
	// Output:
	// SGD         0.97261   0.11825   0.01438   0.00175
	// momentum    0.14221   0.01263   0.00006   0.00001
	// RMSProp     2.91786   1.20138   0.38837   0.07542
	// Adam        0.24810   0.75465   0.17967   0.01874
}

func Example_schedule() {
	p := start()
	opt := optim.NewSGD([]tensor.Tensor{p}, optim.SGDConfig{LR: 0.1})
	lr := sched.NewStepLR(opt, 2, 0.5) // halves the rate every 2 epochs
	for epoch := range 6 {
		fmt.Printf("epoch %d: η = %g\n", epoch+1, opt.LR())
		// the epoch's steps
		lr.Step()
	}
	// Output:
	// epoch 1: η = 0.1
	// epoch 2: η = 0.1
	// epoch 3: η = 0.05
	// epoch 4: η = 0.05
	// epoch 5: η = 0.025
	// epoch 6: η = 0.025
}

// Signum makes steps of size LR against the sign of the gradient's running mean.
type Signum struct{ LR, Momentum float64 }

// Name returns the name for errors and saved states.
func (c *Signum) Name() string { return "Signum" }

// Settings lists the settings with PyTorch's names, their defaults and bounds.
func (c *Signum) Settings() []optim.Setting {
	return []optim.Setting{
		{Name: "lr", Value: &c.LR, Default: 1e-2},
		{Name: "momentum", Value: &c.Momentum, Default: 0.9, Below: 1},
	}
}

// State lists the state that is kept for each parameter.
func (c *Signum) State(tensor.Tensor) []optim.State { return []optim.State{{Name: "exp_avg"}} }

// Step updates one parameter.
func (c *Signum) Step(s *optim.Step) {
	m := s.State("exp_avg")
	m.LerpInPlace(s.Grad, 1-c.Momentum)       // m ← μm + (1 − μ)g
	s.Param.AddScaledInPlace(-c.LR, m.Sign()) // p ← p − η·sign(m)
}

func Example_ownOptimizer() {
	p := start()
	opt := optim.New([]tensor.Tensor{p}, Signum{LR: 0.5})
	lr := sched.NewExponentialLR(opt, 0.9)
	for range 40 {
		opt.ZeroGrad()
		valley(p).Backward()
		opt.Step()
		lr.Step()
	}
	fmt.Printf("loss %.5f, η = %.4f\n", valley(p).Item(), opt.LR())

	state := opt.State() // for a checkpoint
	again := optim.New([]tensor.Tensor{p}, Signum{})
	fmt.Println(again.LoadState(state), again.LR() == opt.LR(), state["state.0.step"].Item())
	// Output:
	// loss 0.06362, η = 0.0074
	// <nil> true 40
}
