package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// PyTorch's print options: of a tensor with more than printLimit elements, printEdge are shown at each end of a
// dimension; lines have up to printWidth columns.
const (
	printLimit = 1000
	printEdge  = 3
	printWidth = 80
)

const printBegin = "tensor("

// String returns the elements as PyTorch prints them: nested lists, aligned, in lines of up to 80 columns. Of more
// than 1000 elements it shows the ends of each dimension, and the shape. The type follows if it is not float32, int64
// or bool.
func (t Tensor) String() string {
	if !t.Defined() {
		return "no tensor"
	}
	shape := t.Shape()
	p := printer{shape: shape, summarized: shape.Size() > printLimit}
	p.values = t.printedElements(&p)
	p.format(t.DType())
	var b strings.Builder
	b.WriteString(printBegin)
	if shape.Size() == 0 {
		b.WriteString("[]")
	} else {
		p.print(&b, 0, 0)
	}
	note := func(format string, a ...any) {
		text := fmt.Sprintf(format, a...)
		if column(b.String())+len(", ")+len(text)+len(")") > printWidth {
			b.WriteString(",\n" + strings.Repeat(" ", len(printBegin)) + text)
		} else {
			b.WriteString(", " + text)
		}
	}
	if shape.Size() == 0 {
		note("shape=%s", shape)
	}
	if dt := t.DType(); dt != Float32 && dt != Int64 && dt != Bool {
		note("dtype=%s", dt)
	}
	if p.summarized {
		note("shape=%s", shape)
	}
	if d := t.Device(); d != CPU() {
		note("device=%s", d)
	}
	if t.RequiresGrad() {
		note("requires grad")
	}
	b.WriteByte(')')
	return b.String()
}

// column returns the length of the last line of s.
func column(s string) int { return len(s) - 1 - strings.LastIndexByte(s, '\n') }

// printedElement is an element as a float64 and, for integer types, exactly.
type printedElement struct {
	float float64
	whole int64
}

// printedElements returns the elements that String shows, by their position in row-major order.
func (t Tensor) printedElements(p *printer) map[int]printedElement {
	values := map[int]printedElement{}
	if !p.summarized { // one transfer for all elements
		x := t.Detach()
		if t.DType().IsFloat() {
			for i, v := range x.heapCast(Float64).Float64s() {
				values[i] = printedElement{float: v}
			}
		} else {
			for i, v := range x.heapCast(Int64).Int64s() {
				values[i] = printedElement{float64(v), v}
			}
		}
		return values
	}
	h := t.header()
	p.forEachPrinted(0, 0, func(at int) {
		one := (*Scope)(nil).view(h)
		for d, rest := p.shape.rank-1, at; d >= 0; d-- {
			one.Offset += rest % h.Dims[d] * h.Strides[d]
			rest /= h.Dims[d]
		}
		one.SetContiguous(nil)
		if t.DType().IsFloat() {
			values[at] = printedElement{float: one.handle().Item()}
		} else {
			v := one.handle().heapCast(Int64).Int64s()[0]
			values[at] = printedElement{float64(v), v}
		}
	})
	return values
}

// heapCast returns a copy of another type on the Go heap, so that printing adds nothing to a step.
func (t Tensor) heapCast(dt DType) Tensor {
	h := t.header()
	y := (*Scope)(nil).alloc(h.store.dev, dt, t.Shape())
	h.store.dev.Copy(&y.h.Array, &h.Array)
	return y
}

type printer struct {
	values     map[int]printedElement
	shape      Shape
	summarized bool
	verb       func(printedElement) string
	width      int
}

// format chooses one format for all elements, as PyTorch does: whole numbers with a point, four decimals, or
// scientific if the magnitudes differ much. The width is that of the longest finite element other than 0.
func (p *printer) format(dt DType) {
	switch {
	case dt == Bool:
		p.verb = func(v printedElement) string { return strconv.FormatBool(v.whole != 0) }
		p.forEachPrinted(0, 0, func(at int) { p.width = max(p.width, len(p.verb(p.values[at]))) })
		return
	case !dt.IsFloat():
		p.verb = func(v printedElement) string { return strconv.FormatInt(v.whole, 10) }
		p.forEachPrinted(0, 0, func(at int) { p.width = max(p.width, len(p.verb(p.values[at]))) })
		return
	}
	whole, largest, smallest := true, 0.0, math.Inf(1)
	shown := func(f func(printedElement)) {
		p.forEachPrinted(0, 0, func(at int) {
			if v := p.values[at]; v.float != 0 && !math.IsNaN(v.float) && !math.IsInf(v.float, 0) {
				f(v)
			}
		})
	}
	shown(func(v printedElement) {
		whole = whole && v.float == math.Trunc(v.float)
		a := math.Abs(v.float)
		largest, smallest = max(largest, a), min(smallest, a)
	})
	form, digits, suffix := byte('f'), 4, ""
	if largest > 0 && (largest/smallest > 1000 || largest > 1e8 || !whole && smallest < 1e-4) {
		form = 'e'
	} else if whole {
		digits, suffix = 0, "."
	}
	p.verb = func(n printedElement) string {
		switch v := n.float; {
		case math.IsNaN(v):
			return "nan"
		case math.IsInf(v, 0):
			return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'f', 0, 64)), "+")
		default:
			return strconv.FormatFloat(v, form, digits, 64) + suffix
		}
	}
	shown(func(v printedElement) { p.width = max(p.width, len(p.verb(v))) })
}

// indices calls f for each index of a dimension that is shown, and with −1 for the indices that are left out.
func (p *printer) indices(dim int, f func(i int)) {
	n := p.shape.dims[dim]
	if !p.summarized || n <= 2*printEdge {
		for i := range n {
			f(i)
		}
		return
	}
	for i := range printEdge {
		f(i)
	}
	f(-1)
	for i := n - printEdge; i < n; i++ {
		f(i)
	}
}

// forEachPrinted calls f with the position of every element that is shown.
func (p *printer) forEachPrinted(dim, at int, f func(at int)) {
	if dim == p.shape.rank {
		f(at)
		return
	}
	p.indices(dim, func(i int) {
		if i >= 0 {
			p.forEachPrinted(dim+1, at*p.shape.dims[dim]+i, f)
		}
	})
}

func (p *printer) print(b *strings.Builder, dim, at int) {
	if dim == p.shape.rank {
		text := p.verb(p.values[at])
		if p.shape.rank > 0 {
			b.WriteString(strings.Repeat(" ", max(0, p.width-len(text))))
		}
		b.WriteString(text)
		return
	}
	last := dim == p.shape.rank-1
	indent := len(printBegin) + dim
	perLine := max(1, (printWidth-indent)/(p.width+len(", ")))
	b.WriteByte('[')
	n := 0
	p.indices(dim, func(i int) {
		switch {
		case n == 0:
		case !last:
			b.WriteString("," + strings.Repeat("\n", p.shape.rank-1-dim) + strings.Repeat(" ", indent+1))
		case n%perLine == 0:
			b.WriteString(",\n" + strings.Repeat(" ", indent+1))
		default:
			b.WriteString(", ")
		}
		n++
		switch {
		case i >= 0:
			p.print(b, dim+1, at*p.shape.dims[dim]+i)
		case last:
			b.WriteString(" ...")
		default:
			b.WriteString("...")
		}
	})
	b.WriteByte(']')
}
