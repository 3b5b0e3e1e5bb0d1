// Package quant computes with weights that are stored in blocks of few bits, in the formats of ggml.
//
// A row of weights is a sequence of blocks of 32 weights (256 in the formats of K). A block has one or two scales and a
// small integer for each weight:
//
//	Q8_0   d (float16), 32 int8                               w = d·q
//	Q4_0   d (float16), 32 × 4 bits                           w = d·(q − 8)
//	Q4_1   d, m (float16), 32 × 4 bits                        w = d·q + m
//	Q4_K   d, dmin (float16), 8 × (6-bit scale s, minimum t), 256 × 4 bits
//	                                                          w = (d·s)·q − dmin·t
//	Q6_K   256 × 6 bits, 16 scales s (int8), d (float16)      w = (d·s)·(q − 32)
//
// Byte i of the 4-bit numbers of 32 weights has weight i in its low half and weight i + 16 in its high half. Q4_K
// stores 64 weights in 32 bytes so, and Q6_K spreads 128 weights over 64 bytes of low halves and 32 bytes of high
// bits. (https://github.com/ggml-org/ggml, ggml-quants.h)
//
// [Dequantize] is the definition. [Linear] multiplies rows by vectors without storing the weights as floats.
package quant

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Format is the format of a block.
type Format uint8

// The formats.
const (
	Q8_0 Format = iota
	Q4_0
	Q4_1
	Q4_K
	Q6_K
	numFormats
)

// formats has the sizes of a block, and the loop that defines its weights.
var formats = [numFormats]struct {
	weights, bytes int
	dequantize     func(dst []float32, block []byte)
}{
	Q8_0: {32, 34, dequantizeQ80},
	Q4_0: {32, 18, dequantizeQ40},
	Q4_1: {32, 20, dequantizeQ41},
	Q4_K: {256, 144, dequantizeQ4K},
	Q6_K: {256, 210, dequantizeQ6K},
}

// RowBytes returns the bytes of a row of k weights. k is a multiple of the weights of a block.
func (f Format) RowBytes(k int) int { return k / formats[f].weights * formats[f].bytes }

// Dequantize sets dst to the weights of blocks, one row or several. It panics if the lengths do not fit.
func Dequantize(f Format, dst []float32, blocks []byte) {
	n, size := formats[f].weights, formats[f].bytes
	if len(dst)%n != 0 || len(blocks) != len(dst)/n*size {
		panic(fmt.Sprintf("quant: %d bytes for %d weights, want %d for every %d", len(blocks), len(dst), size, n))
	}
	if dequantizeFast(f, dst, blocks) {
		return
	}
	for ; len(dst) > 0; dst, blocks = dst[n:], blocks[size:] {
		formats[f].dequantize(dst[:n:n], blocks[:size:size])
	}
}

// half returns the float16 in the first two bytes of b.
func half(b []byte) float32 { return vec.F16(uint16(b[0]) | uint16(b[1])<<8) }

func dequantizeQ80(dst []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:34] {
		dst[i] = d * float32(int8(q))
	}
}

func dequantizeQ40(dst []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:18] {
		dst[i] = d * float32(int(q&15)-8)
		dst[i+16] = d * float32(int(q>>4)-8)
	}
}

func dequantizeQ41(dst []float32, b []byte) {
	d, m := half(b), half(b[2:])
	for i, q := range b[4:20] {
		dst[i] = float32(d*float32(q&15)) + m
		dst[i+16] = float32(d*float32(q>>4)) + m
	}
}

func dequantizeQ4K(dst []float32, b []byte) {
	d, dmin, scales := half(b), half(b[2:]), b[4:16]
	for j := range 8 {
		s, t := scales[j%4], scales[j%4+4]
		if j < 4 {
			s, t = s&63, t&63
		} else {
			low := scales[j+4]
			s, t = low&15|s>>6<<4, low>>4|t>>6<<4
		}
		scale, least := d*float32(s), dmin*float32(t)
		for i, q := range b[16+j/2*32:][:32] {
			dst[32*j+i] = float32(scale*float32(q>>(j%2*4)&15)) - least
		}
	}
}

func dequantizeQ6K(dst []float32, b []byte) {
	low, high, scales, d := b[:128], b[128:192], b[192:208], half(b[208:])
	for i := range 256 {
		part, j := i/128, i%128 // j = 32·(which quarter) + position
		q := low[64*part+j%64]>>(j/64*4)&15 | high[32*part+j%32]>>(j/32*2)&3<<4
		dst[i] = float32(d*float32(int8(scales[i/16]))) * float32(int(q)-32)
	}
}
