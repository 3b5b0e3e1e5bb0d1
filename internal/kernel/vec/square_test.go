package vec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

func TestSquares(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(39, 40))
		for n := 1; n < 70; n++ {
			lines := n % 5
			small, large := lines*n, 4*lines*n
			rows, cols := [2]float32(sample64(r, 2)), [2]float32(sample64(r, 2))
			// at returns the position of element (i, j) of square s in the large array.
			at := func(s, i, j int) int { return (s/n*2+i)*2*n + s%n*2 + j }

			x := sample64(r, large)
			y, check := guarded(make([]float32, small), n%7)
			if !SquareSum(y, x, rows, cols, n) {
				continue
			}
			check(t, "SquareSum")
			for s := range y {
				want, size := 0.0, 0.0
				for k := range 4 {
					i, j := k/2, k%2
					term := float64(rows[i]) * float64(cols[j]) * float64(x[at(s, i, j)])
					want, size = want+term, size+max(term, -term)
				}
				if !closeTo(y[s], want, size) {
					t.Fatalf("SquareSum, n %d: element %d is %v, want %v", n, s, y[s], want)
				}
			}

			x = sample64(r, small)
			y, check = guarded(make([]float32, large), n%7)
			SquareSpread(y, x, rows, cols, n, n%3 == 0)
			check(t, "SquareSpread")
			index := make([]int32, small)
			dx, check := guarded(sample64(r, large), n%5)
			for s := range index {
				index[s] = int32(at(s, r.IntN(2), r.IntN(2)))
			}
			SquareChosen(dx, x, index, n)
			check(t, "SquareChosen")
			for s := range x {
				for k := range 4 {
					i, j := k/2, k%2
					p := at(s, i, j)
					if want := cols[j] * (rows[i] * x[s]); y[p] != want {
						t.Fatalf("SquareSpread, n %d: element %d is %v, want %v", n, p, y[p], want)
					}
					want := float32(0)
					if index[s] == int32(p) {
						want = x[s]
					}
					if dx[p] != want {
						t.Fatalf("SquareChosen, n %d: element %d is %v, want %v", n, p, dx[p], want)
					}
				}
			}
		}
	})
}

func TestUp2RowsDown4Rows(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(41, 42))
		for n := 1; n < 70; n++ {
			rows := 1 + n%4
			long, short := 2*n+n%3, n+1+n%2
			a, b := [2]float32(sample64(r, 2)), [2]float32(sample64(r, 2))
			x, z := sample64(r, rows*short), sample64(r, rows*short)
			y, check := guarded(make([]float32, (rows-1)*long+2*n), n%7)
			if !Up2Rows(y, x, z, a, b, n, rows, long, short) {
				continue
			}
			check(t, "Up2Rows")
			for i := range y {
				row, j := i/long, i%long
				from, by := x, a
				if j%2 == 1 {
					from, by = z, b
				}
				want, size := 0.0, 0.0
				for k := 0; k < 2 && j < 2*n; k++ { // nothing between the rows is written
					term := float64(by[k]) * float64(from[row*short+j/2+k])
					want, size = want+term, size+max(term, -term)
				}
				if !closeTo(y[i], want, size) {
					t.Fatalf("Up2Rows, n %d: element %d is %v, want %v", n, i, y[i], want)
				}
			}

			long += 2
			w := [4]float32(sample64(r, 4))
			x = sample64(r, (rows-1)*long+2*n+2)
			y, check = guarded(make([]float32, (rows-1)*short+n), n%7)
			Down4Rows(y, x, w, n, rows, short, long)
			check(t, "Down4Rows")
			for i := range y {
				row, j := i/short, i%short
				want, size := 0.0, 0.0
				for k := 0; k < 4 && j < n; k++ {
					term := float64(w[k]) * float64(x[row*long+2*j+k])
					want, size = want+term, size+max(term, -term)
				}
				if !closeTo(y[i], want, size) {
					t.Fatalf("Down4Rows, n %d: element %d is %v, want %v", n, i, y[i], want)
				}
			}
		}
	})
}

// TestSquareSpreadStream compares elements stored past the caches with the others, for rows with vectors of 8 lanes and
// of 16.
func TestSquareSpreadStream(t *testing.T) {
	for _, level := range cpu.Levels() {
		defer cpu.Force(level)()
		for _, n := range []int{8, 16, 24, 32, 40, 56} {
			x := make([]float32, 3*n)
			for i := range x {
				x[i] = float32(i + 1)
			}
			memory := make([]float32, 12*n+32)
			from := 0
			for !onLine(memory[from:]) {
				from++
			}
			y, want := memory[from:][:12*n], make([]float32, 12*n)
			if SquareSpread(y, x, [2]float32{1, 2}, [2]float32{3, 4}, n, true) {
				StreamsDone()
				SquareSpread(want, x, [2]float32{1, 2}, [2]float32{3, 4}, n, false)
				if !slices.Equal(y, want) || memory[from+12*n] != 0 {
					t.Errorf("%v, n %d: %v, want %v", level, n, y, want)
				}
			}
		}
	}
}
