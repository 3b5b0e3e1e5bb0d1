package conv

import (
	"math"

	"github.com/lamina-ml/lamina/internal/pool"
)

// A winogradPass is a forward pass or an input gradient with kernels of 3×3 and stride 1 by the minimal filtering
// algorithm F(2×2, 3×3): A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016. A tile of
// 2×2 positions of dst takes 16 multiplications for each pair of channels instead of 36,
//
//	Y = Aᵀ [ Σ_c (G g Gᵀ) ∘ (Bᵀ d B) ] A
//
// where g is a filter, d the 4×4 positions of src around the tile, and ∘ the product of elements:
//
//	     ⎡1  0 −1  0⎤      ⎡ 1  0  0⎤
//	Bᵀ = ⎢0  1  1  0⎥  G = ⎢ ½  ½  ½⎥  Aᵀ = ⎡1 1  1  0⎤
//	     ⎢0 −1  1  0⎥      ⎢ ½ −½  ½⎥       ⎣0 1 −1 −1⎦
//	     ⎣0  1  0 −1⎦      ⎣ 0  0  1⎦
//
// The sums over c are 16 matrix products, whose columns are tiles. Their rounding errors are about those of the direct
// sum, which adds nine times as many terms in sequence; a test compares them. An infinity or a NaN in d makes NaNs in all
// positions of the tile.
type winogradPass[T Float] struct {
	kr       *kernels[T]
	gradient bool
	dst, src []T
	w, bias  []T
	relu     bool

	batch, groups, in, out int    // channels of a group of src and dst
	from, to, padding      [2]int // sizes of an image of src and dst; of src at the beginning
	u                      []T    // transformed weights (group, 16, out, in), each of the 16 with padding
	plane, filter          int    // in u, from one of the 16, or one filter, to the next
	transforming           bool   // Run transforms weights
	rows, cols             int    // rows of tiles in an image, tiles in a row
	rowsOfABlock, blocks   int
	ranges, outputs        int // the channels of a block are cut into ranges
	zeros                  []T // a row of src outside an image
}

// fitsWinograd reports whether the algorithm computes the convolution and its input gradient.
func (s *Shape) fitsWinograd() bool {
	one := [3]int{1, 1, 1}
	return s.Kernel == [3]int{1, 3, 3} && s.Stride == one && s.Dilation == one && s.Input[0] == 1 && s.Output[0] == 1 && s.Padding[0] == 0
}

// setup prepares the pass. It reports whether the algorithm is faster than the direct sum, which depends on the shape and
// the instruction set alone.
func (p *winogradPass[T]) setup(kr *kernels[T], dst, src, w, bias []T, s *Shape, gradient, relu bool) bool {
	p.kr, p.gradient, p.relu = kr, gradient, relu
	p.dst, p.src, p.w, p.bias = dst, src, w, bias
	p.batch, p.groups = s.Batch, s.Groups
	p.in, p.out = s.In/s.Groups, s.Out/s.Groups
	p.from, p.to = [2]int(s.Input[1:]), [2]int(s.Output[1:])
	p.padding = [2]int(s.Padding[1:])
	if gradient {
		p.in, p.out, p.from, p.to = p.out, p.in, p.to, p.from
		p.padding = [2]int{2 - s.Padding[1], 2 - s.Padding[2]}
	}
	p.rows, p.cols = ceil(p.to[0], 2), ceil(p.to[1], 2)
	waste := p.chooseBlocks()

	// The costs in multiplications of elements of vectors. An element is transformed, or moved, in the time of some.
	const input, output, move = 90, 70, 6
	weight := 150.0
	if 64*p.in*p.out > 8<<20 { // the transformed weights go to memory
		weight = 600
	}
	images, pair := float64(p.batch), float64(p.in)*float64(p.out)
	lanes := float64(ceil(p.cols, kr.lanes)*kr.lanes) * float64(p.rows) * images
	tiles := float64(p.rows*p.cols) * images
	cost := 16*tiles*waste*pair + lanes*(input*float64(p.in)+output*float64(p.out)) + weight*pair
	positions := float64(p.to[0]*p.to[1]) * images
	vectors := float64(ceil(p.out, kr.lanes) * kr.lanes)
	direct := positions*(9*vectors*float64(p.in)+move*float64(p.out)) + move*9*pair
	return 1.1*cost < direct
}

// chooseBlocks chooses the rows of tiles of a block, and returns the relative number of columns that its products
// compute, which are whole vectors.
func (p *winogradPass[T]) chooseBlocks() (waste float64) {
	const tiles, elements = 128, 64 << 10 // of a block at most, and of its src in one of the 16 products
	waste = math.Inf(1)
	for rows := 1; rows <= p.rows*p.batch && (rows == 1 || rows*p.cols <= tiles && p.in*rows*p.cols <= elements); rows++ {
		t := rows * p.cols
		if ratio := float64(ceil(t, p.kr.lanes)*p.kr.lanes) / float64(t); ratio < waste {
			waste, p.rowsOfABlock = ratio, rows
		}
	}
	return waste
}

// run computes the pass.
func (p *winogradPass[T]) run() {
	p.filter = p.in
	if p.in%128 == 0 {
		p.filter = oddLines(p.in)
	}
	if n := p.from[1]; len(p.zeros) < n {
		p.zeros = make([]T, n)
	}
	p.blocks, p.ranges, p.outputs = ceil(p.rows*p.batch, p.rowsOfABlock), 1, p.out
	threads := pool.Threads()
	if float64(len(p.dst))*18*float64(p.in) < minParallel {
		threads = 1
	}
	if n := p.groups * p.blocks; n < threads { // each range transforms src again
		p.outputs = ceil(ceil(p.out, ceil(threads, n)), 16) * 16
		p.ranges = ceil(p.out, p.outputs)
	}
	p.plane = oddLines(p.filter * p.out)
	p.u = grow(p.u, p.groups*16*p.plane)
	p.transforming = true
	p.forEach(p.groups*p.out, ceil(p.groups*p.out, 8*threads), threads)
	p.transforming = false
	p.forEach(p.groups*p.blocks*p.ranges, 1, threads)
}

func (p *winogradPass[T]) forEach(n, grain, threads int) {
	if threads == 1 {
		p.Run(0, n)
		return
	}
	pool.For(n, grain, p)
}

// Run transforms the filters of channels i0 to i1-1 of dst, or computes items i0 to i1-1: ranges of
// blocks.
func (p *winogradPass[T]) Run(i0, i1 int) {
	w := p.kr.free.workspaces.Get()
	for i := i0; i < i1; i++ {
		if p.transforming {
			p.transform(w, i)
		} else {
			o := i % p.ranges * p.outputs
			r := i / p.ranges % p.blocks * p.rowsOfABlock
			p.block(w, i/p.ranges/p.blocks, r, min(r+p.rowsOfABlock, p.rows*p.batch), o, min(o+p.outputs, p.out))
		}
	}
	w.dropReferences()
	p.kr.free.workspaces.Put(w)
}

// transform sets G g Gᵀ of all filters g of channel i of dst, counted over the groups.
func (p *winogradPass[T]) transform(w *workspace[T], i int) {
	group, o := i/p.out, i%p.out
	wo, wi := 9*p.in, 9 // in w, from a channel of dst or src to the next
	if p.gradient {
		wo, wi = 9, 9*p.out
	}
	w.temp = grow(w.temp, 9*p.in)
	p.kr.transpose(w.temp, p.in, p.w[group*p.in*p.out*9+o*wo:], wi, p.in, 9)
	p.kr.winogradWeights(p.u[group*16*p.plane+o*p.filter:], p.plane, w.temp, p.in, p.in)
}

// block computes rows r0 to r1-1 of tiles, counted over the images of the batch, of channels o0 to o1-1 of a group.
func (p *winogradPass[T]) block(w *workspace[T], group, r0, r1, o0, o1 int) {
	kr := p.kr
	count := (r1 - r0) * p.cols
	ld := (ceil(count, kr.lanes) + 1) * kr.lanes // the kernels read and write whole vectors
	plane, size := product([3]int{1, p.from[0], p.from[1]}), p.to[0]*p.to[1]

	// Bᵀ d B: w.columns is (16, in, ld), with padding.
	planeV := oddLines(p.in * ld)
	w.columns = grow(w.columns, 16*planeV)
	in := &w.in
	*in = winogradInput[T]{plane: planeV, channel: ld, channels: p.in}
	for r := r0; r < r1; r++ {
		n, y := r/p.rows, r%p.rows*2-p.padding[0]
		for i := range 4 {
			in.rows[i], in.next[i] = p.zeros, 0
			if y+i >= 0 && y+i < p.from[0] {
				in.rows[i], in.next[i] = p.src[(n*p.groups+group)*p.in*plane+(y+i)*p.from[1]:], plane
			}
		}
		for x := 0; x < p.cols; x += kr.lanes {
			in.at = 2*x - p.padding[1]
			for k, off := range [4]int{0, kr.lanes, 2, kr.lanes + 2} {
				in.masks[k] = lanesInside(in.at+off, p.from[1], kr.lanes)
			}
			in.v = w.columns[(r-r0)*p.cols+x:]
			kr.winogradInput(in)
		}
	}

	// The products: w.sums is (16, outputs, ld), with padding.
	outputs := min(o1-o0, 64) // channels of dst at a time
	planeM := oddLines(outputs * ld)
	w.sums = grow(w.sums, 16*planeM)
	table := divisor(p.in, tableTerms)
	w.table = w.table[:0]
	t := &w.t
	*t = tiles[T]{ldc: ld, lda: p.filter, ao: table, bo: table * ld, inner: table, outer: p.in / table}
	for c := range table {
		w.table = append(w.table, int32(c), int32(c*ld))
	}
	t.table = w.table
	vectors := ceil(count, kr.lanes)
	wide := ceil(vectors, ceil(vectors, len(kr.heights))) * kr.lanes
	out := &w.out
	*out = winogradOutput[T]{plane: planeM, channel: ld, next: size, relu: p.relu}
	for o := o0; o < o1; o += outputs {
		channels := min(outputs, o1-o)
		for k := range 16 {
			from := k
			if p.gradient { // the reversed filter: the first and the last rows and columns change places
				swap := [4]int{3, 1, 2, 0}
				from = swap[k/4]*4 + swap[k%4]
			}
			t.a = p.u[(group*16+from)*p.plane+o*p.filter:]
			for x := 0; x < count; x += wide {
				t.n = min(wide, count-x)
				t.b, t.c = w.columns[k*planeV+x:], w.sums[k*planeM+x:]
				kr.run(t, channels)
			}
		}

		// Aᵀ [ ] A.
		out.channels = channels
		for r := r0; r < r1; r++ {
			n, y := r/p.rows, r%p.rows*2
			out.lower = 0
			if y+1 < p.to[0] {
				out.lower = p.to[1]
			}
			for x := 0; x < p.cols; x += kr.lanes {
				for k := range out.masks {
					out.masks[k] = lanesInside(2*x+k*kr.lanes, p.to[1], kr.lanes)
				}
				if p.bias != nil {
					out.bias = p.bias[group*p.out+o:][:channels]
				}
				out.m = w.sums[(r-r0)*p.cols+x:]
				out.y = p.dst[((n*p.groups+group)*p.out+o)*size+y*p.to[1]+2*x:]
				kr.winogradOutput(out)
			}
		}
	}
}

// oddLines rounds n up to an odd number of cache lines of float32, so that planes do not fall into the same sets of a
// cache.
func oddLines(n int) int { return (ceil(n, 16) | 1) * 16 }

// lanesInside returns a mask of the lanes l with 0 ≤ first+l < n.
func lanesInside(first, n, lanes int) uint64 {
	from, to := min(max(-first, 0), lanes), min(max(n-first, 0), lanes)
	if from >= to {
		return 0
	}
	return 1<<to - 1<<from
}
