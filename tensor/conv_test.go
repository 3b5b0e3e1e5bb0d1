package tensor_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestConvOfAnyShape compares the processor's kernels with im2col and matrix products, which the test device computes, for convolutions of
// random sizes and settings: the result and both gradients.
func TestConvOfAnyShape(t *testing.T) {
	r, g := rand.New(rand.NewPCG(1, 2)), rng.NewTorch(1)
	any := func(lo, hi int) int { return lo + r.IntN(hi-lo+1) }
	rounds := 300
	if testing.Short() {
		rounds = 60
	}
	for range rounds {
		dims, groups := any(1, 3), 1
		in, out := any(1, 20), any(1, 40)
		switch any(1, 4) {
		case 1: // depthwise
			groups, out = in, in*any(1, 2)
		case 2:
			groups = any(1, 3)
			in, out = in*groups, out*groups
		}
		x, w := []int{any(1, 3), in}, []int{out, in / groups}
		o := tensor.ConvOptions{Groups: groups, Same: any(1, 6) == 1, Dilation: []int{any(1, 2)}}
		if !o.Same {
			o.Padding = []int{any(0, 3)}
		}
		for range dims {
			k := any(1, 4)
			w = append(w, k)
			x = append(x, (k-1)*o.Dilation[0]+1+any(0, 24/dims))
			if !o.Same {
				o.Stride = append(o.Stride, any(1, 3))
			}
		}
		c := tensor.Options{}
		inputs := []tensor.Tensor{c.RandN(g, x...), c.RandN(g, w...), c.RandN(g, out)}
		run := func(d tensor.Device) (results []tensor.Tensor) {
			var xs []tensor.Tensor
			for _, v := range inputs {
				xs = append(xs, v.To(d).SetRequiresGrad(true))
			}
			f := [4]func(x, w, b tensor.Tensor,
				o tensor.ConvOptions) tensor.Tensor{1: tensor.Conv1d, 2: tensor.Conv2d, 3: tensor.Conv3d}[dims]
			y := f(xs[0], xs[1], xs[2], o)
			y.Mul(y.MulScalar(0.25).Cos()).Sum().Backward()
			results = append(results, y.Detach().To(tensor.CPU()))
			for _, x := range xs {
				results = append(results, x.Grad().To(tensor.CPU()))
			}
			return results
		}
		want := run(devicetest.Async())
		for i, got := range run(tensor.CPU()) {
			// Each is a sum of up to some thousand products, in another order.
			if size := want[i].Abs().Max().Item(); got.Sub(want[i]).Abs().Max().Item() > 2e-5*(1+size) {
				t.Errorf("%v × %v %+v: %s differs", x, w, o, fmt.Sprint([]string{"the result", "dx", "dw", "db"}[i]))
			}
		}
	}
}
