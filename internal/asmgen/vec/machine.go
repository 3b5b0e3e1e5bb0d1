package main

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// A machine records one assembly function in operations that every vector instruction set has, allocates registers, and
// prints the function for one of them. Kernels are written once, against the machine.
//
// Vectors are of float32 (or of as many 32-bit integers or masks); lane counts differ: 16, 8, 4. Registers for integers and
// pointers are few and named by the kernel; vector registers are allocated by the last use of each value.
type machine struct {
	isa    *isa
	name   string
	args   []arg
	values []value
	code   []instr
	loops  [][2]int // first and last position in code
	regs   int      // integer registers given out
	labels int
	index  reg  // byte offset of the loop under way
	tail   bool // the loop's last, partial vector is being recorded
	flush  bool // denormals are zero inside
	pool   *pool
}

type isa struct {
	name    string // suffix of the functions' names
	arch    string
	lanes   int
	vectors int      // registers to allocate
	masks   int      // mask registers to allocate, numbered from 2; none: masks are vectors
	ints    []string // integer registers to give out
	scratch string   // an integer register for addresses
}

var (
	avx512 = &isa{"AVX512", "amd64", 16, 30, 6, amd64Ints, "AX"}
	avx2   = &isa{"AVX2", "amd64", 8, 13, 0, amd64Ints, "AX"}
	neon   = &isa{"NEON", "arm64", 4, 28, 0, arm64Ints, "R16"}

	amd64Ints = []string{"DI", "SI", "DX", "CX", "R8", "R9", "R10", "R11", "R12", "R13", "BX"}
	arm64Ints = []string{"R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12"}
)

type (
	vec int // a vector value, an index into values; 0 is none
	reg int // an integer register, an index into isa.ints; -1 is none
)

type value struct {
	constant bool
	bits     uint32      // of a constant
	table    *[16]uint32 // of a table
	mask     bool
	first    int // positions of the definition and the last use; -1 while undefined
	last     int
	register int
}

type op int

const (
	opText op = iota // a line that needs no vector register
	opLoad
	opStore
	opBroadcast // one float32 of memory to all lanes
	opStoreOne  // lane 0
	opStream    // store to aligned memory past the caches; not on NEON
	opBytes     // bytes that are not 0, as a mask
	opMove
	opAdd
	opSub
	opMul
	opDiv
	opMin // min(a, b) is b where either is NaN or both are zero, except that NEON's is NaN where either is
	opMax
	opSqrt
	opFMA  // a*b + c
	opFNMA // c - a*b
	opAnd
	opAndNot // ^a & b
	opOr
	opXor
	opAddInt
	opSubInt
	opShl
	opShr
	opSar
	opToFloat // from int32
	opScale   // a·2^b for an integral b; AVX-512 only
	opMinAbs  // the smaller of |a| and |b|, b where a is NaN; AVX-512 only
	opFix     // a, or a special value where b is one, as the table of nibbles c says; AVX-512 only
	opLess    // a < b, a mask
	opLessEq
	opEqual
	opSelect // mask ? b : c
	opLookup // table a, low four bits of b
	opWidenLow
	opWidenHigh // half of the lanes as float64
	opLoadWide  // half a vector of memory as float64, on amd64
	opAddWide
	opFMAWide
	opNarrow  // two vectors of float64 as one of float32
	opSumWide // all float64 lanes added, as float32 in all lanes
	opSumWideStore
	opMaxAll   // the largest lane, in all lanes; NaN if there is one
	opTailOnly // lanes beyond the partial vector are replaced by those of b
)

type instr struct {
	op     op
	text   string
	dst    vec
	src    [3]vec
	imm    int
	base   reg
	index  reg
	offset int
	fp     string // argument to broadcast
	tail   bool
}

type arg struct {
	name   string
	size   int
	offset int
}

func newMachine(isa *isa, p *pool, name string, params ...string) *machine {
	m := &machine{isa: isa, name: name + isa.name, pool: p, values: make([]value, 1), index: -1}
	offset := 0
	for _, p := range params {
		name, typ, _ := strings.Cut(p, " ")
		size := 8
		if typ == "float32" {
			size = 4
		}
		offset = (offset + size - 1) / size * size
		m.args = append(m.args, arg{name, size, offset})
		offset += size
	}
	return m
}

func (m *machine) argSize() int {
	if len(m.args) == 0 {
		return 0
	}
	last := m.args[len(m.args)-1]
	return last.offset + last.size
}

func (m *machine) argRef(name string) string {
	for _, a := range m.args {
		if a.name == name {
			return fmt.Sprintf("%s+%d(FP)", a.name, a.offset)
		}
	}
	panic("no argument " + name)
}

// Recording.

func (m *machine) new(v value) vec {
	v.first, v.last, v.register = -1, -1, -1
	m.values = append(m.values, v)
	return vec(len(m.values) - 1)
}

func (m *machine) add(i instr) vec {
	if i.dst == 0 && defines(i.op) {
		i.dst = m.new(value{mask: i.op == opLess || i.op == opLessEq || i.op == opEqual || i.op == opBytes})
	}
	i.tail = m.tail
	m.code = append(m.code, i)
	return i.dst
}

func defines(o op) bool {
	return o != opText && o != opStore && o != opStream && o != opStoreOne && o != opSumWideStore
}

func (m *machine) do(o op, src ...vec) vec {
	i := instr{op: o, base: -1, index: -1}
	copy(i.src[:], src)
	return m.add(i)
}

// set records an operation whose result replaces the variable dst.
func (m *machine) set(dst vec, o op, src ...vec) {
	i := instr{op: o, dst: dst, base: -1, index: -1}
	copy(i.src[:], src)
	m.add(i)
}

func (m *machine) shift(o op, x vec, by int) vec {
	return m.add(instr{op: o, src: [3]vec{x}, imm: by, base: -1, index: -1})
}

func (m *machine) c(f float64) vec         { return m.bits(math.Float32bits(float32(f))) }
func (m *machine) bits(b uint32) vec       { return m.new(value{constant: true, bits: b}) }
func (m *machine) table(t *[16]uint32) vec { return m.new(value{constant: true, table: t}) }

// variable returns a value that set may change, loops included; it starts as x.
func (m *machine) variable(x vec) vec { return m.do(opMove, x) }

// load reads the vector number k of the iteration under way from p.
func (m *machine) load(p reg, k int) vec {
	return m.add(instr{op: opLoad, base: p, index: m.index, offset: k * 4 * m.isa.lanes})
}

func (m *machine) store(p reg, k int, x vec) {
	m.add(instr{op: opStore, src: [3]vec{x}, base: p, index: m.index, offset: k * 4 * m.isa.lanes})
}

func (m *machine) stream(p reg, k int, x vec) {
	m.add(instr{op: opStream, src: [3]vec{x}, base: p, index: m.index, offset: k * 4 * m.isa.lanes})
}

// prefetch brings as many vectors as k, some way ahead, near the processor alone.
func (m *machine) prefetch(p reg, k int) {
	const ahead, line = 512, 64
	for at := 0; at < k*4*m.isa.lanes; at += line {
		m.text("PREFETCHNTA %d(%s)(%s*1)", ahead+at, m.r(p), m.r(m.index))
	}
}

// bytes reads as many bytes from p (the index counts float32s, p counts bytes: it must be advanced by hand).
func (m *machine) bytes(p reg, k int) vec {
	return m.add(instr{op: opBytes, base: p, index: -1, offset: k * m.isa.lanes})
}

func (m *machine) broadcast(p reg, offset int) vec {
	return m.add(instr{op: opBroadcast, base: p, index: -1, offset: offset})
}

func (m *machine) broadcastArg(name string) vec {
	return m.add(instr{op: opBroadcast, base: -1, index: -1, fp: m.argRef(name)})
}

func (m *machine) storeOne(p reg, offset int, x vec) {
	m.add(instr{op: opStoreOne, src: [3]vec{x}, base: p, index: -1, offset: offset})
}

func (m *machine) storeSum(p reg, x vec) {
	m.add(instr{op: opSumWideStore, src: [3]vec{x}, base: p, index: -1})
}

// Integer registers and control flow. These lines are final when recorded.

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

// mnemonic picks by architecture.
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

// ifPointer records body so that it runs only where r is not nil.
func (m *machine) ifPointer(r reg, body func()) {
	skip := m.newLabel()
	m.branch(r, "EQ", 0, skip)
	body()
	m.label(skip)
}

// shl multiplies r by 2^k.
func (m *machine) shl(r reg, k int) {
	m.text("%s $%d, %s", m.mnemonic("SHLQ", "LSL"), k, m.r(r))
}

func (m *machine) newLabel() string { m.labels++; return fmt.Sprintf("l%d", m.labels) }
func (m *machine) label(l string)   { m.text("%s:", l) }
func (m *machine) jump(l string)    { m.text("%s %s", m.mnemonic("JMP", "B"), l) }

// branch jumps if r cond k, for cond one of LT, GE, EQ, NE, GT.
func (m *machine) branch(r reg, cond string, k int, l string) {
	if m.x86() {
		m.text("CMPQ %s, $%d", m.r(r), k)
	} else {
		m.text("CMP $%d, %s", k, m.r(r))
	}
	m.text("%s %s", m.mnemonic("J"+cond, "B"+cond), l)
}

// countDown subtracts k from r and jumps if the result is cond 0.
func (m *machine) countDown(r reg, k int, cond, l string) {
	if m.x86() {
		m.text("SUBQ $%d, %s", k, m.r(r))
	} else {
		m.text("SUBS $%d, %s", k, m.r(r))
	}
	m.text("%s %s", m.mnemonic("J"+cond, "B"+cond), l)
}

// ifFlag records body so that it runs only where the bits of r that mask has are (or, if !set, are not) set.
func (m *machine) ifFlag(r reg, mask int, set bool, body func()) {
	skip := m.newLabel()
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
	top := m.newLabel()
	start := len(m.code)
	m.label(top)
	body()
	m.countDown(r, 1, "NE", top)
	m.loops = append(m.loops, [2]int{start, len(m.code) - 1})
}

// each records the loop over n elements: vectors in groups of unroll, then single ones, then the rest, as tailLoop says. The body
// gets the number of vectors it has at once. left is a register that each may use; the index register is m.index.
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
	done := m.newLabel()
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

// group records the loop over groups of k vectors while there are as many left.
func (m *machine) group(left, index reg, k int, body func()) {
	n := k * m.isa.lanes
	top, done := m.newLabel(), m.newLabel()
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

// tailLoop records what is left: less than a group of vectors under masks with AVX-512, where masks cost nothing; less than one
// vector under a mask with AVX2, and element by element with NEON.
func (m *machine) tailLoop(left, index reg, body func(int)) {
	if m.isa == avx2 {
		m.tailMask(left)
		body(1)
		return
	}
	top, step := m.newLabel(), 1
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

// tailMask sets the mask register of partial loads and stores to the first left lanes.
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

// interleave records the bodies for k = 0 … n-1 in turn, instruction by instruction: a processor looks only so far ahead for
// work that does not wait. The bodies must be alike.
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

// Register allocation.

func (m *machine) live() {
	for v := range m.values {
		m.values[v].first, m.values[v].last = -1, -1
	}
	touch := func(v vec, i int) {
		if v == 0 || m.values[v].constant {
			return
		}
		if m.values[v].first < 0 {
			m.values[v].first = i
		}
		m.values[v].last = i
	}
	for i, c := range m.code {
		for _, s := range c.src {
			if s != 0 && !m.values[s].constant && m.values[s].first < 0 {
				panic(fmt.Sprintf("%s: value %d used before it is set, at %d", m.name, s, i))
			}
			touch(s, i)
		}
		touch(c.dst, i)
	}
	// What is set before a loop and used in it must outlive the loop.
	for changed := true; changed; {
		changed = false
		for _, l := range m.loops {
			for v := range m.values {
				x := &m.values[v]
				if x.first >= 0 && x.first < l[0] && x.last >= l[0] && x.last < l[1] {
					x.last = l[1]
					changed = true
				}
			}
		}
	}
}

// hoist loads the constants used in the code from position start on into registers there, as many as are left, the most used
// first.
func (m *machine) hoist(start int) {
	type key struct {
		bits  uint32
		table *[16]uint32
	}
	uses := map[key]int{}
	var keys []key
	constants := func(f func(k key, at *vec)) {
		for i := start; i < len(m.code); i++ {
			for j := range m.code[i].src {
				v := m.code[i].src[j]
				if x := m.values[v]; x.constant && (x.table == nil || m.isa == avx512) {
					f(key{x.bits, x.table}, &m.code[i].src[j])
				}
			}
		}
	}
	constants(func(k key, _ *vec) {
		if uses[k] == 0 {
			keys = append(keys, k)
		}
		uses[k]++
	})
	sort.SliceStable(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if (a.table != nil) != (b.table != nil) {
			return a.table != nil
		}
		return uses[a] > uses[b]
	})
	keys = keys[:min(len(keys), max(0, m.isa.vectors-m.peak(start)-1))]
	registers := map[key]vec{}
	var loads []instr
	for _, k := range keys {
		v := m.new(value{})
		registers[k] = v
		loads = append(loads, instr{op: opMove, dst: v, src: [3]vec{m.new(value{constant: true, bits: k.bits, table: k.table})},
			base: -1, index: -1})
	}
	constants(func(k key, at *vec) {
		if v := registers[k]; v != 0 {
			*at = v
		}
	})
	m.code = slices.Insert(m.code, start, loads...)
	for i, l := range m.loops {
		if l[0] >= start {
			m.loops[i] = [2]int{l[0] + len(loads), l[1] + len(loads)}
		}
	}
}

// peak returns the largest number of registers in use at once from position start on.
func (m *machine) peak(start int) int {
	m.live()
	most := 0
	for i := start; i < len(m.code); i++ {
		n := 0
		for _, x := range m.values {
			if x.first >= 0 && x.first <= i && i <= x.last && !(x.mask && m.isa.masks > 0) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// allocate walks the code, gives each value a register for its life, and hands each instruction to emit.
func (m *machine) allocate(emit func(c instr, dies [3]bool)) {
	m.live()
	var usedVec, usedMask [64]bool
	endsAt := map[int][]vec{}
	for v := range m.values {
		if x := m.values[v]; x.first >= 0 {
			endsAt[x.last] = append(endsAt[x.last], vec(v))
		}
	}
	take := func(v vec) {
		x := &m.values[v]
		used, n := &usedVec, m.isa.vectors
		if x.mask && m.isa.masks > 0 {
			used, n = &usedMask, m.isa.masks
		}
		for r := range n {
			if !used[r] {
				used[r] = true
				x.register = r
				return
			}
		}
		panic(m.name + ": out of vector registers")
	}
	free := func(v vec) {
		x := m.values[v]
		if x.mask && m.isa.masks > 0 {
			usedMask[x.register] = false
		} else {
			usedVec[x.register] = false
		}
	}
	for i, c := range m.code {
		var dies [3]bool
		for k, s := range c.src {
			dies[k] = s != 0 && !m.values[s].constant && m.values[s].last == i && s != c.dst
		}
		fresh := c.dst != 0 && m.values[c.dst].register < 0
		reused := vec(0)
		if fresh {
			if k := m.inPlace(c, dies); k >= 0 {
				reused = c.src[k]
				m.values[c.dst].register = m.values[reused].register
			} else if apart(c.op) {
				take(c.dst)
			} else {
				for _, v := range endsAt[i] {
					if v != c.dst {
						free(v)
					}
				}
				take(c.dst)
				emit(c, dies)
				if m.values[c.dst].last == i {
					free(c.dst)
				}
				continue
			}
		}
		emit(c, dies)
		for _, v := range endsAt[i] {
			if v != reused {
				free(v)
			}
		}
	}
}

// apart tells the operations that write their result before they have read all sources.
func apart(o op) bool {
	switch o {
	case opFMA, opFNMA, opSelect, opLookup, opSumWide, opMaxAll, opFMAWide, opTailOnly, opBytes, opFix, opNarrow:
		return true
	}
	return false
}

// inPlace returns which dying source's register the result should take over, or -1.
func (m *machine) inPlace(c instr, dies [3]bool) int {
	switch c.op {
	case opFMA, opFNMA, opFMAWide:
		if dies[2] {
			return 2
		}
		if m.x86() {
			for k := range 2 {
				if dies[k] && c.src[k] != c.src[1-k] && c.src[k] != c.src[2] {
					return k
				}
			}
		}
	case opFix:
		if dies[0] && c.src[0] != c.src[1] {
			return 0
		}
	case opSelect:
		if !m.x86() && dies[2] && c.src[2] != c.src[0] && c.src[2] != c.src[1] {
			return 2
		}
	}
	return -1
}

// A pool holds the constants and tables of one file.
type pool struct {
	symbol  string
	words   []uint32
	scalars map[uint32]int
	tables  map[*[16]uint32]int
	masks   int
	spread  int // copies of each scalar
}

func newPool(symbol string, copies int) *pool {
	return &pool{symbol: symbol, scalars: map[uint32]int{}, tables: map[*[16]uint32]int{}, masks: -1, spread: copies}
}

func (p *pool) scalar(bits uint32) int {
	at, ok := p.scalars[bits]
	if !ok {
		at = 4 * len(p.words)
		p.scalars[bits] = at
		for range p.spread {
			p.words = append(p.words, bits)
		}
	}
	return at
}

func (p *pool) table(t *[16]uint32) int {
	at, ok := p.tables[t]
	if !ok {
		at = 4 * len(p.words)
		p.tables[t] = at
		p.words = append(p.words, t[:]...)
	}
	return at
}

// tailMasks returns the address of the end of eight ones, which eight zeros follow.
func (p *pool) tailMasks() string {
	if p.masks < 0 {
		p.masks = 4*len(p.words) + 32
		for range 8 {
			p.words = append(p.words, 1<<32-1)
		}
		p.words = append(p.words, make([]uint32, 8)...)
	}
	return fmt.Sprintf("%s<>+%d(SB)", p.symbol, p.masks)
}

func (p *pool) print(w *strings.Builder) {
	if len(p.words) == 0 {
		return
	}
	for len(p.words)%2 != 0 {
		p.words = append(p.words, 0)
	}
	for i := 0; i < len(p.words); i += 2 {
		fmt.Fprintf(w, "DATA %s<>+%d(SB)/8, $0x%08x%08x\n", p.symbol, 4*i, p.words[i+1], p.words[i])
	}
	fmt.Fprintf(w, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", p.symbol, 4*len(p.words))
}

// print writes the function.
func (m *machine) print(w *strings.Builder) {
	frame := 0
	if m.flush && m.x86() {
		frame = 8
	}
	fmt.Fprintf(w, "\n// func %s(", m.name)
	for i, a := range m.args {
		if i > 0 {
			w.WriteString(", ")
		}
		w.WriteString(a.name)
	}
	w.WriteString(")\n")
	fmt.Fprintf(w, "TEXT ·%s(SB), NOSPLIT, $%d-%d\n", m.name, frame, m.argSize())
	line := func(format string, a ...any) {
		s := fmt.Sprintf(format, a...)
		if !strings.HasSuffix(s, ":") {
			s = "\t" + s
		}
		w.WriteString(s + "\n")
	}
	if m.flush {
		m.flushOn(line)
	}
	if !m.x86() {
		line("MOVD $%s<>(SB), R20", m.pool.symbol)
	}
	m.allocate(func(c instr, dies [3]bool) {
		if c.op == opText {
			line("%s", c.text)
			return
		}
		switch m.isa {
		case neon:
			m.emitNEON(c, dies, line)
		default:
			m.emitAVX(c, dies, line)
		}
	})
	if m.flush {
		m.flushOff(line)
	}
	if m.x86() {
		line("VZEROUPPER")
	}
	line("RET")
}

func (m *machine) flushOn(line func(string, ...any)) {
	if m.x86() {
		line("STMXCSR 0(SP)")
		line("MOVL 0(SP), AX")
		line("ORL $0x8040, AX")
		line("MOVL AX, 4(SP)")
		line("LDMXCSR 4(SP)")
		return
	}
	line("MOVD FPCR, R21")
	line("ORR $(1<<24), R21, R22")
	line("MOVD R22, FPCR")
}

func (m *machine) flushOff(line func(string, ...any)) {
	if m.x86() {
		line("LDMXCSR 0(SP)")
		return
	}
	line("MOVD R21, FPCR")
}
