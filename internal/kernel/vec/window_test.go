package vec

import (
	"math"
	"math/rand/v2"
	"testing"
)

// closeTo compares sums of products: the assembly's are not rounded between.
func closeTo(got float32, want, size float64) bool {
	return math.Abs(float64(got)-want) <= 1e-6*size || got != got && want != want
}

func TestWeightedRows(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(31, 32))
		for n := range 131 {
			taps := 1 + n%6
			step := n + n%3
			x, w := sample64(r, step*taps+n), sample64(r, taps)
			y, check := guarded(make([]float32, n), n%7)
			if n%16 == 0 {
				y, check = guardedLine(n)
			}
			WeightedRows(y, x, w, step, n%2 == 0)
			StreamsDone()
			check(t, "WeightedRows")
			for j := range y {
				want, size := 0.0, 0.0
				for k := range w {
					term := float64(w[k]) * float64(x[k*step+j])
					want, size = want+term, size+math.Abs(term)
				}
				if !closeTo(y[j], want, size) {
					t.Fatalf("n %d, %d taps: element %d is %v, want %v", n, taps, j, y[j], want)
				}
			}
		}
	})
}

// guardedLine is guarded for n zeros that begin a cache line.
func guardedLine(n int) ([]float32, func(t *testing.T, name string)) {
	for off := 0; ; off++ {
		if y, check := guarded(make([]float32, n), off); len(y) == 0 || onLine(y) {
			return y, check
		}
	}
}

func sample64(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func TestDown2Up2(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(33, 34))
		for n := range 131 {
			for taps := 1; taps < 6; taps++ {
				x, w := sample64(r, max(0, 2*n+taps-2)), sample64(r, taps)
				y, check := guarded(make([]float32, n), n%7)
				Down2(y, x, w)
				check(t, "Down2")
				for j := range y {
					want, size := 0.0, 0.0
					for k := range w {
						term := float64(w[k]) * float64(x[2*j+k])
						want, size = want+term, size+math.Abs(term)
					}
					if !closeTo(y[j], want, size) {
						t.Fatalf("Down2 n %d, %d taps: element %d is %v, want %v", n, taps, j, y[j], want)
					}
				}
				x, z, b := sample64(r, n+taps-1), sample64(r, n+taps-1), sample64(r, taps)
				y, check = guarded(make([]float32, 2*n), n%5)
				if n%4 == 0 {
					y, check = guardedLine(2 * n)
				}
				Up2(y, x, z, w, b, n%2 == 0)
				StreamsDone()
				check(t, "Up2")
				for j := range y {
					from, by := x, w
					if j%2 == 1 {
						from, by = z, b
					}
					want, size := 0.0, 0.0
					for k := range by {
						term := float64(by[k]) * float64(from[j/2+k])
						want, size = want+term, size+math.Abs(term)
					}
					if !closeTo(y[j], want, size) {
						t.Fatalf("Up2 n %d, %d taps: element %d is %v, want %v", n, taps, j, y[j], want)
					}
				}
			}
		}
	})
}

func TestMaxWindows2(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(35, 36))
		for n := 1; n < 60; n++ {
			for cols := 2; cols <= 3; cols++ {
				for rows := 1; rows <= 3; rows++ {
					for edges := range 4 {
						testMaxWindows2(t, r, n, rows, cols, edges&1 != 0, edges&2 != 0)
					}
				}
			}
		}
	})
}

func testMaxWindows2(t *testing.T, r *rand.Rand, n, rows, cols int, left, right bool) {
	lines, width, outStep := 1+n%11, 2*n+cols-2+n%3, n+n%4
	inStep := 2 * width
	x := make([]float32, (lines-1)*inStep+(rows-1)*width+2*(n-1)+cols)
	for i := range x { // few values: many are equal
		x[i] = float32(r.IntN(4))
		if r.IntN(20) == 0 {
			x[i] = float32(math.NaN())
		}
	}
	y, check := guarded(make([]float32, (lines-1)*outStep+n), n%7)
	index := make([]int32, len(y))
	if !MaxWindows2(y, index, x, n, lines, rows, cols, width, outStep, inStep, 100, left, right) {
		return
	}
	check(t, "MaxWindows2")
	for l := range lines {
		for j := range n {
			c0, c1 := 0, cols
			if left && j == 0 {
				c0++
			}
			if right && j == n-1 {
				c1--
			}
			best := l*inStep + 2*j + c0
			for row := range rows {
				for c := c0; c < c1; c++ {
					at := l*inStep + 2*j + row*width + c
					if x[at] > x[best] || x[at] != x[at] {
						best = at
					}
				}
			}
			if at := l*outStep + j; index[at] != int32(100+best) || y[at] != x[best] && (y[at] == y[at] || x[best] == x[best]) {
				t.Fatalf("n %d, %d × %d, left %v, right %v, line %d: window %d is %v at %d, want %v at %d", n, rows, cols, left, right,
					l, j, y[at], index[at], x[best], 100+best)
			}
		}
	}
	for l := range lines - 1 { // nothing between the lines is written
		for j := n; j < outStep; j++ {
			if index[l*outStep+j] != 0 || y[l*outStep+j] != 0 {
				t.Fatalf("n %d: wrote between lines", n)
			}
		}
	}
}

func TestMaxWindowsGrad2(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(37, 38))
		for n := 1; n < 60; n++ {
			lines := 1 + n%11
			dy, index := sample64(r, (lines+1)*n+1), make([]int32, (lines+1)*n+1)
			for k := range index { // one of the window's elements, or none
				i, j := k/n, k%n
				row, column := max(2*i-r.IntN(2), 0)+r.IntN(2), max(2*j-r.IntN(2), 0)+r.IntN(2)
				index[k] = int32(50 + row*2*n + column - r.IntN(4)/3*1e6)
			}
			dy[r.IntN(len(dy))] = float32(math.Copysign(0, -1))
			dx, check := guarded(make([]float32, 4*lines*n), n%7)
			if !MaxWindowsGrad2(dx, dy, index, n, lines, 50) {
				continue
			}
			check(t, "MaxWindowsGrad2")
			want := make([]float32, len(dx))
			for k := range (lines + 1) * n {
				if at := int(index[k]) - 50; at >= 0 && at < len(want) {
					want[at] += dy[k]
				}
			}
			for i := range dx {
				if math.Float32bits(dx[i]) != math.Float32bits(want[i]) {
					t.Fatalf("n %d, %d lines: element %d is %v, want %v", n, lines, i, dx[i], want[i])
				}
			}
		}
	})
}
