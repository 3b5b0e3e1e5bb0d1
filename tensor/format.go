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
	p := printer{shape: shape, cut: shape.Size() > printLimit}
	p.values = t.shown(&p)
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

// format chooses one form for all elements: whole numbers with a point, four decimals, or scientific where the sizes lie far
// apart.
func (p *printer) format(dt DType) {
	switch {
	case dt == Bool:
		p.verb = func(v number) string { return strconv.FormatBool(v.whole != 0) }
	case !dt.IsFloat():
		p.verb = func(v number) string { return strconv.FormatInt(v.whole, 10) }
	default:
		whole, largest, smallest := true, 0.0, math.Inf(1)
		p.places(0, 0, func(at int) {
			v := p.values[at].float
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
		p.verb = func(n number) string {
			v := n.float
			if math.IsNaN(v) {
				return "nan"
			}
			if math.IsInf(v, 0) {
				return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'f', 0, 64)), "+")
			}
			return strconv.FormatFloat(v, form, digits, 64) + suffix
		}
	}
	p.places(0, 0, func(at int) { p.width = max(p.width, len(p.verb(p.values[at]))) })
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
