package tensor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/devicetest"
	kernels "github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// observed is the CPU, keeping the precisions that it is asked for.
type observed struct {
	*cpu.Device
	asked []device.Precision
}

func (d *observed) MatMul(dst, a, b *device.Array, p device.Precision) {
	d.asked = append(d.asked, p)
	d.Device.MatMul(dst, a, b, p)
}

func (d *observed) Linear(dst, x, w, b *device.Array, relu bool, p device.Precision) {
	d.asked = append(d.asked, p)
	d.Device.Linear(dst, x, w, b, relu, p)
}

// want checks what was asked for since the last call.
func (d *observed) want(t *testing.T, what string, count int, p tensor.Precision) {
	t.Helper()
	if len(d.asked) != count {
		t.Errorf("%s: %d products, want %d", what, len(d.asked), count)
	}
	for _, got := range d.asked {
		if tensor.Precision(got) != p {
			t.Errorf("%s: %v, want %v", what, got, p)
		}
	}
	d.asked = nil
}

func TestPrecisionReachesTheDevice(t *testing.T) {
	defer tensor.SetFloat32MatmulPrecision(tensor.Float32MatmulPrecision())
	d := &observed{Device: cpu.New()}
	dev := devicetest.Open(d)
	o := tensor.Options{Device: dev}
	x, w := tensor.FromAs(o, []float32{1, 2, 3, 4}, 2, 2), tensor.FromAs(o, []float32{1, 2, 3, 4}, 2, 2).SetRequiresGrad(true)
	l := nn.NewLinear(rng.NewTorch(1), 2, 2)
	nn.To(l, dev)

	x.MatMul(w)
	d.want(t, "at first, on the heap", 1, tensor.Highest)
	tensor.SetFloat32MatmulPrecision(tensor.High)
	y := x.MatMul(w)
	d.want(t, "on the heap", 1, tensor.High)
	y.Sum().Backward()
	d.want(t, "Backward of the heap", 1, tensor.High)

	s := tensor.NewScope(dev)
	x.InScope(s).MatMul(w)
	d.want(t, "a scope without a precision", 1, tensor.High)
	s.SetFloat32MatmulPrecision(tensor.Medium)
	for range 2 {
		y := l.Forward(x.InScope(s).MatMul(w))
		d.want(t, "Forward", 2, tensor.Medium)
		y.Sum().Backward()
		d.want(t, "Backward", 3, tensor.Medium)
		tensor.NoGrad(x.InScope(s), func(x tensor.Tensor) tensor.Tensor { return l.Forward(x) })
		d.want(t, "NoGrad", 1, tensor.Medium)
		s.Recycle()
	}
	x.InScope(tensor.NewScope(dev)).MatMul(w)
	d.want(t, "another scope", 1, tensor.High)

	y = x.InScope(s).MatMul(w)
	s.SetFloat32MatmulPrecision(tensor.Highest)
	d.want(t, "Forward in medium", 1, tensor.Medium)
	y.Sum().Backward()
	d.want(t, "Backward in highest", 1, tensor.Highest)
	if p := s.Float32MatmulPrecision(); p != tensor.Highest {
		t.Errorf("the scope's precision is %v", p)
	}
}

// Which bits a precision gives is gemm's to say; where the processor has no faster way, all give the same.
func TestPrecisionOfProducts(t *testing.T) {
	const size = 96
	for _, level := range kernels.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer kernels.Force(level)()
			var values [2][size * size]float32
			for i := range values {
				rng.NewTorch(uint64(i)).Normal32(values[i][:], 0, 1)
			}
			a, b := tensor.From(values[0][:], size, size), tensor.From(values[1][:], size, size)
			for _, dev := range []tensor.Device{tensor.CPU(), devicetest.Async()} {
				s := tensor.NewScope(dev)
				a, b := a.To(dev), b.To(dev)
				for _, p := range []tensor.Precision{tensor.Highest, tensor.High, tensor.Medium} {
					s.SetFloat32MatmulPrecision(p)
					got := a.InScope(s).MatMul(b.InScope(s)).Float32s()
					want := make([]float32, size*size)
					gemm.Float32(want, size, size, size, size, a.Float32s(), size, 1, b.Float32s(), size, 1,
						gemm.Epilogue[float32]{Precision: gemm.Precision(p)})
					for i := range want {
						if got[i] != want[i] {
							t.Fatalf("%v on %v: element %d is %v, want %v", p, dev, i, got[i], want[i])
						}
					}
				}
			}
		})
	}
}

func TestWrongPrecisionPanics(t *testing.T) {
	err := tensor.Try(func() { tensor.SetFloat32MatmulPrecision(3) })
	if err == nil || !strings.Contains(err.Error(), "Highest, High or Medium") {
		t.Errorf("precision 3: %v", err)
	}
	if s := tensor.Precision(3).String(); s != "invalid" {
		t.Errorf("precision 3 is %q", s)
	}
}

func ExamplePrecision() {
	fmt.Println(tensor.Float32MatmulPrecision())

	s := tensor.NewScope(tensor.CPU())
	s.SetFloat32MatmulPrecision(tensor.High) // for what is computed in s, and its gradients
	x := tensor.From([]float32{1, 2, 3, 4}, 2, 2).InScope(s)
	fmt.Println(s.Float32MatmulPrecision(), x.MatMul(x))
	// Output:
	// highest
	// high tensor([[ 7., 10.],
	//         [15., 22.]])
}
