package table

import (
	"fmt"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// targetMetric is a metric of one target, with numbers in the target's own unit.
type targetMetric struct {
	train.Metric
	name   string
	target output
}

// Name returns the metric's name, such as "rmse", or with several targets "rmse_price".
func (m targetMetric) Name() string { return m.name }

// Add adds a batch.
func (m targetMetric) Add(pred, y tensor.Tensor) { m.Metric.Add(m.target.inUnit(pred, y)) }

// targetMetrics returns the recipe's metrics for each target that they are for. It returns an error for a metric that is
// for no target.
func targetMetrics(r *recipe.Recipe, prep *tabular.Preparation) ([]train.Metric, error) {
	var list []train.Metric
	targets := outputs(prep.Targets)
	for i, choice := range r.Metrics {
		var wrong error
		fits := false
		for _, t := range targets {
			m, err := choice.Options.(recipe.Metric).New(t.classes())
			if err != nil {
				wrong = err
				continue
			}
			name := m.Name()
			if len(targets) > 1 {
				name += "_" + t.Name
			}
			list, fits = append(list, targetMetric{m, name, t}), true
		}
		if !fits {
			return nil, r.Errorf(fmt.Sprintf("metrics.%d", i), "%v", wrong)
		}
	}
	return list, nil
}

// metricsFor returns the recipe's metrics that are for a target with so many classes, 0 for a number.
func metricsFor(r *recipe.Recipe, classes int) ([]train.Metric, error) {
	var list []train.Metric
	for i, choice := range r.Metrics {
		o, ok := choice.Options.(recipe.Metric)
		if !ok {
			return nil, r.Errorf(fmt.Sprintf("metrics.%d", i), "%s is no metric", choice.Name)
		}
		if m, err := o.New(classes); err == nil { // else it is for another target
			list = append(list, m)
		}
	}
	return list, nil
}
