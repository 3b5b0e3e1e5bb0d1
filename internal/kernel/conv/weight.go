package conv

import "github.com/lamina-ml/lamina/internal/pool"

// A weightGradient computes dw[o,c,k] = Σ_n Σ_p dy[n,o,p]·x[n,c, p·stride + k·dilation − padding].
//
// A goroutine computes the weights of some channels o and c from blocks of positions p. It transposes the block of dy to
// positions × channels o, whose rows are those of B, and copies the part of x that the block reads to a scratch with
// zeros for padding, or reads x in place. For each kernel position k, the columns of a tile are channels o, its rows
// channels c, and its terms the positions. The sums stay in a temporary matrix with a row for each c and k, which is
// transposed to dw in the end.
type weightGradient[T Float] struct {
	kr        *kernels[T]
	s         Shape
	dw, dy, x []T

	in, out, taps      int // of a group
	width, panels      int // channels o in a panel, panels of a group
	channels, ranges   int // channels c in a range, ranges of a group
	sets, panelsOfASet int // a goroutine computes a set of panels and a range
	parts              int // the images are cut into parts
	rows, cols         int // of a block of positions
	images             int // of a block: several if they are small
	kernelRows         bool
	partial            []T // a dw for each part, if there are several
}

func (g *weightGradient[T]) setup(kr *kernels[T], dw, dy, x []T, s *Shape) {
	g.kr, g.s, g.dw, g.dy, g.x = kr, *s, dw, dy, x
	g.s.flatten()
	s = &g.s
	g.in, g.out, g.taps = s.In/s.Groups, s.Out/s.Groups, product(s.Kernel)
	vectors := ceil(g.out, kr.lanes)
	g.panels = ceil(vectors, len(kr.heights))
	g.width = ceil(vectors, max(g.panels, 1)) * kr.lanes
	g.ranges = ceil(g.in, max(panelBytes/kr.size/g.taps/max(g.width, 1), 8))
	g.kernelRows = g.in < 4 && s.Kernel[2] > g.in

	// A range is prepared again for each set, so there are no more sets than goroutines need. The number of parts decides
	// the order of additions, so it depends on the shape alone; ranges and sets do not.
	const enough = 8
	units := max(s.Groups*g.ranges, 1)
	g.panelsOfASet = max(g.panels/ceil(enough, units), 1)
	g.sets = ceil(g.panels, g.panelsOfASet)
	g.parts = 1
	if units *= g.sets; units < enough {
		g.parts = max(min(s.Batch, ceil(enough, units)), 1)
	}
	if units, threads := units*g.parts, pool.Threads(); threads > 1 && units < 2*threads {
		least := ceil(64, g.taps) // channels of a range, which transposes dy again
		g.ranges = max(min(g.ranges*ceil(2*threads, units), ceil(g.in, least)), g.ranges)
	}
	g.channels = ceil(g.in, max(g.ranges, 1))
	g.ranges = ceil(g.in, max(g.channels, 1))
	const positions = 448
	g.cols = max(min(positions, s.Output[2]), 1)
	g.rows = max(min(positions/g.cols, s.Output[1]), 1)
	g.images = 1
	if size := product(s.Output); g.cols == s.Output[2] && g.rows == s.Output[1] && s.Output[0] == 1 {
		g.images = max(positions/size, 1)
	}
}

// run computes the gradient.
func (g *weightGradient[T]) run() {
	if len(g.dw) == 0 || len(g.dy) == 0 || len(g.x) == 0 {
		clear(g.dw)
		return
	}
	if g.parts > 1 {
		g.partial = grow(g.partial, g.parts*len(g.dw))
	}
	units := g.parts * g.s.Groups * g.sets * g.ranges
	operations := 2 * float64(len(g.dy)) * float64(g.in*g.taps)
	if operations < minParallel {
		g.Run(0, units)
	} else {
		pool.For(units, max(int(minParallel/4/(operations/float64(units))), 1), g)
	}
	if g.parts > 1 {
		copy(g.dw, g.partial)
		for part := 1; part < g.parts; part++ {
			for i, v := range g.partial[part*len(g.dw):][:len(g.dw)] {
				g.dw[i] += v
			}
		}
	}
}

// Run computes units i0 to i1-1: the weights of a set of panels and a range from a part of the images.
func (g *weightGradient[T]) Run(i0, i1 int) {
	w := g.kr.free.workspaces.Get()
	s := &g.s
	for i := i0; i < i1; i++ {
		c := i % g.ranges * g.channels
		panel := i / g.ranges % g.sets * g.panelsOfASet
		group := i / g.ranges / g.sets % s.Groups
		part := i / g.ranges / g.sets / s.Groups
		channels, last := min(g.channels, g.in-c), min(panel+g.panelsOfASet, g.panels)
		size := channels * g.taps * g.width // sums of a panel
		w.sums = grow(w.sums, (last-panel)*size)

		w.t = tiles[T]{}
		n1 := (part + 1) * s.Batch / g.parts
		for n := part * s.Batch / g.parts; n < n1; n += g.images {
			for z := range s.Output[0] {
				for y := 0; y < s.Output[1]; y += g.rows {
					for x := 0; x < s.Output[2]; x += g.cols {
						w.begin = [3]int{z, y, x}
						w.end = [3]int{z + 1, min(y+g.rows, s.Output[1]), min(x+g.cols, s.Output[2])}
						images := min(g.images, n1-n)
						g.prepare(w, n, images, group, c, channels)
						for i := panel; i < last; i++ {
							g.block(w, w.sums[(i-panel)*size:][:size], n, images, group, channels, i*g.width)
						}
						w.t.add = true
					}
				}
			}
		}
		dst := g.dw
		if g.parts > 1 {
			dst = g.partial[part*len(g.dw):][:len(g.dw)]
		}
		for i := panel; i < last; i++ {
			o := i * g.width
			to := dst[((group*g.out+o)*g.in+c)*g.taps:]
			g.kr.transpose(to, g.in*g.taps, w.sums[(i-panel)*size:], g.width, channels*g.taps, min(g.width, g.out-o))
		}
	}
	w.dropReferences()
	g.kr.free.workspaces.Put(w)
}

// prepare makes w.data the part of x that a block reads, of some images.
func (g *weightGradient[T]) prepare(w *workspace[T], n, images, group, c, channels int) {
	s := &g.s
	for d := range 3 {
		first := w.begin[d]*s.Stride[d] - s.Padding[d]
		w.first[d], w.spacing[d], w.size[d] = first, 1, (w.end[d]-1-w.begin[d])*s.Stride[d]+(s.Kernel[d]-1)*s.Dilation[d]+1
		if s.Kernel[d] == 1 {
			w.spacing[d], w.size[d] = s.Stride[d], w.end[d]-w.begin[d]
		}
	}
	w.split = 1
	w.layOut(channels, s.Input)
	image := product(s.Input)
	w.t.ao = channels * w.plane
	if w.direct {
		w.t.ao = s.In * image
	}
	w.reserve(images*channels, s.Input)
	for i := images - 1; i >= 0; i-- {
		w.prepare(g.x[(((n+i)*s.Groups+group)*g.in+c)*image:], i*w.t.ao, channels, s.Input, g.kr)
	}
}

// block adds the products of a block of positions of some images to the sums of a panel of channels from o on.
func (g *weightGradient[T]) block(w *workspace[T], sums []T, n, images, group, channels, o int) {
	s, t, kr := &g.s, &w.t, g.kr
	real := min(g.width, g.out-o)
	t.n = ceil(real, kr.lanes) * kr.lanes

	// B: the block of dy, transposed.
	rows, cols := w.end[1]-w.begin[1], w.end[2]-w.begin[2]
	positions, size := rows*cols, product(s.Output)
	t.bo = positions * g.width
	w.columns = grow(w.columns, images*t.bo)
	for i := range images {
		dy := g.dy[(((n+i)*s.Groups+group)*g.out+o)*size+(w.begin[0]*s.Output[1]+w.begin[1])*s.Output[2]+w.begin[2]:]
		if cols == s.Output[2] {
			kr.transpose(w.columns[i*t.bo:], g.width, dy, size, real, positions)
			continue
		}
		for y := range rows {
			kr.transpose(w.columns[i*t.bo+y*cols*g.width:], g.width, dy[y*s.Output[2]:], size, real, cols)
		}
	}
	if t.n > real {
		for p := range images * positions {
			clear(w.columns[p*g.width+real : p*g.width+t.n])
		}
	}

	w.table = w.table[:0]
	for y := range rows {
		for x := range cols {
			at := y*(s.Stride[1]/w.spacing[1])*w.pitch + x*(s.Stride[2]/w.spacing[2])
			w.table = append(w.table, int32(at), int32((y*cols+x)*g.width))
		}
	}
	t.table, t.inner, t.outer = w.table, positions, images
	t.b = w.columns
	data := w.data
	for kz := range s.Kernel[0] {
		for ky := range s.Kernel[1] {
			at := kz*s.Dilation[0]*w.slice + ky*s.Dilation[1]*w.pitch
			k := (kz*s.Kernel[1] + ky) * s.Kernel[2]
			if g.kernelRows {
				t.lda, t.ldc = s.Dilation[2], g.width
				for c := range channels {
					t.a, t.c = data[at+c*w.plane:], sums[(c*g.taps+k)*g.width:]
					kr.run(t, s.Kernel[2])
				}
				continue
			}
			t.lda, t.ldc = w.plane, g.taps*g.width
			for kx := range s.Kernel[2] {
				t.a, t.c = data[at+kx*s.Dilation[2]:], sums[(k+kx)*g.width:]
				kr.run(t, channels)
			}
		}
	}
}
