package tensortest

import (
	"github.com/lamina-ml/lamina/tensor"
)

// variant is a way to compute a result, which must not depend on it.
type variant struct {
	layout    func(i int, x tensor.Tensor) tensor.Tensor // stores input i in another layout
	scope     *tensor.Scope                              // the scope to compute in
	dy        *Value                                     // the gradient of the result
	second    bool                                       // gradients of the sum of the gradients
	extraLeaf string                                     // "before" or "after": another leaf is added to the result
}

// result is what a row computed: its value, and the gradient of each input, whose Raw is nil if there is none.
type result struct {
	y     Value
	grads []Value
}

// eval computes the row and its gradients.
func (r *runner) eval(in []Value, a Attrs, h variant) result {
	leaves := make([]tensor.Tensor, len(in))
	xs := make([]tensor.Tensor, len(in))
	for i, v := range in {
		x := v.tensor(r.dev)
		if h.layout != nil {
			x = h.layout(i, x).Detach()
		}
		if r.op.differentiable(i) && x.DType().IsFloat() {
			x.SetRequiresGrad(true)
		}
		leaves[i], xs[i] = x, x
		if h.scope != nil {
			xs[i] = x.InScope(h.scope)
		}
		if h.second && x.RequiresGrad() {
			xs[i] = xs[i].MulScalar(1) // a result, of which an op that does not save it keeps no elements
		}
	}
	y := r.op.Call(xs, a)
	out := result{y: hostValue(y), grads: make([]Value, len(in))}
	defer func() {
		for i, x := range leaves {
			if msg := hostValue(x).near(in[i], bound{}); msg != "" {
				r.Errorf("%s: the operation changed its input %d: %s", describe(in, a), i, msg)
			}
		}
	}()
	if !y.NeedsGrad() {
		return out
	}
	if !y.DType().IsFloat() {
		r.Errorf("%s: a gradient is recorded for a result of type %s", describe(in, a), y.DType())
		return out
	}
	if h.dy == nil {
		dy := outputGradient(y)
		h.dy = &dy
	}
	dy := h.dy.tensor(r.dev)
	z, other := y, tensor.Tensor{}
	if h.extraLeaf != "" {
		other = valueOf(y.DType(), y.Shape().Dims(), make([]float64, y.Len())).tensor(r.dev).SetRequiresGrad(true)
		if z = y.Add(other); h.extraLeaf == "before" {
			z = other.Add(y)
		}
	}
	loss := z.Mul(dy).Sum()
	if h.second {
		if loss = sumOfGradients(loss, leaves); !loss.NeedsGrad() {
			return out
		}
	}
	loss.Backward()
	if h.extraLeaf != "" {
		if msg := hostValue(other.Grad()).near(*h.dy, bound{}); msg != "" {
			r.Errorf("%s: the operation changed the gradient of its result: %s", describe(in, a), msg)
		}
	}
	for i, x := range leaves {
		if g := x.Grad(); g.Defined() {
			out.grads[i] = hostValue(g)
		}
	}
	return out
}

// sumOfGradients returns the sum of all elements of y's gradients with respect to the leaves that require a gradient.
func sumOfGradients(y tensor.Tensor, leaves []tensor.Tensor) tensor.Tensor {
	var asked []tensor.Tensor
	for _, x := range leaves {
		if x.RequiresGrad() {
			asked = append(asked, x)
		}
	}
	total := y.Detach().MulScalar(0)
	for _, g := range tensor.Gradient(y, asked, true) {
		if g.Defined() {
			total = total.Add(g.Sum())
		}
	}
	return total
}

// outputGradient is a gradient to start from: small numbers of both signs.
func outputGradient(y tensor.Tensor) Value {
	v := make([]float64, y.Len())
	for i := range v {
		v[i] = float64(i*7%11)/4 - 1.125
	}
	return valueOf(y.DType(), y.Shape().Dims(), v)
}

// layouts store the same elements with other strides and offsets, with NaN or −1 between them.
var layouts = []struct {
	name  string
	first int // the dimension that is exchanged with the last one in memory
	place func(i int, x tensor.Tensor) tensor.Tensor
}{
	{"offset", -1, func(_ int, x tensor.Tensor) tensor.Tensor {
		if x.Rank() == 0 {
			return into(x, []int{3}, func(b tensor.Tensor) tensor.Tensor { return b.Select(0, 1) })
		}
		dims := x.Shape().Dims()
		n := dims[0]
		dims[0] += 3
		return into(x, dims, func(b tensor.Tensor) tensor.Tensor { return b.Narrow(0, 2, n) })
	}},
	{"stepped", -1, func(_ int, x tensor.Tensor) tensor.Tensor {
		if x.Rank() == 0 {
			return x
		}
		dims := x.Shape().Dims()
		n := dims[len(dims)-1]
		dims[len(dims)-1] = 3*n + 1
		return into(x, dims, func(b tensor.Tensor) tensor.Tensor { return b.Slice(-1, 1, 3*n+1, 3) })
	}},
	{"transposed", 0, func(_ int, x tensor.Tensor) tensor.Tensor {
		if x.Rank() < 2 {
			return x
		}
		dims := x.Shape().Dims()
		n := len(dims)
		dims[0], dims[n-1] = dims[n-1], dims[0]
		return into(x, dims, func(b tensor.Tensor) tensor.Tensor { return b.Transpose(0, -1) })
	}},
	{"transposed and stepped, every other input", -2, func(i int, x tensor.Tensor) tensor.Tensor {
		if x.Rank() < 2 || i%2 == 1 {
			return x
		}
		dims := x.Shape().Dims()
		n := len(dims)
		m := dims[n-2]
		dims[n-2], dims[n-1] = dims[n-1], 2*m
		return into(x, dims, func(b tensor.Tensor) tensor.Tensor { return b.Slice(-1, 0, 2*m, 2).T() })
	}},
}

// into copies x into a view of a new tensor with the given dims.
func into(x tensor.Tensor, dims []int, view func(tensor.Tensor) tensor.Tensor) tensor.Tensor {
	size := x.DType().Size()
	for _, d := range dims {
		size *= d
	}
	raw := make([]byte, size)
	for i := range raw {
		raw[i] = 0xff
		if x.DType() == tensor.Bool {
			raw[i] = 1
		}
	}
	base := tensor.Options{Device: x.Device(), DType: x.DType()}.FromBytes(raw, dims...)
	v := view(base)
	v.CopyFrom(x)
	return v
}
