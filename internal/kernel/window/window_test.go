package window

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// axisOf returns windows of size elements, stride apart, with a padding.
func axisOf(in, size, stride, padding int) Axis {
	a := Axis{In: in, Out: (in+2*padding-size)/stride + 1, Step: 1}
	for i := range a.Out {
		lo := i*stride - padding
		a.Lo, a.Hi = append(a.Lo, int32(max(lo, 0))), append(a.Hi, int32(min(lo+size, in)))
	}
	return a
}

// maxByDefinition returns the largest elements and their positions.
func maxByDefinition(x []float32, axes *[3]Axis) (y []float32, index []int32) {
	h, w := &axes[1], &axes[2]
	for i := range h.Out {
		for j := range w.Out {
			best := int(h.Lo[i])*w.In + int(w.Lo[j])
			for r := int(h.Lo[i]); r < int(h.Hi[i]); r++ {
				for c := int(w.Lo[j]); c < int(w.Hi[j]); c++ {
					if v := x[r*w.In+c]; v > x[best] || v != v {
						best = r*w.In + c
					}
				}
			}
			y, index = append(y, x[best]), append(index, int32(best))
		}
	}
	return y, index
}

// adaptiveAxis returns windows that cover in elements evenly.
func adaptiveAxis(in, out int) Axis {
	a := Axis{In: in, Out: out, Step: 1}
	for i := range out {
		a.Lo, a.Hi = append(a.Lo, int32(i*in/out)), append(a.Hi, int32(((i+1)*in+out-1)/out))
	}
	return a
}

// More lines of windows than rows: some lines begin in the same row, the next one in another.
func TestMaxRepeatedRows(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, rows := range [][2]int{{2, 4}, {2, 10}, {3, 6}, {3, 7}, {4, 9}, {5, 20}} {
			axes := [3]Axis{axisOf(1, 1, 1, 0), adaptiveAxis(rows[0], rows[1]), adaptiveAxis(64, 32)}
			x := make([]float32, rows[0]*64)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			want, at := maxByDefinition(x, &axes)
			y, index := make([]float32, len(want)), make([]int32, len(want))
			Max(y, index, x, &axes)
			if !slices.Equal(y, want) || !slices.Equal(index, at) {
				t.Fatalf("%d rows as %d: %v at %v, want %v at %v", rows[0], rows[1], y, index, want, at)
			}
		}
	})
}

// Windows at the borders lack columns: one at the left, one at the right, one on both sides, and more than one. NaN is
// the largest.
func TestMaxBorders(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(7, 8))
		for in := 2; in < 75; in++ {
			for size := 2; size <= 4; size++ {
				for before := range 3 {
					for after := range 3 {
						w := paddedAxis(in, size, before, after)
						rows := []Axis{paddedAxis(5, 3, 0, 0), paddedAxis(6, 3, 1, 1), paddedAxis(1, 2, 1, 0), axisOf(4, 3, 1, 1)}
						for _, h := range rows {
							axes := [3]Axis{axisOf(1, 1, 1, 0), h, w}
							x := make([]float32, h.In*in)
							for i := range x {
								x[i] = float32(r.IntN(5) - 4)
								if r.IntN(30) == 0 {
									x[i] = float32(math.NaN())
								}
							}
							want, at := maxByDefinition(x, &axes)
							y, index := make([]float32, len(want)), make([]int32, len(want))
							Max(y, index, x, &axes)
							if !slices.Equal(index, at) || !slices.EqualFunc(y, want, sameNumber) {
								t.Fatalf("windows of %d in %d, padding %d and %d: %v at %v, want %v at %v", size, in, before, after,
									y, index, want, at)
							}
						}
					}
				}
			}
		}
	})
}

// paddedAxis returns windows two elements apart with different paddings. None lies wholly in the padding.
func paddedAxis(in, size, before, after int) Axis {
	a := Axis{In: in, Step: 1}
	for lo := -before; lo+size <= in+after; lo += 2 {
		if lo+size <= 0 || lo >= in {
			continue
		}
		a.Lo, a.Hi = append(a.Lo, int32(max(lo, 0))), append(a.Hi, int32(min(lo+size, in)))
		a.Out++
	}
	return a
}

func sameNumber(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

func eachISA(t *testing.T, f func(t *testing.T)) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			f(t)
		})
	}
}

func TestMax(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		var room Lines[float32]
		for _, k := range [][3]int{{2, 2, 0}, {3, 2, 1}, {3, 2, 0}, {2, 2, 1}, {3, 1, 1}, {3, 3, 0}, {4, 2, 1}} {
			for _, in := range [][2]int{{2, 4}, {5, 9}, {6, 16}, {8, 32}, {7, 33}, {4, 34}, {10, 62}, {3, 70}, {12, 100}, {2, 112}} {
				if min(in[0], in[1])+2*k[2] < k[0] {
					continue
				}
				axes := [3]Axis{axisOf(1, 1, 1, 0), axisOf(in[0], k[0], k[1], k[2]), axisOf(in[1], k[0], k[1], k[2])}
				x := make([]float32, in[0]*in[1])
				for i := range x {
					x[i] = float32(r.IntN(7)) // some are equal
				}
				want, at := maxByDefinition(x, &axes)
				y, index := make([]float32, len(want)), make([]int32, len(want))
				Max(y, index, x, &axes)
				if !slices.Equal(y, want) || !slices.Equal(index, at) {
					t.Fatalf("windows %v of %v: %v at %v, want %v at %v", k, in, y, index, want, at)
				}
				dx, wanted := make([]float32, len(x)), make([]float32, len(x))
				for i := range y {
					y[i] = float32(r.NormFloat64())
					wanted[at[i]] += y[i]
				}
				for i := range dx {
					dx[i] = 99
				}
				MaxGrad(dx, y, index, &axes, &room)
				if !slices.Equal(dx, wanted) {
					t.Fatalf("gradient of windows %v of %v: %v, want %v", k, in, dx, wanted)
				}
			}
		}
	})
}

// matrixOf makes a matrix of rows of columns and weights.
func matrixOf(in int, rows [][]int32, weights [][]float32) Matrix[float32] {
	m := Matrix[float32]{In: in, Out: len(rows), First: []int32{0}}
	for i := range rows {
		m.At, m.Weight = append(m.At, rows[i]...), append(m.Weight, weights[i]...)
		m.First = append(m.First, int32(len(m.At)))
	}
	return m
}

// A product with patterns is the same as one without, and so is that with the transpose.
func TestPatterns(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{1, 2, 3, 5, 8, 17, 33, 50} {
			for _, kind := range []string{"pairs", "threes", "double", "linear", "blend", "random"} {
				var rows [][]int32
				var weights [][]float32
				add := func(at []int32, w []float32) { rows, weights = append(rows, at), append(weights, w) }
				in := 2 * n
				if kind == "blend" {
					in = n
				}
				for i := range int32(n) {
					switch kind {
					case "pairs":
						add([]int32{2 * i, 2*i + 1}, []float32{0.5, 0.25})
					case "threes":
						if i == 0 {
							add([]int32{0, 1}, []float32{2, 3})
						} else {
							add([]int32{2*i - 1, 2 * i, 2*i + 1}, []float32{1, 2, 3})
						}
					case "double":
						add([]int32{i}, []float32{1})
						add([]int32{i}, []float32{3})
					case "linear", "blend":
						if i == 0 {
							add([]int32{0, min(1, int32(in-1))}, []float32{1, 0})
						} else {
							add([]int32{i - 1, i}, []float32{0.25, 0.75})
						}
						add([]int32{i, min(i+1, int32(in-1))}, []float32{0.75, 0.25})
					case "random":
						add([]int32{r.Int32N(int32(in)), r.Int32N(int32(in))}, []float32{1, 2})
					}
				}
				m := matrixOf(in, rows, weights)
				m.FindPattern()
				var back Matrix[float32]
				m.TransposeTo(&back)
				back.FindPattern()
				if kind == "blend" && n > 2 && !(m.blend.up && back.blend.down) {
					t.Errorf("%d: the interpolation to twice the size is not found", n)
				}
				comparePlanes(t, &m)
				comparePlanes(t, &back)
				for _, m := range []*Matrix[float32]{&m, &back} {
					x := make([]float32, m.In)
					for i := range x {
						x[i] = float32(r.IntN(100))
					}
					y, want := make([]float32, m.Out), make([]float32, m.Out)
					m.elements(y, x, false)
					m.products(want, x, 0, m.Out)
					lines := make([]float32, 3*m.Out)
					if m.lines(lines, slices.Repeat(x, 3), 3) && !slices.Equal(lines, slices.Repeat(want, 3)) {
						t.Fatalf("%s, %d: three vectors: %v, want three times %v", kind, n, lines, want)
					}
					if !slices.Equal(y, want) {
						t.Fatalf("%s, %d: %v, want %v", kind, n, y, want)
					}
					wide, x2 := make([]float32, 3*m.Out), make([]float32, 3*m.In)
					for i := range x2 {
						x2[i] = x[i/3]
					}
					m.rows(wide, x2, 3, false)
					for i := range wide {
						if wide[i] != want[i/3] {
							t.Fatalf("%s, %d: rows: element %d is %v, want %v", kind, n, i, wide[i], want[i/3])
						}
					}
				}
				if kind != "random" && n > 7 && m.inside == (pattern{}) {
					t.Errorf("%s, %d: no pattern is found", kind, n)
				}
			}
		}
	})
}

// comparePlanes compares the product of two dimensions with m, with patterns and without.
func comparePlanes(t *testing.T, m *Matrix[float32]) {
	t.Helper()
	plain := *m
	plain.inside, plain.blend = pattern{}, blend[float32]{}
	x := make([]float32, m.In*m.In)
	for i := range x {
		x[i] = float32(i * i % 101)
	}
	y, want := make([]float32, m.Out*m.Out), make([]float32, m.Out*m.Out)
	for _, stream := range []bool{false, true} {
		Linear(y, x, [3]int{1, m.In, m.In}, &[3]Matrix[float32]{{}, *m, *m}, [2][]float32{}, stream)
		vec.StreamsDone()
		Linear(want, x, [3]int{1, m.In, m.In}, &[3]Matrix[float32]{{}, plain, plain}, [2][]float32{}, false)
		if !slices.Equal(y, want) {
			t.Fatalf("planes of %d to %d: %v, want %v", m.In, m.Out, y, want)
		}
	}
}
