package recipe

import (
	"fmt"

	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// The options of the metrics.
type (
	precision struct {
		Average string `yaml:"average" default:"macro" enum:"macro,micro,weighted" doc:"how the classes' values are averaged"`
	}
	recall struct {
		Average string `yaml:"average" default:"macro" enum:"macro,micro,weighted" doc:"how the classes' values are averaged"`
	}
	f1 struct {
		Average string `yaml:"average" default:"macro" enum:"macro,micro,weighted" doc:"how the classes' values are averaged"`
	}
	accuracy         struct{}
	rocAUC           struct{}
	averagePrecision struct{}
	rmse             struct{}
	mae              struct{}
	r2               struct{}
)

func (r *Registry) addMetrics() {
	r.Add(Metrics,
		Entry{Name: "accuracy", Doc: "for classes: the part that is predicted right", Options: &accuracy{}},
		Entry{Name: "precision", Doc: "for classes: the part of the predictions of a class that are right", Options: &precision{}},
		Entry{Name: "recall", Doc: "for classes: the part of a class that is found", Options: &recall{}},
		Entry{Name: "f1", Doc: "for classes: the harmonic mean of precision and recall", Options: &f1{}},
		Entry{Name: "roc-auc", Doc: "for classes: the area under the ROC curve", Options: &rocAUC{}},
		Entry{Name: "average-precision", Doc: "for classes: the area under the curve of precision over recall",
			Options: &averagePrecision{}},
		Entry{Name: "rmse", Doc: "for numbers: the root of the mean squared error", Options: &rmse{}},
		Entry{Name: "mae", Doc: "for numbers: the mean absolute error", Options: &mae{}},
		Entry{Name: "r2", Doc: "for numbers: the explained part of the variance", Options: &r2{}},
	)
}

// metric is a train.Metric.
type metric struct {
	name      string
	maximizes bool
	reset     func()
	add       func(pred, target tensor.Tensor)
	value     func() float64
}

func (m *metric) Name() string                   { return m.name }
func (m *metric) Maximizes() bool                { return m.maximizes }
func (m *metric) Reset()                         { m.reset() }
func (m *metric) Add(pred, target tensor.Tensor) { m.add(pred, target) }
func (m *metric) Value() float64                 { return m.value() }

func needClasses(name string, classes int) error {
	if classes == 0 {
		return fmt.Errorf("%s is for classes, and the target is a number; want rmse, mae or r2", name)
	}
	return nil
}

// maxMatrix limits the classes of a confusion matrix, which has a number for each pair of them: 128 MiB.
const maxMatrix = 4096

// ofConfusion returns a metric computed from the confusion matrix.
func ofConfusion(name string, classes int, value func(m *metrics.ConfusionMatrix) float64) (train.Metric, error) {
	if err := needClasses(name, classes); err != nil {
		return nil, err
	}
	if classes > maxMatrix {
		return nil, fmt.Errorf("%s is for at most %d classes, and there are %d; want accuracy", name, maxMatrix, classes)
	}
	m := metrics.NewConfusionMatrix(classes)
	return &metric{name, true, m.Reset, m.Add, func() float64 { return value(m) }}, nil
}

func average(name string) metrics.Average {
	switch name {
	case "micro":
		return metrics.Micro
	case "weighted":
		return metrics.Weighted
	}
	return metrics.Macro
}

func (*accuracy) New(classes int) (train.Metric, error) {
	if err := needClasses("accuracy", classes); err != nil {
		return nil, err
	}
	var a metrics.Accuracy // which needs no matrix, so it takes any number of classes
	return &metric{"accuracy", true, a.Reset, a.Add, a.Value}, nil
}

func (o *precision) New(classes int) (train.Metric, error) {
	return ofConfusion("precision", classes, func(m *metrics.ConfusionMatrix) float64 {
		return m.Average(average(o.Average), m.Present()...).Precision
	})
}

func (o *recall) New(classes int) (train.Metric, error) {
	return ofConfusion("recall", classes,
		func(m *metrics.ConfusionMatrix) float64 { return m.Average(average(o.Average), m.Present()...).Recall })
}

func (o *f1) New(classes int) (train.Metric, error) {
	return ofConfusion("f1", classes, func(m *metrics.ConfusionMatrix) float64 { return m.Average(average(o.Average), m.Present()...).F1 })
}

// ofScores returns a metric computed from all scores.
func ofScores(name string, classes int, value func(r *metrics.Ranking) float64) (train.Metric, error) {
	if err := needClasses(name, classes); err != nil {
		return nil, err
	}
	var r metrics.Ranking
	add := func(pred, target tensor.Tensor) {
		if classes == 2 { // the score of class 1
			pred = pred.Detach()
			r.Add(pred.Select(1, 1).Sub(pred.Select(1, 0)), target)
			return
		}
		r.Add(pred.Detach().Softmax(1), target)
	}
	return &metric{name, true, r.Reset, add, func() float64 { return value(&r) }}, nil
}

func (*rocAUC) New(classes int) (train.Metric, error) {
	return ofScores("roc-auc", classes, (*metrics.Ranking).ROCAUC)
}

func (*averagePrecision) New(classes int) (train.Metric, error) {
	return ofScores("average-precision", classes, (*metrics.Ranking).AveragePrecision)
}

func ofErrors(name string, classes int, maximizes bool, value func(r *metrics.Regression) float64) (train.Metric, error) {
	if classes != 0 {
		return nil, fmt.Errorf("%s is for numbers, and the target is a class; want accuracy, precision, recall, f1, roc-auc or average-precision", name)
	}
	var r metrics.Regression
	return &metric{name, maximizes, r.Reset, r.Add, func() float64 { return value(&r) }}, nil
}

func (*rmse) New(classes int) (train.Metric, error) {
	return ofErrors("rmse", classes, false, (*metrics.Regression).RMSE)
}

func (*mae) New(classes int) (train.Metric, error) {
	return ofErrors("mae", classes, false, (*metrics.Regression).MAE)
}

func (*r2) New(classes int) (train.Metric, error) {
	return ofErrors("r2", classes, true, (*metrics.Regression).R2)
}
