package recipe

import (
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// The options of the optimizers have PyTorch's names.
type (
	adam struct {
		LR          float64   `yaml:"lr" default:"0.001" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Betas       []float64 `yaml:"betas" default:"[0.9, 0.999]" min:"0" below:"1" doc:"decay rates of the first and the second moment"`
		Eps         float64   `yaml:"eps" default:"1e-8" min:"0" doc:"added to the root"`
		WeightDecay float64   `yaml:"weight_decay" default:"0" min:"0" doc:"L2 penalty"`
	}
	adamw struct {
		LR          float64   `yaml:"lr" default:"0.001" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Betas       []float64 `yaml:"betas" default:"[0.9, 0.999]" min:"0" below:"1" doc:"decay rates of the first and the second moment"`
		Eps         float64   `yaml:"eps" default:"1e-8" min:"0" doc:"added to the root"`
		WeightDecay float64   `yaml:"weight_decay" default:"0.01" min:"0" doc:"decay of the weights, apart from the gradient"`
		Decay       string    `yaml:"decay" default:"all" enum:"all,matrices" doc:"which parameters decay: all, or those with two or more dimensions"`
	}
	sgd struct {
		LR          float64 `yaml:"lr" default:"0.01" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Momentum    float64 `yaml:"momentum" default:"0.9" min:"0" below:"1" doc:"momentum"`
		Nesterov    bool    `yaml:"nesterov" default:"false" doc:"Nesterov momentum"`
		WeightDecay float64 `yaml:"weight_decay" default:"0" min:"0" doc:"L2 penalty"`
	}
	rmsprop struct {
		LR          float64 `yaml:"lr" default:"0.001" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Alpha       float64 `yaml:"alpha" default:"0.99" min:"0" below:"1" doc:"decay rate of the mean of squares"`
		Eps         float64 `yaml:"eps" default:"1e-8" min:"0" doc:"added to the root"`
		Momentum    float64 `yaml:"momentum" default:"0" min:"0" below:"1" doc:"momentum"`
		WeightDecay float64 `yaml:"weight_decay" default:"0" min:"0" doc:"L2 penalty"`
	}
	adagrad struct {
		LR          float64 `yaml:"lr" default:"0.01" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Decay       float64 `yaml:"lr_decay" default:"0" min:"0" doc:"decay of the learning rate"`
		WeightDecay float64 `yaml:"weight_decay" default:"0" min:"0" doc:"L2 penalty"`
	}
	lion struct {
		LR          float64   `yaml:"lr" default:"0.0001" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Betas       []float64 `yaml:"betas" default:"[0.9, 0.99]" min:"0" below:"1" doc:"weight of the momentum in the step, and its decay rate"`
		WeightDecay float64   `yaml:"weight_decay" default:"0" min:"0" doc:"decay of the weights, apart from the gradient"`
	}
	nadam struct {
		LR          float64   `yaml:"lr" default:"0.002" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Betas       []float64 `yaml:"betas" default:"[0.9, 0.999]" min:"0" below:"1" doc:"decay rates of the first and the second moment"`
		Eps         float64   `yaml:"eps" default:"1e-8" min:"0" doc:"added to the root"`
		WeightDecay float64   `yaml:"weight_decay" default:"0" min:"0" doc:"L2 penalty"`
	}
	radam struct {
		LR          float64   `yaml:"lr" default:"0.001" above:"0" below:"1e6" flag:"lr" doc:"learning rate"`
		Betas       []float64 `yaml:"betas" default:"[0.9, 0.999]" min:"0" below:"1" doc:"decay rates of the first and the second moment"`
		Eps         float64   `yaml:"eps" default:"1e-8" min:"0" doc:"added to the root"`
		WeightDecay float64   `yaml:"weight_decay" default:"0" min:"0" doc:"L2 penalty"`
	}
)

func (r *Registry) addOptimizers() {
	r.Add(Optimizers,
		Entry{Name: "adam", Doc: "Adam: steps scaled by running moments of the gradient", Options: &adam{}},
		Entry{Name: "adamw", Doc: "Adam with weight decay apart from the gradient", Options: &adamw{}},
		Entry{Name: "sgd", Doc: "stochastic gradient descent with momentum", Options: &sgd{}},
		Entry{Name: "rmsprop", Doc: "steps divided by the root of a running mean of squares", Options: &rmsprop{}},
		Entry{Name: "adagrad", Doc: "steps divided by the root of the sum of squares", Options: &adagrad{}},
		Entry{Name: "lion", Doc: "steps by the sign of a momentum", Options: &lion{}},
		Entry{Name: "nadam", Doc: "Adam with Nesterov momentum", Options: &nadam{}},
		Entry{Name: "radam", Doc: "Adam that corrects the variance of its first steps", Options: &radam{}},
	)
}

// exact returns a setting whose zero value means another default to package optim.
func exact(v float64) float64 {
	if v == 0 {
		return optim.Zero
	}
	return v
}

func checkBetas(b []float64) error {
	if len(b) != 2 {
		return &Error{Msg: "betas are two numbers, such as [0.9, 0.999]"}
	}
	return nil
}

func (o *adam) Check() error     { return checkBetas(o.Betas) }
func (o *adamw) Check() error    { return checkBetas(o.Betas) }
func (o *lion) Check() error     { return checkBetas(o.Betas) }
func (o *nadam) Check() error    { return checkBetas(o.Betas) }
func (o *radam) Check() error    { return checkBetas(o.Betas) }
func (o *adam) Rate() float64    { return o.LR }
func (o *adamw) Rate() float64   { return o.LR }
func (o *sgd) Rate() float64     { return o.LR }
func (o *rmsprop) Rate() float64 { return o.LR }
func (o *adagrad) Rate() float64 { return o.LR }
func (o *lion) Rate() float64    { return o.LR }
func (o *nadam) Rate() float64   { return o.LR }
func (o *radam) Rate() float64   { return o.LR }
func (o *sgd) Check() error {
	if o.Nesterov && o.Momentum == 0 {
		return &Error{Msg: "nesterov needs a momentum above 0"}
	}
	return nil
}

func (o *adam) New(p []tensor.Tensor) optim.Optimizer {
	return optim.NewAdam(p, optim.AdamConfig{LR: o.LR, Beta1: exact(o.Betas[0]), Beta2: exact(o.Betas[1]),
		Eps: exact(o.Eps), WeightDecay: o.WeightDecay})
}

func (o *adamw) New(p []tensor.Tensor) optim.Optimizer {
	c := optim.AdamWConfig{LR: o.LR, Beta1: exact(o.Betas[0]), Beta2: exact(o.Betas[1]), Eps: exact(o.Eps),
		WeightDecay: exact(o.WeightDecay)}
	if o.Decay != "matrices" {
		return optim.NewAdamW(p, c)
	}
	var matrices, vectors []tensor.Tensor
	for _, x := range p {
		if x.Rank() > 1 {
			matrices = append(matrices, x)
		} else {
			vectors = append(vectors, x)
		}
	}
	if len(matrices) == 0 || len(vectors) == 0 {
		if len(matrices) == 0 {
			c.WeightDecay = optim.Zero
		}
		return optim.NewAdamW(p, c)
	}
	opt := optim.NewAdamW(matrices, c)
	c.WeightDecay = optim.Zero
	opt.AddGroup(vectors, c)
	return opt
}

func (o *sgd) New(p []tensor.Tensor) optim.Optimizer {
	return optim.NewSGD(p, optim.SGDConfig{LR: o.LR, Momentum: o.Momentum, Nesterov: o.Nesterov, WeightDecay: o.WeightDecay})
}

func (o *rmsprop) New(p []tensor.Tensor) optim.Optimizer {
	return optim.NewRMSprop(p, optim.RMSpropConfig{LR: o.LR, Alpha: exact(o.Alpha), Eps: exact(o.Eps),
		Momentum: o.Momentum, WeightDecay: o.WeightDecay})
}

func (o *adagrad) New(p []tensor.Tensor) optim.Optimizer {
	return optim.NewAdagrad(p, optim.AdagradConfig{LR: o.LR, LRDecay: o.Decay, WeightDecay: o.WeightDecay})
}

func (o *lion) New(p []tensor.Tensor) optim.Optimizer {
	return optim.NewLion(p, optim.LionConfig{LR: o.LR, Beta1: exact(o.Betas[0]), Beta2: exact(o.Betas[1]), WeightDecay: o.WeightDecay})
}

func (o *nadam) New(p []tensor.Tensor) optim.Optimizer {
	return optim.NewNAdam(p, optim.NAdamConfig{LR: o.LR, Beta1: exact(o.Betas[0]), Beta2: exact(o.Betas[1]),
		Eps: exact(o.Eps), WeightDecay: o.WeightDecay})
}

func (o *radam) New(p []tensor.Tensor) optim.Optimizer {
	return optim.NewRAdam(p, optim.RAdamConfig{LR: o.LR, Beta1: exact(o.Betas[0]), Beta2: exact(o.Betas[1]),
		Eps: exact(o.Eps), WeightDecay: o.WeightDecay})
}
