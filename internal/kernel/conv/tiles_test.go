package conv

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTiles compares the kernel tiles with tilesGeneric: every height and width, and random strides, between guards.
func TestTiles(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testTiles(t, kernels32())
		testTiles(t, kernels64())
	})
}

func testTiles[T Float](t *testing.T, kr *kernels[T]) {
	rng := rand.New(rand.NewPCG(7, 8))
	for n := 1; n <= kr.width(); n++ {
		for height := 1; height <= kr.height(n); height++ {
			x := tiles[T]{height: height, count: 1 + rng.IntN(4), n: n, outer: rng.IntN(4), inner: 1 + rng.IntN(5),
				lda: rng.IntN(9), ao: rng.IntN(9), bo: rng.IntN(9), ldc: n + rng.IntN(5), nextA: rng.IntN(9), nextB: rng.IntN(9),
				rowBias: rng.IntN(2) == 0, add: rng.IntN(2) == 0, relu: rng.IntN(2) == 0}
			x.nextC = height*x.ldc + rng.IntN(5)
			rows := max(x.outer-1, 0)
			for range 2 * x.inner {
				x.table = append(x.table, int32(rng.IntN(20)))
			}
			x.a = integers[T](rng, (x.count-1)*x.nextA+(height-1)*x.lda+rows*x.ao+20)
			x.b = integers[T](rng, (x.count-1)*x.nextB+rows*x.bo+19+n)
			if rng.IntN(2) == 0 {
				x.bias = integers[T](rng, max(n, height*x.count))
			}
			c := integers[T](rng, (x.count-1)*x.nextC+(height-1)*x.ldc+n)
			var results [2][]T
			for i, f := range []func(*tiles[T]){tilesGeneric[T], kr.tiles} {
				y, around := x, integers[T](rand.New(rand.NewPCG(9, 10)), guard)
				results[i] = slices.Concat(around, c, around)
				y.c = results[i][guard : guard+len(c) : guard+len(c)]
				f(&y)
			}
			if !slices.Equal(results[0], results[1]) {
				t.Fatalf("%+v: %v, want %v", x, results[1], results[0])
			}
		}
	}
}
