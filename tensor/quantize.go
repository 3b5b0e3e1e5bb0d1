package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// BlockFormat is the format of a matrix of weights that is stored in blocks of few bits, one of ggml's. The matrix
// (n, k) is a uint8 tensor (n, bytes): a row of k weights is a row of k/Weights blocks of Bytes bytes each.
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)
type BlockFormat device.BlockFormat

// The formats. d and m are float16 numbers that a block stores, q are its integers.
const (
	Q8_0 = BlockFormat(device.Q8_0) // d·q for 32 integers of 8 bits
	Q4_0 = BlockFormat(device.Q4_0) // d·(q − 8) for 32 integers of 4 bits
	Q4_1 = BlockFormat(device.Q4_1) // d·q + m for 32 integers of 4 bits
	Q4_K = BlockFormat(device.Q4_K) // d·s·q − m·t for 256 integers of 4 bits; s and t of 6 bits for each 32
	Q6_K = BlockFormat(device.Q6_K) // d·s·(q − 32) for 256 integers of 6 bits; s of 8 bits for each 16
)

// String returns ggml's name, such as "Q4_1".
func (f BlockFormat) String() string { return device.BlockFormat(f).String() }

// Weights returns the number of weights in a block. It panics if f is not one of the formats above.
func (f BlockFormat) Weights() int { return f.check().Weights() }

// Bytes returns the bytes of a block. It panics if f is not one of the formats above.
func (f BlockFormat) Bytes() int { return f.check().Bytes() }

func (f BlockFormat) check() device.BlockFormat {
	if device.BlockFormat(f) >= device.NumBlockFormats {
		fail("BlockFormat", fmt.Sprintf("BlockFormat(%d) is not a format: the largest is %d", uint8(f),
			device.NumBlockFormats-1))
	}
	return device.BlockFormat(f)
}

// rowWeights returns the number of weights in a row of blocks w. It panics unless w is a matrix of blocks.
func (f BlockFormat) rowWeights(op string, w Tensor) int {
	size := f.Bytes()
	if w.DType() != Uint8 || w.Rank() == 0 || w.Dim(-1)%size != 0 {
		fail(op, fmt.Sprintf("blocks of %s must be uint8 in rows of a multiple of %d bytes, not %s", f, size,
			w.DType()), w.Shape())
	}
	return w.Dim(-1) / size * f.Weights()
}

// Dequantize returns the weights that blocks of a format store, as float32.
//
//	blocks (…, bytes) uint8 → (…, bytes / Bytes · Weights)
//
// It panics if blocks is not uint8, or if its rows are not whole blocks.
func Dequantize(blocks Tensor, f BlockFormat) Tensor {
	f.rowWeights("dequantize", blocks)
	return Apply1(dequantize{f}, blocks.Contiguous())
}

type dequantize struct{ format BlockFormat }

func (dequantize) Saves() Saved { return SaveNothing }

func (o dequantize) Forward(s *Scope, blocks Tensor) Tensor {
	dev, ok := blocks.h.store.dev.(device.Quantizer)
	if !ok {
		return o.Composite(blocks)
	}
	y := s.NewEmpty(blocks, Float32, blocks.Shape().With(-1, o.format.rowWeights("dequantize", blocks)))
	dev.Dequantize(y.array(), blocks.array(), o.format.check())
	return y
}

// Backward returns no gradient: blocks are integers.
func (dequantize) Backward(blocks, y, dy Tensor) Tensor { return Tensor{} }

// Composite computes the same by ops on numbers: one row for each block.
func (o dequantize) Composite(blocks Tensor) Tensor {
	shape := blocks.Shape().With(-1, o.format.rowWeights("dequantize", blocks))
	b := blocks.Reshape(blocks.Len()/o.format.Bytes(), o.format.Bytes()).Cast(Float32)
	part := func(from, n int) Tensor { return b.Narrow(1, from, n) }
	var y Tensor
	switch o.format {
	case Q8_0:
		y = part(2, 32).signedByte().Mul(b.half(0))
	case Q4_0:
		y = part(2, 16).nibbles().SubScalar(8).Mul(b.half(0))
	case Q4_1:
		y = part(4, 16).nibbles().Mul(b.half(0)).Add(b.half(2))
	case Q4_K:
		s, t, high := part(4, 4), part(8, 4), part(12, 4)
		// the first four have 6 bits, the others 4 and, above those, 2 of the first
		join := func(low, first Tensor) Tensor {
			return Cat(1, first.RemainderScalar(64), low.Add(first.FloorDivScalar(64).MulScalar(16)))
		}
		scale := join(high.RemainderScalar(16), s).Mul(b.half(0)).Unsqueeze(2)
		least := join(high.FloorDivScalar(16), t).Mul(b.half(2)).Unsqueeze(2)
		q := part(16, 128).Reshape(-1, 4, 32).nibbles().Reshape(-1, 8, 32)
		y = q.Mul(scale).Sub(least)
	case Q6_K:
		low := part(0, 128).Reshape(-1, 2, 64).nibbles() // (blocks, 2, 128)
		high := part(128, 64).Reshape(-1, 2, 32)
		bits := func(unit float64) Tensor { return high.FloorDivScalar(unit).RemainderScalar(4) }
		q := low.Add(Cat(2, bits(1), bits(4), bits(16), bits(64)).MulScalar(16)).SubScalar(32)
		scale := part(192, 16).signedByte().Mul(b.half(208)).Unsqueeze(2)
		y = q.Reshape(-1, 16, 16).Mul(scale)
	}
	return y.ReshapeTo(shape)
}

// nibbles returns the low and then the high halves of bytes along the last dimension.
func (x Tensor) nibbles() Tensor { return Cat(-1, x.RemainderScalar(16), x.FloorDivScalar(16)) }

// signedByte returns bytes as the numbers from −128 to 127.
func (x Tensor) signedByte() Tensor { return x.AddScalar(128).RemainderScalar(256).SubScalar(128) }

// half returns the float16 in columns i and i + 1 of a matrix of bytes, as a column.
func (x Tensor) half(i int) Tensor {
	low, high := x.Narrow(1, i, 1), x.Narrow(1, i+1, 1)
	fraction := high.RemainderScalar(4).MulScalar(256).Add(low) // of 1024
	exponent := high.FloorDivScalar(4).RemainderScalar(32)
	var units [32]float32 // of the fraction, by exponent
	for e := range units {
		units[e] = float32(math.Ldexp(1, max(e, 1)-25))
	}
	units[31] = float32(math.Inf(1))
	unit := NewFrom(x, units[:]).IndexSelect(0, exponent.Cast(Int64).Reshape(-1)).Unsqueeze(1)
	y := Where(exponent.EqualScalar(0), fraction, fraction.AddScalar(1024)).Mul(unit)
	y = y.MaskedFill(exponent.EqualScalar(31).And(fraction.GreaterScalar(0)), math.NaN())
	return Where(high.GreaterEqualScalar(128), y.Neg(), y)
}

// QuantizedLinear returns x·wᵀ + b for a weight w that stays in its blocks. b is optional: the zero Tensor means no
// bias.
//
//	x (…, k), w (n, k / Weights · Bytes) uint8, b (n,) → (…, n)
//
// For a few rows of float32 x, as in generation, the blocks are multiplied as they are; for more rows, and for other
// types, parts of the weight are dequantized. If the precision of float32 products is Medium
// ([SetFloat32MatmulPrecision]), up to 128 rows of x may be rounded to 8 bits in groups of 32 numbers that have one
// scale, where the processor has instructions for products of bytes (AVX-512 VNNI), and more than 32 rows and the
// weights to bfloat16. A gradient flows to x and b. It panics if shapes, types or devices do not fit.
func QuantizedLinear(x, w, b Tensor, f BlockFormat) Tensor {
	const op = "quantized_linear"
	if k := f.rowWeights(op, w); w.Rank() != 2 || x.Rank() == 0 || x.Dim(-1) != k {
		fail(op, fmt.Sprintf("the weight must be a matrix whose rows have as many weights as the input's last dimension, not %d", k), x.Shape(), w.Shape())
	}
	if !x.DType().IsFloat() {
		fail(op, "the input must be a floating-point tensor, not "+x.DType().String(), x.Shape(), w.Shape())
	}
	if b.Defined() && (b.Rank() != 1 || b.Dim(0) != w.Dim(0) || b.DType() != x.DType()) {
		fail(op, fmt.Sprintf("a %s bias does not fit the weight and the %s input", b.DType(), x.DType()), b.Shape(),
			x.Shape(), w.Shape())
	}
	return Apply3(quantizedLinear{f}, x, w, b)
}

type quantizedLinear struct{ format BlockFormat }

func (quantizedLinear) Optional(i int) bool { return i == 2 }

func (quantizedLinear) Saves() Saved { return SaveInput(1) }

func (o quantizedLinear) Forward(s *Scope, x, w, b Tensor) Tensor {
	dev, ok := x.h.store.dev.(device.Quantizer)
	if !ok || x.DType() != Float32 {
		return o.Composite(x, w, b)
	}
	x, w = x.Contiguous(), w.Contiguous()
	if b.Defined() {
		b = b.Contiguous()
	}
	y := s.NewEmpty(x, Float32, x.Shape().With(-1, w.Dim(0)))
	dev.QuantizedLinear(y.array(), x.array(), w.array(), b.array(), o.format.check(),
		device.Precision(s.Float32MatmulPrecision()))
	return y
}

// Composite computes the same by ops.
func (o quantizedLinear) Composite(x, w, b Tensor) Tensor {
	return Linear(x, Dequantize(w, o.format).Cast(x.DType()), b, NoActivation)
}

// Backward returns dx = dy·W and db = Σ dy over all rows.
func (o quantizedLinear) Backward(x, w, b, y, dy Tensor) (dx, dw, db Tensor) {
	if x.NeedsGrad() {
		dx = dy.MatMul(Dequantize(w, o.format).Cast(dy.DType()))
	}
	if b.NeedsGrad() {
		db = dy.reshape(ShapeOf(dy.Len()/max(1, w.Dim(0)), w.Dim(0))).Sum(0)
	}
	return dx, dw, db
}

// QuantizedEmbedding returns the rows w[index] of a table that stays in its blocks, as float32.
//
//	index (…) of int64 or int32, w (count, size / Weights · Bytes) uint8 → (…, size)
//
// It panics if w is not a matrix of blocks, or if index has another type or an element outside [0, count).
func QuantizedEmbedding(index, w Tensor, f BlockFormat) Tensor {
	f.rowWeights("quantized_embedding", w)
	return Dequantize(Embedding(index, w, -1), f)
}
