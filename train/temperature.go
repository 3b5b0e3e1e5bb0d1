package train

import (
	"context"
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// FitTemperature returns the temperature T > 0 for which softmax(logits/T) are the best probabilities for the loader's
// data: those with the smallest mean cross-entropy. The data must not have been used for the training. T is above 1 for
// an overconfident classifier. The predicted classes do not depend on T. The targets are class numbers, int64 (N), for
// logits (N, C); those that cross-entropy ignores (−100) do not count. FitTemperature puts model into evaluation mode
// and leaves it there. It returns the loader's error, ctx's error once ctx has ended, an error for a target that is no
// class, and one if there are no samples.
//
// Source: C. Guo et al., On Calibration of Modern Neural Networks, 2017.
func FitTemperature(ctx context.Context, model nn.Module, loader *data.Loader) (float64, error) {
	defer nn.LocatePanic(model)
	nn.Eval(model)
	var rows [][]float64 // logits, less the target's
	ignored := int64(nn.CrossEntropyLoss{}.Ignored())
	for batch := range loader.Batches(data.NoGrad) {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("temperature: stopped before %s: %w", batchOf(batch, loader), err)
		}
		logits := forward(model, batch)
		c, z := logits.Dim(1), logits.Float64s()
		for i, y := range batch.Y.Int64s() {
			if y == ignored {
				continue
			}
			if y < 0 || y >= int64(c) {
				return 0, fmt.Errorf("temperature: sample %d has the target %d, want a class from 0 to %d", batch.Indices[i], y, c-1)
			}
			row := z[i*c : (i+1)*c]
			own := row[y]
			for k := range row {
				row[k] -= own
			}
			rows = append(rows, row)
		}
	}
	if err := loader.Err(); err != nil {
		return 0, fmt.Errorf("temperature: %w", err)
	}
	if len(rows) == 0 {
		return 0, fmt.Errorf("temperature: the data have no sample")
	}
	loss := func(logT float64) float64 { // Σ log Σ_k exp(row_k / T)
		inv, sum := math.Exp(-logT), 0.0
		for _, row := range rows {
			most := 0.0
			for _, v := range row {
				most = max(most, v)
			}
			s := 0.0
			for _, v := range row {
				s += math.Exp((v - most) * inv)
			}
			sum += most*inv + math.Log(s)
		}
		return sum
	}
	// The loss is convex in 1/T, so it has one minimum: golden-section search between T = 1/20 and 20.
	const golden = 0.6180339887498949
	lo, hi := -math.Log(20), math.Log(20)
	a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
	fa, fb := loss(a), loss(b)
	for hi-lo > 1e-4 {
		if fa < fb {
			hi, b, fb = b, a, fa
			a = hi - golden*(hi-lo)
			fa = loss(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + golden*(hi-lo)
			fb = loss(b)
		}
	}
	return math.Exp((lo + hi) / 2), nil
}

// ProbabilitiesAt is Probabilities at a temperature: softmax(logits/T).
func ProbabilitiesAt(model nn.Module, x tensor.Tensor, temperature float64) tensor.Tensor {
	defer nn.LocatePanic(model)
	nn.Eval(model)
	return tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor {
		return model.Forward(x).DivScalar(temperature).Softmax(1)
	})
}
