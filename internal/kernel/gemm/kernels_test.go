package gemm

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPanels compares the kernel panels with panelsGeneric: every small size, at addresses that are not multiples of a
// vector, between guards.
func TestPanels(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testPanels(t, kernels32())
		testPanels(t, kernels64())
	})
}

func testPanels[T Float](t *testing.T, kr *kernels[T]) {
	rng := rand.New(rand.NewPCG(33, 34))
	for height := 1; height <= kr.heights[len(kr.heights)-1]; height++ {
		for _, count := range []int{1, 2, 3, 7} {
			for k := 1; k < 20; k++ {
				next, lds := height*k+rng.IntN(9), height*count+rng.IntN(9)
				src := fill[T](rng, (k-1)*lds+height*count)
				dst := make([]T, (count-1)*next+height*k+2*guard)
				want := make([]T, len(dst))
				for i := range dst {
					dst[i], want[i] = T(canary), T(canary)
				}
				size := len(dst) - 2*guard
				panelsGeneric(want[guard:][:size:size], next, src, lds, height, count, k)
				kr.panels(dst[guard:][:size:size], next, src, lds, height, count, k)
				for i := range dst {
					if dst[i] != want[i] {
						t.Fatalf("%T height=%d count=%d k=%d next=%d lds=%d: element %d is %v, want %v", dst[0], height,
							count, k, next, lds,
							i-guard, dst[i], want[i])
					}
				}
			}
		}
	}
}

// TestTilesPack checks that tiles that pack A and B compute the same C, and that they store the packed elements and
// nothing else.
func TestTilesPack(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testTilesPack(t, kernels32())
		testTilesPack(t, kernels64())
	})
}

func testTilesPack[T Float](t *testing.T, kr *kernels[T]) {
	rng := rand.New(rand.NewPCG(35, 36))
	n := kr.lanes * len(kr.heights)
	guarded := func(n int) []T {
		s := make([]T, n+2*guard)
		for i := range s {
			s[i] = T(canary)
		}
		return s
	}
	inner := func(s []T) []T { return s[guard : len(s)-guard : len(s)-guard] }
	for height := 1; height <= kr.heights[len(kr.heights)-1]; height++ {
		for k := range 25 {
			k, store := k+1, 1+k%3 // which of A and B
			count := 1
			if store == 1 {
				count = 1 + rng.IntN(4)
			}
			rows, skip := height*count, rng.IntN(5)
			x := tiles[T]{height: height, count: count, n: n, k: k, ldc: n + rng.IntN(5), ars: k + rng.IntN(3), acs: 1,
				brs:  n + rng.IntN(9),
				skip: skip, add: rng.IntN(2) == 0, relu: rng.IntN(2) == 0}
			if rng.IntN(2) == 0 { // A transposed
				x.ars, x.acs = 1, rows+rng.IntN(9)
			}
			x.next = height * x.ars
			x.a, x.b, x.bias = fill[T](rng, extent(rows, x.ars, k, x.acs)), fill[T](rng, extent(k, x.brs, n, 1)), fill[T](rng, n)
			run := func(tiles func(*tiles[T]), store int) [3][]T {
				y := x
				out := [3][]T{guarded(extent(rows, x.ldc, n, 1)), guarded(count*height*k + (count-1)*skip), guarded(k * n)}
				y.c = inner(out[0])
				if store&1 != 0 {
					y.packedA = inner(out[1])
				}
				if store&2 != 0 {
					y.packedB = inner(out[2])
				}
				tiles(&y)
				return out
			}
			plain, want, got := run(kr.tiles, 0), run(packGeneric[T], store), run(kr.tiles, store)
			want[0] = plain[0] // packGeneric does not compute C
			for i := range got {
				if !slices.Equal(got[i], want[i]) {
					t.Fatalf("%T height=%d count=%d k=%d packing %b: %v is %v, want %v",
						x.a[0], height, count, k, store, [...]string{"C", "A", "B"}[i],
						got[i], want[i])
				}
			}
		}
	}
}

// TestTilesOfPanels checks that tiles with a packed A compute the same C as tiles with the same A in rows: in every
// height, with fewer and with more terms than the code that computes four at a time needs.
func TestTilesOfPanels(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testTilesOfPanels(t, kernels32())
		testTilesOfPanels(t, kernels64())
	})
}

func testTilesOfPanels[T Float](t *testing.T, kr *kernels[T]) {
	rng := rand.New(rand.NewPCG(39, 40))
	width := kr.lanes * len(kr.heights)
	for height := 1; height <= kr.heights[len(kr.heights)-1]; height++ {
		for k := 1; k < 130; k += 1 + rng.IntN(3) {
			count, n := 1+rng.IntN(3), width-rng.IntN(2)
			if kr.wholeVectors {
				n = width
			}
			x := tiles[T]{height: height, count: count, n: n, k: k, ldc: n + rng.IntN(5), brs: n + rng.IntN(9),
				add: rng.IntN(2) == 0, ars: k + rng.IntN(3), acs: 1}
			rows := height * count
			x.next = height * x.ars
			x.a, x.b = fill[T](rng, extent(rows, x.ars, k, 1)), fill[T](rng, extent(k, x.brs, n, 1))
			c := fill[T](rng, extent(rows, x.ldc, n, 1))
			panels := x
			panels.ars, panels.acs, panels.next = 1, height, height*k+rng.IntN(9)
			panels.a = make([]T, (count-1)*panels.next+height*k)
			packed := x
			packed.packedA, packed.skip = panels.a, panels.next-height*k
			packGeneric(&packed)
			x.c, panels.c = slices.Clone(c), slices.Clone(c)
			kr.tiles(&x)
			kr.tiles(&panels)
			if !slices.Equal(x.c, panels.c) {
				t.Fatalf("%T height=%d count=%d n=%d k=%d: %v, want %v", c[0], height, count, n, k, panels.c, x.c)
			}
		}
	}
}

// packGeneric packs A and B for tiles of any height.
func packGeneric[T Float](t *tiles[T]) {
	for i := range t.count {
		for p := range t.k {
			for r := range t.height {
				if t.packedA != nil {
					t.packedA[i*(t.k*t.height+t.skip)+p*t.height+r] = t.a[i*t.next+r*t.ars+p*t.acs]
				}
			}
			if t.packedB != nil {
				copy(t.packedB[p*t.n:][:t.n], t.b[p*t.brs:])
			}
		}
	}
}

// TestMove tests copying and transposing: every small size, at addresses that are not multiples of a vector, between
// guards.
func TestMove(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		testMove(t, Copy32, Transpose32)
		testMove(t, Copy64, Transpose64)
	})
}

func testMove[T Float](t *testing.T, copyRows, transpose func(dst []T, ldd int, src []T, lds, rows, cols int)) {
	rng := rand.New(rand.NewPCG(37, 38))
	for n := range 131 {
		for _, s := range [][2]int{{n, 1 + rng.IntN(40)}, {1 + rng.IntN(40), n}} {
			rows, cols := s[0], s[1]
			lds := rng.IntN(cols + 20) // rows of the source may overlap
			src := fill[T](rng, extent(rows, lds, cols, 1))
			for _, transposed := range []bool{false, true} {
				r, c := rows, cols
				if transposed {
					r, c = cols, rows
				}
				ldd := c + rng.IntN(20)
				dst := make([]T, extent(r, ldd, c, 1)+2*guard)
				for i := range dst {
					dst[i] = T(canary)
				}
				want := slices.Clone(dst)
				for i := range r {
					for j := range c {
						from := i*lds + j
						if transposed {
							from = j*lds + i
						}
						want[guard+i*ldd+j] = src[from]
					}
				}
				out := dst[guard : len(dst)-guard : len(dst)-guard]
				if transposed {
					transpose(out, ldd, src, lds, rows, cols)
				} else {
					copyRows(out, ldd, src, lds, rows, cols)
				}
				if !slices.Equal(dst, want) {
					t.Fatalf("%T %d×%d, strides %d to %d, transposed %v: %v, want %v", src, rows, cols, lds, ldd, transposed, dst, want)
				}
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a short destination: no panic")
		}
	}()
	transpose(make([]T, 5), 2, make([]T, 6), 3, 2, 3)
}
