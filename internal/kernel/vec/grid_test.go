package vec

import (
	"math/rand/v2"
	"testing"
)

// plain returns a op b.
func plain(op GridOp, a, b float32) float32 {
	return map[GridOp]float32{GridAdd: a + b, GridSub: a - b, GridMul: a * b, GridDiv: a / b}[op]
}

// TestMapGrid checks that every operation, with rows and single numbers, gives the bits of the plain loop and writes
// nothing between rows.
func TestMapGrid(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, cols := range []int{1, 3, 4, 8, 15, 16, 17, 63, 64, 65, 130} {
			for _, g := range []Grid{
				{XStep: cols, YStep: cols}, {XStep: cols + 3, YStep: 0}, {XStep: 0, YStep: cols},
				{XStep: cols, YStep: 1, YNumbers: true}, {XStep: 0, YStep: 2, YNumbers: true},
				{XStep: 1, YStep: 0, XNumbers: true},
				{XStep: 3, YStep: cols + 1, XNumbers: true},
			} {
				g.Rows, g.Cols, g.DstStep = 1+cols%5, cols, cols+cols%3
				const guard = 12345
				x := sample(r, g.Rows*(cols+3))
				y := sample(r, g.Rows*(cols+3))
				dst := make([]float32, g.Rows*g.DstStep+20)
				for op := GridAdd; op <= GridDiv; op++ {
					for i := range dst {
						dst[i] = guard
					}
					MapGrid(op, dst, x, y, g)
					for k, got := range dst {
						i, j, want := k/g.DstStep, k%g.DstStep, float32(guard)
						if i < g.Rows && j < cols {
							atX, atY := i*g.XStep, i*g.YStep
							if !g.XNumbers {
								atX += j
							}
							if !g.YNumbers {
								atY += j
							}
							want = plain(op, x[atX], y[atY])
						}
						if distance(got, want) != 0 {
							t.Fatalf("%+v op %d: element %d is %v, want %v", g, op, k, got, want)
						}
					}
				}
			}
		}
	})
}

// TestMapGridBounds checks that an operand that is too short panics and is not read beyond its end.
func TestMapGridBounds(t *testing.T) {
	for name, f := range map[string]func(){
		"dst": func() {
			MapGrid(GridAdd, make([]float32, 7), make([]float32, 8), make([]float32, 4),
				Grid{Rows: 2, Cols: 4, DstStep: 4, XStep: 4})
		},
		"x": func() {
			MapGrid(GridAdd, make([]float32, 8), make([]float32, 7), make([]float32, 4),
				Grid{Rows: 2, Cols: 4, DstStep: 4, XStep: 4})
		},
		"numbers": func() {
			MapGrid(GridAdd, make([]float32, 8), make([]float32, 8), make([]float32, 1),
				Grid{Rows: 2, Cols: 4, DstStep: 4, XStep: 4, YStep: 1, YNumbers: true})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is too short: no panic", name)
				}
			}()
			f()
		}()
	}
}

// TestMapHalf checks that arithmetic on 16-bit floats gives the bits of computing in float32 and rounding, except for
// NaN.
func TestMapHalf(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 8))
		for _, c := range []struct {
			name   string
			run    func(op GridOp, dst, x, y []uint16)
			decode func(uint16) float32
			encode func(float32) uint16
		}{{"bfloat16", MapBF16, BF16, BF16Bits}, {"float16", MapF16, F16, F16Bits}} {
			for _, n := range []int{0, 1, 15, 16, 17, 100, 4096} {
				x, y, dst := make([]uint16, n), make([]uint16, n), make([]uint16, n+16)
				for i := range x {
					x[i], y[i] = uint16(r.Uint32()), uint16(r.Uint32())
				}
				for op := GridAdd; op <= GridDiv; op++ {
					for i := range dst {
						dst[i] = 4711
					}
					c.run(op, dst[:n], x, y)
					for i, got := range dst {
						want := uint16(4711)
						if i < n {
							want = c.encode(plain(op, c.decode(x[i]), c.decode(y[i])))
						}
						if got != want && !(c.decode(got) != c.decode(got) && c.decode(want) != c.decode(want)) {
							t.Fatalf("%s op %d of %#x and %#x = %#x, want %#x", c.name, op, x[min(i, n-1)],
								y[min(i, n-1)], got, want)
						}
					}
				}
			}
		}
	})
}
