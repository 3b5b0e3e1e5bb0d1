package conv

import (
	"slices"

	"github.com/lamina-ml/lamina/internal/pool"
)

// A depthwise pass computes a convolution with one channel in each group, or one of its gradients. Each plane of the
// source is copied to a scratch with zeros for padding, which stays in the cache, unless it can be used in place.
//
// With stride s, the input gradient is a convolution of stride 1 of dy with s-1 zeros between its elements, and with the
// kernel reversed.
type depthwise[T Float] struct {
	kr       *kernels[T]
	s        Shape // of the convolution that is computed
	kind     passKind
	dst, src []T // y and x, dx and dy, or dy and x
	w, bias  []T
	relu     bool
	spread   [2]int // input gradient: the stride
	from     [3]int // size of a plane in memory
}

// isDepthwise reports whether the loops of depthwise passes compute the convolution.
func (s *Shape) isDepthwise() bool {
	return s.In == s.Groups && s.Out == s.Groups && s.Kernel[0] == 1 && s.Input[0] == 1 && s.Output[0] == 1 && s.Padding[0] == 0 &&
		slices.Contains([]int{1, 3, 5, 7}, s.Kernel[1]) && s.Dilation[1] == 1 && s.Stride[1] <= 2
}

func (p *depthwise[T]) setup(kr *kernels[T], kind passKind, dst, src, w, bias []T, s *Shape, relu bool) {
	p.kr, p.s, p.kind, p.relu = kr, *s, kind, relu
	p.dst, p.src, p.w, p.bias = dst, src, w, bias
	p.spread, p.from = [2]int{1, 1}, s.Input
	if kind == gradInput {
		p.spread, p.from = [2]int{s.Stride[1], s.Stride[2]}, s.Output
		p.s.Output = s.Input
		p.s.Stride = [3]int{1, 1, 1}
		for d := 1; d < 3; d++ {
			p.s.Input[d] = (s.Output[d]-1)*s.Stride[d] + 1
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
	w.split = s.Stride[2]
	w.layOut(1, s.Input)
	w.direct = w.direct && p.spread == [2]int{1, 1}
	if !w.direct {
		w.scratch = grow(w.scratch, w.plane)
		clear(w.scratch)
	}
	w.table = w.table[:0]
	for kx := range s.Kernel[2] {
		w.table = append(w.table, int32(w.at(2, w.first[2]+kx*s.Dilation[2])))
	}
	taps, size, from := product(s.Kernel), product(s.Output), product(p.from)
	w.sums = grow(w.sums, taps)
	w.p = planes[T]{ldc: s.Output[2], ldb: w.pitch, table: w.table, kh: s.Kernel[1], kw: s.Kernel[2], step: s.Stride[1],
		rows: s.Output[1], n: s.Output[2], relu: p.relu}
	for i := i0; i < i1; i++ {
		if p.kind == gradWeight {
			w.p.w = p.w[i*taps:][:taps]
			for n := range s.Batch {
				at := n*s.In + i
				w.p.b, w.p.c, w.p.add = p.plane(w, p.src[at*from:][:from]), p.dst[at*size:][:size], n > 0
				p.kr.planesGrad(&w.p)
			}
			continue
		}
		c := i % s.In
		w.p.b, w.p.c = p.plane(w, p.src[i*from:][:from]), p.dst[i*size:][:size]
		w.p.w = p.w[c*taps:][:taps]
		if p.kind == gradInput {
			copy(w.sums, w.p.w)
			slices.Reverse(w.sums)
			w.p.w = w.sums
		}
		if p.bias != nil {
			w.p.bias = p.bias[c]
		}
		p.kr.planes(&w.p)
	}
	w.dropReferences()
	p.kr.free.workspaces.Put(w)
}

// plane returns the part of a source plane that the kernels read. The zeros of w.scratch stay from one plane to the next.
func (p *depthwise[T]) plane(w *workspace[T], src []T) []T {
	if w.direct {
		w.prepare(src, 0, 1, p.s.Input, p.kr)
		return w.data
	}
	y0, y1 := w.inside(1, p.s.Input[1])
	x0, x1 := w.inside(2, p.s.Input[2])
	if y0 >= y1 || x0 >= x1 {
		return w.scratch
	}
	if p.spread == [2]int{1, 1} {
		first := (w.first[1]+y0)*p.from[2] + w.first[2] + x0
		if w.split == 1 {
			p.kr.copy(w.scratch[y0*w.pitch+x0:], w.pitch, src[first:], p.from[2], y1-y0, x1-x0)
			return w.scratch
		}
		w.splitRows(w.scratch[y0*w.pitch:], src[first:], p.from[2], y1-y0, x0, x1, p.kr)
		return w.scratch
	}
	sy, sx := p.spread[0], p.spread[1]
	for y := ceil(w.first[1]+y0, sy); y*sy < w.first[1]+y1; y++ {
		dst := w.scratch[(y*sy-w.first[1])*w.pitch:][:w.pitch]
		for x := ceil(w.first[2]+x0, sx); x*sx < w.first[2]+x1; x++ {
			dst[x*sx-w.first[2]] = src[y*p.from[2]+x]
		}
	}
	return w.scratch
}
