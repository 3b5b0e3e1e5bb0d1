package vec

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAdamDivision checks that Adam has the bits of the plain formula for many corrections and magnitudes, and for
// second moments of 0 and infinity: the vector kernel divides by the root of the correction with multiply-adds.
func TestAdamDivision(t *testing.T) { eachISA(t, testAdamDivision) }

func testAdamDivision(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 4096
	p, g, m := make([]float32, n), make([]float32, n), make([]float32, n)
	v, want := make([]float32, n), make([]float32, n)
	for range 200 {
		beta2 := 1 - math.Exp2(-12*r.Float64())
		s := Step{LR: 0.5, Beta1: 0.9, Beta2: beta2, Correction1: 1,
			Correction2: 1 - math.Pow(beta2, float64(1+r.IntN(9)))}
		root := float32(math.Sqrt(s.Correction2))
		for i := range p {
			p[i], g[i], m[i] = 0, 0, float32(r.NormFloat64())
			v[i] = float32(math.Exp2(100 * (r.Float64() - 0.5)))
		}
		v[0], v[1] = 0, float32(math.Inf(1))
		for i := range p {
			first := lerp(m[i], 0, float32(1-s.Beta1))
			second := float32(v[i] * float32(beta2))
			want[i] = 0 + float32(-0.5*first)/(sqrt(second)/root)
		}
		Adam(p, g, m, v, nil, &s)
		for i := range p {
			if math.Float32bits(p[i]) != math.Float32bits(want[i]) {
				t.Fatalf("element %d, correction %v: a step of %v, want %v", i, s.Correction2, p[i], want[i])
			}
		}
	}
}
