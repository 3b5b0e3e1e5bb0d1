package vec

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestBlend compares the interpolation of rows and elements, and the transposed sums, with their definitions.
func TestBlend(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(43, 44))
		for n := 1; n < 70; n++ {
			h := 1 + n%5
			rows, cols := [4]float32(sample64(r, 4)), [4]float32(sample64(r, 4))
			inside := func(i, n int) int { return min(max(i, 0), n-1) }
			compare := func(what string, y []float32, n int, terms func(i, j int, add func(w, x float32))) {
				t.Helper()
				for p, v := range y {
					want, size := 0.0, 0.0
					terms(p/n, p%n, func(w, x float32) {
						term := float64(w) * float64(x)
						want, size = want+term, size+max(term, -term)
					})
					if !closeTo(v, want, size) {
						t.Fatalf("%s, %d rows of %d: element (%d, %d) is %v, want %v", what, h, n, p/n, p%n, v, want)
					}
				}
			}

			x := sample64(r, h*n)
			y, check := guarded(make([]float32, 4*h*n), n%7)
			room, done := BlendUp(y, x, rows, cols, n, nil, n%3 == 0)
			if !done {
				continue
			}
			StreamsDone()
			check(t, "BlendUp")
			compare("BlendUp", y, 2*n, func(i, j int, add func(w, x float32)) {
				for k := range 2 {
					for l := range 2 {
						add(rows[i%2*2+k]*cols[j%2*2+l], x[inside(i/2-1+i%2+k, h)*n+inside(j/2-1+j%2+l, n)])
					}
				}
			})

			x[1] = float32(math.Inf(1)) // has a weight of 0 in the sum of the first element
			BlendUp(y, x, rows, cols, n, room, false)
			if y[0] == y[0] {
				t.Errorf("BlendUp, %d rows of %d: the first element is %v, want NaN", h, n, y[0])
			}

			x = sample64(r, 4*h*n)
			y, check = guarded(make([]float32, h*n), n%7)
			BlendDown(y, x, rows, cols, n, room)
			check(t, "BlendDown")
			compare("BlendDown", y, n, func(i, j int, add func(w, x float32)) {
				for k := range 4 {
					for l := range 4 {
						add(rows[k]*cols[l], x[inside(2*i-1+k, 2*h)*2*n+inside(2*j-1+l, 2*n)])
					}
				}
			})
		}
	})
}
