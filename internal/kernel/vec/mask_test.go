package vec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// randomBools returns n random booleans within a larger slice, and a check that the booleans around them are unchanged.
func randomBools(r *rand.Rand, n int) (x []bool, check func(t *testing.T)) {
	const margin = 40
	all := make([]bool, margin+n+margin)
	for i := range all {
		all[i] = r.IntN(2) == 0
	}
	old := slices.Clone(all)
	return all[margin : margin+n : margin+n], func(t *testing.T) {
		t.Helper()
		for i, v := range all {
			if (i < margin || i >= margin+n) && v != old[i] {
				t.Fatalf("wrote outside a slice of %d booleans, at %d", n, i-margin)
			}
		}
	}
}

// TestCompare checks every comparison of 0 to 130 pairs of numbers of all kinds, some of them equal.
func TestCompare(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 12))
		for n := range 131 {
			a, checkA := guarded(sample(r, n), n%17)
			b, checkB := guarded(sample(r, n), n%13)
			for i := range b {
				if r.IntN(3) == 0 {
					b[i] = a[i]
				}
			}
			for op := Equal; op <= Infinite; op++ {
				for _, s := range []float32{0, 1, float32(math.NaN()), float32(math.Inf(-1))} {
					got, check := randomBools(r, n)
					want := make([]bool, n)
					CompareScalar(got, op, a, s)
					restore := cpu.Force(cpu.Generic)
					CompareScalar(want, op, a, s)
					restore()
					check(t)
					if !slices.Equal(got, want) {
						t.Fatalf("comparison %d of %v with %v: %v, want %v", op, a, s, got, want)
					}
				}
				got, check := randomBools(r, n)
				want := make([]bool, n)
				Compare(got, op, a, b)
				restore := cpu.Force(cpu.Generic)
				Compare(want, op, a, b)
				restore()
				check(t)
				if !slices.Equal(got, want) {
					t.Fatalf("comparison %d of %v with %v: %v, want %v", op, a, b, got, want)
				}
			}
			checkA(t, "Compare")
			checkB(t, "Compare")
		}
	})
}

// TestComparisons checks the definition of each comparison.
func TestComparisons(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	eachISA(t, func(t *testing.T) {
		for op, want := range map[Comparison][]bool{
			Equal:     {false, true, false, false, false},
			NotEqual:  {true, false, true, true, true},
			Less:      {true, false, false, false, true},
			LessEq:    {true, true, false, false, true},
			Greater:   {false, false, true, false, false},
			GreaterEq: {false, true, true, false, false},
			Finite:    {true, true, true, false, false},
			Infinite:  {false, false, false, false, true},
		} {
			var a, b []float32
			var wants []bool
			for range 8 { // enough for vectors
				a, b = append(a, 1, 0, 3, nan, inf), append(b, 2, float32(math.Copysign(0, -1)), 2, nan, 2)
				wants = append(wants, want...)
			}
			got := make([]bool, len(a))
			if Compare(got, op, a, b); !slices.Equal(got, wants) {
				t.Errorf("comparison %d: %v, want %v", op, got[:5], want)
			}
		}
		got := make([]bool, 3)
		if Compare(got, Less, []int64{1 << 62, 2, 3}, []int64{1<<62 + 1, 2, 1}); !slices.Equal(got,
			[]bool{true, false, false}) {
			t.Errorf("int64: %v", got)
		}
		if CompareScalar(got, GreaterEq, []int32{1, 2, 3}, 2); !slices.Equal(got, []bool{false, true, true}) {
			t.Errorf("int32: %v", got)
		}
	})
}

func TestChoose(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		for n := range 131 {
			cond, _ := randomBools(r, n)
			a, b := sample(r, n), sample(r, n)
			got, check := guarded(make([]float32, n), n%17)
			Choose(got, cond, a, b)
			check(t, "Choose")
			for i := range got {
				want := b[i]
				if cond[i] {
					want = a[i]
				}
				if math.Float32bits(got[i]) != math.Float32bits(want) {
					t.Fatalf("[%d] of %d = %v, want %v", i, n, got[i], want)
				}
			}
		}
	})
}

func TestLogical(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(15, 16))
		for n := range 131 {
			a, _ := randomBools(r, n)
			b, _ := randomBools(r, n)
			for _, c := range []struct {
				name string
				f    func(dst, a, b []bool)
				want func(a, b bool) bool
			}{
				{"And", And, func(a, b bool) bool { return a && b }},
				{"Or", Or, func(a, b bool) bool { return a || b }},
				{"Xor", Xor, func(a, b bool) bool { return a != b }},
			} {
				got, check := randomBools(r, n)
				c.f(got, a[:n:n], b[:n:n])
				check(t)
				for i := range got {
					if got[i] != c.want(a[i], b[i]) {
						t.Fatalf("%s: [%d] of %d is %v", c.name, i, n, got[i])
					}
				}
			}
		}
	})
}

// TestLogicalStreamed checks that booleans written past the caches may begin at any address.
func TestLogicalStreamed(t *testing.T) {
	defer func(n int) { streamed = n }(streamed)
	streamed = 1
	const n = 4*light + 4096
	a, b, room := make([]bool, n), make([]bool, n), make([]bool, n+3)
	for i := range n {
		a[i], b[i] = i%2 == 0, i%3 == 0
	}
	eachISA(t, func(t *testing.T) {
		for off := range 4 {
			dst := room[off:][:n]
			clear(dst)
			And(dst, a, b)
			for i, got := range dst {
				if got != (i%6 == 0) {
					t.Fatalf("%d after an alignment: [%d] is %v", off, i, got)
				}
			}
		}
	})
}
