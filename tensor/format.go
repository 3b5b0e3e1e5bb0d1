package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What String shows of large tensors: beyond printLimit elements, printEdge at each end of a dimension.
const (
	printLimit = 1000
	printEdge  = 3
)

// String returns the elements as nested lists, aligned, with type and shape where they do not speak for themselves. Of large
// tensors it shows the ends of each dimension.
func (t Tensor) String() string {
	if !t.Defined() {
		return "no tensor"
	}
	shape := t.Shape()
	elements := t.shown()
	p := printer{values: elements, shape: shape, cut: shape.Size() > printLimit}
	p.format(t.DType())
	var b strings.Builder
	b.WriteString("tensor(")
	p.print(&b, 0, 0)
	if shape.Size() == 0 {
		fmt.Fprintf(&b, ", shape=%s", shape)
	}
	if dt := t.DType(); dt != Float32 && dt != Int64 && dt != Bool {
		fmt.Fprintf(&b, ", dtype=%s", dt)
	}
	if p.cut {
		fmt.Fprintf(&b, ", shape=%s", shape)
	}
	if d := t.Device(); d != CPU() {
		fmt.Fprintf(&b, ", device=%s", d)
	}
	if t.RequiresGrad() {
		b.WriteString(", requires grad")
	}
	b.WriteByte(')')
	return b.String()
}

// shown returns the elements that String looks at: all of them, row-major.
func (t Tensor) shown() []float64 {
	x := (*Scope)(nil).alloc(t.h.store.dev, Float64, t.Shape())
	t.h.store.dev.Copy(&x.h.Array, &t.h.Array)
	out := make([]float64, x.Len())
	x.read(bytesOf(out))
	return out
}

type printer struct {
	values []float64
	shape  Shape
	cut    bool
	verb   func(float64) string
	width  int
}

// format chooses one form for all elements: whole numbers with a point, four decimals, or scientific where the sizes lie far
// apart.
func (p *printer) format(dt DType) {
	switch {
	case dt == Bool:
		p.verb = func(v float64) string { return strconv.FormatBool(v != 0) }
	case !dt.IsFloat():
		p.verb = func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
	default:
		whole, largest, smallest := true, 0.0, math.Inf(1)
		p.each(0, 0, func(v float64) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return
			}
			whole = whole && v == math.Trunc(v)
			if a := math.Abs(v); a > 0 {
				largest, smallest = max(largest, a), min(smallest, a)
			}
		})
		form, digits, suffix := byte('f'), 4, ""
		switch {
		case largest >= 1e8 || largest > 0 && !whole && (largest/smallest > 1000 || smallest < 1e-4):
			form = 'e'
		case whole:
			digits, suffix = 0, "."
		}
		p.verb = func(v float64) string {
			if math.IsNaN(v) {
				return "nan"
			}
			if math.IsInf(v, 0) {
				return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'f', 0, 64)), "+")
			}
			return strconv.FormatFloat(v, form, digits, 64) + suffix
		}
	}
	p.each(0, 0, func(v float64) { p.width = max(p.width, len(p.verb(v))) })
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

func (p *printer) each(dim, at int, f func(float64)) {
	if dim == p.shape.rank {
		f(p.values[at])
		return
	}
	p.indices(dim, func(i int) {
		if i >= 0 {
			p.each(dim+1, at*p.shape.dims[dim]+i, f)
		}
	})
}

func (p *printer) print(b *strings.Builder, dim, at int) {
	if dim == p.shape.rank {
		text := p.verb(p.values[at])
		if p.shape.rank > 0 {
			b.WriteString(strings.Repeat(" ", p.width-len(text)))
		}
		b.WriteString(text)
		return
	}
	last := dim == p.shape.rank-1
	b.WriteByte('[')
	first := true
	p.indices(dim, func(i int) {
		if !first {
			b.WriteByte(',')
			if last {
				b.WriteByte(' ')
			} else {
				b.WriteString(strings.Repeat("\n", p.shape.rank-1-dim))
				b.WriteString(strings.Repeat(" ", len("tensor(")+dim+1))
			}
		}
		first = false
		if i < 0 {
			b.WriteString("...")
			return
		}
		p.print(b, dim+1, at*p.shape.dims[dim]+i)
	})
	b.WriteByte(']')
}
