package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// recall is the recall of class 1, as a train.Metric.
type recall struct{ m *metrics.ConfusionMatrix }

func (r recall) Name() string                   { return "recall" }
func (r recall) Maximizes() bool                { return true }
func (r recall) Reset()                         { r.m.Reset() }
func (r recall) Add(pred, target tensor.Tensor) { r.m.Add(pred, target) }
func (r recall) Value() float64                 { return r.m.Class(1).Recall }

func ExampleMetric() {
	// A classifier that prefers class 1 for positive numbers.
	model := &nn.Linear{Weight: tensor.From([]float32{0, 1}, 2, 1), Bias: tensor.Zeros(2)}
	x, y := tensor.From([]float32{1, 2, -1, -2}, 4, 1), tensor.From([]int64{1, 0, 1, 1})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 2})

	r, err := train.Evaluate(context.Background(), model, loader, nn.CrossEntropyLoss{}, recall{metrics.NewConfusionMatrix(2)})
	fmt.Printf("%.2f %v\n", r.Metrics["recall"], err)
	// Output: 0.33 <nil>
}

// A confusion matrix of an evaluation.
func ExampleMetricFunc() {
	model := &nn.Linear{Weight: tensor.From([]float32{0, 1}, 2, 1), Bias: tensor.Zeros(2)}
	x, y := tensor.From([]float32{1, 2, -1, -2}, 4, 1), tensor.From([]int64{1, 0, 1, 1})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 2})

	m := metrics.NewConfusionMatrix(2)
	r, err := train.Evaluate(context.Background(), model, loader, nn.CrossEntropyLoss{}, train.MetricFunc(m.Add))
	fmt.Println(r.Correct, m.Count(1, 1), m.Count(1, 0), r.Metrics == nil, err)
	// Output: 1 1 2 true <nil>
}

// adder is a model that reads two fields of a batch: x and one more.
type adder struct{ Scale tensor.Tensor }

func (m *adder) Forward(x tensor.Tensor) tensor.Tensor { return x.Mul(m.Scale) }

func (m *adder) ForwardBatch(b data.Batch) tensor.Tensor {
	return b.X.Add(b.Fields[2]).Mul(m.Scale)
}

func ExampleBatchModel() {
	x, y, more := tensor.From([]float32{1, 2}, 2), tensor.From([]float32{11, 22}, 2), tensor.From([]float32{10, 20}, 2)
	loader := data.NewLoader(data.NewTensorDataset(x, y, more), data.LoaderConfig{BatchSize: 2})
	r, err := train.Evaluate(context.Background(), &adder{tensor.Ones(1)}, loader, nn.MSELoss{})
	fmt.Println(r.Loss, err)
	// Output: 0 <nil>
}

func ExampleLossError() {
	loader := data.NewLoader(data.NewTensorDataset(tensor.From([]float32{float32(math.Inf(1))}, 1, 1),
		tensor.Zeros(1, 1)), data.LoaderConfig{})
	_, err := train.Evaluate(context.Background(), &nn.Linear{Weight: tensor.Ones(1, 1), Bias: tensor.Zeros(1)}, loader, nn.MSELoss{})
	var l *train.LossError
	fmt.Println(errors.As(err, &l), l)
	// Output: true the loss is +Inf: sample 0 of the data set has an input that is not finite
}
