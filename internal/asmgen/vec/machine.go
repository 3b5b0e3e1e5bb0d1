package main

import (
	"fmt"
	"math"
	"strings"
)

// A machine records one assembly function in operations that every vector instruction set has, allocates registers, and
// prints the function for one instruction set. Each kernel is written once, for the machine.
//
// Vectors are of float32 (or of as many 32-bit integers or masks); lane counts differ: 16, 8, 4. Registers for integers and
// pointers are few and named by the kernel; vector registers are allocated by the last use of each value.
type machine struct {
	isa    *isa
	family string // the function's name without the instruction set
	name   string
	args   []arg
	values []value
	code   []instr
	loops  [][2]int // first and last position in code
	regs   int      // integer registers in use
	labels int
	index  reg  // byte offset of the current loop
	tail   bool // the loop's last, partial vector is being recorded
	flush  bool // flush subnormal numbers to zero in the function
	pool   *pool
}

type isa struct {
	name    string // suffix of the functions' names
	arch    string
	lanes   int
	vectors int      // registers to allocate
	masks   int      // mask registers to allocate, numbered from 2; none: masks are vectors
	ints    []string // integer registers to allocate
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
	wide     bool        // a constant of 64 bits
	bits     uint32      // of a constant
	high     uint32      // its upper half, if it is wide
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
	opTruth     // store a mask as bytes 1 and 0
	opLoad8     // unsigned 8-bit integers
	opLoad16    // integers of 16 bits
	opStore16   // the lower half of integers below 2¹⁶
	opLoadF16   // float16 as float32
	opStoreF16  // float32 as float16, to the nearest, ties to even
	opMove
	opAdd
	opSub
	opMul
	opDiv
	opMin // min(a, b) is b if either is NaN or both are zero, except that NEON's is NaN if either is
	opMax
	opSqrt
	opRound // to a whole number: imm 0 the nearest, 1 downwards, 2 upwards, 3 towards zero
	opFMA   // a*b + c
	opFNMA  // c - a*b
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
	opToInt   // to int32, towards zero
	opScale   // a·2^b for an integral b; AVX-512 only
	opMinAbs  // the smaller of |a| and |b|, b if a is NaN; AVX-512 only
	opFix     // a, or if b is a special value, the replacement in the table of nibbles c; AVX-512 only
	opLess    // a < b, a mask
	opLessEq
	opEqual
	opNotEqual // true where one is NaN
	opEqualInt
	opEven    // the even lanes of a, then those of b
	opOdd     // the odd lanes
	opZipLow  // a and b in turn: the first half
	opZipHigh // and the second
	opSelect  // mask ? b : c
	opLookup  // table a, low four bits of b
	opWidenLow
	opWidenHigh // half of the lanes as float64
	opLoadWide  // half a vector of memory as float64, on amd64
	opAddWide
	opSubWide
	opMulWide
	opDivWide
	opFMAWide
	opAddLong // integers of 64 bits
	opSubLong
	opShlLong
	opShrLong
	opSarLong       // AVX-512 only
	opMulLong       // the signed product of the lower halves; AVX-512 only
	opBroadcastWide // an argument to all lanes
	opLoadHalves    // half a vector each from offset and imm; AVX-512 only
	opStoreHalves
	opNarrow  // two vectors of float64 as one of float32
	opSumWide // all float64 lanes added, as float32 in all lanes
	opSumWideStore
	opReverse  // the lanes in reverse
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
	typ    string // in Go
	size   int
	offset int
}

func newMachine(isa *isa, p *pool, name string, params ...string) *machine {
	m := &machine{isa: isa, family: name, name: name + isa.name, pool: p, values: make([]value, 1), index: -1}
	offset := 0
	for _, p := range params {
		name, typ, _ := strings.Cut(p, " ")
		size := 8
		if typ == "float32" || typ == "int32" {
			size = 4
		}
		offset = (offset + size - 1) / size * size
		m.args = append(m.args, arg{name, typ, size, offset})
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
		i.dst = m.new(value{mask: i.op == opLess || i.op == opLessEq || i.op == opEqual || i.op == opNotEqual ||
			i.op == opEqualInt || i.op == opBytes})
	}
	i.tail = m.tail
	m.code = append(m.code, i)
	return i.dst
}

func defines(o op) bool {
	return o != opText && o != opStore && o != opStream && o != opTruth && o != opStore16 && o != opStoreF16 &&
		o != opStoreOne && o != opSumWideStore &&
		o != opStoreHalves
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

// wide returns a float64 constant, long a 64-bit constant, for operations on 64-bit lanes and for bitwise operations.
func (m *machine) wide(f float64) vec { return m.long(math.Float64bits(f)) }
func (m *machine) long(b uint64) vec {
	return m.new(value{constant: true, wide: true, bits: uint32(b), high: uint32(b >> 32)})
}

// variable returns a value with initial value x that set may change, also in a loop.
func (m *machine) variable(x vec) vec { return m.do(opMove, x) }

// load reads vector k of the current iteration from p.
func (m *machine) load(p reg, k int) vec {
	return m.add(instr{op: opLoad, base: p, index: m.index, offset: k * 4 * m.isa.lanes})
}

func (m *machine) store(p reg, k int, x vec) {
	m.add(instr{op: opStore, src: [3]vec{x}, base: p, index: m.index, offset: k * 4 * m.isa.lanes})
}

func (m *machine) stream(p reg, k int, x vec) {
	m.add(instr{op: opStream, src: [3]vec{x}, base: p, index: m.index, offset: k * 4 * m.isa.lanes})
}

// prefetch prefetches k vectors some distance ahead into the first-level cache, past the others.
func (m *machine) prefetch(p reg, k int) {
	const ahead, line = 512, 64
	for at := 0; at < k*4*m.isa.lanes; at += line {
		m.text("PREFETCHNTA %d(%s)(%s*1)", ahead+at, m.r(p), m.r(m.index))
	}
}

// bytes reads a vector's number of bytes from p. The index counts float32s, so p must be advanced separately.
func (m *machine) bytes(p reg, k int) vec {
	return m.add(instr{op: opBytes, base: p, index: -1, offset: k * m.isa.lanes})
}

// storeBools stores a mask as bytes to p, which is advanced as in bytes.
func (m *machine) storeBools(p reg, k int, mask vec) {
	m.add(instr{op: opTruth, src: [3]vec{mask}, base: p, index: -1, offset: k * m.isa.lanes})
}

// next loads and put stores vector k from p on. p must be advanced separately.
func (m *machine) next(p reg, k int) vec {
	return m.add(instr{op: opLoad, base: p, index: -1, offset: k * 4 * m.isa.lanes})
}
func (m *machine) put(p reg, k int, x vec) {
	m.add(instr{op: opStore, src: [3]vec{x}, base: p, index: -1, offset: k * 4 * m.isa.lanes})
}

// half reads and putHalf writes a vector's lanes as 16 bits each; p is advanced as in bytes.
func (m *machine) half(o op, p reg) vec { return m.add(instr{op: o, base: p, index: -1}) }
func (m *machine) putHalf(o op, p reg, x vec) {
	m.add(instr{op: o, src: [3]vec{x}, base: p, index: -1})
}

func (m *machine) broadcast(p reg, offset int) vec {
	return m.add(instr{op: opBroadcast, base: p, index: -1, offset: offset})
}

func (m *machine) broadcastArg(name string) vec {
	return m.add(instr{op: opBroadcast, base: -1, index: -1, fp: m.argRef(name)})
}

func (m *machine) broadcastWide(name string) vec {
	return m.add(instr{op: opBroadcastWide, base: -1, index: -1, fp: m.argRef(name)})
}

func (m *machine) storeOne(p reg, offset int, x vec) {
	m.add(instr{op: opStoreOne, src: [3]vec{x}, base: p, index: -1, offset: offset})
}

func (m *machine) storeSum(p reg, x vec) {
	m.add(instr{op: opSumWideStore, src: [3]vec{x}, base: p, index: -1})
}
