package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// TestLargeScores compares results and gradients with the plain loops for scores up to 1e30 that float32 has exactly:
// large equal scores, large scores that differ by little, and sums with a mask of −1e30 or of the lowest float32.
func TestLargeScores(t *testing.T) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			testLargeScores[float32](t, 2e-6)
			testLargeScores[float64](t, 1e-13)
		})
	}
}

func testLargeScores[T Float](t *testing.T, tol float64) {
	for _, s := range []shape{
		{1, 1, 1, 1, 300, 4, 8, false, ""},
		{1, 2, 3, 2, 40, 4, 8, false, "add"},
		{1, 2, 70, 1, 600, 4, 8, false, ""},
		{1, 2, 100, 2, 100, 4, 8, true, ""},
	} {
		for _, c := range []struct{ common, step float64 }{{0, 1 << 20}, {1 << 20, 1}, {-1 << 20, 1}, {0, 1 << 30},
			{1 << 40, 0}, {1 << 40, 1 << 18}, {1e15, 0}, {0, 0x1p+99}, {0x1p+99, 0}} {
			for _, scale := range []float64{0.5, -0.5} {
				p := newProblem[T](s)
				p.Scale = scale
				dice := rand.New(rand.NewPCG(3, 4))
				for i := range p.Q.X { // array's rows have 4 elements and a gap of 3
					switch i % 7 {
					case 0:
						p.Q.X[i] = T(c.common)
					default:
						p.Q.X[i] = T(c.step)
					}
				}
				for i := range p.K.X {
					switch i % 7 {
					case 0:
						p.K.X[i] = 1
					default:
						p.K.X[i] = T(dice.IntN(3) - 1)
					}
				}
				for i := range p.Mask.Add {
					if p.Mask.Add[i] = 0; dice.IntN(3) == 0 {
						p.Mask.Add[i] = T(-1e30)
					}
					if i/s.keys == 1 { // the lowest number for all keys: as without a mask, if the scores are much smaller
						p.Mask.Add[i] = -math.MaxFloat32
					}
				}
				p.run()
				y, dq, dk, dv := p.plain()
				for name, msg := range map[string]string{
					"result":                  differ(p.dst, s.batch, s.heads, s.queries, s.valueSize, y, tol),
					"gradient of the queries": differ(p.dq, s.batch, s.heads, s.queries, s.size, dq, tol),
					"gradient of the keys":    differ(p.dk, s.batch, s.kvHeads, s.keys, s.size, dk, tol),
					"gradient of the values":  differ(p.dv, s.batch, s.kvHeads, s.keys, s.valueSize, dv, tol),
				} {
					if msg != "" {
						t.Errorf("%+v, %+v, scale %v: %s: %s", s, c, scale, name, msg)
					}
				}
			}
		}
	}
}
