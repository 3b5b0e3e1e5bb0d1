package cpu

import (
	stdbytes "bytes"
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/rng"
)

// TestDraw draws from a state in an array: numbers and the state after are those of the generator itself, and Advance
// brings a generator into that state.
func TestDraw(t *testing.T) {
	newArray := func(dt device.DType, n int) *device.Array {
		a := &device.Array{Mem: allocate(max(n*dt.Size(), 1)), DType: dt}
		a.SetContiguous([]int{n})
		return a
	}
	draws := []device.Draw{
		{Distribution: device.Integers, DType: device.Int64, Lo: -3, Hi: 9},
		{Distribution: device.Integers, DType: device.Int64, Lo: -3, Hi: 1 << 40},
		{Distribution: device.Permutation, DType: device.Int64},
		{Distribution: device.BernoulliBits, DType: device.Uint8, A: 0.3, Columns: 37},
	}
	for _, dt := range []device.DType{device.Float32, device.Float64, device.Float16, device.BFloat16} {
		draws = append(draws,
			device.Draw{Distribution: device.Uniform, DType: dt, A: -1, B: 2},
			device.Draw{Distribution: device.Normal, DType: dt, A: 0.5, B: 2},
			device.Draw{Distribution: device.Bernoulli, DType: dt, A: 0.3})
	}
	d := New()
	for _, draw := range draws {
		for _, n := range []int{0, 1, 2, 7, 15, 16, 17, 31, 32, 311, 624, 1000, 5003} {
			if draw.Distribution == device.BernoulliBits { // n rows
				n *= device.BitBytes(draw.Columns)
			}
			t.Run(fmt.Sprintf("%d %s %d", draw.Distribution, draw.DType, n), func(t *testing.T) {
				g := rng.NewTorch(9)
				for range 3 { // from a fresh state, and from states in the middle of a block, with a normal left over
					before, _ := g.MarshalBinary()
					state := newArray(device.Uint8, device.GeneratorBytes)
					d.Upload(state, before)
					got, want := newArray(draw.DrawType(), n), newArray(draw.DrawType(), n)
					d.Draw(got, state, draw)
					DrawFrom(g, want, draw)
					if !stdbytes.Equal(Bytes(got), Bytes(want)) {
						t.Error("the numbers differ")
					}
					after, _ := g.MarshalBinary()
					if !stdbytes.Equal(Bytes(state), after) {
						t.Error("the state after the draw differs")
					}
					h := new(rng.Torch)
					if err := h.UnmarshalBinary(before); err != nil {
						t.Fatal(err)
					}
					Advance(h, n, draw)
					if advanced, _ := h.MarshalBinary(); !stdbytes.Equal(advanced, after) {
						t.Error("Advance leads to another state")
					}
				}
			})
		}
	}
}
