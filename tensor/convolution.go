package tensor

import "github.com/lamina-ml/lamina/internal/device"

// A convolution is linear in its input and in its weight, so its three ops are each other's derivatives: Σ y·dy is
// the sum of all w[o,c,k]·x[n,c,q]·dy[n,o,p], and
//
//	conv          is its derivative with respect to dy,
//	convTranspose with respect to x,
//	convWeight    with respect to w.
//
// So derivatives of all orders are convolutions. Devices have kernels for the three, or compute them by im2col and
// matrix products.

// conv computes act(x ∗ w + b).
type conv struct {
	convolution
	relu bool
}

func (*conv) Optional(i int) bool { return i == 2 }

func (o *conv) Saves() Saved {
	if o.relu {
		return SaveInput(0) | SaveInput(1) | SaveOutput
	}
	return SaveInput(0) | SaveInput(1)
}

func (o *conv) Forward(s *Scope, x, w, b Tensor) Tensor {
	kernels, ok := x.h.store.dev.(device.Convolver)
	if !ok {
		return o.byProducts(x, w, b)
	}
	y := s.NewEmpty(x, x.DType(), o.outputShape())
	kernels.Conv(y.array(), x.array(), w.array(), b.array(), &o.Convolution, o.relu)
	return y
}

func (o *conv) Backward(x, w, b, y, dy Tensor) (dx, dw, db Tensor) {
	if o.relu {
		dy = consumeReLUGrad(dy, y)
	}
	dy = dy.Contiguous()
	if x.NeedsGrad() {
		dx = o.gradInput(x, dy, w)
	}
	if w.NeedsGrad() {
		dw = o.gradWeight(w, dy, x)
	}
	if b.NeedsGrad() {
		db = dy.channelSums()
	}
	return dx, dw, db
}

// byProducts computes the op by ops: a product of the weight with the windows as columns, for each group.
func (o *conv) byProducts(x, w, b Tensor) Tensor {
	y := o.filters(w).MatMul(o.columns(x)).reshape(o.outputShape())
	if b.Defined() {
		y = y.Add(b.perChannel(y))
	}
	if o.relu {
		y = y.ReLU()
	}
	return y
}

// convTranspose computes the gradient of a convolution's input from the gradient dy of its result, plus b.
type convTranspose struct{ convolution }

func (*convTranspose) Optional(i int) bool { return i == 2 }
func (*convTranspose) Saves() Saved        { return SaveInput(0) | SaveInput(1) }

func (o *convTranspose) Forward(s *Scope, dy, w, b Tensor) Tensor {
	kernels, ok := dy.h.store.dev.(device.Convolver)
	if !ok {
		return o.byProducts(dy, w, b)
	}
	dx := s.NewEmpty(dy, dy.DType(), o.inputShape())
	kernels.ConvGradInput(dx.array(), dy.array(), w.array(), &o.Convolution)
	if b.Defined() {
		dy.h.store.dev.Binary(addRow, dx.array(), dx.array(), b.perChannel(dx).array(), device.Params{})
	}
	return dx
}

func (o *convTranspose) Backward(dy, w, b, dx, d Tensor) (ddy, dw, db Tensor) {
	d = d.Contiguous()
	if dy.NeedsGrad() {
		ddy = o.gradOutput(dy, d, w)
	}
	if w.NeedsGrad() {
		dw = o.gradWeight(w, dy, d)
	}
	if b.NeedsGrad() {
		db = d.channelSums()
	}
	return ddy, dw, db
}

// byProducts computes the op by ops: a product of the transposed weight with dy gives columns, which are added to the
// places of their windows.
func (o *convTranspose) byProducts(dy, w, b Tensor) Tensor {
	columns := o.filters(w).T().MatMul(o.rows(dy))
	dx := Apply1(col2im{o.convolution}, columns.reshape(o.columnShape()))
	if b.Defined() {
		dx = dx.Add(b.perChannel(dx))
	}
	return dx
}

// convWeight computes the gradient of a convolution's weight from its input x and the gradient dy of its result.
type convWeight struct {
	SavesInputs
	convolution
}

func (o *convWeight) Forward(s *Scope, dy, x Tensor) Tensor {
	kernels, ok := x.h.store.dev.(device.Convolver)
	if !ok {
		return o.byProducts(dy, x)
	}
	dw := s.NewEmpty(x, x.DType(), o.weightShape())
	kernels.ConvGradWeight(dw.array(), dy.array(), x.array(), &o.Convolution)
	return dw
}

func (o *convWeight) Backward(dy, x, dw, d Tensor) (ddy, dx Tensor) {
	d = d.Contiguous()
	if dy.NeedsGrad() {
		ddy = o.gradOutput(dy, x, d)
	}
	if x.NeedsGrad() {
		dx = o.gradInput(x, dy, d)
	}
	return ddy, dx
}

// byProducts computes the op by ops: for each group the product of dy with the transposed columns, over the positions
// of all samples.
func (o *convWeight) byProducts(dy, x Tensor) Tensor {
	positions := o.Batch * o.positions()
	rows := o.rows(dy).Permute(1, 2, 0, 3).Reshape(o.Groups, o.Out/o.Groups, positions)
	columns := o.columns(x).Permute(1, 0, 3, 2).Reshape(o.Groups, positions, o.In/o.Groups*o.taps())
	return rows.MatMul(columns).reshape(o.weightShape())
}

// The gradients below are computed by an op if the pass is recorded or the device has no kernel, and otherwise
// directly in NewGrad's memory.

// gradOutput returns x ∗ w as the gradient of y.
func (c *convolution) gradOutput(y, x, w Tensor) Tensor {
	kernels := directly(x)
	if kernels == nil {
		return Apply3(conv{convolution: *c}, x, w, Tensor{})
	}
	d := y.NewGrad()
	kernels.Conv(d.array(), x.array(), w.array(), nil, &c.Convolution, false)
	return d
}

// gradInput returns the gradient of x.
func (c *convolution) gradInput(x, dy, w Tensor) Tensor {
	kernels := directly(dy)
	if kernels == nil {
		return Apply3(convTranspose{*c}, dy, w, Tensor{})
	}
	d := x.NewGrad()
	kernels.ConvGradInput(d.array(), dy.array(), w.array(), &c.Convolution)
	return d
}

// gradWeight returns the gradient of w.
func (c *convolution) gradWeight(w, dy, x Tensor) Tensor {
	kernels := directly(dy)
	if kernels == nil {
		return Apply2(convWeight{convolution: *c}, dy, x)
	}
	d := w.NewGrad()
	kernels.ConvGradWeight(d.array(), dy.array(), x.array(), &c.Convolution)
	return d
}

// directly returns the kernels of x's device, or nil if it has none or x's scope records.
func directly(x Tensor) device.Convolver {
	if s := x.h.scope; s == nil || s.record {
		return nil
	}
	kernels, _ := x.h.store.dev.(device.Convolver)
	return kernels
}

// channelSums returns the sums of each channel of x (N, C, …): the gradient of a bias.
func (x Tensor) channelSums() Tensor {
	s := x.Shape()
	n := 1
	for _, d := range s.dims[2:s.rank] {
		n *= d
	}
	return x.Reshape(s.dims[0], s.dims[1], n).Sum(2).Sum(0)
}

// perChannel returns b (C,) as (C, 1, …), which broadcasts to y (N, C, …).
func (b Tensor) perChannel(y Tensor) Tensor {
	s := Shape{rank: y.h.Rank - 1}
	for i := range s.rank {
		s.dims[i] = 1
	}
	s.dims[0] = b.Len()
	return b.reshape(s)
}

func (c *convolution) taps() int      { return c.Kernel[0] * c.Kernel[1] * c.Kernel[2] }
func (c *convolution) positions() int { return c.Output[0] * c.Output[1] * c.Output[2] }

// columnShape returns (N, channels × taps, positions).
func (c *convolution) columnShape() Shape { return ShapeOf(c.Batch, c.In*c.taps(), c.positions()) }

// filters returns the weight as (groups, out/groups, in/groups × taps).
func (c *convolution) filters(w Tensor) Tensor {
	return w.Reshape(c.Groups, c.Out/c.Groups, c.In/c.Groups*c.taps())
}

// columns returns the windows of x as (N, groups, in/groups × taps, positions).
func (c *convolution) columns(x Tensor) Tensor {
	return Apply1(im2col{*c}, x).Reshape(c.Batch, c.Groups, c.In/c.Groups*c.taps(), c.positions())
}

// rows returns dy as (N, groups, out/groups, positions).
func (c *convolution) rows(dy Tensor) Tensor {
	return dy.Reshape(c.Batch, c.Groups, c.Out/c.Groups, c.positions())
}
