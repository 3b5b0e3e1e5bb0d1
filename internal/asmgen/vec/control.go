package main

import (
	"fmt"
	"math/bits"
	"slices"
)

// Integer registers and control flow. They are recorded as final lines of assembly.

func (m *machine) text(format string, a ...any) {
	m.code = append(m.code, instr{op: opText, text: fmt.Sprintf(format, a...)})
}

func (m *machine) reg() reg {
	if m.regs == len(m.isa.ints) {
		panic(m.name + ": out of integer registers")
	}
	m.regs++
	return reg(m.regs - 1)
}

func (m *machine) r(r reg) string { return m.isa.ints[r] }
func (m *machine) x86() bool      { return m.isa.arch == "amd64" }

// mnemonic returns the mnemonic of the architecture.
func (m *machine) mnemonic(amd64, arm64 string) string {
	if m.x86() {
		return amd64
	}
	return arm64
}

// arg loads an argument into a register.
func (m *machine) arg(name string) reg {
	r := m.reg()
	m.text("%s %s, %s", m.mnemonic("MOVQ", "MOVD"), m.argRef(name), m.r(r))
	return r
}

// loadArg loads an argument into a given register.
func (m *machine) loadArg(r reg, name string) {
	m.text("%s %s, %s", m.mnemonic("MOVQ", "MOVD"), m.argRef(name), m.r(r))
}

// addArg adds an argument to a register.
func (m *machine) addArg(r reg, name string) {
	if m.x86() {
		m.text("ADDQ %s, %s", m.argRef(name), m.r(r))
		return
	}
	m.text("MOVD %s, %s", m.argRef(name), m.isa.scratch)
	m.text("ADD %s, %s", m.isa.scratch, m.r(r))
}

func (m *machine) move(dst, src reg) {
	m.text("%s %s, %s", m.mnemonic("MOVQ", "MOVD"), m.r(src), m.r(dst))
}

func (m *machine) zero(r reg) {
	if m.x86() {
		m.text("XORQ %[1]s, %[1]s", m.r(r))
	} else {
		m.text("MOVD ZR, %s", m.r(r))
	}
}

func (m *machine) addInt(r reg, k int) {
	m.text("%s $%d, %s", m.mnemonic("ADDQ", "ADD"), k, m.r(r))
}

func (m *machine) addReg(r, s reg) {
	m.text("%s %s, %s", m.mnemonic("ADDQ", "ADD"), m.r(s), m.r(r))
}

func (m *machine) subReg(r, s reg) {
	m.text("%s %s, %s", m.mnemonic("SUBQ", "SUB"), m.r(s), m.r(r))
}

func (m *machine) mulReg(r, s reg) {
	m.text("%s %s, %s", m.mnemonic("IMULQ", "MUL"), m.r(s), m.r(r))
}

// ifPointer records body so that it runs only if r is not nil.
func (m *machine) ifPointer(r reg, body func()) {
	skip := m.newLabel("nil_" + m.r(r))
	m.branch(r, "EQ", 0, skip)
	body()
	m.label(skip)
}

// shl multiplies r by 2^k.
func (m *machine) shl(r reg, k int) {
	m.text("%s $%d, %s", m.mnemonic("SHLQ", "LSL"), k, m.r(r))
}

// newLabel returns a label that begins with name and a number that is unique in the function.
func (m *machine) newLabel(name string) string {
	m.labels++
	return fmt.Sprintf("%s_%d", name, m.labels)
}

// comment records a comment on the next block.
func (m *machine) comment(format string, a ...any) { m.text("// "+format, a...) }

func (m *machine) label(l string) { m.text("%s:", l) }
func (m *machine) jump(l string)  { m.text("%s %s", m.mnemonic("JMP", "B"), l) }

// branch jumps if r cond k, for cond one of LT, GE, EQ, NE, GT.
func (m *machine) branch(r reg, cond string, k int, l string) {
	if m.x86() {
		m.text("CMPQ %s, $%d", m.r(r), k)
	} else {
		m.text("CMP $%d, %s", k, m.r(r))
	}
	m.text("%s %s", m.mnemonic("J"+cond, "B"+cond), l)
}

// countDown subtracts k from r and jumps if the result compares as cond with 0.
func (m *machine) countDown(r reg, k int, cond, l string) {
	if m.x86() {
		m.text("SUBQ $%d, %s", k, m.r(r))
	} else {
		m.text("SUBS $%d, %s", k, m.r(r))
	}
	m.text("%s %s", m.mnemonic("J"+cond, "B"+cond), l)
}

// ifFlag records body so that it runs only if a bit of mask is set in r or, with set = false, none is.
func (m *machine) ifFlag(r reg, mask int, set bool, body func()) {
	name := optimFlags[bits.TrailingZeros(uint(mask))]
	skip := m.newLabel("no" + name)
	if !set {
		skip = m.newLabel("is" + name)
	}
	if m.x86() {
		m.text("TESTQ $%d, %s", mask, m.r(r))
	} else {
		m.text("TST $%d, %s", mask, m.r(r))
	}
	if set {
		m.text("%s %s", m.mnemonic("JEQ", "BEQ"), skip)
	} else {
		m.text("%s %s", m.mnemonic("JNE", "BNE"), skip)
	}
	body()
	m.label(skip)
}

// loop records body as a loop that r counts down to 0; r must be positive.
func (m *machine) loop(r reg, body func()) {
	top := m.newLabel("rows")
	start := len(m.code)
	m.label(top)
	body()
	m.countDown(r, 1, "NE", top)
	m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
}

// each records the loop over n elements: groups of unroll vectors, then the rest as in tailLoop. The body gets the
// number of vectors of an iteration. left is a register that each may use; the index register is m.index.
func (m *machine) each(n, left, index reg, unroll int, body func(vectors int)) {
	if m.isa.vectors < 16 {
		unroll = max(1, unroll/2)
	}
	m.move(left, n)
	m.zero(index)
	m.index = index
	m.group(left, index, unroll, func() { body(unroll) })
	if unroll > 1 && m.isa != avx512 {
		m.group(left, index, 1, func() { body(1) })
	}
	done := m.newLabel("eachDone")
	m.branch(left, "EQ", 0, done)
	m.tail = true
	m.tailLoop(left, index, body)
	m.tail = false
	m.label(done)
	m.index = -1
}

// eachFull is each for an n that is a multiple of k vectors.
func (m *machine) eachFull(n, left, index reg, k int, body func()) {
	m.move(left, n)
	m.zero(index)
	m.index = index
	m.group(left, index, k, body)
	m.index = -1
}

// group records the loop over complete groups of k vectors.
func (m *machine) group(left, index reg, k int, body func()) {
	n := k * m.isa.lanes
	name := fmt.Sprintf("vectors%d", k)
	top, done := m.newLabel(name), m.newLabel(name+"Done")
	m.comment("Groups of %d vectors, %d elements, while as many are left.", k, n)
	m.countDown(left, n, "LT", done)
	start := len(m.code)
	m.label(top)
	body()
	m.addInt(index, 4*n)
	m.countDown(left, n, "GE", top)
	m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
	m.label(done)
	m.addInt(left, n)
}

// tailLoop records the loop over the remaining elements. AVX-512 masks a partial group of vectors, since masks are free
// there; AVX2 masks a partial vector, and NEON handles it element by element.
func (m *machine) tailLoop(left, index reg, body func(int)) {
	if m.isa == avx2 {
		m.comment("The last elements, less than a vector, under a mask.")
		m.tailMask(left)
		body(1)
		return
	}
	if m.isa == avx512 {
		m.comment("The last elements, less than a group: vector by vector, the last under a mask.")
	} else {
		m.comment("The last elements, less than a vector, one by one.")
	}
	top, step := m.newLabel("tail"), 1
	start := len(m.code)
	m.label(top)
	if m.isa == avx512 {
		step = m.isa.lanes
		m.tailMask(left)
	}
	body(1)
	m.addInt(index, 4*step)
	m.countDown(left, step, "GT", top)
	m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
}

// tailMask sets the mask register of partial loads and stores to the first lanes, as many as left.
func (m *machine) tailMask(left reg) {
	if m.isa == avx512 {
		m.text("MOVQ $-1, AX")
		m.text("BZHIQ %s, AX, AX", m.r(left))
		m.text("KMOVW AX, K1")
		return
	}
	m.text("LEAQ %s, AX", m.pool.tailMasks())
	m.text("NEGQ %s", m.r(left))
	m.text("VMOVUPS (AX)(%s*4), Y15", m.r(left))
	m.text("NEGQ %s", m.r(left))
}

// interleave records the bodies for k = 0 … n-1 instruction by instruction in turn, because a processor finds
// independent instructions only within a limited window. The bodies must have the same instructions.
func (m *machine) interleave(n int, body func(k int)) {
	start := len(m.code)
	for k := range n {
		body(k)
	}
	all := slices.Clone(m.code[start:])
	length := len(all) / n
	for i := range all {
		m.code[start+i] = all[i%n*length+i/n]
	}
}
