package optim

import (
	"fmt"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/tensor"
)

// TestOtherDevice moves the parameters after three steps to an asynchronous device without fused kernels, where steps
// consist of tensor operations. The state moves with the parameters.
func TestOtherDevice(t *testing.T) {
	there := devicetest.Async()
	for _, tr := range readTraces(t) {
		t.Run(fmt.Sprint(tr), func(t *testing.T) {
			ps := tr.parameters(tensor.Float64)
			opt := tr.build(ps, false)
			avg := NewEMA(ps, 0.9)
			for step := range steps {
				if step == 3 {
					for _, p := range ps {
						p.MoveTo(there)
					}
				}
				setGradients(ps, step)
				opt.Step()
				avg.Update()
				want := tr.golden(t, tensor.Float64, step)
				// ten steps of numbers below 3
				compare(t, step, elements(ps), want, func(i int) float64 { return tr.rounding(t, tensor.Float64, step, 10*3) })
			}
			if d := opt.State()["state.0.step"]; d.Item() < 9 {
				t.Errorf("parameter 0 made %v steps", d.Item())
			}
			if avg.Params()[0].Device() != there {
				t.Error("the averages are still on the first device")
			}
			ClipGradNorm(ps, 1e-3)
			if n := GradNorm(ps, 2); n > 1.0001e-3 {
				t.Errorf("the norm after clipping is %v", n)
			}
			if err := opt.LoadState(keep(opt.State())); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAveragesFollowAtSwap checks that a model that was moved or converted swaps with its averages without another
// Update, and that a second Swap restores it.
func TestAveragesFollowAtSwap(t *testing.T) {
	there := devicetest.Async()
	for name, change := range map[string]func(tensor.Tensor){
		"moved":     func(p tensor.Tensor) { p.MoveTo(there) },
		"converted": func(p tensor.Tensor) { p.ConvertTo(tensor.Float64) },
	} {
		p := tensor.Full(3, 2).SetRequiresGrad(true)
		avg := NewEMA([]tensor.Tensor{p}, 0.5)
		change(p)
		p.Data().FillInPlace(0.1)
		was := p.Float64s()[0]
		avg.Swap()
		if v := p.Float64s()[0]; v != 3 {
			t.Errorf("%s: the average is %v, want 3", name, v)
		}
		avg.Swap()
		if v := p.Float64s()[0]; v != was {
			t.Errorf("%s: after the second Swap the parameter is %v, want %v", name, v, was)
		}
	}
}

// TestOtherType converts a model to float64 between two steps. The optimizer's state is converted too, and training
// continues as with a new optimizer in float64 that loaded the same state.
func TestOtherType(t *testing.T) {
	for _, tr := range readTraces(t) {
		t.Run(fmt.Sprint(tr), func(t *testing.T) {
			ps, fresh := tr.parameters(tensor.Float32), tr.parameters(tensor.Float64)
			opt, want := tr.build(ps, false), tr.build(fresh, false)
			avg := NewEMA(ps, 0.9)
			for step := range steps {
				if step == 3 {
					for i, p := range ps {
						p.ConvertTo(tensor.Float64)
						fresh[i].Data().CopyFrom(p)
					}
					if err := want.LoadState(keep(opt.State())); err != nil {
						t.Fatal(err)
					}
				}
				if step >= 3 {
					setGradients(fresh, step)
					want.Step()
				}
				setGradients(ps, step)
				opt.Step()
				avg.Update()
			}
			compare(t, steps-1, elements(ps), elements(fresh), func(int) float64 { return 0 })
			if avg.Params()[0].DType() != tensor.Float64 {
				t.Error("the averages are still float32")
			}
		})
	}
}
