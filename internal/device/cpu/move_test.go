package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/pool"
)

// A geometry is the sizes of a copy, with the strides and the offsets of the first element (a and b) in the destination
// and in the source.
type geometry struct {
	dims, to, from []int
	a, b           int
}

func (g geometry) String() string { return fmt.Sprint(g.dims, " to ", g.to, " from ", g.from) }

func view(m device.Memory, dt device.DType, dims, strides []int, offset int) *device.Array {
	a := &device.Array{Mem: m, Offset: offset, DType: dt, Rank: len(dims)}
	copy(a.Dims[:], dims)
	copy(a.Strides[:], strides)
	a.Refresh()
	return a
}

// TestCopyGeometries compares copies with a loop over elements. It compares the whole blocks, so that writes out of
// bounds show.
func TestCopyGeometries(t *testing.T) {
	cases := []geometry{
		{[]int{}, nil, nil, 3, 5},
		{[]int{7}, []int{1}, []int{1}, 0, 1},
		{[]int{700}, []int{1}, []int{3}, 2, 1},
		{[]int{700}, []int{2}, []int{1}, 2, 1},
		{[]int{3000}, []int{1}, []int{0}, 0, 4},                       // one repeated element
		{[]int{37}, []int{1}, []int{-1}, 0, 36},                       // reversed
		{[]int{5, 70}, []int{70, 1}, []int{140, 2}, 0, 1},             // every second column
		{[]int{5, 37}, []int{37, 1}, []int{-80, -2}, 0, 400},          // and reversed
		{[]int{60, 17}, []int{17, 1}, []int{3, 5}, 0, 2},              // overlapping rows, strided
		{[]int{5, 70}, []int{70, 1}, []int{70, -1}, 0, 69},            // reversed rows
		{[]int{5, 70}, []int{70, 1}, []int{-70, 1}, 0, 280},           // the last row first
		{[]int{5, 70}, []int{70, 1}, []int{-70, -1}, 0, 349},          // both reversed
		{[]int{33, 50}, []int{50, 1}, []int{1, 33}, 0, 0},             // transposed, with partial tiles
		{[]int{16, 48}, []int{48, 1}, []int{1, 16}, 0, 0},             // whole tiles
		{[]int{15, 200}, []int{200, 1}, []int{1, 15}, 0, 0},           // too narrow for tiles
		{[]int{600, 700}, []int{700, 1}, []int{1, 600}, 0, 0},         // shared by workers
		{[]int{20, 3, 30}, []int{90, 30, 1}, []int{1, 600, 20}, 0, 0}, // src is contiguous along the first dimension
		{[]int{20, 30, 3}, []int{1, 20, 600}, []int{90, 3, 1}, 0, 0},  // dst is contiguous along the first dimension
		{[]int{3, 17, 5, 19}, []int{1615, 95, 19, 1}, []int{1615, 19, 323, 1}, 0, 0},
		{[]int{3, 40, 9, 32}, []int{11520, 288, 32, 1}, []int{11520, 32, 1280, 1}, 0, 0},  // short rows, visited in the order of src
		{[]int{3, 900, 90, 5}, []int{405000, 450, 5, 1}, []int{405000, 5, 4500, 1}, 0, 0}, // the same, shared by workers
		{[]int{90, 61, 8}, []int{488, 8, 1}, []int{256, 4, 1}, 0, 0},                      // overlapping windows
		{[]int{90, 50, 9}, []int{450, 9, 1}, []int{256, 4, 1}, 0, 0},
		{[]int{1000, 1024}, []int{2048, 1}, []int{1024, 1}, 1024, 0},    // concatenation of columns, shared by workers
		{[]int{4, 3, 600}, []int{1800, 600, 1}, []int{600, 0, 1}, 0, 0}, // a repeated row
		{[]int{4, 600, 3}, []int{1800, 3, 1}, []int{600, 1, 0}, 0, 0},   // each element repeated three times
		{[]int{2, 1, 3, 1, 4}, []int{12, 9, 4, 7, 1}, []int{12, 9, 4, 7, 1}, 0, 0},
		{[]int{3, 0, 2}, []int{2, 2, 1}, []int{2, 2, 1}, 0, 0},
	}
	dev := cpu.New()
	defer pool.SetThreads(pool.Threads())
	const words = 2 << 20
	for _, dt := range []device.DType{device.Bool, device.Float16, device.Float32, device.Int64} {
		size := dt.Size()
		src, dst := cpu.Alloc(words*size), cpu.Alloc(words*size)
		raw := make([]byte, words*size)
		for i := range raw {
			raw[i] = byte(rand.Uint32())
		}
		block := view(src, dt, []int{words}, []int{1}, 0)
		dev.Upload(block, raw)
		for _, g := range cases {
			for threads := 1; threads <= 3; threads += 2 {
				pool.SetThreads(threads)
				all := view(dst, dt, []int{words}, []int{1}, 0)
				dev.Fill(all, 1)
				want := make([]byte, words*size)
				dev.Download(want, all)
				dev.Copy(view(dst, dt, g.dims, g.to, g.a), view(src, dt, g.dims, g.from, g.b))
				n := 1
				for _, d := range g.dims {
					n *= d
				}
				for i := range n {
					a, b, rest := g.a, g.b, i
					for k := len(g.dims) - 1; k >= 0; k-- {
						c := rest % g.dims[k]
						rest /= g.dims[k]
						a += c * g.to[k]
						b += c * g.from[k]
					}
					copy(want[a*size:][:size], raw[b*size:])
				}
				got := make([]byte, words*size)
				dev.Download(got, all)
				if string(got) != string(want) {
					t.Errorf("%v, %v, %d threads: the copy differs from the loop", dt, g, threads)
				}
			}
		}
	}
}
