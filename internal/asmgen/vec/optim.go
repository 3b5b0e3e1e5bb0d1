package main

import "math"

// Optimizer steps. The scalars are in memory, as float32s, in the order of the broadcasts here; flags choose the
// variant.

// optimFlags are the flags, from bit 0 on. With FarLerp the lerp of a moment starts from the gradient.
var optimFlags = []string{
	"Maximize", "Decay", "Momentum", "First", "Nesterov", "Centered", "Decoupled", "AMSGrad", "FarLerp", "Rectify",
}

const (
	flagMaximize = 1 << iota
	flagDecay
	flagMomentum
	flagFirst
	flagNesterov
	flagCentered
	flagDecoupled
	flagAMSGrad
	flagFarLerp
	flagRectify
)

// gradient returns the gradient with its sign and weight decay.
func (m *machine) gradient(g, p vec, flags reg, decay vec) vec {
	d := m.variable(g)
	m.ifFlag(flags, flagMaximize, true, func() { m.set(d, opXor, d, m.bits(signBit)) })
	m.ifFlag(flags, flagDecay, true, func() { m.set(d, opFMA, decay, p, d) })
	return d
}

// lerp interpolates from a to b with weight w. PyTorch starts from the nearer end; less is w - 1.
func (m *machine) lerp(a, b, w, less vec, flags reg) vec {
	y := m.variable(a)
	d := m.do(opSub, b, a)
	m.ifFlag(flags, flagFarLerp, false, func() { m.set(y, opFMA, w, d, y) })
	m.ifFlag(flags, flagFarLerp, true, func() {
		m.set(y, opMove, b)
		m.set(y, opFMA, d, less, y)
	})
	return y
}

func sgdKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "sgd", "p *float32", "grad *float32", "buf *float32", "n int", "scalars *float32",
		"flags int")
	m.flush = true
	w, g, buf := m.arg("p"), m.arg("grad"), m.arg("buf")
	n, scalars, flags := m.arg("n"), m.arg("scalars"), m.arg("flags")
	left, index := m.reg(), m.reg()
	lr, momentum := m.broadcast(scalars, 0), m.broadcast(scalars, 4)
	damped, decay := m.broadcast(scalars, 8), m.broadcast(scalars, 12)
	m.each(n, left, index, 1, func(int) {
		x := m.load(w, 0)
		m.comment("d = the gradient, with its sign and weight decay.")
		d := m.gradient(m.load(g, 0), x, flags, decay)
		m.comment("The momentum's buffer.")
		m.ifFlag(flags, flagMomentum, true, func() {
			b := m.variable(d)
			m.ifFlag(flags, flagFirst, false, func() {
				m.set(b, opMul, m.load(buf, 0), momentum)
				m.set(b, opFMA, damped, d, b)
			})
			m.store(buf, 0, b)
			m.ifFlag(flags, flagNesterov, true, func() { m.set(d, opFMA, momentum, b, d) })
			m.ifFlag(flags, flagNesterov, false, func() { m.set(d, opMove, b) })
		})
		m.comment("p += lr·d, lr negative.")
		m.store(w, 0, m.fma(lr, d, x))
	})
	return m
}

func rmspropKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "rmsprop", "p *float32", "grad *float32", "sq *float32", "avg *float32", "buf *float32",
		"n int", "scalars *float32", "flags int")
	m.flush = true
	w, g, sq, avg, buf := m.arg("p"), m.arg("grad"), m.arg("sq"), m.arg("avg"), m.arg("buf")
	n, scalars, flags := m.arg("n"), m.arg("scalars"), m.arg("flags")
	left, index := m.reg(), m.reg()
	var s [7]vec
	for i := range s {
		s[i] = m.broadcast(scalars, 4*i)
	}
	lr, alpha, rest, eps, momentum, decay, less := s[0], s[1], s[2], s[3], s[4], s[5], s[6]
	m.each(n, left, index, 1, func(int) {
		x := m.variable(m.load(w, 0))
		m.comment("d = the gradient, with its sign and weight decay; sq = its squares' moving average.")
		d := m.gradient(m.load(g, 0), x, flags, decay)
		v := m.fma(m.do(opMul, rest, d), d, m.do(opMul, m.load(sq, 0), alpha))
		m.store(sq, 0, v)
		m.comment("The root, of the variance if centered.")
		root := m.variable(v)
		m.ifFlag(flags, flagCentered, true, func() {
			a := m.lerp(m.load(avg, 0), d, rest, less, flags)
			m.store(avg, 0, a)
			m.set(root, opFNMA, a, a, root)
		})
		root = m.do(opAdd, m.do(opSqrt, root), eps)
		m.ifFlag(flags, flagMomentum, true, func() {
			b := m.do(opAdd, m.do(opMul, m.load(buf, 0), momentum), m.do(opDiv, d, root))
			m.store(buf, 0, b)
			m.set(x, opFMA, lr, b, x)
		})
		m.ifFlag(flags, flagMomentum, false, func() {
			m.set(x, opAdd, x, m.do(opDiv, m.do(opMul, lr, d), root))
		})
		m.store(w, 0, x)
	})
	return m
}

func adamKernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "adam", "p *float32", "grad *float32", "m *float32", "v *float32", "vmax *float32", "n int",
		"scalars *float32", "flags int")
	m.flush = true
	w, g, first, second, most := m.arg("p"), m.arg("grad"), m.arg("m"), m.arg("v"), m.arg("vmax")
	n, scalars, flags := m.arg("n"), m.arg("scalars"), m.arg("flags")
	left, index := m.reg(), m.reg()
	var s [10]vec
	load := func() {
		for i := range s {
			s[i] = m.broadcast(scalars, 4*i)
		}
	}
	if isa.vectors >= 16 {
		load()
	}
	m.each(n, left, index, 1, func(int) {
		if isa.vectors < 16 { // too few to hold the scalars
			load()
		}
		rest1, less1, beta2, rest2, eps, decay, shrink, step := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
		root, inverse := s[8], s[9]
		x := m.variable(m.load(w, 0))
		d := m.gradient(m.load(g, 0), x, flags, decay)
		m.ifFlag(flags, flagDecoupled, true, func() { m.set(x, opMul, x, shrink) })
		m.comment("The first moment.")
		a := m.lerp(m.load(first, 0), d, rest1, less1, flags)
		m.store(first, 0, a)
		m.comment("The second moment, and its largest value so far.")
		b := m.variable(m.fma(m.do(opMul, rest2, d), d, m.do(opMul, m.load(second, 0), beta2)))
		m.store(second, 0, b)
		m.ifFlag(flags, flagAMSGrad, true, func() {
			m.set(b, opMove, m.larger(m.load(most, 0), b))
			m.store(most, 0, b)
		})
		m.comment("p += step·m/(√v/root + eps), step negative.")
		denominator := m.do(opAdd, m.divideBy(m.do(opSqrt, b), root, inverse), eps)
		m.store(w, 0, m.do(opAdd, x, m.do(opDiv, m.do(opMul, step, a), denominator)))
	})
	return m
}

// divideBy returns x/d with the bits of a division, for a finite, nonzero d by which many x are divided. It does not
// use the processor's divider, which already computes a square root and another division and would limit the speed.
// inverse is 1/d, rounded. The second correction is exact (Markstein, 1990: the quotient before is off by an ulp at
// most, and 1/d is rounded correctly). An infinite x makes the remainders NaN; the minimum replaces them, so that x/d
// stays infinite. Remainders must be normal: |x| > 2⁻¹⁰⁰.
func (m *machine) divideBy(x, d, inverse vec) vec {
	if !m.x86() {
		return m.do(opDiv, x, d)
	}
	q := m.variable(m.do(opMul, x, inverse))
	for range 2 {
		remainder := m.do(opMin, m.fnma(q, d, x), m.c(math.MaxFloat32))
		m.set(q, opFMA, remainder, inverse, q)
	}
	return q
}
