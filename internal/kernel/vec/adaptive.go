package vec

import "math"

// Adaptive optimizers other than Adam and RMSprop. As in optim.go, the order of floating-point operations is PyTorch's.

// Adagrad makes a step of Adagrad with the sum of squares so far.
// (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html)
func Adagrad[T Float](p, g, sum []T, s *Step) {
	same(len(p), len(g), len(sum))
	lr, eps := T(-s.LR), T(s.Eps)
	if adaptive(stepAdagrad, p, g, sum, nil, s.Maximize, 0, s.WeightDecay, -s.LR, s.Eps) {
		return
	}
	for i := range p {
		g := stepGradient(p[i], g[i], s.Maximize, s.WeightDecay)
		sum[i] = fma(g, g, sum[i])
		p[i] += T(lr*g) / (sqrt(sum[i]) + eps)
	}
}

// Adadelta makes a step of Adadelta with the running means of squared gradients sq and of squared changes acc.
// (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adadelta.html)
func Adadelta[T Float](p, g, sq, acc []T, s *Step) {
	same(len(p), len(g), len(sq), len(acc))
	lr, rho, rest, eps := T(-s.LR), T(s.Beta2), T(1-s.Beta2), T(s.Eps)
	if adaptive(stepAdadelta, p, g, sq, acc, s.Maximize, 0, s.WeightDecay, -s.LR, s.Beta2, 1-s.Beta2, s.Eps) {
		return
	}
	for i := range p {
		g := stepGradient(p[i], g[i], s.Maximize, s.WeightDecay)
		sq[i] = fma(T(rest*g), g, T(sq[i]*rho))
		delta := sqrt(acc[i]+eps) / sqrt(sq[i]+eps) * g
		acc[i] = fma(T(rest*delta), delta, T(acc[i]*rho))
		p[i] = fma(lr, delta, p[i])
	}
}

// Adamax makes a step of Adamax with the first moment m and the decaying maximum u.
// (https://docs.pytorch.org/docs/stable/generated/torch.optim.Adamax.html)
func Adamax[T Float](p, g, m, u []T, s *Step) {
	same(len(p), len(g), len(m), len(u))
	rest1, beta2, eps, step := T(1-s.Beta1), T(s.Beta2), T(s.Eps), T(-s.LR/s.Correction1)
	if adaptive(stepAdamax, p, g, m, u, s.Maximize, far(rest1), s.WeightDecay, 1-s.Beta1, less(rest1), s.Beta2, s.Eps,
		-s.LR/s.Correction1) {
		return
	}
	for i := range p {
		g := stepGradient(p[i], g[i], s.Maximize, s.WeightDecay)
		m[i] = lerp(m[i], g, rest1)
		u[i] = max(u[i]*beta2, max(g, -g)+eps)
		p[i] += T(step*m[i]) / u[i]
	}
}

// NAdam makes a step of NAdam with the first moment m and the second v.
// (https://docs.pytorch.org/docs/stable/generated/torch.optim.NAdam.html)
func NAdam[T Float](p, g, m, v []T, s *Step) {
	same(len(p), len(g), len(m), len(v))
	rest1, beta2, rest2, eps := T(1-s.Beta1), T(s.Beta2), T(1-s.Beta2), T(s.Eps)
	gradRate, momentRate, correction2 := T(-s.GradRate), T(-s.MomentRate), T(s.Correction2)
	shrink, decay := decays(s.LR, s.WeightDecay, s.Decoupled)
	if adaptive(stepNAdam, p, g, m, v, s.Maximize, far(rest1), decay, shrink, 1-s.Beta1, less(rest1), s.Beta2,
		1-s.Beta2, s.Eps, -s.GradRate, -s.MomentRate, s.Correction2) {
		return
	}
	for i := range p {
		p[i] *= T(shrink)
		g := stepGradient(p[i], g[i], s.Maximize, decay)
		m[i] = lerp(m[i], g, rest1)
		v[i] = fma(T(rest2*g), g, T(v[i]*beta2))
		root := sqrt(v[i]/correction2) + eps
		p[i] += T(gradRate*g) / root
		p[i] += T(momentRate*m[i]) / root
	}
}

// RAdam makes a step of RAdam with the first moment m and the second v.
// (https://docs.pytorch.org/docs/stable/generated/torch.optim.RAdam.html)
func RAdam[T Float](p, g, m, v []T, s *Step) {
	same(len(p), len(g), len(m), len(v))
	rest1, beta2, rest2, eps, lr := T(1-s.Beta1), T(s.Beta2), T(1-s.Beta2), T(s.Eps), T(s.LR)
	correction1, root2, rectify := T(s.Correction1), T(math.Sqrt(s.Correction2)), T(s.Rectify)
	shrink, decay := decays(s.LR, s.WeightDecay, s.Decoupled)
	flags := far(rest1)
	if s.Rectify != 0 {
		flags |= flagRectify
	}
	if adaptive(stepRAdam, p, g, m, v, s.Maximize, flags, decay, shrink, 1-s.Beta1, less(rest1), s.Beta2,
		1-s.Beta2, s.Eps, s.LR, s.Correction1, math.Sqrt(s.Correction2), s.Rectify) {
		return
	}
	for i := range p {
		p[i] *= T(shrink)
		g := stepGradient(p[i], g[i], s.Maximize, decay)
		m[i] = lerp(m[i], g, rest1)
		v[i] = fma(T(rest2*g), g, T(v[i]*beta2))
		step := m[i] / correction1 * lr
		if s.Rectify != 0 {
			step = T(step*T(1/(sqrt(v[i])+eps)*root2)) * rectify
		}
		p[i] -= T(step)
	}
}

// stepGradient returns the gradient that a step uses: negated to maximize, plus weight decay.
func stepGradient[T Float](p, g T, maximize bool, decay float64) T {
	if maximize {
		g = -g
	}
	if decay != 0 {
		g = fma(T(decay), p, g)
	}
	return g
}

// decays returns the factor on the parameter for decoupled weight decay, and the factor of the L2 penalty. One of them
// has no effect.
func decays(lr, decay float64, decoupled bool) (shrink, penalty float64) {
	if decoupled {
		return 1 - float64(lr*decay), 0
	}
	return 1, decay
}

// adaptive makes a step with vector instructions and returns true if there are some for T; else it returns false. The
// scalars are the weight decay and those of the kernel.
func adaptive[T Float](kind int, p, g, a, b []T, maximize bool, flags int, scalars ...float64) bool {
	isa, ok := vectors[T]()
	if !ok {
		return false
	}
	t := optimTask{isa: isa, kind: kind, p: first(p), g: first(g), a: first(a), b: first(b), flags: flags}
	for i, s := range scalars {
		t.scalars[i] = float32(s)
	}
	t.flag(flagMaximize, maximize)
	t.flag(flagDecay, scalars[0] != 0)
	if len(p) <= light {
		t.Run(0, len(p))
	} else {
		spread(len(p), light, t, &optimTasks)
	}
	return true
}

// far returns the flag of a lerp that starts from b, for a weight of at least ½, and less the weight that such a lerp
// uses.
func far[T Float](weight T) int {
	if weight >= 0.5 {
		return flagFarLerp
	}
	return 0
}

func less[T Float](weight T) float64 { return float64(weight - 1) }
