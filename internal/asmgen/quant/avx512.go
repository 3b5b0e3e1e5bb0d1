package main

import "fmt"

// Registers of the kernels with AVX-512.
const (
	sum       = "Z24"
	valuesZ   = "Z16" // the values of 4 bits
	scalesZ   = "Z17" // the positions of scales
	positions = "Z18" // the positions of weights
	lowBits   = "Z19" // 15 in each byte
)

// fill sets each byte of a register to v.
func (w *writer) fill(v int, register string) {
	w.op("MOVQ", imm(v*0x01010101), tmp)
	w.op("VPBROADCASTD", tmp, register)
}

// load4 loads the two vectors that hold a group of four blocks into Z0 and Z1. If masked it loads only the lanes of K1
// and K2.
func (w *writer) load4(f blockFormat, masked bool) {
	second := 4*f.bytes - 64
	if masked {
		unit := fmt.Sprintf("VMOVDQU%d.Z", 8*f.scales)
		w.op(unit, at(0, block), "K1", "Z0")
		w.op(unit, at(second, block), "K2", "Z1")
		return
	}
	w.op("VMOVDQU32", at(0, block), "Z0")
	w.op("VMOVDQU32", at(second, block), "Z1")
}

// unpack4 computes from Z0 and Z1 the scales of the lanes in Z2, the minima in Z3, and the 4-bit numbers in Z0. A
// lane has eight weights of one block: bytes 4·(lane mod 4) to 4·(lane mod 4) + 3 of its 16 bytes.
func (w *writer) unpack4(f blockFormat) {
	w.op("VPERMW", "Z0", scalesZ, "Z2")
	if f.hasMinimum() {
		w.op("VEXTRACTI64X4", "$1", "Z2", "Y3")
		w.op("VCVTPH2PS", "Y3", "Z3")
	}
	w.op("VCVTPH2PS", "Y2", "Z2")
	if f.scales == 4 {
		w.op("VPERMT2D", "Z1", positions, "Z0")
	} else {
		w.op("VPERMT2W", "Z1", positions, "Z0")
	}
}

// start4 begins a kernel for groups of four blocks. It sets K1 and K2 to the parts of the two vectors that hold the
// last, partial group.
func (w *writer) start4(name string, f blockFormat) (next string) {
	return w.begin(name, func() {
		w.op("VMOVUPS", "values"+f.name+"<>(SB)", valuesZ)
		w.op("VMOVUPS", "scales"+f.name+"<>(SB)", scalesZ)
		w.op("VMOVUPS", "weights"+f.name+"<>(SB)", positions)
		w.fill(15, lowBits)
		w.op("MOVQ", field("Tail"), tmp)
		w.op("IMULQ", imm(f.bytes/f.scales), tmp)
		w.op("MOVQ", "$-1", "DX")
		w.op("BZHIQ", tmp, "DX", "R9")
		w.op("KMOVQ", "R9", "K1")
		w.op("SHRQ", imm((4*f.bytes-64)/f.scales), "R9")
		w.op("KMOVQ", "R9", "K2")
	})
}

// tail writes code for the last, partial group of a row, if there is one.
func (w *writer) tail(code func()) {
	end := w.newLabel("noTail")
	w.op("CMPQ", field("Tail"), "$0")
	w.op("JEQ", end)
	code()
	w.label(end)
}

// floats4 writes the kernel for blocks of 4-bit weights and float32 inputs. A group of inputs has eight vectors, of
// which vector k belongs to the k-th four bits of the lanes, and their sum.
func (w *writer) floats4(f blockFormat) {
	next := w.start4("dots"+f.name+"AVX512", f)
	w.op("VPXORD", sum, sum, sum)
	group := func(masked bool) {
		w.load4(f, masked)
		w.unpack4(f)
		for k := range 8 {
			q, s := fmt.Sprint("Z", 10+k%4), fmt.Sprint("Z", 6+k%2)
			from := "Z0"
			if k > 0 {
				w.op("VPSRLD", imm(4*k), "Z0", q)
				from = q
			}
			w.op("VPERMPS", valuesZ, from, q)
			if k < 2 {
				w.op("VMULPS", at(64*k, inputs), q, s)
			} else {
				w.op("VFMADD231PS", at(64*k, inputs), q, s)
			}
		}
		w.op("VADDPS", "Z7", "Z6", "Z6")
		w.op("VFMADD231PS", "Z6", "Z2", sum)
		if f.hasMinimum() {
			w.op("VFMADD231PS", at(512, inputs), "Z3", sum)
		}
	}
	w.loop(4*f.bytes, 576, func() { group(false) })
	w.tail(func() { group(true) })
	w.end(next, sum)
}

// floats8 writes the kernel for blocks of 8-bit weights and float32 inputs. A group is a block.
func (w *writer) floats8(f blockFormat) {
	next := w.begin("dots"+f.name+"AVX512", func() {})
	w.op("VPXORD", sum, sum, sum)
	w.loop(f.bytes, 128, func() {
		for i := range 2 {
			w.op("VPMOVSXBD", at(f.scales+16*i, block), fmt.Sprint("Z", i))
			w.op("VCVTDQ2PS", fmt.Sprint("Z", i), fmt.Sprint("Z", i))
		}
		w.op("VPBROADCASTW", at(0, block), "Y2")
		w.op("VCVTPH2PS", "Y2", "Z2")
		w.op("VMULPS", at(0, inputs), "Z0", "Z0")
		w.op("VFMADD231PS", at(64, inputs), "Z1", "Z0")
		w.op("VFMADD231PS", "Z0", "Z2", sum)
	})
	w.end(next, sum)
}
