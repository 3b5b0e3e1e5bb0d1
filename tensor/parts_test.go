package tensor_test

import (
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/tensor"
)

// writes counts the elements that kernels write.
type writes struct {
	device.Device
	n int
}

func (d *writes) Fill(dst *device.Array, v float64) {
	d.n += dst.Size
	d.Device.Fill(dst, v)
}

func (d *writes) Copy(dst, src *device.Array) {
	d.n += dst.Size
	d.Device.Copy(dst, src)
}

func (d *writes) Binary(op *device.BinaryOp, dst, a, b *device.Array, p device.Params) {
	d.n += dst.Size
	d.Device.Binary(op, dst, a, b, p)
}

// TestManyPartsOfOneTensor takes a tensor apart: the gradients of its parts come together in one place, at the cost of
// the whole and not of the whole for each part.
func TestManyPartsOfOneTensor(t *testing.T) {
	const n, parts = 6400, 64
	for _, c := range []struct {
		name  string
		shape []int
		take  func(x tensor.Tensor, i int) tensor.Tensor
	}{
		{"Split", []int{n}, func(x tensor.Tensor, i int) tensor.Tensor { return x.Split(n/parts, 0)[i] }},
		{"Select", []int{parts, n / parts}, func(x tensor.Tensor, i int) tensor.Tensor { return x.Select(0, i) }},
		{"overlapping", []int{n}, func(x tensor.Tensor, i int) tensor.Tensor { return x.Narrow(0, i*(n/parts)/2, n/parts) }},
	} {
		for _, place := range []string{"leaf", "result", "in a scope"} {
			dev := &writes{Device: cpu.New()}
			leaf := tensor.Options{Device: devicetest.Open(dev)}.Full(2, c.shape...).SetRequiresGrad(true)
			x := leaf
			if place == "in a scope" {
				x = x.InScope(tensor.NewScope(devicetest.Open(dev)))
			}
			if place != "leaf" {
				x = x.MulScalar(1)
			}
			want := make([]float64, n)
			var loss tensor.Tensor
			for i := range parts {
				at := c.take(tensor.Arange(n).Reshape(c.shape...), i)
				for _, j := range at.Int64s() {
					want[j] += float64(i)
				}
				if y := c.take(x, i).Sum().MulScalar(float64(i)); i == 0 {
					loss = y
				} else {
					loss = loss.Add(y)
				}
			}
			dev.n = 0
			loss.Backward()
			holds(t, c.name, leaf.Grad().Float64s(), want)
			if most := 8 * n; dev.n > most {
				t.Errorf("%s, %s: %d elements written, want at most %d", c.name, place, dev.n, most)
			}
		}
	}
}

// upstreamOf is a number whose gradient with respect to x is dy.
type upstreamOf struct {
	tensor.SavesNothing
	dy tensor.Tensor
}

func (o upstreamOf) Forward(s *tensor.Scope, x tensor.Tensor) tensor.Tensor {
	return x.NewZeros()
}
func (o upstreamOf) Backward(_, _, _ tensor.Tensor) tensor.Tensor { return o.dy }

// TestGradientsThatAreViews takes the gradient of a sum, a stretched view of what came from above, again and again: it
// is never copied, but for the second of two that share their memory.
func TestGradientsThatAreViews(t *testing.T) {
	dev := &writes{Device: cpu.New()}
	o := tensor.Options{Device: devicetest.Open(dev)}
	leaf, dy := o.Full(2, 30, 40).SetRequiresGrad(true), o.Full(3, 30)
	s := tensor.NewScope(devicetest.Open(dev))
	for step := range 3 {
		x := leaf.InScope(s)
		y := tensor.Apply1(upstreamOf{dy: dy}, x.Sum(1))
		before := dev.n
		dx := tensor.Gradient(y, []tensor.Tensor{x}, false)[0]
		if n := dev.n - before; n > 1 {
			t.Errorf("step %d: %d elements were written", step, n)
		}
		if dx.At(29, 39) != 3 {
			t.Errorf("step %d: the gradient is %v", step, dx)
		}

		a, b := leaf.InScope(s), leaf.InScope(s)
		y = tensor.Apply1(upstreamOf{dy: dy}, a.Sum(1).Add(b.Sum(1)))
		both := tensor.Gradient(y, []tensor.Tensor{a, b}, false)
		if both[0].At(0, 0) != 3 || both[1].At(29, 39) != 3 {
			t.Errorf("step %d: the gradients of two are %v and %v", step, both[0], both[1])
		}
		s.Recycle()
	}
}
