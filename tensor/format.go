package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// PyTorch's print options: beyond printLimit elements a tensor is summarised by printEdge at each end of a dimension; lines have up
// to printWidth columns.
const (
	printLimit = 1000
	printEdge  = 3
	printWidth = 80
)

const printBegin = "tensor("

// String returns the elements as PyTorch prints them: nested lists, aligned, in lines of up to 80 columns. Of more than 1000 elements it
// shows the ends of each dimension, and the shape. The type stands behind elements that are not float32, int64 or boolean.
func (t Tensor) String() string {
	if !t.Defined() {
		return "no tensor"
	}
	shape := t.Shape()
	p := printer{shape: shape, cut: shape.Size() > printLimit}
	p.values = t.shown(&p)
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
	if p.cut {
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

// A number is an element as a float, and exactly where it is an integer.
type number struct {
	float float64
	whole int64
}

// shown returns the elements that String looks at, by their place in row-major order.
func (t Tensor) shown(p *printer) map[int]number {
	values := map[int]number{}
	if !p.cut { // one transfer for all
		x := t.Detach()
		if t.DType().IsFloat() {
			for i, v := range x.heapCast(Float64).Float64s() {
				values[i] = number{float: v}
			}
		} else {
			for i, v := range x.heapCast(Int64).Int64s() {
				values[i] = number{float64(v), v}
			}
		}
		return values
	}
	h := t.header()
	p.places(0, 0, func(at int) {
		one := (*Scope)(nil).view(h)
		for d, rest := p.shape.rank-1, at; d >= 0; d-- {
			one.Offset += rest % h.Dims[d] * h.Strides[d]
			rest /= h.Dims[d]
		}
		one.SetDense(nil)
		if t.DType().IsFloat() {
			values[at] = number{float: one.handle().Item()}
		} else {
			v := one.handle().heapCast(Int64).Int64s()[0]
			values[at] = number{float64(v), v}
		}
	})
	return values
}

// heapCast returns a copy on the heap of another type: what is printed leaves nothing in a step.
func (t Tensor) heapCast(dt DType) Tensor {
	h := t.header()
	y := (*Scope)(nil).alloc(h.store.dev, dt, t.Shape())
	h.store.dev.Copy(&y.h.Array, &h.Array)
	return y
}

type printer struct {
	values map[int]number
	shape  Shape
	cut    bool
	verb   func(number) string
	width  int
}

// format chooses one form for all elements as PyTorch does: whole numbers with a point, four decimals, or scientific where the sizes lie
// far apart. The width is that of the longest finite element other than 0.
func (p *printer) format(dt DType) {
	switch {
	case dt == Bool:
		p.verb = func(v number) string { return strconv.FormatBool(v.whole != 0) }
		p.places(0, 0, func(at int) { p.width = max(p.width, len(p.verb(p.values[at]))) })
		return
	case !dt.IsFloat():
		p.verb = func(v number) string { return strconv.FormatInt(v.whole, 10) }
		p.places(0, 0, func(at int) { p.width = max(p.width, len(p.verb(p.values[at]))) })
		return
	}
	whole, largest, smallest := true, 0.0, math.Inf(1)
	shown := func(f func(number)) {
		p.places(0, 0, func(at int) {
			if v := p.values[at]; v.float != 0 && !math.IsNaN(v.float) && !math.IsInf(v.float, 0) {
				f(v)
			}
		})
	}
	shown(func(v number) {
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
	p.verb = func(n number) string {
		switch v := n.float; {
		case math.IsNaN(v):
			return "nan"
		case math.IsInf(v, 0):
			return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'f', 0, 64)), "+")
		default:
			return strconv.FormatFloat(v, form, digits, 64) + suffix
		}
	}
	shown(func(v number) { p.width = max(p.width, len(p.verb(v))) })
}

// indices calls f for the places of a dimension that are shown, and with −1 for what is left out.
func (p *printer) indices(dim int, f func(i int)) {
	n := p.shape.dims[dim]
	if !p.cut || n <= 2*printEdge {
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

// places calls f for the place of every element that is shown.
func (p *printer) places(dim, at int, f func(at int)) {
	if dim == p.shape.rank {
		f(at)
		return
	}
	p.indices(dim, func(i int) {
		if i >= 0 {
			p.places(dim+1, at*p.shape.dims[dim]+i, f)
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
