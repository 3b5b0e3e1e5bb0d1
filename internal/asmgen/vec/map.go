package main

import "fmt"

// The elementwise kernels: one function for ops of one vector and one for ops of two, each with a tree of comparisons
// that finds the loop of an op. The scalars s and t are an op's parameters.

type map1 struct {
	name    string
	unroll  int
	scalars int
	body    func(m *machine, x, s, t vec) vec
}

var map1Ops = []map1{
	{"Neg", 4, 0, func(m *machine, x, s, t vec) vec { return m.neg(x) }},
	{"Abs", 4, 0, func(m *machine, x, s, t vec) vec { return m.abs(x) }},
	{"AddScalar", 4, 1, func(m *machine, x, s, t vec) vec { return m.do(opAdd, x, s) }},
	{"RSubScalar", 4, 1, func(m *machine, x, s, t vec) vec { return m.do(opSub, s, x) }},
	{"Scale", 4, 1, func(m *machine, x, s, t vec) vec { return m.do(opMul, x, s) }},
	{"DivScalar", 4, 1, func(m *machine, x, s, t vec) vec { return m.do(opDiv, x, s) }},
	{"RDivScalar", 4, 1, func(m *machine, x, s, t vec) vec { return m.do(opDiv, s, x) }},
	{"MaxScalar", 4, 1, func(m *machine, x, s, t vec) vec { return m.larger(x, s) }},
	{"MinScalar", 4, 1, func(m *machine, x, s, t vec) vec { return m.smaller(x, s) }},
	{"Shift", 4, 2, func(m *machine, x, s, t vec) vec { return m.do(opSub, m.do(opSub, x, s), t) }},
	{"ReLU", 4, 0, func(m *machine, x, s, t vec) vec { return m.positive(x) }},
	{"XorBits", 4, 1, func(m *machine, x, s, t vec) vec { return m.do(opXor, x, s) }},
	{"Sign", 4, 0, func(m *machine, x, s, t vec) vec { return m.sign(x) }},
	{"Clamp", 4, 2, func(m *machine, x, s, t vec) vec { return m.within(x, s, t) }},
	{"Round", 4, 0, func(m *machine, x, s, t vec) vec { return m.shift(opRound, x, 0) }},
	{"Floor", 4, 0, func(m *machine, x, s, t vec) vec { return m.shift(opRound, x, 1) }},
	{"Ceil", 4, 0, func(m *machine, x, s, t vec) vec { return m.shift(opRound, x, 2) }},
	{"Trunc", 4, 0, func(m *machine, x, s, t vec) vec { return m.shift(opRound, x, 3) }},
	{"LeakyReLU", 4, 1, func(m *machine, x, s, t vec) vec {
		return m.do(opSelect, m.do(opLess, m.c(0), x), x, m.do(opMul, x, s))
	}},
	{"Hardswish", 4, 0, func(m *machine, x, s, t vec) vec { return m.hardswish(x) }},
	{"SmoothL1", 2, 2, func(m *machine, x, s, t vec) vec { return m.smoothL1(x, s, t) }},
	{"Huber", 2, 1, func(m *machine, x, s, t vec) vec { return m.huber(x, s) }},
	{"Sqrt", 2, 0, func(m *machine, x, s, t vec) vec { return m.do(opSqrt, x) }},
	{"Rsqrt", 2, 0, func(m *machine, x, s, t vec) vec { return m.do(opDiv, m.c(1), m.do(opSqrt, x)) }},
	{"Exp", 2, 0, func(m *machine, x, s, t vec) vec { return m.exp(x) }},
	{"Log", 2, 0, func(m *machine, x, s, t vec) vec { return m.log(x) }},
	{"Log2", 2, 0, func(m *machine, x, s, t vec) vec { return m.log2(x) }},
	{"Log10", 2, 0, func(m *machine, x, s, t vec) vec { return m.log10(x) }},
	{"Log1p", 2, 0, func(m *machine, x, s, t vec) vec { return m.log1pAll(x) }},
	{"Expm1", 2, 0, func(m *machine, x, s, t vec) vec { return m.expm1All(x) }},
	{"Sin", 2, 0, func(m *machine, x, s, t vec) vec { return m.sin(m.sinCos(x)) }},
	{"Cos", 2, 0, func(m *machine, x, s, t vec) vec {
		r, quadrant := m.sinCos(x)
		return m.sin(r, m.do(opAddInt, quadrant, m.bits(1)))
	}},
	{"Tan", 1, 0, func(m *machine, x, s, t vec) vec { return m.tan(x) }},
	{"Sinh", 1, 0, func(m *machine, x, s, t vec) vec { return m.sinh(x) }},
	{"Cosh", 1, 0, func(m *machine, x, s, t vec) vec { return m.cosh(x) }},
	{"Asin", 2, 0, func(m *machine, x, s, t vec) vec { return m.asin(x) }},
	{"Acos", 2, 0, func(m *machine, x, s, t vec) vec { return m.acos(x) }},
	{"Atan", 2, 0, func(m *machine, x, s, t vec) vec { return m.atan(x) }},
	{"Erf", 2, 0, func(m *machine, x, s, t vec) vec { return m.erf(x) }},
	{"Tanh", 2, 0, func(m *machine, x, s, t vec) vec { return m.tanh(x) }},
	{"Sigmoid", 2, 0, func(m *machine, x, s, t vec) vec { return m.sigmoid(x) }},
	{"GELU", 2, 0, func(m *machine, x, s, t vec) vec { return m.gelu(x) }},
	{"GELUTanh", 2, 0, func(m *machine, x, s, t vec) vec { return m.geluTanh(x) }},
	{"SiLU", 2, 0, func(m *machine, x, s, t vec) vec { return m.silu(x) }},
	{"ELU", 2, 1, func(m *machine, x, s, t vec) vec { return m.elu(x, s) }},
	{"PowScalar", 1, 2, func(m *machine, x, s, t vec) vec { return m.pow(x, s, t) }},
	{"Softplus", 2, 2, func(m *machine, x, s, t vec) vec { return m.softplus(x, s, t) }},
}

func (o map1) String() string { return o.name }
func (o map2) String() string { return o.name }

// names returns the ops' names.
func names[Op fmt.Stringer](ops []Op) []string {
	var list []string
	for _, o := range ops {
		list = append(list, o.String())
	}
	return list
}

type map2 struct {
	name    string
	unroll  int
	scalars int
	body    func(m *machine, a, b, s, t vec) vec
}

// Those whose names end in Wide take pairs of float32s for float64s. In a gradient's body a is dy, and b is x or y.
var map2Ops = []map2{
	{"Add", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opAdd, a, b) }},
	{"Sub", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opSub, a, b) }},
	{"Mul", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opMul, a, b) }},
	{"Div", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opDiv, a, b) }},
	{"Max", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.larger(a, b) }},
	{"Min", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.smaller(a, b) }},
	{"And", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opAnd, a, b) }},
	{"Or", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opOr, a, b) }},
	{"Xor", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opXor, a, b) }},
	{"AddWide", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opAddWide, a, b) }},
	{"SubWide", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opSubWide, a, b) }},
	{"MulWide", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opMulWide, a, b) }},
	{"DivWide", 4, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opDivWide, a, b) }},
	{"AXPY", 4, 1, func(m *machine, a, b, s, t vec) vec { return m.fma(s, a, b) }},
	{"Lerp", 4, 1, func(m *machine, a, b, s, t vec) vec { return m.fma(m.do(opSub, b, a), s, a) }},
	{"LerpFar", 4, 1, func(m *machine, a, b, s, t vec) vec { return m.fma(m.do(opSub, b, a), s, b) }},
	{"ReLUGrad", 4, 0, func(m *machine, a, b, s, t vec) vec {
		return m.do(opSelect, m.do(opLessEq, b, m.c(0)), m.c(0), a)
	}},
	{"LeakyReLUGrad", 4, 1, func(m *machine, a, b, s, t vec) vec {
		return m.do(opSelect, m.do(opLess, m.c(0), b), a, m.do(opMul, a, s))
	}},
	{"PReLU", 4, 0, func(m *machine, a, b, s, t vec) vec {
		return m.do(opSelect, m.do(opLess, m.c(0), a), a, m.do(opMul, a, b))
	}},
	{"HardtanhGrad", 4, 2, func(m *machine, a, b, s, t vec) vec {
		a = m.do(opSelect, m.do(opLessEq, t, b), m.c(0), a)
		return m.do(opSelect, m.do(opLessEq, b, s), m.c(0), a)
	}},
	{"ClampGrad", 4, 2, func(m *machine, a, b, s, t vec) vec {
		a = m.do(opSelect, m.do(opLess, b, t), a, m.c(0))
		return m.do(opSelect, m.do(opLess, s, b), a, m.c(0))
	}},
	{"HardswishGrad", 2, 0, func(m *machine, a, b, s, t vec) vec { return m.hardswishGrad(a, b) }},
	{"SigmoidGrad", 2, 0, func(m *machine, a, b, s, t vec) vec {
		return m.do(opMul, m.do(opMul, a, m.do(opSub, m.c(1), b)), b)
	}},
	{"TanhGrad", 2, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opMul, a, m.fnma(b, b, m.c(1))) }},
	{"Atan2", 2, 0, func(m *machine, a, b, s, t vec) vec { return m.atan2(a, b) }},
	{"FloorDivide", 2, 0, func(m *machine, a, b, s, t vec) vec {
		quotient, _ := m.divide(a, b)
		return quotient
	}},
	{"Remainder", 2, 0, func(m *machine, a, b, s, t vec) vec {
		_, rest := m.divide(a, b)
		return rest
	}},
	{"GELUGrad", 2, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opMul, a, m.geluGrad(b)) }},
	{"GELUTanhGrad", 2, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opMul, a, m.geluTanhGrad(b)) }},
	{"SiLUGrad", 2, 0, func(m *machine, a, b, s, t vec) vec { return m.do(opMul, a, m.siluGrad(b)) }},
	{"ELUGrad", 2, 1, func(m *machine, a, b, s, t vec) vec { return m.do(opMul, a, m.eluGrad(b, s)) }},
	{"Pow", 1, 0, func(m *machine, a, b, s, t vec) vec { return m.pow(a, b, 0) }},
	{"SoftplusGrad", 2, 2, func(m *machine, a, b, s, t vec) vec { return m.do(opMul, a, m.softplusGrad(b, s, t)) }},
}

func map1Kernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "map1", "op int", "dst *float32", "x *float32", "n int", "s float32", "t float32",
		"stream int")
	op, dst, x, n, stream := m.arg("op"), m.arg("dst"), m.arg("x"), m.arg("n"), m.arg("stream")
	left, index := op, m.reg()
	done := m.newLabel("done")
	m.choose(op, names(map1Ops), func(i int) {
		o := map1Ops[i]
		s, t := m.parameters(o.scalars)
		start := len(m.code)
		m.each(n, left, index, o.unroll, func(vectors int) {
			var y []vec
			for k := range vectors {
				y = append(y, m.load(x, k))
			}
			m.interleave(vectors, func(k int) { y[k] = o.body(m, y[k], s, t) })
			m.storeAll(dst, y, stream, x)
		})
		m.hoist(start)
		m.jump(done)
	})
	m.label(done)
	m.fence(stream)
	return m
}

func map2Kernel(isa *isa, p *pool) *machine {
	m := newMachine(isa, p, "map2", "op int", "dst *float32", "a *float32", "b *float32", "n int", "s float32",
		"t float32",
		"stream int")
	op, dst, a, b, n, stream := m.arg("op"), m.arg("dst"), m.arg("a"), m.arg("b"), m.arg("n"), m.arg("stream")
	left, index := op, m.reg()
	done := m.newLabel("done")
	m.choose(op, names(map2Ops), func(i int) {
		o := map2Ops[i]
		s, t := m.parameters(o.scalars)
		start := len(m.code)
		m.each(n, left, index, o.unroll, func(vectors int) {
			var y, z []vec
			for k := range vectors {
				y = append(y, m.load(a, k))
				z = append(z, m.load(b, k))
			}
			m.interleave(vectors, func(k int) { y[k] = o.body(m, y[k], z[k], s, t) })
			m.storeAll(dst, y, stream, a, b)
		})
		m.hoist(start)
		m.jump(done)
	})
	m.label(done)
	m.fence(stream)
	return m
}

// storeAll stores the vectors y. If stream is not 0, it stores a whole group past the caches; if it is 1, it also
// prefetches the sources past the caches.
func (m *machine) storeAll(dst reg, y []vec, stream reg, sources ...reg) {
	normal, done := m.newLabel("cached"), m.newLabel("stored")
	grouped := m.x86() && len(y) > 1
	if grouped {
		m.branch(stream, "EQ", 0, normal)
		for k := range y {
			m.stream(dst, k, y[k])
		}
		m.branch(stream, "NE", 1, done)
		for _, p := range sources {
			m.prefetch(p, len(y))
		}
		m.jump(done)
		m.label(normal)
	}
	for k := range y {
		m.store(dst, k, y[k])
	}
	if grouped {
		m.label(done)
	}
}

// fence orders streaming stores before later stores.
func (m *machine) fence(stream reg) {
	if !m.x86() {
		return
	}
	done := m.newLabel("fenced")
	m.branch(stream, "EQ", 0, done)
	m.text("SFENCE")
	m.label(done)
}

func (m *machine) parameters(n int) (s, t vec) {
	if n > 0 {
		s = m.broadcastArg("s")
	}
	if n > 1 {
		t = m.broadcastArg("t")
	}
	return s, t
}

// choose records a tree of comparisons that jumps to the code of leaf for the name with index r.
func (m *machine) choose(r reg, names []string, leaf func(int)) {
	var tree func(lo, hi int)
	tree = func(lo, hi int) {
		if hi-lo == 1 {
			m.comment("%s", names[lo])
			leaf(lo)
			return
		}
		mid := (lo + hi) / 2
		right := m.newLabel("from" + names[mid])
		m.branch(r, "GE", mid, right)
		tree(lo, mid)
		m.label(right)
		tree(mid, hi)
	}
	tree(0, len(names))
}
