package conv

import (
	"math"

	"github.com/lamina-ml/lamina/internal/pool"
)

// A pass is a forward pass or an input gradient. Both compute, for each channel o of a group of dst,
//
//	dst[n,o,q] = act(bias[o] + Σ_c Σ_k w[o,c,k]·src[n,c,p])
//
// over the channels c of the group of src and the pairs of kernel position k and source position p that the method tap
// returns for q. src and dst are x and y in the forward pass, dy and dx in the gradient.
//
// The destination is cut into blocks of one z, some y and some x. A goroutine copies the part of src that a block reads
// to a scratch with zeros for padding (or reads src in place if the block needs no padding), and computes the block with
// the kernel in one of two forms. In the first the columns of a tile are channels of dst: the weights are packed in
// panels of whole vectors once per pass, the tiles are computed in a temporary matrix of positions × channels, and that
// is transposed to dst. In the second the columns are positions: weights and dst are used in place. It suits few
// channels, and kernels of one position.
type pass[T Float] struct {
	kr       *kernels[T]
	s        Shape
	gradient bool
	dst, src []T
	w, bias  []T
	relu     bool

	in, out       int    // channels of a group of src and dst
	from, to      [3]int // sizes of an image of src and dst
	step, advance [3]int
	wi, wo        int // in w, from a channel of src or dst to the next
	taps          int // kernel positions

	channelColumns bool // the first form
	width          int  // columns of a panel
	panels         int  // of a group
	packed         []T
	packing        bool // Run packs panels
	packInPlace    bool // rows of panels are packed when they are used, because they are used only once

	rows, cols             int // of a block, at most
	rowBlocks, colBlocks   int
	ranges, panelsOfARange int // the channels of a block are cut into ranges
	tableChannels          int // channels of src in the table of offsets
}

// setup returns the pass, ready to run.
func (p *pass[T]) setup(kr *kernels[T], dst, src, w, bias []T, s *Shape, gradient, relu bool) {
	p.kr, p.s, p.gradient, p.relu = kr, *s, gradient, relu
	p.dst, p.src, p.w, p.bias = dst, src, w, bias
	p.s.flatten()
	s = &p.s
	in, out := s.In/s.Groups, s.Out/s.Groups
	p.taps = product(s.Kernel)
	if gradient {
		p.in, p.out, p.from, p.to = out, in, s.Output, s.Input
		p.step, p.advance = s.Stride, [3]int{1, 1, 1}
		p.wi, p.wo = in*p.taps, p.taps
	} else {
		p.in, p.out, p.from, p.to = in, out, s.Input, s.Output
		p.step, p.advance = [3]int{1, 1, 1}, s.Stride
		p.wi, p.wo = p.taps, in*p.taps
	}
	largest := 4 * max(product(p.from), p.wi) // step between channels in the table, whose offsets have 32 bits
	p.tableChannels = divisor(p.in, max(min(tableTerms/p.taps, math.MaxInt32/largest), 1))
	p.chooseForm()
	p.chooseBlocks()
}

const (
	tableTerms  = 256       // about the most terms in the table of a tile
	panelBytes  = 256 << 10 // the most bytes of a panel that are used together; they stay in the L2 cache
	minParallel = 2 << 20   // the least number of operations for more than one thread
)

// divisor returns the largest divisor of n up to limit.
func divisor(n, limit int) int {
	for d := min(n, limit); d > 1; d-- {
		if n%d == 0 {
			return d
		}
	}
	return 1
}

// flatten makes a convolution without kernel positions one-dimensional: a product of matrices for each image.
func (s *Shape) flatten() {
	one := [3]int{1, 1, 1}
	if s.Kernel == one && s.Stride == one && s.Padding == ([3]int{}) && s.Input == s.Output {
		s.Input = [3]int{1, 1, product(s.Input)}
		s.Output = s.Input
	}
}

// tap reports whether the destination positions step·j+r of dimension d read the source at kernel position k. They read
// the positions advance·j+off.
func (p *pass[T]) tap(d, r, k int) (off int, ok bool) {
	if !p.gradient {
		return k*p.s.Dilation[d] - p.s.Padding[d], true
	}
	q := r + p.s.Padding[d] - k*p.s.Dilation[d]
	return q / p.step[d], q%p.step[d] == 0
}

// sources returns the range of source positions that destination positions q0 to q1-1 of dimension d read.
func (p *pass[T]) sources(d, q0, q1 int) (from, to int) {
	from, to = math.MaxInt, math.MinInt
	for r := range p.step[d] {
		j0, n := p.positions(d, r, q0, q1)
		for k := range p.s.Kernel[d] {
			if off, ok := p.tap(d, r, k); ok && n > 0 {
				from = min(from, p.advance[d]*j0+off)
				to = max(to, p.advance[d]*(j0+n-1)+off+1)
			}
		}
	}
	if from > to {
		return 0, 0
	}
	return from, to
}

// positions returns the n positions step·j+r, from j0 on, in q0 to q1-1.
func (p *pass[T]) positions(d, r, q0, q1 int) (j0, n int) {
	j0 = ceil(max(q0-r, 0), p.step[d])
	return j0, max(ceil(max(q1-r, 0), p.step[d])-j0, 0)
}

// chooseForm compares the costs of the two forms in multiplications. It depends on the shape and the instruction set
// alone, because the sums of the two forms may have different chunks.
func (p *pass[T]) chooseForm() {
	const move = 6 // multiplications in the time in which an element is transposed
	vectors := ceil(p.out, p.kr.lanes)
	terms := p.in * p.taps
	positions := product(p.to)
	channels := positions*vectors*p.kr.lanes*terms + move*positions*p.out + move*p.out*terms/max(p.s.Batch, 1)
	rowVectors := p.step[2] * ceil(ceil(p.to[2], p.step[2]), p.kr.lanes)
	places := p.to[0] * p.to[1] * rowVectors * p.kr.lanes * p.out * terms
	if p.step[2] > 1 {
		places += 2 * positions * p.out
	}
	if p.advance[2] > 1 {
		places += 2 * product(p.from) * p.in
	}
	if product(p.to)%p.kr.lanes != 0 {
		places += places / 25 // vectors that cross cache lines
	}
	p.channelColumns = channels < places
	most := len(p.kr.heights)
	p.panels = ceil(vectors, most)
	p.width = ceil(vectors, p.panels) * p.kr.lanes
	p.panels = ceil(p.out, p.width)
}

// chooseBlocks chooses the sizes of the blocks. They change no result.
func (p *pass[T]) chooseBlocks() {
	positions := 2048
	if p.channelColumns {
		positions = 512
	}
	up := func(n, step, most int) int { return min(max(n/step, 1)*step, max(most, 1)) }
	p.cols = up(positions, p.step[2], p.to[2])
	p.rows = up(positions/p.cols, p.step[1], p.to[1])
	p.rowBlocks, p.colBlocks = ceil(p.to[1], p.rows), ceil(p.to[2], p.cols)
	p.packInPlace = p.s.Batch*p.blocks() == 1
	p.ranges, p.panelsOfARange = 1, p.panels
	if blocks, threads := p.s.Batch*p.s.Groups*p.blocks(), pool.Threads(); p.channelColumns && threads > 1 &&
		blocks > 0 && blocks < 2*threads {
		p.panelsOfARange = ceil(p.panels, min(ceil(2*threads, blocks), p.panels))
		p.ranges = ceil(p.panels, p.panelsOfARange)
	}
}

// blocks returns the number of blocks of an image of dst.
func (p *pass[T]) blocks() int { return p.to[0] * p.rowBlocks * p.colBlocks }

// run computes the pass.
func (p *pass[T]) run() {
	items := p.ranges * p.blocks() * p.s.Batch * p.s.Groups
	if items == 0 {
		return
	}
	operations := 2 * float64(len(p.dst)) * float64(p.in*p.taps)
	if p.channelColumns && !p.packInPlace {
		p.packed = grow(p.packed, p.s.Groups*p.panels*p.in*p.taps*p.width)
		p.packing = true
		p.forEach(p.packItems(), operations)
		p.packing = false
	}
	p.forEach(items, operations)
}

// forEach calls Run for n items, on several threads if the pass is large.
func (p *pass[T]) forEach(n int, operations float64) {
	if operations < minParallel {
		p.Run(0, n)
		return
	}
	pool.For(n, max(int(minParallel/4/(operations/float64(n))), 1), p)
}

// Run computes items i0 to i1-1: panels, or blocks of images. Items of the same block follow each other.
func (p *pass[T]) Run(i0, i1 int) {
	w := p.kr.free.workspaces.Get()
	images := p.s.Batch * p.s.Groups
	w.block = -1
	for i := i0; i < i1; i++ {
		if p.packing {
			p.pack(i)
			continue
		}
		block, image := i/images, i%images
		r := block % p.ranges
		block /= p.ranges
		if block != w.block {
			p.place(w, block)
			w.block = block
		}
		n, group := image/p.s.Groups, image%p.s.Groups
		src := p.src[(n*p.s.Groups+group)*p.in*product(p.from):][:p.in*product(p.from)]
		w.reserve(p.in, p.from)
		w.prepare(src, 0, p.in, p.from, p.kr)
		if p.channelColumns {
			p.channelTiles(w, n, group, r*p.panelsOfARange, min((r+1)*p.panelsOfARange, p.panels))
		} else {
			p.positionTiles(w, n, group)
		}
	}
	w.dropReferences()
	p.kr.free.workspaces.Put(w)
}

// packItems returns the number of items of pack.
func (p *pass[T]) packItems() int {
	if p.gradient {
		return p.s.Groups * p.in
	}
	return p.s.Groups * p.panels
}

// pack packs item i: a panel or, in the order of w in memory, the rows of one channel of src in all panels of a group.
func (p *pass[T]) pack(i int) {
	if !p.gradient {
		p.packRows(p.packed[i*p.in*p.taps*p.width:], i/p.panels, i%p.panels, 0, p.in)
		return
	}
	group, c := i/p.in, i%p.in
	for j := range p.panels {
		p.packRows(p.packed[((group*p.panels+j)*p.in+c)*p.taps*p.width:], group, j, c, c+1)
	}
}

// packRows packs the rows of channels c0 to c1-1 of src of panel i of a group: row c·taps+k holds w[o,c0+c,k] for the
// channels o of the panel.
func (p *pass[T]) packRows(rows []T, group, i, c0, c1 int) {
	o := i * p.width
	n := min(p.width, p.out-o)
	terms := (c1 - c0) * p.taps
	rows = rows[:terms*p.width]
	w := p.w[group*p.out*p.in*p.taps+o*p.wo+c0*p.wi:]
	switch {
	case p.gradient && p.taps == 1:
		p.kr.copy(rows, p.width, w, p.wi, c1-c0, n)
	case p.gradient:
		for c := range c1 - c0 {
			p.kr.transpose(rows[c*p.taps*p.width:], p.width, w[c*p.wi:], p.wo, n, p.taps)
		}
	default:
		const part = 512 // terms, so that the rows that are written stay in the L2 cache
		for k := 0; k < terms; k += part {
			for row := 0; row < n; row += 16 { // each row of w is a stream of memory
				p.kr.transpose(rows[k*p.width+row:], p.width, w[row*p.wo+k:], p.wo, min(16, n-row), min(part, terms-k))
			}
		}
	}
	p.clearPadding(rows, n)
}

// clearPadding clears the columns of rows of a panel from n to the end of a vector.
func (p *pass[T]) clearPadding(rows []T, n int) {
	end := ceil(n, p.kr.lanes) * p.kr.lanes
	if end == n {
		return
	}
	for ; len(rows) > 0; rows = rows[p.width:] {
		clear(rows[n:end])
	}
}

// place sets the geometry of a block: the part of the source that it reads, and the phases with their tables.
func (p *pass[T]) place(w *workspace[T], block int) {
	x, y, z := block%p.colBlocks, block/p.colBlocks%p.rowBlocks, block/p.colBlocks/p.rowBlocks
	w.begin = [3]int{z, y * p.rows, x * p.cols}
	w.end = [3]int{z + 1, min((y+1)*p.rows, p.to[1]), min((x+1)*p.cols, p.to[2])}
	for d := range 3 {
		w.spacing[d] = 1
		if p.s.Kernel[d] == 1 {
			w.spacing[d] = p.advance[d]
		}
		from, to := p.sources(d, w.begin[d], w.end[d])
		w.first[d], w.size[d] = from, ceil(to-from, w.spacing[d])
	}
	w.split = 1
	if !p.channelColumns {
		w.split = p.advance[2] / w.spacing[2]
	}
	w.layOut(p.in, p.from)

	// The phases: remainders r of the destination position modulo the step.
	w.phases, w.table = w.phases[:0], w.table[:0]
	rz := z % p.step[0]
	for ry := range p.step[1] {
		jy, ny := p.positions(1, ry, w.begin[1], w.end[1])
		for rx := range p.step[2] {
			jx, nx := p.positions(2, rx, w.begin[2], w.end[2])
			if ny == 0 || nx == 0 {
				continue
			}
			f := phase{y: p.step[1]*jy + ry, x: p.step[2]*jx + rx, rows: ny, cols: nx, from: len(w.table)}
			for c := range p.tableChannels {
				for kz := range p.s.Kernel[0] {
					oz, okz := p.tap(0, rz, kz)
					for ky := range p.s.Kernel[1] {
						oy, oky := p.tap(1, ry, ky)
						for kx := range p.s.Kernel[2] {
							ox, okx := p.tap(2, rx, kx)
							if !okz || !oky || !okx {
								continue
							}
							k := (kz*p.s.Kernel[1]+ky)*p.s.Kernel[2] + kx
							at := c*w.plane + w.at(0, p.advance[0]*(z/p.step[0])+oz) + w.at(1,
								p.advance[1]*jy+oy) + w.at(2, p.advance[2]*jx+ox)
							if p.channelColumns {
								w.table = append(w.table, int32(at), int32((c*p.taps+k)*p.width))
							} else {
								w.table = append(w.table, int32(c*p.wi+k), int32(at))
							}
						}
					}
				}
			}
			f.to = len(w.table)
			w.phases = append(w.phases, f)
		}
	}
}

// setTable makes t compute the sums of a phase over the given number of source channels.
func (w *workspace[T]) setTable(f *phase, steps int) {
	w.t.table, w.t.inner, w.t.outer = w.table[f.from:f.to], (f.to-f.from)/2, steps
	if w.t.inner == 0 {
		w.t.outer = 0
	}
}

// channelTiles computes the channels of panels i0 to i1-1 of a block, with channels as columns.
func (p *pass[T]) channelTiles(w *workspace[T], n, group, i0, i1 int) {
	t := &w.t
	kr := p.kr
	cols := w.end[2] - w.begin[2]
	positions := (w.end[1] - w.begin[1]) * cols
	w.temp = grow(w.temp, positions*p.width)
	w.bias = grow(w.bias, p.width)
	chunk := max(panelBytes/p.kr.size/p.taps/p.width/p.tableChannels, 1) * p.tableChannels
	advance := p.advance[2] / w.spacing[2]
	for i := i0; i < i1; i++ {
		o := i * p.width
		real := min(p.width, p.out-o)
		*t = tiles[T]{n: ceil(real, kr.lanes) * kr.lanes, ldc: p.step[2] * p.width, lda: advance}
		t.ao, t.bo = p.tableChannels*w.plane, p.tableChannels*p.taps*p.width
		for c := 0; c < p.in; c += chunk {
			channels := min(chunk, p.in-c)
			t.add, t.bias, t.relu = c > 0, nil, false
			if c+channels == p.in {
				t.relu = p.relu
				if p.bias != nil {
					copy(w.bias, p.bias[group*p.out+o:][:real])
					t.bias = w.bias
				}
			}
			if p.packInPlace {
				w.panel = grow(w.panel, channels*p.taps*p.width)
				p.packRows(w.panel, group, i, c, c+channels)
				t.b = w.panel
			} else {
				t.b = p.packed[((group*p.panels+i)*p.in+c)*p.taps*p.width:]
			}
			for k := range w.phases {
				f := &w.phases[k]
				w.setTable(f, channels/p.tableChannels)
				for row := range f.rows {
					t.a = after(w.data, c*w.plane+row*(p.advance[1]/w.spacing[1])*w.pitch)
					t.c = w.temp[((f.y+row*p.step[1]-w.begin[1])*cols+f.x-w.begin[2])*p.width:]
					kr.run(t, f.cols)
				}
			}
		}
		dst := p.dst[p.at(n, group, o, w.begin):]
		if cols == p.to[2] {
			kr.transpose(dst, product(p.to), w.temp, p.width, positions, real)
			continue
		}
		for row := range w.end[1] - w.begin[1] {
			kr.transpose(dst[row*p.to[2]:], product(p.to), w.temp[row*cols*p.width:], p.width, cols, real)
		}
	}
}

// at returns the index in dst of a position of channel o of a group.
func (p *pass[T]) at(n, group, o int, q [3]int) int {
	return (((n*p.s.Groups+group)*p.out+o)*p.to[0]+q[0])*p.to[1]*p.to[2] + q[1]*p.to[2] + q[2]
}

// positionTiles computes a block with positions as columns.
func (p *pass[T]) positionTiles(w *workspace[T], n, group int) {
	t := &w.t
	kr := p.kr
	plane := product(p.to)
	cols := ceil(w.end[2]-w.begin[2], p.step[2])
	*t = tiles[T]{ldc: plane, lda: p.wo, ao: p.tableChannels * p.wi, bo: p.tableChannels * w.plane, rowBias: true, relu: p.relu}
	if p.bias != nil {
		t.bias = p.bias[group*p.out:][:p.out]
	}
	t.a = p.w[group*p.out*p.in*p.taps:]
	interleave := p.step[2] > 1
	large := len(p.dst) >= streamed && !interleave
	if interleave { // the sums of the phases of a row follow each other in a temporary row for each channel
		t.ldc = cols * p.step[2]
		w.temp = grow(w.temp, p.out*t.ldc)
	}
	for k := range w.phases {
		f := &w.phases[k]
		if interleave && f.x%p.step[2] != w.phases[0].x%p.step[2] {
			continue // was computed with the first phase of its rows
		}
		last := k + 1 // the phases k to last-1 share their rows
		for last < len(w.phases) && w.phases[last].y == f.y {
			last++
		}
		for row := range f.rows {
			y := f.y + row*p.step[1]
			for m := k; m < last; m++ {
				f := &w.phases[m]
				w.setTable(f, p.in/p.tableChannels)
				c := p.dst[p.at(n, group, 0, [3]int{w.begin[0], y, f.x}):]
				if interleave {
					c = w.temp[(m-k)*cols:]
				}
				b := after(w.data, row*(p.advance[1]/w.spacing[1])*w.pitch)
				vectors := ceil(f.cols, kr.lanes)
				wide := ceil(vectors, ceil(vectors, len(kr.heights))) * kr.lanes
				for x := 0; x < f.cols; x += wide {
					t.n = min(wide, f.cols-x)
					t.b, t.c = after(b, x), c[x:]
					t.stream = large && t.n%kr.lanes == 0 && kr.canStream(t.c, t.ldc)
					kr.run(t, p.out)
				}
			}
			if interleave {
				for o := range p.out {
					dst := p.dst[p.at(n, group, o, [3]int{w.begin[0], y, 0}):][:p.to[2]]
					for m := k; m < last; m++ {
						f := &w.phases[m]
						for x, v := range w.temp[o*t.ldc+(m-k)*cols:][:f.cols] {
							dst[f.x+x*p.step[2]] = v
						}
					}
				}
			}
		}
	}
}
