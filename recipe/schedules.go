package recipe

import (
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
)

type (
	constant struct {
		Warmup int `yaml:"warmup" default:"0" min:"0" max:"1e9" doc:"steps in which the rate rises from near 0"`
	}
	cosine struct {
		Warmup int     `yaml:"warmup" default:"0" min:"0" max:"1e9" doc:"steps in which the rate rises from near 0"`
		Final  float64 `yaml:"final" default:"0" min:"0" max:"1" doc:"the last rate, as a part of the optimizer's"`
	}
	linear struct {
		Warmup int     `yaml:"warmup" default:"0" min:"0" max:"1e9" doc:"steps in which the rate rises from near 0"`
		Final  float64 `yaml:"final" default:"0" min:"0" max:"1" doc:"the last rate, as a part of the optimizer's"`
	}
	oneCycle struct {
		PctStart float64 `yaml:"pct_start" default:"0.3" above:"0" below:"1" doc:"the part of the steps in which the rate rises to the optimizer's"`
	}
	step struct {
		StepSize int     `yaml:"step_size" default:"10" min:"1" max:"1e9" doc:"epochs between two changes"`
		Gamma    float64 `yaml:"gamma" default:"0.1" above:"0" max:"1" doc:"factor of each change"`
	}
	exponential struct {
		Gamma float64 `yaml:"gamma" default:"0.95" above:"0" max:"1" doc:"factor after each epoch"`
	}
	plateau struct {
		Factor   float64 `yaml:"factor" default:"0.1" above:"0" below:"1" doc:"factor of each reduction"`
		Patience int     `yaml:"patience" default:"10" min:"0" max:"1e9" doc:"epochs without progress before a reduction"`
	}
)

func (r *Registry) addSchedules() {
	r.Add(Schedules,
		Entry{Name: "constant", Doc: "the same rate throughout", Options: &constant{}},
		Entry{Name: "cosine", Doc: "falls along half a cosine", Options: &cosine{}},
		Entry{Name: "linear", Doc: "falls along a line", Options: &linear{}},
		Entry{Name: "one-cycle", Doc: "rises, then falls to nearly 0", Options: &oneCycle{}},
		Entry{Name: "step", Doc: "is multiplied by a factor after every so many epochs", Options: &step{}},
		Entry{Name: "exponential", Doc: "is multiplied by a factor after every epoch", Options: &exponential{}},
		Entry{Name: "plateau", Doc: "is reduced when evaluations stop getting better", Options: &plateau{}},
	)
}

// falling returns a schedule that falls in all steps, or in all epochs if the number of steps is not known.
func falling(opt optim.Optimizer, steps, epochs, warmup int, fall func(steps int) *sched.Schedule) Scheduled {
	if steps < 0 {
		return Scheduled{Epoch: fall(epochs)}
	}
	total := steps * epochs
	if warmup <= 0 {
		return Scheduled{Batch: fall(max(1, total))}
	}
	warmup = min(warmup, max(1, total-1))
	rise := sched.NewLinearLR(opt, 1/float64(warmup), 1, warmup)
	return Scheduled{Batch: sched.NewSequential([]*sched.Schedule{rise, fall(max(1, total-warmup))}, []int{warmup})}
}

func (o *constant) New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled {
	if o.Warmup == 0 {
		return Scheduled{}
	}
	return Scheduled{Batch: sched.NewLinearLR(opt, 1/float64(o.Warmup), 1, o.Warmup)}
}

func (o *cosine) New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled {
	return falling(opt, steps, epochs, o.Warmup, func(n int) *sched.Schedule { return sched.NewCosineAnnealingLR(opt, n, o.Final*rate) })
}

func (o *linear) New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled {
	return falling(opt, steps, epochs, o.Warmup, func(n int) *sched.Schedule { return sched.NewLinearLR(opt, 1, o.Final, n) })
}

func (o *oneCycle) New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled {
	c := sched.OneCycleConfig{PctStart: o.PctStart}
	for _, g := range opt.Groups() {
		if _, ok := g.Momentum(); !ok {
			c.FixedMomentum = true
		}
	}
	if steps < 0 {
		return Scheduled{Epoch: sched.NewOneCycleLR(opt, rate, epochs+1, c)}
	}
	return Scheduled{Batch: sched.NewOneCycleLR(opt, rate, steps*epochs, c)}
}

func (o *step) New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled {
	return Scheduled{Epoch: sched.NewStepLR(opt, o.StepSize, o.Gamma)}
}

func (o *exponential) New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled {
	return Scheduled{Epoch: sched.NewExponentialLR(opt, o.Gamma)}
}

func (o *plateau) New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled {
	patience := o.Patience
	if patience == 0 {
		patience = -1
	}
	return Scheduled{Plateau: sched.NewReduceLROnPlateau(opt, sched.PlateauConfig{Factor: o.Factor, Patience: patience})}
}
