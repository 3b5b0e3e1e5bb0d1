package vec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/internal/kernel/cpu"
)

// TestGatherSum compares both sums with the plain loops, bit for bit. Rows repeat, and there are NaNs
// before and behind each slice.
func TestGatherSum(t *testing.T) {
	nan := float32(math.NaN())
	guarded := func(n int, dice *rand.Rand) (all, x []float32) {
		all = make([]float32, n+32)
		for i := range all {
			if all[i] = nan; i >= 16 && i < 16+n {
				all[i] = float32(dice.Float64()*4 - 2)
			}
		}
		return all, all[16:][:n]
	}
	same := func(a, b []float32) bool {
		return slices.EqualFunc(a, b, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })
	}
	for _, level := range cpu.Levels() {
		for _, size := range []int{0, 1, 3, 4, 7, 8, 16, 17, 31, 64, 65, 130} {
			for _, rows := range []int{0, 1, 2, 9} {
				for _, weighted := range []bool{false, true} {
					dice := rand.New(rand.NewPCG(uint64(size), uint64(rows)))
					allX, x := guarded(5*size, dice)
					allY, y := guarded(size, dice)
					index := make([]int64, rows)
					for i := range index {
						index[i] = int64(dice.IntN(5))
					}
					var factors []float32
					if weighted {
						_, factors = guarded(rows, dice)
					}
					sum := func() (gathered, spread []float32) {
						g, s := slices.Clone(allY), slices.Clone(allX)
						GatherSum(g[16:][:size], x, index, factors)
						SpreadAdd(s[16:][:len(x)], y, index, factors)
						return g, s
					}
					restore := cpu.Force(cpu.Generic)
					g, s := sum()
					restore()
					restore = cpu.Force(level)
					gotG, gotS := sum()
					restore()
					if !same(g, gotG) || !same(s, gotS) {
						t.Errorf("%v, size %d, %d rows, weighted %v: the sums differ from the plain loops'", level, size, rows, weighted)
					}
				}
			}
		}
	}
}

func TestGatherSumOutside(t *testing.T) {
	for _, k := range []int64{-1, 2, math.MaxInt64} {
		index, two, five := []int64{k}, make([]float32, 2), make([]float32, 5)
		for name, f := range map[string]func(){
			"GatherSum": func() { GatherSum(two, five, index, nil) },
			"GatherMax": func() { GatherMax(two, make([]int32, 2), five, index) },
			"SpreadAdd": func() { SpreadAdd(five, two, index, nil) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s of row %d does not panic", name, k)
					}
				}()
				f()
			}()
		}
	}
}

// TestGatherMax compares the kernels with the plain loop, bit for bit, with equal elements, NaNs and infinities.
func TestGatherMax(t *testing.T) {
	numbers := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, 1, 2, -1}
	for _, level := range cpu.Levels() {
		for _, size := range []int{0, 1, 3, 4, 7, 8, 16, 17, 31, 64, 65, 130} {
			for _, rows := range []int{1, 2, 9} {
				dice := rand.New(rand.NewPCG(uint64(size), uint64(rows)))
				x, index := make([]float32, 5*size), make([]int64, rows)
				for i := range x {
					x[i] = numbers[dice.IntN(len(numbers))]
				}
				for i := range index {
					index[i] = int64(dice.IntN(5))
				}
				run := func(level cpu.Level) (largest []uint32, chosen []int32) {
					defer cpu.Force(level)()
					y := make([]float32, size+1)
					chosen = make([]int32, size+1) // an element more, which stays 0
					GatherMax(y[:size], chosen[:size], x, index)
					for _, v := range y {
						largest = append(largest, math.Float32bits(v))
					}
					return largest, chosen
				}
				want, from := run(cpu.Generic)
				got, gotFrom := run(level)
				if !slices.Equal(got, want) || !slices.Equal(gotFrom, from) {
					t.Errorf("%v, size %d, %d rows: %x from %v, want %x from %v", level, size, rows, got, gotFrom, want, from)
				}
			}
		}
	}
}
