package main

// Adaptive optimizers other than Adam and RMSprop. As in optim.go the scalars are in memory, in the order of the names
// in each kernel.

// adaptive returns a kernel of p, grad and two states (the second may be unused). The first scalar is the weight decay.
// The body gets p, the gradient with its sign and weight decay, and the other scalars.
func adaptive(name string, scalars int, step func(m *machine, x, d vec, a, b, flags reg, s []vec) vec) kernel {
	return func(isa *isa, p *pool) *machine {
		m := newMachine(isa, p, name, "p *float32", "grad *float32", "a *float32", "b *float32", "n int",
			"scalars *float32", "flags int")
		m.flush = true
		w, g, a, b := m.arg("p"), m.arg("grad"), m.arg("a"), m.arg("b")
		n, from, flags := m.arg("n"), m.arg("scalars"), m.arg("flags")
		left, index := m.reg(), m.reg()
		s := make([]vec, scalars)
		load := func() {
			for i := range s {
				s[i] = m.broadcast(from, 4*i)
			}
		}
		if isa.vectors >= 16 {
			load()
		}
		m.each(n, left, index, 1, func(int) {
			if isa.vectors < 16 { // too few to hold the scalars
				load()
			}
			x := m.load(w, 0)
			m.store(w, 0, step(m, x, m.load(g, 0), a, b, flags, s))
		})
		return m
	}
}

// moments updates the first moment and the second, and returns them.
func (m *machine) moments(d vec, first, second, flags reg, rest1, less1, beta2, rest2 vec) (a, b vec) {
	a = m.lerp(m.load(first, 0), d, rest1, less1, flags)
	m.store(first, 0, a)
	b = m.fma(m.do(opMul, rest2, d), d, m.do(opMul, m.load(second, 0), beta2))
	m.store(second, 0, b)
	return a, b
}

var adagradKernel = adaptive("adagrad", 3, func(m *machine, x, d vec, sum, _, flags reg, s []vec) vec {
	decay, lr, eps := s[0], s[1], s[2]
	d = m.gradient(d, x, flags, decay)
	v := m.fma(d, d, m.load(sum, 0))
	m.store(sum, 0, v)
	return m.do(opAdd, x, m.do(opDiv, m.do(opMul, lr, d), m.do(opAdd, m.do(opSqrt, v), eps)))
})

var adadeltaKernel = adaptive("adadelta", 5, func(m *machine, x, d vec, sq, acc, flags reg, s []vec) vec {
	decay, lr, rho, rest, eps := s[0], s[1], s[2], s[3], s[4]
	d = m.gradient(d, x, flags, decay)
	v := m.fma(m.do(opMul, rest, d), d, m.do(opMul, m.load(sq, 0), rho))
	m.store(sq, 0, v)
	u := m.load(acc, 0)
	delta := m.do(opDiv, m.do(opSqrt, m.do(opAdd, u, eps)), m.do(opSqrt, m.do(opAdd, v, eps)))
	delta = m.do(opMul, delta, d)
	m.store(acc, 0, m.fma(m.do(opMul, rest, delta), delta, m.do(opMul, u, rho)))
	return m.fma(lr, delta, x)
})

var adamaxKernel = adaptive("adamax", 6, func(m *machine, x, d vec, first, most, flags reg, s []vec) vec {
	decay, rest1, less1, beta2, eps, step := s[0], s[1], s[2], s[3], s[4], s[5]
	d = m.gradient(d, x, flags, decay)
	a := m.lerp(m.load(first, 0), d, rest1, less1, flags)
	m.store(first, 0, a)
	u := m.larger(m.do(opMul, m.load(most, 0), beta2), m.do(opAdd, m.abs(d), eps))
	m.store(most, 0, u)
	return m.do(opAdd, x, m.do(opDiv, m.do(opMul, step, a), u))
})

var nadamKernel = adaptive("nadam", 10, func(m *machine, x, d vec, first, second, flags reg, s []vec) vec {
	decay, shrink, rest1, less1, beta2, rest2, eps := s[0], s[1], s[2], s[3], s[4], s[5], s[6]
	gradRate, momentRate, correction2 := s[7], s[8], s[9]
	x = m.do(opMul, x, shrink)
	d = m.gradient(d, x, flags, decay)
	a, b := m.moments(d, first, second, flags, rest1, less1, beta2, rest2)
	root := m.do(opAdd, m.do(opSqrt, m.do(opDiv, b, correction2)), eps)
	x = m.do(opAdd, x, m.do(opDiv, m.do(opMul, gradRate, d), root))
	return m.do(opAdd, x, m.do(opDiv, m.do(opMul, momentRate, a), root))
})

var radamKernel = adaptive("radam", 11, func(m *machine, x, d vec, first, second, flags reg, s []vec) vec {
	decay, shrink, rest1, less1, beta2, rest2, eps := s[0], s[1], s[2], s[3], s[4], s[5], s[6]
	lr, correction1, root2, rectify := s[7], s[8], s[9], s[10]
	x = m.do(opMul, x, shrink)
	d = m.gradient(d, x, flags, decay)
	a, b := m.moments(d, first, second, flags, rest1, less1, beta2, rest2)
	y := m.variable(m.do(opMul, m.do(opDiv, a, correction1), lr))
	m.ifFlag(flags, flagRectify, true, func() {
		r := m.do(opDiv, m.c(1), m.do(opAdd, m.do(opSqrt, b), eps))
		m.set(y, opMul, y, m.do(opMul, r, root2))
		m.set(y, opMul, y, rectify)
	})
	return m.do(opSub, x, y)
})
