package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// overconfident returns logits that are three times those from which the targets were drawn.
func overconfident(n int) *data.Loader {
	r := rand.New(rand.NewPCG(1, 2))
	const classes = 4
	var x []float32
	var y []int64
	for range n {
		var p [classes]float64
		sum := 0.0
		for k := range p {
			z := 1.5 * r.NormFloat64()
			x = append(x, float32(3*z))
			p[k] = math.Exp(z)
			sum += p[k]
		}
		u, k := sum*r.Float64(), 0
		for ; k < classes-1 && u > p[k]; k++ {
			u -= p[k]
		}
		y = append(y, int64(k))
	}
	set := data.NewTensorDataset(tensor.From(x, n, classes), tensor.From(y))
	return data.NewLoader(set, data.LoaderConfig{BatchSize: 500})
}

// The standard error of the temperature is about 3/√(2·20000) times a factor near 2: 0.03.
func TestFitTemperature(t *testing.T) {
	got, err := train.FitTemperature(t.Context(), &nn.Identity{}, overconfident(20000))
	if err != nil || math.Abs(got-3) > 0.1 {
		t.Errorf("temperature %v, error %v, want 3 ± 0.1", got, err)
	}
}

func ExampleFitTemperature() {
	temperature, err := train.FitTemperature(context.Background(), &nn.Identity{}, overconfident(20000))
	if err != nil {
		panic(err)
	}
	x := tensor.From([]float32{6, 0, 0, 0}, 1, 4)
	fmt.Printf("%.1f: %.2f instead of %.2f\n", temperature, train.ProbabilitiesAt(&nn.Identity{}, x, temperature).At(0, 0),
		train.Probabilities(&nn.Identity{}, x).At(0, 0))
	// Output: 3.0: 0.71 instead of 0.99
}

// TestFitTemperatureErrors gives it targets that are no class, an ended context, and a model that reads whole batches.
func TestFitTemperatureErrors(t *testing.T) {
	logits := tensor.From([]float32{1, 2, 3, 0, 1, 0, 2, 0, 0}, 3, 3)
	set := func(targets ...int64) *data.Loader {
		return data.NewLoader(data.NewTensorDataset(logits, tensor.From(targets)), data.LoaderConfig{BatchSize: 2})
	}
	for want, loader := range map[string]*data.Loader{
		"sample 2 has the target 3, want a class from 0 to 2": set(0, 1, 3),
		"sample 0 has the target -1":                          set(-1, 1, 0),
		"no sample":                                           set(-100, -100, -100),
	} {
		if _, err := train.FitTemperature(t.Context(), &nn.Identity{}, loader); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := train.FitTemperature(ended, &nn.Identity{}, set(0, 1, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	some, err := train.FitTemperature(t.Context(), whole{}, set(2, 0, -100))
	if err != nil {
		t.Fatal(err)
	}
	two := data.NewLoader(data.NewTensorDataset(logits.Narrow(0, 0, 2), tensor.From([]int64{2, 0})), data.LoaderConfig{BatchSize: 2})
	if same, err := train.FitTemperature(t.Context(), &nn.Identity{}, two); err != nil || same != some {
		t.Errorf("%v without the ignored sample, %v with it, %v", same, some, err)
	}
}

// whole is a model that reads batches.
type whole struct{}

func (whole) Forward(tensor.Tensor) tensor.Tensor     { panic("Fit and Evaluate call ForwardBatch") }
func (whole) ForwardBatch(b data.Batch) tensor.Tensor { return b.X }
