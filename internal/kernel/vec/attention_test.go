package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// scoresWithGuards returns rows of cols numbers, ld apart, with NaN between them.
func scoresWithGuards(dice *rand.Rand, rows, cols, ld int) []float32 {
	s := make([]float32, rows*ld)
	for i := range s {
		if s[i] = float32(dice.Float64()*40 - 20); i%ld >= cols {
			s[i] = float32(math.NaN())
		}
	}
	return s
}

// widened returns x in float64, for the plain loops.
func widened(x []float32) []float64 {
	var y []float64
	for _, v := range x {
		y = append(y, float64(v))
	}
	return y
}

func compareNumbers(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	for i, w := range want {
		g := float64(got[i])
		if math.IsNaN(w) != math.IsNaN(g) || !math.IsNaN(w) && g != w && !(math.Abs(g-w) <= tol*max(1, math.Abs(w))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, g, w)
		}
	}
}

// TestAttend compares two blocks of scores, the second with much larger scores in some rows, and their gradients with
// the plain loops in float64.
func TestAttend(t *testing.T) {
	inf := float32(math.Inf(-1))
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			for _, cols := range []int{1, 3, 4, 8, 15, 16, 17, 48, 63, 64, 65, 130} {
				for _, masked := range []bool{false, true} {
					const rows = 7
					dice := rand.New(rand.NewPCG(uint64(cols), 3))
					ld := cols + 5
					var mask ScoreMask[float32]
					var wideMask ScoreMask[float64]
					if masked { // hides the elements from the diagonal on, all of the first row
						x := make([]float32, cols+rows)
						for i := rows; i < len(x); i++ {
							x[i] = inf
						}
						mask = ScoreMask[float32]{X: x, At: rows, Row: -1}
						wideMask = ScoreMask[float64]{X: widened(x), At: rows, Row: -1}
					}
					var stats AttentionStats[float32]
					var want AttentionStats[float64]
					stats.Reset(rows)
					want.Reset(rows)
					numbers, wantNumbers := make([]float32, 2*rows), make([]float64, 2*rows)
					for block := range 2 {
						s := scoresWithGuards(dice, rows, cols, ld)
						for i := range s {
							if block == 1 && i/ld%2 == 1 {
								s[i] += 30
							}
						}
						w := widened(s)
						Attend(s, ld, mask, &stats, rows, cols, 0.7)
						Attend(w, ld, wideMask, &want, rows, cols, float64(float32(0.7)))
						// An exponent of 35 is rounded by 2⁻¹⁹, weights are up to 2⁸.
						compareNumbers(t, "weights", s, w, 2e-6)
						compareNumbers(t, "sums", stats.Sum[:rows], want.Sum[:rows], 4e-6)
						compareNumbers(t, "decays", stats.Decay[:rows], want.Decay[:rows], 2e-6)
					}
					stats.Finish(numbers, rows)
					want.Finish(wantNumbers, rows)
					compareNumbers(t, "numbers of the rows", numbers, wantNumbers, 4e-6)

					s, dp := scoresWithGuards(dice, rows, cols, ld), scoresWithGuards(dice, rows, cols, ld)
					d := scoresWithGuards(dice, 1, rows, rows)
					ws, wdp := widened(s), widened(dp)
					AttendGrad(s, dp, ld, mask, numbers, d, rows, cols, 0.7, 0.3)
					AttendGrad(ws, wdp, ld, wideMask, widened(numbers), widened(d), rows, cols, float64(float32(0.7)),
						float64(float32(0.3)))
					compareNumbers(t, "weights computed again", s, ws, 4e-6)
					compareNumbers(t, "gradients of scores", dp, wdp, 1e-5)

					a, b := scoresWithGuards(dice, rows, cols, ld), scoresWithGuards(dice, rows, cols, cols)
					dots, wantDots := make([]float32, rows), make([]float64, rows)
					RowDots(dots, a, ld, b, cols, rows, cols)
					RowDots(wantDots, widened(a), ld, widened(b), cols, rows, cols)
					compareNumbers(t, "inner products", dots, wantDots, 1e-4) // sums of up to 130 products of up to 400
					ScaleRows(a, ld, b, cols, dots, rows, cols)
					for i := range rows {
						for j := range ld {
							if x := a[i*ld+j]; j < cols && x != b[i*cols+j]*dots[i] || j >= cols && x == x {
								t.Fatalf("scaled row %d, column %d of %d is %v", i, j, cols, x)
							}
						}
					}
				}
			}
		})
	}
}

// TestKeepRows compares the kernels with the plain loop; elements after a row's last whole word are not written.
func TestKeepRows(t *testing.T) {
	for _, level := range cpu.Levels() {
		for _, cols := range []int{1, 31, 32, 33, 64, 100, 256} {
			const rows = 5
			dice := rand.New(rand.NewPCG(uint64(cols), 3))
			ld, ldb := (cols+31)/32*32+7, (cols+31)/32*4+3
			x, bits := scoresWithGuards(dice, rows, cols, ld), make([]uint8, rows*ldb)
			for i := range bits {
				bits[i] = uint8(dice.Uint32())
			}
			x[0] = float32(math.NaN())
			want := widened(x)
			KeepRows(want, ld, bits, ldb, rows, cols, 1.25)
			restore := cpu.Force(level)
			KeepRows(x, ld, bits, ldb, rows, cols, 1.25)
			restore()
			compareNumbers(t, level.String(), x, want, 1e-7)
		}
	}
}
