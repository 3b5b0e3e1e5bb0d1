package vec

import (
	"math"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// An optimizer's function makes one step of one parameter p with gradient g and the optimizer's state, in one pass. The
// order of floating-point operations is that of PyTorch's single-tensor loops on a processor with fused multiply-add,
// which they use in add(alpha), addcmul and lerp. Scalars are computed in float64 and rounded when a loop uses them.
//
// The vector versions flush denormals to zero: a moment that decays towards zero would make every step slow.

// Step holds the numbers of one step of any optimizer. Package device lists the numbers that each rule reads.
type Step struct {
	LR, Momentum, Dampening, WeightDecay float64
	Beta1, Beta2, Eps                    float64 // Beta2 is also RMSprop's alpha and Adadelta's rho
	Correction1, Correction2             float64 // 1 − Beta1ᵗ and 1 − Beta2ᵗ
	GradRate, MomentRate                 float64 // NAdam: the factors of the gradient and of the first moment in the step
	Rectify                              float64 // RAdam: the factor r; 0 means that the step does not use the second moment

	Maximize, Decoupled, Nesterov, First, Centered bool
}

// SGD makes a step of stochastic gradient descent. The buffer may be nil if there is no momentum.
// (https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html)
func SGD[T Float](p, g, buf []T, s *Step) {
	same(len(p), len(g))
	if s.Momentum != 0 {
		same(len(p), len(buf))
	}
	lr, momentum, damped, decay := T(-s.LR), T(s.Momentum), T(1-s.Dampening), T(s.WeightDecay)
	if isa, ok := vectors[T](); ok {
		t := optimTask{isa: isa, kind: stepSGD, p: first(p), g: first(g), a: first(buf)}
		t.scalars = [12]float32{float32(lr), float32(momentum), float32(damped), float32(decay)}
		t.flag(flagMaximize, s.Maximize)
		t.flag(flagDecay, s.WeightDecay != 0)
		t.flag(flagMomentum, s.Momentum != 0)
		t.flag(flagFirst, s.First)
		t.flag(flagNesterov, s.Nesterov)
		if len(p) <= light {
			t.Run(0, len(p))
		} else {
			spread(len(p), light, t, &optimTasks)
		}
		return
	}
	for i := range p {
		g := g[i]
		if s.Maximize {
			g = -g
		}
		if s.WeightDecay != 0 {
			g = fma(decay, p[i], g)
		}
		if s.Momentum != 0 {
			b := g
			if !s.First {
				b = fma(damped, g, T(buf[i]*momentum))
			}
			buf[i] = b
			if s.Nesterov {
				g = fma(momentum, b, g)
			} else {
				g = b
			}
		}
		p[i] = fma(lr, g, p[i])
	}
}

// RMSprop makes a step of RMSprop with the running mean of squares sq, of gradients avg (nil unless centered) and the
// momentum buffer (nil if there is no momentum).
// (https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html)
func RMSprop[T Float](p, g, sq, avg, buf []T, s *Step) {
	same(len(p), len(g), len(sq))
	if s.Centered {
		same(len(p), len(avg))
	}
	if s.Momentum > 0 {
		same(len(p), len(buf))
	}
	lr, alpha, rest, eps := T(-s.LR), T(s.Beta2), T(1-s.Beta2), T(s.Eps)
	momentum, decay := T(s.Momentum), T(s.WeightDecay)
	if isa, ok := vectors[T](); ok {
		t := optimTask{isa: isa, kind: stepRMSprop, p: first(p), g: first(g), a: first(sq), b: first(avg),
			c: first(buf)}
		t.scalars = [12]float32{float32(lr), float32(alpha), float32(rest), float32(eps), float32(momentum),
			float32(decay), float32(rest - 1)}
		t.flag(flagMaximize, s.Maximize)
		t.flag(flagDecay, s.WeightDecay != 0)
		t.flag(flagMomentum, s.Momentum > 0)
		t.flag(flagCentered, s.Centered)
		t.flag(flagFarLerp, rest >= 0.5)
		if len(p) <= light {
			t.Run(0, len(p))
		} else {
			spread(len(p), light, t, &optimTasks)
		}
		return
	}
	for i := range p {
		g := g[i]
		if s.Maximize {
			g = -g
		}
		if s.WeightDecay != 0 {
			g = fma(decay, p[i], g)
		}
		sq[i] = fma(T(rest*g), g, T(sq[i]*alpha))
		v := sq[i]
		if s.Centered {
			avg[i] = lerp(avg[i], g, rest)
			v = fma(-avg[i], avg[i], v)
		}
		v = sqrt(v) + eps
		if s.Momentum > 0 {
			buf[i] = T(buf[i]*momentum) + g/v
			p[i] = fma(lr, buf[i], p[i])
		} else {
			p[i] += T(lr*g) / v
		}
	}
}

// AdamStep holds the scalars of one step of Adam or, if Decoupled, AdamW.
type AdamStep struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Correction1, Correction2           float64 // 1 - Beta1ᵗ and 1 - Beta2ᵗ for step t, counted from 1
	Decoupled, Maximize                bool
}

// Adam makes a step of Adam or AdamW with the first moment m, the second v and, for AMSGrad, the largest v so far; vmax
// is nil otherwise. (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html)
func Adam[T Float](p, g, m, v, vmax []T, s *Step) {
	same(len(p), len(g), len(m), len(v))
	sameOrNil(len(p), vmax)
	rest1, beta2, rest2, eps, decay := T(1-s.Beta1), T(s.Beta2), T(1-s.Beta2), T(s.Eps), T(s.WeightDecay)
	shrink, step, root := T(1-float64(s.LR*s.WeightDecay)), T(-s.LR/s.Correction1), T(math.Sqrt(s.Correction2))
	if isa, ok := vectors[T](); ok {
		t := optimTask{isa: isa, kind: stepAdam, p: first(p), g: first(g), a: first(m), b: first(v), c: first(vmax)}
		t.scalars = [12]float32{float32(rest1), float32(rest1 - 1), float32(beta2), float32(rest2), float32(eps),
			float32(decay), float32(shrink), float32(step), float32(root), 1 / float32(root)}
		t.flag(flagMaximize, s.Maximize)
		t.flag(flagDecay, s.WeightDecay != 0 && !s.Decoupled)
		t.flag(flagDecoupled, s.WeightDecay != 0 && s.Decoupled)
		t.flag(flagAMSGrad, vmax != nil)
		t.flag(flagFarLerp, rest1 >= 0.5)
		if len(p) <= light {
			t.Run(0, len(p))
		} else {
			spread(len(p), light, t, &optimTasks)
		}
		return
	}
	for i := range p {
		g := g[i]
		if s.Maximize {
			g = -g
		}
		if s.WeightDecay != 0 {
			if s.Decoupled {
				p[i] *= shrink
			} else {
				g = fma(decay, p[i], g)
			}
		}
		m[i] = lerp(m[i], g, rest1)
		v[i] = fma(T(rest2*g), g, T(v[i]*beta2))
		second := v[i]
		if vmax != nil {
			vmax[i] = larger(vmax[i], second)
			second = vmax[i]
		}
		p[i] += T(step*m[i]) / (sqrt(second)/root + eps)
	}
}

// lerp interpolates from a to b with weight w. It starts from the nearer end, as PyTorch does.
func lerp[T Float](a, b, w T) T {
	if -0.5 < w && w < 0.5 {
		return fma(w, b-a, a)
	}
	return fma(b-a, w-1, b)
}

// The optimizers' kernels.
const (
	stepSGD = iota
	stepRMSprop
	stepAdam
	stepAdagrad
	stepAdadelta
	stepAdamax
	stepNAdam
	stepRAdam
)

// An optimTask holds a kernel's slices, its scalars in the order it reads them, and the flags that choose its variant.
type optimTask struct {
	isa           cpu.Level
	kind          int
	p, g, a, b, c *float32
	scalars       [12]float32
	flags         int
}

func (t *optimTask) flag(bit int, set bool) {
	if set {
		t.flags |= bit
	}
}

var optimTasks freelist.Any

// Run computes elements i0 to i1.
func (t *optimTask) Run(i0, i1 int) {
	n, p, g := i1-i0, at(t.p, i0), at(t.g, i0)
	a, b, c := at(t.a, i0), at(t.b, i0), at(t.c, i0)
	switch t.kind {
	case stepSGD:
		sgdAt(t.isa, p, g, a, n, &t.scalars[0], t.flags)
	case stepRMSprop:
		rmspropAt(t.isa, p, g, a, b, c, n, &t.scalars[0], t.flags)
	case stepAdam:
		adamAt(t.isa, p, g, a, b, c, n, &t.scalars[0], t.flags)
	case stepAdagrad:
		adagradAt(t.isa, p, g, a, b, n, &t.scalars[0], t.flags)
	case stepAdadelta:
		adadeltaAt(t.isa, p, g, a, b, n, &t.scalars[0], t.flags)
	case stepAdamax:
		adamaxAt(t.isa, p, g, a, b, n, &t.scalars[0], t.flags)
	case stepNAdam:
		nadamAt(t.isa, p, g, a, b, n, &t.scalars[0], t.flags)
	case stepRAdam:
		radamAt(t.isa, p, g, a, b, n, &t.scalars[0], t.flags)
	}
}
