package train

import (
	"context"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// counted is the CPU. It counts the products of each precision.
type counted struct {
	*cpu.Device
	products [3]int
}

func (d *counted) MatMul(dst, a, b *device.Array, p device.Precision) {
	d.products[p]++
	d.Device.MatMul(dst, a, b, p)
}

func (d *counted) Linear(dst, x, w, b *device.Array, relu bool, p device.Precision) {
	d.products[p]++
	d.Device.Linear(dst, x, w, b, relu, p)
}

// TestPrecision checks that the products of steps have Config.Precision and those of evaluations that of the process,
// also if both read the same loader.
func TestPrecision(t *testing.T) {
	d := &counted{Device: cpu.New()}
	dev := devicetest.Open(d)
	model := &net{
		nn.NewLinear(rng.NewTorch(1), features, 16), nn.NewDropout(rng.NewTorch(1), 0), nn.NewLinear(rng.NewTorch(1), 16, 8),
		nn.NewDropout(rng.NewTorch(1), 0), nn.NewLinear(rng.NewTorch(1), 8, nclasses),
	}
	nn.To(model, dev)
	loader := data.NewLoader(someData(), data.LoaderConfig{BatchSize: samples, Device: dev})
	c := Config{
		Train: loader, Validation: loader, Optimizer: optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.01}),
		Loss: nn.CrossEntropyLoss{}, Epochs: 2, Precision: tensor.Medium,
	}
	if _, err := Fit(context.Background(), model, c); err != nil {
		t.Fatal(err)
	}
	// Three layers, each with a product for the result and one for the weight; two also with one for the input.
	if want := [3]int{2 * 3, 0, 2 * 8}; d.products != want {
		t.Errorf("products of highest, high and medium: %v, want %v", d.products, want)
	}
	err := tensor.Try(func() {
		c.Precision = 3
		Fit(context.Background(), model, c)
	})
	if err == nil {
		t.Error("precision 3 is accepted")
	}
}
