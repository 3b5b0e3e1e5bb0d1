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
				y.stream = n%kr.lanes == 0 && y.nextC%kr.lanes == 0 && kr.canStream(y.c, y.ldc)
				f(&y)
			}
			if !slices.Equal(results[0], results[1]) {
				t.Fatalf("%+v: %v, want %v", x, results[1], results[0])
			}
		}
	}
}

// TestPlanes compares the kernels planes and planesGrad with the generic ones.
func TestPlanes(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testPlanes(t, kernels32())
		testPlanes(t, kernels64())
	})
}

func testPlanes[T Float](t *testing.T, kr *kernels[T]) {
	rng := rand.New(rand.NewPCG(11, 12))
	for n := 1; n <= 70; n++ {
		for _, kh := range []int{1, 2, 3, 4, 5, 7} {
			for step := 1; step <= 2; step++ {
				x := planes[T]{kh: kh, kw: 1 + rng.IntN(7), step: step, rows: 1 + rng.IntN(20), n: n,
					ldc: n + rng.IntN(4), ldb: rng.IntN(40),
					bias: T(rng.IntN(9) - 4), relu: rng.IntN(2) == 0, add: rng.IntN(2) == 0}
				for range x.kw {
					x.table = append(x.table, int32(rng.IntN(20)))
				}
				x.w = integers[T](rng, x.kh*x.kw)
				x.c = integers[T](rng, (x.rows-1)*x.ldc+n)
				x.b = integers[T](rng, ((x.rows-1)*step+kh-1)*x.ldb+n+19)
				for grad, f := range [][2]func(*planes[T]){{planesGeneric[T], kr.planes}, {planesGradGeneric[T], kr.planesGrad}} {
					var results [2][]T
					for i := range results {
						y, around := x, integers[T](rand.New(rand.NewPCG(9, 10)), guard)
						dst := &y.c
						if grad == 1 {
							dst = &y.w
						}
						results[i] = slices.Concat(around, *dst, around)
						*dst = results[i][guard : guard+len(*dst) : guard+len(*dst)]
						f[i](&y)
					}
					if !slices.Equal(results[0], results[1]) {
						t.Fatalf("%+v: gradient %d: %v, want %v", x, grad, results[1], results[0])
					}
				}
			}
		}
	}
}

// TestSplit compares the kernels split and spread with the generic ones.
func TestSplit(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testSplit(t, kernels32())
		testSplit(t, kernels64())
	})
}

func testSplit[T Float](t *testing.T, kr *kernels[T]) {
	rng := rand.New(rand.NewPCG(13, 14))
	for cols := 1; cols <= 130; cols++ {
		rows, ldd, lds := 1+rng.IntN(4), (cols+1)/2+rng.IntN(5), cols+rng.IntN(5)
		src := integers[T](rng, (rows-1)*lds+cols)
		var results [2][]T
		for i, f := range []func(even, odd []T, ldd int, src []T, lds, rows, cols int){splitGeneric[T], kr.split} {
			size := (rows-1)*ldd + (cols+1)/2
			dst := make([]T, 2*size+3*guard)
			f(dst[guard:][:size:size], dst[size+2*guard:][:size:size], ldd, src, lds, rows, cols)
			results[i] = dst
		}
		if !slices.Equal(results[0], results[1]) {
			t.Fatalf("split %d×%d, strides %d and %d: %v, want %v", rows, cols, lds, ldd, results[1], results[0])
		}
		for i, f := range []func(dst []T, ldd int, src []T, lds, rows, cols int){spreadGeneric[T], kr.spread} {
			size := (rows-1)*(ldd+cols) + 2*cols - 1
			dst := integers[T](rand.New(rand.NewPCG(9, 10)), size+2*guard)
			f(dst[guard:][:size:size], ldd+cols, src, lds, rows, cols)
			results[i] = dst
		}
		if !slices.Equal(results[0], results[1]) {
			t.Fatalf("spread %d×%d, strides %d and %d: %v, want %v", rows, cols, lds, ldd, results[1], results[0])
		}
	}
}

// TestWinogradKernels compares the kernels of Winograd's algorithm with the generic ones.
func TestWinogradKernels(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		kr := kernels32()
		if kr.winogradInput == nil {
			return
		}
		rng := rand.New(rand.NewPCG(21, 22))
		for range 200 {
			width, channels, channel := 1+rng.IntN(60), 1+rng.IntN(4), kr.lanes+rng.IntN(9)
			in := winogradInput[float32]{at: rng.IntN(width+6) - 3, channels: channels, channel: channel, plane: channels * channel}
			for i := range in.rows {
				in.next[i] = width + rng.IntN(5)
				in.rows[i] = integers[float32](rng, (channels-1)*in.next[i]+width)
			}
			for k, off := range [4]int{0, kr.lanes, 2, kr.lanes + 2} {
				in.masks[k] = lanesInside(in.at+off, width, kr.lanes)
			}
			v := [2][]float32{make([]float32, 16*in.plane), make([]float32, 16*in.plane)}
			in.v = v[0]
			winogradInputGeneric(&in, kr.lanes)
			in.v = v[1]
			kr.winogradInput(&in)
			if !slices.Equal(v[0], v[1]) {
				t.Fatalf("%+v: %v, want %v", in, v[1], v[0])
			}

			out := winogradOutput[float32]{m: integers[float32](rng, 16*in.plane), plane: in.plane, channel: channel, channels: channels,
				next: 2*width + rng.IntN(9), lower: width * rng.IntN(2), relu: rng.IntN(2) == 0}
			if rng.IntN(2) == 0 {
				out.bias = integers[float32](rng, channels)
			}
			for k := range out.masks {
				out.masks[k] = lanesInside(k*kr.lanes, min(width, 2*kr.lanes), kr.lanes)
			}
			size := (channels-1)*out.next + out.lower + min(width, 2*kr.lanes)
			y := [2][]float32{make([]float32, size+2*guard), make([]float32, size+2*guard)}
			out.y = y[0][guard:][:size:size]
			winogradOutputGeneric(&out, kr.lanes)
			out.y = y[1][guard:][:size:size]
			kr.winogradOutput(&out)
			if !slices.Equal(y[0], y[1]) {
				t.Fatalf("%+v: %v, want %v", out, y[1], y[0])
			}

			n, ld := width, width+rng.IntN(4)
			src := integers[float32](rng, 8*ld+n)
			plane := n + rng.IntN(4)
			u := [2][]float32{make([]float32, 15*plane+n+2*guard), make([]float32, 15*plane+n+2*guard)}
			winogradWeightsGeneric(u[0][guard:], plane, src, ld, n)
			kr.winogradWeights(u[1][guard:], plane, src, ld, n)
			if !slices.Equal(u[0], u[1]) {
				t.Fatalf("weights %d, strides %d and %d: %v, want %v", n, ld, plane, u[1], u[0])
			}
		}
	})
}
