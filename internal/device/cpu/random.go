package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/rng"
)

var generators freelist.List[rng.Torch]

// Draw fills dst with random numbers from the generator whose state is in an array, and updates the state.
func (*Device) Draw(dst, state *device.Array, d device.Draw) {
	g := generators.Get()
	defer generators.Put(g)
	raw := Bytes(state)
	if err := g.UnmarshalBinary(raw); err != nil {
		panic(err)
	}
	DrawFrom(g, dst, d)
	g.AppendBinary(raw[:0]) // the error is always nil
}

// DrawFrom is [Device.Draw] for a generator in the host's memory.
func DrawFrom(g *rng.Torch, dst *device.Array, d device.Draw) {
	switch d.Distribution {
	case device.Integers:
		g.Randint(elements[int64](dst), d.Lo, d.Hi)
		return
	case device.Permutation:
		g.Randperm(elements[int64](dst))
		return
	case device.BernoulliBits:
		drawBits(g, elements[uint8](dst), d)
		return
	}
	if d.DType == device.Float64 {
		draw64(g, elements[float64](dst), d)
	} else {
		draw32(g, elements[float32](dst), d)
	}
}

// drawBits fills rows with bits.
func drawBits(g *rng.Torch, dst []uint8, d device.Draw) {
	size, used := device.BitBytes(d.Columns), (d.Columns+7)/8
	for ; len(dst) > 0; dst = dst[size:] {
		g.BernoulliBits(dst[:used], d.Columns, d.A)
		clear(dst[used:size])
	}
}

func draw32(g *rng.Torch, dst []float32, d device.Draw) {
	switch {
	case d.Distribution == device.Bernoulli:
		g.Bernoulli32(dst, d.A)
	case d.Distribution == device.Normal && d.DType.IsHalf():
		g.Normal16(dst, d.A, d.B)
	case d.Distribution == device.Normal:
		g.Normal32(dst, d.A, d.B)
	case d.DType == device.Float16:
		g.UniformF16(dst, d.A, d.B)
	case d.DType == device.BFloat16:
		g.UniformBF16(dst, d.A, d.B)
	default:
		g.Uniform32(dst, d.A, d.B)
	}
}

func draw64(g *rng.Torch, dst []float64, d device.Draw) {
	switch d.Distribution {
	case device.Bernoulli:
		g.Bernoulli64(dst, d.A)
	case device.Normal:
		g.Normal64(dst, d.A, d.B)
	default:
		g.Uniform64(dst, d.A, d.B)
	}
}

// Advance sets g to its state after a draw of an array of n elements. The host's generator can continue without waiting for a device
// that draws from a copy of its state.
func Advance(g *rng.Torch, n int, d device.Draw) {
	words := n // of 32 bits
	switch {
	case d.Distribution == device.BernoulliBits:
		words = 2 * (n / max(1, device.BitBytes(d.Columns)) * d.Columns)
	case d.Distribution == device.Permutation && n >= rng.LargePermutation:
		words = 2 * n
	case d.Distribution == device.Permutation:
		words = max(n-1, 0)
	case d.Distribution == device.Integers && uint64(d.Hi)-uint64(d.Lo) >= rng.LargeRange,
		d.Distribution == device.Bernoulli:
		words = 2 * n
	case d.Distribution == device.Normal && n < 16: // may keep a second normal number for the next draw
		var few [16]float64
		g.Normal64(few[:n], d.A, d.B)
		return
	case d.Distribution == device.Normal && n%16 != 0 && d.DType.IsHalf(): // the last 16 are drawn again
		words = n&^15 + 16
	case d.Distribution == device.Normal && n%16 != 0:
		words = n + 16
	}
	if d.DType == device.Float64 && (d.Distribution == device.Normal || d.Distribution == device.Uniform) {
		words *= 2
	}
	g.Skip(words)
}
