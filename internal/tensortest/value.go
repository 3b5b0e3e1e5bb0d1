package tensortest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/lamina-ml/lamina/tensor"
)

// Array is a row-major float64 array, which references compute with.
type Array struct {
	Shape []int
	V     []float64
}

// Value is a copy of a tensor's bits on the host.
type Value struct {
	DType tensor.DType
	Shape []int
	Raw   []byte // little-endian, row-major
}

// len returns the number of elements.
func (v Value) len() int { return sizeOf(v.Shape) }

func sizeOf(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// float returns element i; an int64 beyond 2⁵³ is rounded.
func (v Value) float(i int) float64 {
	switch v.DType {
	case tensor.Float32:
		return float64(math.Float32frombits(uint32(v.bits(i))))
	case tensor.Float64:
		return math.Float64frombits(v.bits(i))
	case tensor.Int64:
		return float64(int64(v.bits(i)))
	case tensor.Int32:
		return float64(int32(v.bits(i)))
	case tensor.Int16:
		return float64(int16(v.bits(i)))
	case tensor.Int8:
		return float64(int8(v.bits(i)))
	case tensor.BFloat16, tensor.Float16:
		return halfValue(v.DType, uint16(v.bits(i)))
	}
	return float64(v.bits(i))
}

// bits returns the bytes of element i as a number.
func (v Value) bits(i int) uint64 {
	switch size := v.DType.Size(); size {
	case 8:
		return binary.LittleEndian.Uint64(v.Raw[8*i:])
	case 4:
		return uint64(binary.LittleEndian.Uint32(v.Raw[4*i:]))
	case 2:
		return uint64(binary.LittleEndian.Uint16(v.Raw[2*i:]))
	}
	return uint64(v.Raw[i])
}

// valueOf rounds numbers to a type: conversion to integers drops the fraction and wraps.
func valueOf(dt tensor.DType, shape []int, numbers []float64) Value {
	v := Value{DType: dt, Shape: shape, Raw: []byte{}}
	for _, x := range numbers {
		switch dt {
		case tensor.Float32:
			v.Raw = binary.LittleEndian.AppendUint32(v.Raw, math.Float32bits(float32(x)))
		case tensor.Float64:
			v.Raw = binary.LittleEndian.AppendUint64(v.Raw, math.Float64bits(x))
		case tensor.Int64:
			v.Raw = binary.LittleEndian.AppendUint64(v.Raw, uint64(int64(x)))
		case tensor.Int32:
			v.Raw = binary.LittleEndian.AppendUint32(v.Raw, uint32(int64(x)))
		case tensor.Int16:
			v.Raw = binary.LittleEndian.AppendUint16(v.Raw, uint16(int64(x)))
		case tensor.Int8, tensor.Uint8:
			v.Raw = append(v.Raw, uint8(int64(x)))
		case tensor.BFloat16, tensor.Float16:
			v.Raw = binary.LittleEndian.AppendUint16(v.Raw, halfBits(dt, x))
		case tensor.Bool:
			b := byte(0)
			if x != 0 {
				b = 1
			}
			v.Raw = append(v.Raw, b)
		default:
			panic("tensortest: no values of " + dt.String())
		}
	}
	return v
}

func (v Value) tensor(dev tensor.Device) tensor.Tensor {
	return tensor.Options{Device: dev, DType: v.DType}.FromBytes(v.Raw, v.Shape...)
}

func hostValue(t tensor.Tensor) Value {
	return Value{t.DType(), t.Shape().Dims(), t.Bytes()}
}

func arraysOf(in []Value) []Array {
	out := make([]Array, len(in))
	for i, v := range in {
		out[i] = Array{v.Shape, make([]float64, v.len())}
		for j := range out[i].V {
			out[i].V[j] = v.float(j)
		}
	}
	return out
}

// repeat returns v with every slice along dim replaced by the first.
func (v Value) repeat(dim int) Value {
	out := Value{v.DType, v.Shape, append([]byte{}, v.Raw...)}
	inner := v.DType.Size()
	for _, n := range v.Shape[dim+1:] {
		inner *= n
	}
	n := v.Shape[dim]
	for at := 0; at < len(v.Raw); at += inner * n {
		for i := range n {
			copy(out.Raw[at+i*inner:][:inner], v.Raw[at:])
		}
	}
	return out
}

// draw returns a sample's inputs, which are the same for every call.
func (op *Op) draw(s Sample, dt tensor.DType) []Value {
	if len(s.Shapes) != len(op.Inputs) {
		panic(fmt.Sprintf("tensortest: %s takes %d inputs; a sample has %d", op.Name, len(op.Inputs), len(s.Shapes)))
	}
	out := make([]Value, len(op.Inputs))
	for i, in := range op.Inputs {
		d := dt
		if in.DType != nil {
			d = *in.DType
		}
		if s.Values != nil && s.Values[i] != nil {
			out[i] = valueOf(d, s.Shapes[i], s.Values[i])
			continue
		}
		numbers := make([]float64, sizeOf(s.Shapes[i]))
		r := rand.New(rand.NewPCG(uint64(i+1), uint64(len(numbers))))
		for j := range numbers {
			numbers[j] = in.number(r, d)
		}
		out[i] = valueOf(d, s.Shapes[i], numbers)
	}
	return out
}

// apart is the distance of samples from points without a derivative, far above the step of central differences.
const apart = 0.05

func (in Input) number(r *rand.Rand, dt tensor.DType) float64 {
	lo, hi := in.Lo, in.Hi
	if lo == 0 && hi == 0 {
		lo, hi = -3, 3
	}
draw:
	for {
		v := lo + r.Float64()*(hi-lo)
		switch {
		case dt == tensor.Bool:
			return float64(r.IntN(2))
		case dt == tensor.Uint8:
			v = math.Abs(math.Trunc(v))
		case !dt.IsFloat():
			v = math.Trunc(v)
		}
		for _, kink := range in.Avoid {
			if math.Abs(v-kink) < apart {
				continue draw
			}
		}
		return v
	}
}

// special returns extreme values of a type, and values near which functions change. float64 holds the products of the
// integers, and float32 the integers; PyTorch's cases have others.
func special(dt tensor.DType) []float64 {
	switch dt {
	case tensor.Float32:
		return append(commonValues, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32,
			0x1p-126, 88.7, -87.4, -103.9, 0x1p24, 0x1p24+1)
	case tensor.Float64:
		return append(commonValues, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64,
			0x1p-1022, 709.7, -708.5, -745.2, 0x1p53)
	case tensor.BFloat16:
		return append(commonValues, 0x1.fep127, -0x1.fep127, 0x1p-133, -0x1p-133, 0x1p-126, 88.5, -87.5, -103, 256, 257)
	case tensor.Float16:
		return append(commonValues, 65504, -65504, 0x1p-24, -0x1p-24, 0x1p-14, 11, -9.7, -17.5, 2048, 2049)
	case tensor.Int64:
		return []float64{0, 1, -1, 2, -3, 7, 1 << 30, -1 << 30}
	case tensor.Int32:
		return []float64{0, 1, -1, 2, -3, 7, math.MinInt32}
	case tensor.Int16:
		return []float64{0, 1, -1, 2, -3, 7, math.MaxInt16, math.MinInt16}
	case tensor.Int8:
		return []float64{0, 1, -1, 2, -3, 7, math.MaxInt8, math.MinInt8}
	case tensor.Uint8:
		return []float64{0, 1, 2, 7, 127, 128, 255}
	}
	return []float64{0, 1}
}

var commonValues = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 2, -2, 3,
	1e-7, -1e-7, 20, -20}
