package conv

import (
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/gemm"
)

// kernels are the loops of one instruction set.
type kernels[T Float] struct {
	size               int   // bytes of an element
	lanes              int   // elements of a vector
	heights            []int // heights[v-1]: the most rows of a tile of v vectors
	tiles              func(t *tiles[T])
	planes, planesGrad func(p *planes[T])
	split              func(even, odd []T, ldd int, src []T, lds, rows, cols int)
	spread             func(dst []T, ldd int, src []T, lds, rows, cols int)
	copy               func(dst []T, ldd int, src []T, lds, rows, cols int)
	transpose          func(dst []T, ldd int, src []T, lds, rows, cols int)
	free               *freeLists[T]

	// For Winograd's algorithm; nil if the instruction set has none.
	winogradInput   func(w *winogradInput[T])
	winogradOutput  func(w *winogradOutput[T])
	winogradWeights func(dst []T, plane int, src []T, ld, n int)
}

func new32(lanes int, heights []int, tiles func(*tiles[float32]), planes, planesGrad func(*planes[float32])) *kernels[float32] {
	return &kernels[float32]{size: 4, lanes: lanes, heights: heights, tiles: tiles, planes: planes, planesGrad: planesGrad,
		copy: gemm.Copy32, transpose: gemm.Transpose32, split: splitGeneric[float32], spread: spreadGeneric[float32], free: &free32}
}

func new64(lanes int, heights []int, tiles func(*tiles[float64]), planes, planesGrad func(*planes[float64])) *kernels[float64] {
	return &kernels[float64]{size: 8, lanes: lanes, heights: heights, tiles: tiles, planes: planes, planesGrad: planesGrad,
		copy: gemm.Copy64, transpose: gemm.Transpose64, split: splitGeneric[float64], spread: spreadGeneric[float64], free: &free64}
}

var (
	free32 freeLists[float32]
	free64 freeLists[float64]
)

// width returns the most columns of a tile.
func (kr *kernels[T]) width() int { return kr.lanes * len(kr.heights) }

// height returns the most rows of a tile of n columns.
func (kr *kernels[T]) height(n int) int { return kr.heights[ceil(n, kr.lanes)-1] }

// tiles are the arguments of the kernel for all passes: count tiles of height rows and n columns, where n is at most the
// kernel's width. Element (i, j) of a tile is
//
//	c[i*ldc+j] = act([c[i*ldc+j] +] Σ_o Σ_k a[i*lda + o*ao + table[2*k]] · b[j + o*bo + table[2*k+1]] + bias)
//
// for o < outer and k < inner. The tile after it begins nextA, nextB and nextC elements later. The bias is bias[j], or
// bias[i] of the rows of all tiles in sequence if rowBias is set.
type tiles[T Float] struct {
	c                   []T
	ldc                 int
	a, b                []T
	lda, ao, bo         int
	table               []int32
	outer, inner        int // inner is at least 1
	height, count, n    int
	nextA, nextB, nextC int
	bias                []T
	rowBias, add, relu  bool
	stream              bool // store past the caches; only if n, ldc and the address of c are whole vectors
}

// tilesGeneric defines what the assembly computes. It runs on processors and builds without assembly.
func tilesGeneric[T Float](t *tiles[T]) {
	for tile := range t.count {
		for i := range t.height {
			c := t.c[tile*t.nextC+i*t.ldc:][:t.n]
			for j := 0; j < t.n; j += 8 {
				var sum [8]T
				n := min(t.n-j, 8)
				for o := range t.outer {
					for k := range t.inner {
						x := t.a[tile*t.nextA+i*t.lda+o*t.ao+int(t.table[2*k])]
						row := t.b[tile*t.nextB+o*t.bo+int(t.table[2*k+1])+j:][:n]
						for l, y := range row {
							sum[l&7] += x * y
						}
					}
				}
				for l := range n {
					v := sum[l]
					if t.add {
						v += c[j+l]
					}
					if t.bias != nil && t.rowBias {
						v += t.bias[tile*t.height+i]
					} else if t.bias != nil {
						v += t.bias[j+l]
					}
					if t.relu && v < 0 {
						v = 0
					}
					c[j+l] = v
				}
			}
		}
	}
}

// run computes t for rows rows in as few tiles as possible, whose heights differ by at most one. The strides between
// tiles are those of neighbouring rows; t.c and t.a are those of the first row.
func (kr *kernels[T]) run(t *tiles[T], rows int) {
	count := ceil(rows, kr.height(t.n))
	low := rows / count
	high := rows - low*count // tiles of one row more
	c, a, bias := t.c, t.a, t.bias
	row := 0
	for _, group := range [...][2]int{{low + 1, high}, {low, count - high}} {
		if group[1] == 0 {
			continue
		}
		t.height, t.count = group[0], group[1]
		t.nextA, t.nextB, t.nextC = t.height*t.lda, 0, t.height*t.ldc
		t.c, t.a = c[row*t.ldc:], after(a, row*t.lda)
		if bias != nil && t.rowBias {
			t.bias = bias[row:]
		}
		kr.tiles(t)
		row += t.height * t.count
	}
	t.c, t.a, t.bias = c, a, bias
}

// streamed is the number of elements from which on a result is written past the caches: it would not stay there, and a
// store through them reads the memory first.
var streamed = 1 << 21

// canStream reports whether rows of a matrix with stride ld begin at multiples of a vector.
func (kr *kernels[T]) canStream(c []T, ld int) bool {
	return ld%kr.lanes == 0 && uintptr(unsafe.Pointer(unsafe.SliceData(c)))%uintptr(kr.lanes*kr.size) == 0
}

// after returns s[n:], or nothing if s has fewer elements: the operands of a tile without terms may be empty.
func after[T Float](s []T, n int) []T { return s[min(n, len(s)):] }

var (
	generic32 = new32(8, []int{4}, tilesGeneric[float32], planesGeneric[float32], planesGradGeneric[float32])
	generic64 = new64(8, []int{4}, tilesGeneric[float64], planesGeneric[float64], planesGradGeneric[float64])
)
