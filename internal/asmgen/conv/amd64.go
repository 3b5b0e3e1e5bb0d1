package main

import "fmt"

// An x86 describes a vector instruction set of amd64 and one element type.
type x86 struct {
	writer
	suffix  string // of the function names
	reg     string // name of a vector register, without its number
	vectors int    // number of vector registers
	lanes   int    // elements of a vector
	size    int    // bytes of an element
	heights []int  // heights[v-1]: the most rows of a tile of v vectors
	full    bool   // the code being written is for whole vectors only
}

func (x *x86) avx512() bool { return x.reg == "Z" }

// p returns the name of an instruction for the element type: name with S or D instead of the star.
func (x *x86) p(name string) string {
	t := byte('S')
	if x.size == 8 {
		t = 'D'
	}
	b := []byte(name)
	for i := range b {
		if b[i] == '*' {
			b[i] = t
		}
	}
	return string(b)
}

// v returns the name of vector register i.
func (x *x86) v(i int) string { return fmt.Sprint(x.reg, i) }

// shift returns the binary logarithm of the size of an element, as an operand.
func (x *x86) shift() string {
	if x.size == 8 {
		return "$3"
	}
	return "$2"
}

// amd64File writes the kernels for AVX-512 and AVX2.
func amd64File() *assembly {
	file := newAssembly()
	file.text += "\n// maskAVX2<>+32-4·n: n lanes of ones, then zeros.\n"
	for i := range 16 {
		ones := uint32(0)
		if i < 8 {
			ones = 0xffffffff
		}
		file.text += fmt.Sprintf("DATA maskAVX2<>+%d(SB)/4, $%#x\n", 4*i, ones)
	}
	file.text += "GLOBL maskAVX2<>(SB), RODATA|NOPTR, $64\n\n// Indices of elements of two vectors.\n" + splitTables()
	for _, x := range []*x86{
		{suffix: "AVX512F32", reg: "Z", vectors: 32, lanes: 16, size: 4, heights: []int{14, 14, 9, 6}},
		{suffix: "AVX512F64", reg: "Z", vectors: 32, lanes: 8, size: 8, heights: []int{14, 14, 9, 6}},
		{suffix: "AVX2F32", reg: "Y", vectors: 16, lanes: 8, size: 4, heights: []int{12, 6}},
		{suffix: "AVX2F64", reg: "Y", vectors: 16, lanes: 4, size: 8, heights: []int{12, 6}},
	} {
		x.tiles()
		x.planes()
		x.planesGrad()
		if x.avx512() {
			x.split()
			x.spread()
		}
		if x.avx512() && x.size == 4 {
			x.winogradInput()
			x.winogradOutput()
			x.winogradWeights()
		}
		file.add(&x.writer)
	}
	return file
}

// maskRegister returns the register of the mask for the last, partial vector: K1 or, with AVX2, the last vector
// register.
func (x *x86) maskRegister() string {
	if x.avx512() {
		return "K1"
	}
	return x.v(x.vectors - 1)
}

// setMask sets the mask register to select the first n lanes, 1 ≤ n ≤ lanes. n is a register, whose value may be
// destroyed.
func (x *x86) setMask(n, scratch string) {
	if x.avx512() {
		x.op("MOVQ", "$-1", scratch)
		x.op("BZHIQ", n, scratch, scratch)
		x.op("KMOVW", scratch, "K1")
		return
	}
	x.op("NEGQ", n)
	x.op("LEAQ", "maskAVX2<>+32(SB)", scratch)
	x.op("VMOVUPS", fmt.Sprintf("(%s)(%s*%d)", scratch, n, x.size), x.maskRegister())
}

// variants writes code once or, if twice is set, two times: first for a masked last vector, then, at label, for whole
// vectors only.
func (x *x86) variants(label string, twice bool, code func()) {
	code()
	if twice {
		x.full = true
		x.label(label)
		code()
		x.full = false
	}
}

// twice reports whether the code for v vectors is written twice. AVX2's masked loads and stores are slow even if the
// mask selects all lanes. With AVX-512 a masked load takes the time of a multiplication on Intel's processors, so the
// widest tiles, which compute most of a large product, have code without masks.
func (x *x86) twice(v int) bool { return !x.avx512() || v == len(x.heights) }

// ifFull jumps to the variant for whole vectors, if there is one and n, the number of lanes of the last vector, is that
// of a whole vector.
func (x *x86) ifFull(n, label string, twice bool) {
	if twice {
		x.op("CMPQ", n, fmt.Sprint("$", x.lanes))
		x.op("JEQ", label)
	}
}

// load loads one vector. If masked, it loads the lanes of the mask and zeroes the others.
func (x *x86) load(address, register string, masked bool) {
	switch {
	case !masked || x.full:
		x.op(x.p("VMOVUP*"), address, register)
	case x.avx512():
		x.op(x.p("VMOVUP*.Z"), address, "K1", register)
	default:
		x.op(x.p("VMASKMOVP*"), address, x.maskRegister(), register)
	}
}

// store stores one vector. If masked, it stores the lanes of the mask only.
func (x *x86) store(register, address string, masked bool) {
	switch {
	case !masked || x.full:
		x.op(x.p("VMOVUP*"), register, address)
	case x.avx512():
		x.op(x.p("VMOVUP*"), register, "K1", address)
	default:
		x.op(x.p("VMASKMOVP*"), register, x.maskRegister(), address)
	}
}

// clear zeroes a vector register.
func (x *x86) clear(i int) {
	if i >= 16 { // the shorter encodings do not have these registers
		x.op("VPXORD", x.v(i), x.v(i), x.v(i))
		return
	}
	x.op("VXORPS", fmt.Sprint("X", i), fmt.Sprint("X", i), fmt.Sprint("X", i))
}

// scaled returns the operand at base + index·scale.
func scaled(base, index string, scale int) string {
	return fmt.Sprintf("(%s)(%s*%d)", base, index, scale)
}
