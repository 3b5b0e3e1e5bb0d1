package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	got, err := train.FitTemperature(&nn.Identity{}, overconfident(20000))
	if err != nil || math.Abs(got-3) > 0.1 {
		t.Errorf("temperature %v, error %v, want 3 ± 0.1", got, err)
	}
}

func ExampleFitTemperature() {
	temperature, err := train.FitTemperature(&nn.Identity{}, overconfident(20000))
	if err != nil {
		panic(err)
	}
	x := tensor.From([]float32{6, 0, 0, 0}, 1, 4)
	fmt.Printf("%.1f: %.2f instead of %.2f\n", temperature, train.ProbabilitiesAt(&nn.Identity{}, x, temperature).At(0, 0),
		train.Probabilities(&nn.Identity{}, x).At(0, 0))
	// Output: 3.0: 0.71 instead of 0.99
}
