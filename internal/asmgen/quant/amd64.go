package main

import (
	"fmt"
	"math"
)

// Registers of all kernels.
const (
	args   = "DI"
	out    = "R8"  // the next result
	row    = "BX"  // the current row of w
	block  = "SI"  // the current blocks of that row
	inputs = "R11" // the prepared x that belongs to them
	rows   = "CX"  // rows left
	groups = "R10" // whole groups left in the row
	tmp    = "AX"
)

// field returns the operand for a field of the struct dots.
func field(name string) string { return fmt.Sprintf("const_dots%s(%s)", name, args) }

// tables writes the constants.
func (w *writer) tables() {
	w.WriteString("\n")
	for _, f := range formats {
		if f.bits != 4 {
			continue
		}
		w.WriteString("// The four bits of a weight as a number.\n")
		var values []uint32
		for q := range 16 {
			v := float32(q)
			if !f.hasMinimum() {
				v -= 8
			}
			values = append(values, math.Float32bits(v))
		}
		w.table("values"+f.name, values...)
		w.WriteString("// The words of the scales of four blocks, each for four lanes; then those of the minima.\n")
		var scales []uint32
		for half := range f.scales / 2 {
			for b := range 4 {
				word := uint32(b*f.bytes/2 + half)
				scales = append(scales, word<<16|word, word<<16|word)
			}
		}
		for len(scales) < 16 {
			scales = append(scales, 0)
		}
		w.table("scales"+f.name, scales...)
		w.WriteString("// The positions of the weights of four blocks in two vectors, the second of which begins later.\n")
		unit := f.scales // bytes: the largest unit in which blocks are aligned
		second := 4*f.bytes - 64
		var positions []uint32
		for at := 0; at < 64; at += unit {
			from := at/16*f.bytes + f.scales + at%16
			position := from / unit
			if from >= 64 {
				position = (64 + from - second) / unit
			}
			if unit == 4 {
				positions = append(positions, uint32(position))
			} else if at%4 == 0 {
				positions = append(positions, uint32(position))
			} else {
				positions[len(positions)-1] |= uint32(position) << 16
			}
		}
		w.table("weights"+f.name, positions...)
	}
}

// begin writes the beginning of a kernel that computes the products of rows, and the loop over the rows.
func (w *writer) begin(name string, constants func()) (next string) {
	return w.beginFrame(0, name, constants)
}

// beginFrame is begin for a kernel with a frame of a number of bytes.
func (w *writer) beginFrame(frame int, name string, constants func()) (next string) {
	w.functionWithFrame(name, frame, 8, "d *dots")
	w.op("MOVQ", "d+0(FP)", args)
	w.op("MOVQ", field("Y"), out)
	w.op("MOVQ", field("W"), row)
	w.op("MOVQ", field("Rows"), rows)
	constants()
	next = w.newLabel("row")
	w.label(next)
	w.op("MOVQ", row, block)
	w.op("MOVQ", field("X"), inputs)
	w.op("MOVQ", field("Groups"), groups)
	return next
}

// loop writes the code of one group of blocks for all groups of a row.
func (w *writer) loop(blockBytes, inputBytes int, code func()) {
	next, end := w.newLabel("group"), w.newLabel("groups")
	w.op("TESTQ", groups, groups)
	w.op("JZ", end)
	w.label(next)
	code()
	w.op("ADDQ", imm(blockBytes), block)
	w.op("ADDQ", imm(inputBytes), inputs)
	w.op("DECQ", groups)
	w.op("JNZ", next)
	w.label(end)
}

// end stores the sum of the vector sum (the eight lanes of Y, or all of Z) as the row's result and goes to the next
// row.
func (w *writer) end(next, sum string) {
	w.reduce(sum)
	w.op("VMOVSS", "X0", "("+out+")")
	w.nextRow(next)
}

// reduce adds the lanes of the vector sum in X0.
func (w *writer) reduce(sum string) {
	if sum[0] == 'Z' {
		w.op("VEXTRACTF64X4", "$1", sum, "Y1")
		w.op("VADDPS", "Y"+sum[1:], "Y1", "Y0")
	} else if sum != "Y0" {
		w.op("VMOVAPS", sum, "Y0")
	}
	w.op("VEXTRACTF128", "$1", "Y0", "X1")
	w.op("VADDPS", "X1", "X0", "X0")
	w.op("VPERMILPS", "$0x4e", "X0", "X1")
	w.op("VADDPS", "X1", "X0", "X0")
	w.op("VMOVSHDUP", "X0", "X1")
	w.op("VADDSS", "X1", "X0", "X0")
}

// nextRow goes to the next row, or returns.
func (w *writer) nextRow(next string) {
	w.op("ADDQ", "$4", out)
	w.op("ADDQ", field("Stride"), row)
	w.op("DECQ", rows)
	w.op("JNZ", next)
	w.op("VZEROUPPER")
	w.op("RET")
}

// numbers writes the conversion of the 32 weights of the block at base to float32, in Y4 to Y7: q, and q − 8 in Q4_0.
// Y15 is 15 and Y14 is 8 in each lane.
func (w *writer) numbers(f blockFormat, base string) {
	if f.bits == 8 {
		for i := range 4 {
			w.op("VPMOVSXBD", at(f.scales+8*i, base), fmt.Sprint("Y", 4+i))
		}
	} else {
		for i := range 2 {
			w.op("VPMOVZXBD", at(f.scales+8*i, base), fmt.Sprint("Y", 4+i))
		}
		for i := range 2 {
			w.op("VPSRLD", "$4", fmt.Sprint("Y", 4+i), fmt.Sprint("Y", 6+i))
			w.op("VPAND", "Y15", fmt.Sprint("Y", 4+i), fmt.Sprint("Y", 4+i))
		}
	}
	for i := range 4 {
		r := fmt.Sprint("Y", 4+i)
		if f.bits == 4 && !f.hasMinimum() {
			w.op("VPSUBD", "Y14", r, r)
		}
		w.op("VCVTDQ2PS", r, r)
	}
}

// constants writes the loads of the constants that numbers uses.
func (w *writer) constants(f blockFormat) {
	if f.bits == 4 {
		for i, v := range []int{8, 15} {
			w.op("MOVQ", imm(v), tmp)
			w.op("MOVQ", tmp, fmt.Sprint("X", 14+i))
			w.op("VPBROADCASTD", fmt.Sprint("X", 14+i), fmt.Sprint("Y", 14+i))
		}
	}
}

// scales writes the loads of a block's scale into all lanes of Y2, and of its minimum into Y3.
func (w *writer) scales(f blockFormat, base string) {
	w.op("VPBROADCASTW", at(0, base), "X2")
	w.op("VCVTPH2PS", "X2", "Y2")
	if f.hasMinimum() {
		w.op("VPBROADCASTW", at(2, base), "X3")
		w.op("VCVTPH2PS", "X3", "Y3")
	}
}

// dequantize writes the kernel that Dequantize defines, with AVX2.
func (w *writer) dequantize(f blockFormat) {
	w.function("dequantize"+f.name+"AVX2", 24, "dst *float32, blocks *byte, count int")
	w.op("MOVQ", "dst+0(FP)", out)
	w.op("MOVQ", "blocks+8(FP)", block)
	w.op("MOVQ", "count+16(FP)", rows)
	w.constants(f)
	next := w.newLabel("block")
	w.label(next)
	w.scales(f, block)
	w.numbers(f, block)
	for i := range 4 {
		r := fmt.Sprint("Y", 4+i)
		w.op("VMULPS", "Y2", r, r)
		if f.hasMinimum() {
			w.op("VADDPS", "Y3", r, r)
		}
		w.op("VMOVUPS", r, at(32*i, out))
	}
	w.op("ADDQ", imm(f.bytes), block)
	w.op("ADDQ", "$128", out)
	w.op("DECQ", rows)
	w.op("JNZ", next)
	w.op("VZEROUPPER")
	w.op("RET")
}

// dotsAVX2 writes the kernel for AVX2. A group is a block.
func (w *writer) dotsAVX2(f blockFormat) {
	next := w.begin("dots"+f.name+"AVX2", func() { w.constants(f) })
	for i := range 4 {
		w.op("VXORPS", fmt.Sprint("Y", 8+i), fmt.Sprint("Y", 8+i), fmt.Sprint("Y", 8+i))
	}
	w.loop(f.bytes, 128, func() {
		w.scales(f, block)
		w.numbers(f, block)
		for i := range 4 {
			r := fmt.Sprint("Y", 4+i)
			if f.hasMinimum() {
				w.op("VFMADD213PS", "Y3", "Y2", r)
			} else {
				w.op("VMULPS", "Y2", r, r)
			}
			w.op("VFMADD231PS", at(32*i, inputs), r, fmt.Sprint("Y", 8+i))
		}
	})
	w.op("VADDPS", "Y9", "Y8", "Y8")
	w.op("VADDPS", "Y11", "Y10", "Y10")
	w.op("VADDPS", "Y10", "Y8", "Y8")
	w.end(next, "Y8")
}
