// Package train trains models, evaluates them and predicts with them. Fit runs the training loop, reports progress to a
// Reporter, stops when its context ends, names the layer that produced a NaN, and saves checkpoints from which it
// resumes bit for bit.
//
//	history, err := train.Fit(ctx, model, train.Config{
//		Train:      data.NewLoader(trainSet, data.LoaderConfig{BatchSize: 64, Shuffle: true, RNG: g}),
//		Validation: data.NewLoader(validationSet, data.LoaderConfig{BatchSize: 500}),
//		Optimizer:  optim.NewAdam(nn.Parameters(model), optim.AdamConfig{}),
//		Loss:       nn.CrossEntropyLoss{},
//		Epochs:     5,
//		Reporter:   train.Lines(os.Stdout),
//	})
package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// Result is the result of an evaluation on a data set.
type Result struct {
	Loss    float64 `json:"loss"`    // over all samples; see [Loss]
	Correct int     `json:"correct"` // the number of correctly predicted classes
	Total   int     `json:"total"`   // the number of targets that the loss does not ignore; 0 if the targets are not classes

	Metrics map[string]float64 `json:"metrics,omitempty"` // by name; a metric without a value, such as a NaN, is absent
}

// Metric measures predictions during an evaluation, such as the F1 score. Add is called with the model's output and the
// targets of each batch; it must not keep the tensors.
type Metric interface {
	Name() string
	Maximizes() bool // a larger value is better
	Reset()
	Add(pred, target tensor.Tensor)
	Value() float64
}

// MetricFunc adapts a function to [Metric]: it is called with the model's output and the targets of each batch of an
// evaluation, such as [metrics.ConfusionMatrix.Add]. It has no value.
type MetricFunc func(pred, target tensor.Tensor)

// Name returns "".
func (MetricFunc) Name() string { return "" }

// Maximizes returns false.
func (MetricFunc) Maximizes() bool { return false }

// Reset does nothing.
func (MetricFunc) Reset() {}

// Add calls f.
func (f MetricFunc) Add(pred, target tensor.Tensor) { f(pred, target) }

// Value returns NaN, so that Result.Metrics has no value.
func (MetricFunc) Value() float64 { return math.NaN() }

// BatchModel is implemented by models that read more than [data.Batch].X. Fit and Evaluate call ForwardBatch instead of
// Forward.
type BatchModel interface {
	ForwardBatch(b data.Batch) tensor.Tensor
}

// forward returns the model's output for a batch.
func forward(model nn.Module, b data.Batch) tensor.Tensor {
	if m, ok := model.(BatchModel); ok {
		return m.ForwardBatch(b)
	}
	return model.Forward(b.X)
}

// Accuracy returns Correct/Total, NaN if the targets are not classes.
func (r Result) Accuracy() float64 { return float64(r.Correct) / float64(r.Total) }

// Evaluate puts model into evaluation mode, leaves it there, and returns the loss and accuracy on the loader's data.
// The result does not depend on the batch size; the loader may read a stream. If the targets are class numbers, int64
// (N, d…) for predictions (N, C, d…), the predicted class is the one with the highest score. Targets that the loss ignores
// do not count; see [Loss].
//
// Evaluate returns the loader's error, ctx's error once ctx has ended, an error that names the layer if a loss is not
// finite, and an error if the data have no sample or only ignored targets. The metrics' values are in Result.Metrics.
func Evaluate(ctx context.Context, model nn.Module, loader *data.Loader, loss Loss, metrics ...Metric) (Result, error) {
	defer nn.LocatePanic(model)
	nn.Eval(model)
	for _, x := range metrics {
		x.Reset()
	}
	var r Result
	var m mean
	for batch := range loader.Batches(data.NoGrad) {
		if err := ctx.Err(); err != nil {
			return Result{}, fmt.Errorf("evaluation stopped before %s: %w", batchOf(batch, loader), err)
		}
		pred := forward(model, batch)
		v := loss.Forward(pred, batch.Y).Item()
		weight, averaged := divisorOf(loss, pred, batch)
		if m.add(v, weight, averaged); !finite(m.Sum) {
			return Result{}, fmt.Errorf("evaluation: %s: %w", batchOf(batch, loader),
				&LossError{v, notFinite(model, batch)})
		}
		if classes(pred, batch.Y) {
			counted := batch.Y.NotEqualScalar(float64(ignoredBy(loss)))
			r.Correct += int(pred.ArgMax(1).Equal(batch.Y).And(counted).Sum().Item())
			r.Total += int(counted.Sum().Item())
		}
		for _, x := range metrics {
			x.Add(pred, batch.Y)
		}
	}
	if err := loader.Err(); err != nil {
		return Result{}, fmt.Errorf("evaluation: %w", err)
	}
	if r.Loss = m.value(); math.IsNaN(r.Loss) {
		return Result{}, fmt.Errorf("evaluation: the data have no sample, or only ignored targets")
	}
	for _, x := range metrics {
		if v := x.Value(); finite(v) {
			if r.Metrics == nil {
				r.Metrics = map[string]float64{}
			}
			r.Metrics[x.Name()] = v
		}
	}
	return r, nil
}

// batchOf returns the name of a batch in messages, such as "batch 2 of 5".
func batchOf(batch data.Batch, loader *data.Loader) string {
	if n := loader.Len(); n >= 0 {
		return fmt.Sprintf("batch %d of %d", batch.Step+1, n)
	}
	return fmt.Sprintf("batch %d", batch.Step+1)
}

// classes reports whether target holds class numbers for the scores pred.
func classes(pred, target tensor.Tensor) bool {
	return target.Defined() && target.DType() == tensor.Int64 && pred.Rank() >= 2 && pred.Rank() == target.Rank()+1
}

// Predict puts model into evaluation mode and returns the class with the highest score for each row of x: (N, …) → N.
func Predict(model nn.Module, x tensor.Tensor) []int64 {
	defer nn.LocatePanic(model)
	nn.Eval(model)
	return tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor { return model.Forward(x).ArgMax(1) }).Int64s()
}

// Probabilities puts model into evaluation mode and returns the probability of each class for each row of x, the
// softmax of the model's output: (N, …) → (N, C). The model is a classifier whose output are logits, as for
// [nn.CrossEntropy].
func Probabilities(model nn.Module, x tensor.Tensor) tensor.Tensor {
	defer nn.LocatePanic(model)
	nn.Eval(model)
	return tensor.NoGrad(x, func(x tensor.Tensor) tensor.Tensor { return model.Forward(x).Softmax(1) })
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// LossError says that a loss is infinite or NaN, and why.
type LossError struct {
	Loss float64
	Err  error // such as a [*nn.NotFinite], which names the layer
}

func (e *LossError) Error() string { return fmt.Sprintf("the loss is %v: %v", e.Loss, e.Err) }

func (e *LossError) Unwrap() error { return e.Err }

// notFinite returns the reason why the loss of a batch is not finite.
func notFinite(model nn.Module, batch data.Batch) error {
	if batch.X.DType().IsFloat() {
		rows := batch.X.Detach().Reshape(batch.X.Dim(0), -1).MulScalar(0).Sum(1).Float64s()
		for i, v := range rows {
			if v != 0 {
				return fmt.Errorf("sample %d of the data set has an input that is not finite", batch.Indices[i])
			}
		}
	}
	if _, ok := model.(BatchModel); ok {
		return errors.New("the model's output, the loss function or the targets are not finite")
	}
	if err := nn.TraceNaN(model, batch.X); err != nil {
		return err
	}
	return errors.New("the model's output is finite; the cause is the loss function or the targets")
}
