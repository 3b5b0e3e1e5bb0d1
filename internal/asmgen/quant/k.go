package main

import "fmt"

// The formats with 256 weights in a block, for vectors of any width. A kernel converts the scales of a block to float32
// and stores them in its frame, from which they are loaded into all lanes.

// A width is that of a kernel's vectors.
type width struct {
	isa    string
	prefix string // of the registers
	lanes  int
	and    string
	or     string
}

var (
	avx2   = width{"AVX2", "Y", 8, "VPAND", "VPOR"}
	avx512 = width{"AVX512", "Z", 16, "VPANDD", "VPORD"}
)

func (v width) r(i int) string { return fmt.Sprint(v.prefix, i) }

// A weightsCode handles the vector of weights that begins with weight i of a block: the unscaled numbers, in a register
// that it may change. scale is the index of their scale, first and last say whether this is the first or the last
// vector of several in a row with that scale.
type weightsCode func(i int, register string, scale int, first, last bool)

// A superblock is a format with 256 weights in a block.
type superblock struct {
	name    string
	bytes   int
	scales  int
	minima  bool
	inputs  int // numbers of the prepared inputs of a block: the inputs and, for minima, the sums of each 32
	begin   func(w *writer, v width)
	decode  func(w *writer, v width)
	numbers func(w *writer, v width, code weightsCode)
}

var superblocks = []superblock{
	{"Q4K", 144, 8, true, 256 + 16, func(w *writer, v width) { w.splatInt(v, 15, 15) }, (*writer).decodeQ4K, (*writer).numbersQ4K},
	{"Q6K", 210, 16, false, 256, func(w *writer, v width) {
		w.splatInt(v, 15, 15)
		w.splatInt(v, 0x30, 14)
		w.splatInt(v, 32, 13)
		w.op("VCVTDQ2PS", v.r(13), v.r(13))
	}, (*writer).decodeQ6K, (*writer).numbersQ6K},
}

// splatInt sets all lanes of register i to n.
func (w *writer) splatInt(v width, n, i int) {
	w.op("MOVQ", imm(n), tmp)
	w.op("MOVQ", tmp, fmt.Sprint("X", i))
	w.op("VPBROADCASTD", fmt.Sprint("X", i), v.r(i))
}

// decodeQ4K stores the eight scales at 0(SP) and leaves the eight minima in register 3.
func (w *writer) decodeQ4K(v width) {
	w.scalesQ4K()
	w.op("VMOVUPS", "Y2", "0(SP)")
}

// scalesQ4K computes the eight scales in Y2 and the eight minima in Y3. The numbers have six bits: those of the first
// four scales are in bytes 4 to 7 of a block, of the first four minima in bytes 8 to 11. Of the others, the lower four
// bits are the halves of bytes 12 to 15, and the upper two bits those of the bytes before.
func (w *writer) scalesQ4K() {
	w.op("MOVL", at(12, block), "R9")
	for i := range 2 {
		w.op("MOVL", at(4+4*i, block), "AX")
		w.op("MOVL", "AX", "DX")
		w.op("ANDL", "$0x3f3f3f3f", "DX")
		w.op("SHRL", "$2", "AX")
		w.op("ANDL", "$0x30303030", "AX")
		w.op("MOVL", "R9", "R12")
		if i == 1 {
			w.op("SHRL", "$4", "R12")
		}
		w.op("ANDL", "$0x0f0f0f0f", "R12")
		w.op("ORL", "R12", "AX")
		w.op("SHLQ", "$32", "AX")
		w.op("ORQ", "AX", "DX")
		x, y := fmt.Sprint("X", 2+i), fmt.Sprint("Y", 2+i)
		w.op("MOVQ", "DX", x)
		w.op("VPMOVZXBD", x, y)
		w.op("VCVTDQ2PS", y, y)
		w.op("VPBROADCASTW", at(2*i, block), "X4")
		w.op("VCVTPH2PS", "X4", "Y4")
		w.op("VMULPS", "Y4", y, y)
	}
}

// numbersQ4K converts 32 bytes at a time, which hold 64 weights.
func (w *writer) numbersQ4K(v width, code weightsCode) {
	n := 32 / v.lanes
	for p := range 4 {
		for i := range n {
			w.op("VPMOVZXBD", at(16+32*p+v.lanes*i, block), v.r(4+i))
		}
		for half := range 2 {
			for i := range n {
				q := v.r(8 + i)
				if half == 0 {
					w.op(v.and, v.r(15), v.r(4+i), q)
				} else {
					w.op("VPSRLD", "$4", v.r(4+i), q)
				}
				w.op("VCVTDQ2PS", q, q)
				code(64*p+32*half+v.lanes*i, q, 2*p+half, i == 0, i == n-1)
			}
		}
	}
}

// decodeQ6K stores the 16 scales at 0(SP).
func (w *writer) decodeQ6K(v width) {
	w.op("VPBROADCASTW", at(208, block), "X3")
	w.op("VCVTPH2PS", "X3", "Y3")
	for i := range 2 {
		w.op("VPMOVSXBD", at(192+8*i, block), "Y2")
		w.op("VCVTDQ2PS", "Y2", "Y2")
		w.op("VMULPS", "Y3", "Y2", "Y2")
		w.op("VMOVUPS", "Y2", fmt.Sprintf("%d(SP)", 32*i))
	}
}

// numbersQ6K converts, for each half of a block, columns of four vectors that share their upper bits' bytes.
func (w *writer) numbersQ6K(v width, code weightsCode) {
	for part := range 2 {
		for at0 := 0; at0 < 32; at0 += v.lanes {
			high, low := v.r(2), [2]string{v.r(3), v.r(4)}
			w.op("VPMOVZXBD", at(128+32*part+at0, block), high)
			for i := range 2 {
				w.op("VPMOVZXBD", at(64*part+32*i+at0, block), low[i])
			}
			for quarter := range 4 {
				q, h := v.r(5+2*quarter), v.r(6+2*quarter)
				if quarter < 2 {
					w.op(v.and, v.r(15), low[quarter], q)
					w.op("VPSLLD", imm(4-2*quarter), high, h)
				} else {
					w.op("VPSRLD", "$4", low[quarter-2], q)
					w.op("VPSRLD", imm(2*quarter-4), high, h)
				}
				w.op(v.and, v.r(14), h, h)
				w.op(v.or, h, q, q)
				w.op("VCVTDQ2PS", q, q)
				w.op("VSUBPS", v.r(13), q, q)
				code(128*part+32*quarter+at0, q, 8*part+2*quarter+at0/16, true, true)
			}
		}
	}
}

// dotsK writes the kernel of products. Its sums are in registers 0 and 1.
func (w *writer) dotsK(f superblock, v width) {
	next := w.beginFrame(64, "dots"+f.name+v.isa, func() { f.begin(w, v) })
	clearing := "VXORPS"
	if v.prefix == "Z" {
		clearing = "VPXORD"
	}
	w.op(clearing, v.r(0), v.r(0), v.r(0))
	w.op(clearing, v.r(1), v.r(1), v.r(1))
	w.loop(f.bytes, 4*f.inputs, func() {
		f.decode(w, v)
		if f.minima {
			w.op("VFNMADD231PS", at(4*256, inputs), v.r(3), v.r(1))
		}
		sum, product := 0, ""
		f.numbers(w, v, func(i int, q string, scale int, first, last bool) {
			if first {
				product = q
				w.op("VMULPS", at(4*i, inputs), q, q)
			} else {
				w.op("VFMADD231PS", at(4*i, inputs), q, product)
			}
			if last {
				if v.prefix == "Z" {
					w.op("VFMADD231PS.BCST", fmt.Sprintf("%d(SP)", 4*scale), product, v.r(sum))
				} else {
					w.op("VBROADCASTSS", fmt.Sprintf("%d(SP)", 4*scale), "Y12")
					w.op("VFMADD231PS", "Y12", product, v.r(sum))
				}
				sum = 1 - sum
			}
		})
	})
	w.op("VADDPS", v.r(1), v.r(0), v.r(0))
	w.end(next, v.r(0))
}

// dequantizeK writes the kernel that Dequantize defines, with AVX2.
func (w *writer) dequantizeK(f superblock) {
	w.functionWithFrame("dequantize"+f.name+"AVX2", 64, 24, "dst *float32, blocks *byte, count int")
	w.op("MOVQ", "dst+0(FP)", out)
	w.op("MOVQ", "blocks+8(FP)", block)
	w.op("MOVQ", "count+16(FP)", rows)
	f.begin(w, avx2)
	next := w.newLabel("block")
	w.label(next)
	f.decode(w, avx2)
	if f.minima {
		w.op("VMOVUPS", "Y3", "32(SP)")
	}
	f.numbers(w, avx2, func(i int, q string, scale int, first, last bool) {
		w.op("VBROADCASTSS", fmt.Sprintf("%d(SP)", 4*scale), "Y0")
		w.op("VMULPS", "Y0", q, q)
		if f.minima {
			w.op("VBROADCASTSS", fmt.Sprintf("%d(SP)", 32+4*scale), "Y1")
			w.op("VSUBPS", "Y1", q, q)
		}
		w.op("VMOVUPS", q, at(4*i, out))
	})
	w.op("ADDQ", imm(f.bytes), block)
	w.op("ADDQ", "$1024", out)
	w.op("DECQ", rows)
	w.op("JNZ", next)
	w.op("VZEROUPPER")
	w.op("RET")
}
