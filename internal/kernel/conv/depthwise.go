package conv

import (
	"math"
	"slices"

	"github.com/lamina-ml/lamina/internal/pool"
)

// A depthwise pass computes a convolution with one channel in each group, or one of its gradients. Each plane of the
// source is copied to a scratch with zeros for padding, which stays in the cache, unless it can be used in place.
//
// With stride s, the input gradient is a convolution of stride 1 of dy with s-1 zeros between its elements, and with the
// kernel reversed. The zeros between columns are in the scratch. Those between rows are not: the rows q of dx with the
// same remainder modulo s are a convolution of dy with every s-th row of the kernel.
type depthwise[T Float] struct {
	kr       *kernels[T]
	s        Shape // of the convolution that is computed
	kind     passKind
	dst, src []T // y and x, dx and dy, or dy and x
	w, bias  []T
	relu     bool
	from     [3]int // size of a plane of the source in memory
	spread   int    // input gradient: the stride of columns, from one element in the scratch to the next
	rows     int    // input gradient: the stride of rows
}

// isDepthwise reports whether the loops of depthwise passes compute the convolution.
func (s *Shape) isDepthwise() bool {
	return s.In == s.Groups && s.Out == s.Groups && s.Kernel[0] == 1 && s.Input[0] == 1 && s.Output[0] == 1 && s.Padding[0] == 0 &&
		slices.Contains([]int{1, 3, 5, 7}, s.Kernel[1]) && s.Dilation[1] == 1 && s.Stride[1] <= 2
}

func (p *depthwise[T]) setup(kr *kernels[T], kind passKind, dst, src, w, bias []T, s *Shape, relu bool) {
	p.kr, p.s, p.kind, p.relu = kr, *s, kind, relu
	p.dst, p.src, p.w, p.bias = dst, src, w, bias
	p.from, p.spread, p.rows = s.Input, 1, 1
	if kind == gradInput {
		p.from, p.spread, p.rows = s.Output, s.Stride[2], s.Stride[1]
		p.s.Output = s.Input
		p.s.Stride = [3]int{1, 1, 1}
		p.s.Input = [3]int{1, s.Output[1], (s.Output[2]-1)*s.Stride[2] + 1}
		for d := 1; d < 3; d++ {
			p.s.Padding[d] = (s.Kernel[d]-1)*s.Dilation[d] - s.Padding[d] // may be negative
		}
	}
}

func (p *depthwise[T]) run() {
	n := p.s.Batch * p.s.In
	if p.kind == gradWeight {
		n = p.s.In
	}
	operations := 2 * float64(len(p.dst)) * float64(product(p.s.Kernel))
	if operations < minParallel/4 { // these loops wait for memory, so the limit is lower than for others
		p.Run(0, n)
		return
	}
	pool.For(n, max(int(minParallel/16/(operations/float64(n))), 1), p)
}

// Run computes planes i0 to i1-1: of the destination, or of the weights.
func (p *depthwise[T]) Run(i0, i1 int) {
	w := p.kr.free.workspaces.Get()
	s := &p.s
	w.begin, w.end = [3]int{}, s.Output
	for d := range 3 {
		w.first[d], w.spacing[d] = -s.Padding[d], 1
		w.size[d] = (s.Output[d]-1)*s.Stride[d] + (s.Kernel[d]-1)*s.Dilation[d] + 1
	}
	if p.kind == gradInput {
		p.setRows(w)
	}
	w.split = s.Stride[2]
	w.layOut(1, s.Input)
	w.direct = w.direct && p.spread == 1
	if !w.direct {
		w.part = ceil(w.part, p.kr.lanes) * p.kr.lanes // so that fewer vectors cross cache lines
		w.pitch = w.split * w.part
		w.plane = w.size[1] * w.pitch
		w.scratch = grow(w.scratch, w.plane)
		clear(w.scratch) // the zeros stay from one plane to the next
		w.cleared = layout{}
	}
	w.table = w.table[:0]
	for kx := range s.Kernel[2] {
		w.table = append(w.table, int32(w.at(2, w.first[2]+kx*s.Dilation[2])))
	}
	taps, size, from := product(s.Kernel), product(s.Output), product(p.from)
	w.p = planes[T]{ldc: s.Output[2], ldb: w.pitch, table: w.table, kh: s.Kernel[1], kw: s.Kernel[2], step: s.Stride[1],
		rows: s.Output[1], n: s.Output[2], relu: p.relu}
	c := p.copying(w)
	for i := i0; i < i1; i++ {
		channel := i % s.In
		weights := p.w[channel*taps:][:taps]
		switch p.kind {
		case forward:
			if p.bias != nil {
				w.p.bias = p.bias[channel]
			}
			w.p.b, w.p.c, w.p.w = p.plane(w, &c, p.src[i*from:][:from]), p.dst[i*size:][:size], weights
			p.kr.planes(&w.p)
		case gradInput:
			p.gradInput(w, p.dst[i*size:][:size], p.plane(w, &c, p.src[i*from:][:from]), weights)
		case gradWeight:
			w.p.w = weights
			for n := range s.Batch {
				at := n*s.In + i
				w.p.b, w.p.c, w.p.add = p.plane(w, &c, p.src[at*from:][:from]), p.dst[at*size:][:size], n > 0
				p.kr.planesGrad(&w.p)
			}
		}
	}
	w.dropReferences()
	p.kr.free.workspaces.Put(w)
}

// A rowClass is the rows q = j·stride + r of dx with one remainder r. They use count kernel rows, stride apart, from last
// downwards, which meet the rows j+first, j+first+1, … of dy.
type rowClass struct{ count, last, first int }

// setRows sets p.classes, and the rows of dy that an input gradient reads.
func (p *depthwise[T]) setRows(w *workspace[T]) {
	padding := p.s.Kernel[1] - 1 - p.s.Padding[1] // that of the forward pass
	from, to := math.MaxInt, math.MinInt
	for r := range min(p.rows, p.s.Output[1]) {
		least := (r + padding) % p.rows
		c := rowClass{count: ceil(p.s.Kernel[1]-least, p.rows)}
		c.last = least + (c.count-1)*p.rows
		c.first = (r + padding - c.last) / p.rows
		if c.count > 0 {
			from, to = min(from, c.first), max(to, c.first+c.count-1+ceil(p.s.Output[1]-r, p.rows))
		}
		w.classes[r] = c
	}
	w.first[1], w.size[1] = from, to-from
}

// gradInput computes a plane of dx from the part of dy in b.
func (p *depthwise[T]) gradInput(w *workspace[T], dx, b, weights []T) {
	kw, width := p.s.Kernel[2], p.s.Output[2]
	w.sums = grow(w.sums, len(weights))
	for r, c := range w.classes[:min(p.rows, p.s.Output[1])] {
		w.p.kh, w.p.rows, w.p.ldc = c.count, ceil(p.s.Output[1]-r, p.rows), p.rows*width
		if c.count <= 0 {
			for y := r; y < p.s.Output[1]; y += p.rows {
				clear(dx[y*width:][:width])
			}
			continue
		}
		for i := range c.count {
			row := weights[(c.last-i*p.rows)*kw:][:kw]
			for kx, v := range row {
				w.sums[(i+1)*kw-1-kx] = v
			}
		}
		w.p.w, w.p.c = w.sums, dx[r*width:]
		w.p.b = b[(c.first-w.first[1])*w.pitch:]
		p.kr.planes(&w.p)
	}
}

// A copying says how rows×cols elements of a plane are copied to a scratch.
type copying struct {
	from, lds  int // the first element in the plane, and the stride of rows
	to, ldd    int // the same in the scratch
	odd        int // split rows: the second element
	x0, x1     int // the positions in the part
	rows, cols int
}

// copying returns how planes are copied. With spread elements it counts those of the plane, not the zeros.
func (p *depthwise[T]) copying(w *workspace[T]) copying {
	y0, y1 := w.inside(1, p.s.Input[1])
	x0, x1 := w.inside(2, p.s.Input[2])
	x := ceil(w.first[2]+x0, p.spread) // the first element of a row
	c := copying{from: (w.first[1]+y0)*p.from[2] + x, lds: p.from[2], ldd: w.pitch, x0: x0, x1: x1,
		rows: y1 - y0, cols: ceil(w.first[2]+x1, p.spread) - x}
	if y0 >= y1 || x0 >= x1 {
		c.rows = 0
		return c
	}
	c.to = y0*w.pitch + x*p.spread - w.first[2]
	if w.split > 1 {
		c.to = y0*w.pitch + x0%w.split*w.part + x0/w.split
		c.odd = min(y0*w.pitch+(x0+1)%w.split*w.part+(x0+1)/w.split, len(w.scratch))
	}
	return c
}

// plane returns the part of a source plane that the kernels read.
func (p *depthwise[T]) plane(w *workspace[T], c *copying, src []T) []T {
	switch {
	case w.direct:
		return src[w.first[1]*p.from[2]+w.first[2]:]
	case c.rows <= 0 || c.cols <= 0:
	case w.split == 2:
		p.kr.split(w.scratch[c.to:], w.scratch[c.odd:], c.ldd, src[c.from:], c.lds, c.rows, c.cols)
	case w.split > 2:
		w.splitRows(w.scratch[c.to-c.to%w.pitch:], src[c.from:], c.lds, c.rows, c.x0, c.x1, p.kr)
	case p.spread == 1:
		p.kr.copy(w.scratch[c.to:], c.ldd, src[c.from:], c.lds, c.rows, c.cols)
	case p.spread == 2:
		p.kr.spread(w.scratch[c.to:], c.ldd, src[c.from:], c.lds, c.rows, c.cols)
	default:
		for i := range c.rows {
			for j, v := range src[c.from+i*c.lds:][:c.cols] {
				w.scratch[c.to+i*c.ldd+j*p.spread] = v
			}
		}
	}
	return w.scratch
}
