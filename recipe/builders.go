package recipe

import (
	"fmt"
	"strconv"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Optimizer is implemented by the options of an optimizer.
type Optimizer interface {
	// Rate returns the learning rate.
	Rate() float64
	// New returns the optimizer of some parameters.
	New(params []tensor.Tensor) optim.Optimizer
}

// Schedule is implemented by the options of a schedule.
type Schedule interface {
	// New returns the schedule of an optimizer, whose learning rate is rate, over some epochs. steps is the number of the
	// optimizer's steps in an epoch, −1 if it is not known.
	New(opt optim.Optimizer, rate float64, steps, epochs int) Scheduled
}

// Scheduled is a schedule and when it makes its steps. All fields may be nil.
type Scheduled struct {
	Batch, Epoch sched.Scheduler
	Plateau      *sched.ReduceLROnPlateau
}

// Loss is implemented by the options of a loss.
type Loss interface {
	// New returns the loss to train with, and the one for evaluations, for a target that is one of some classes, or, if
	// classes is 0, numbers. It returns an error if the loss is not for such a target.
	New(classes int) (training, evaluation train.Loss, err error)
}

// Metric is implemented by the options of a metric.
type Metric interface {
	// New returns the metric for predictions of some classes, or, if classes is 0, of numbers.
	New(classes int) (train.Metric, error)
}

// Layer is implemented by the options of a layer.
type Layer interface {
	// New returns the layer for samples of a shape, and the shape of its results; both without the batch. out is the
	// number of the model's results.
	New(g *rng.Torch, in []int, out int) (nn.Module, []int, error)
}

// Size is a number of features; [Out] is the number of the model's results.
type Size int

// Out is written as "out".
const Out Size = -1

// or returns the size, or out.
func (s Size) or(out int) int {
	if s == Out {
		return out
	}
	return int(s)
}

// BuildOptimizer returns the recipe's optimizer of some parameters. It panics if the recipe has none: see
// [Entry].Recipe and [Recipe.Choose].
func (r *Recipe) BuildOptimizer(params []tensor.Tensor) optim.Optimizer {
	return r.optimizer("BuildOptimizer").New(params)
}

// BuildSchedule returns the recipe's schedule of opt. steps is the number of the optimizer's steps in an epoch, −1 if
// it is not known. It panics if the recipe has no optimizer.
func (r *Recipe) BuildSchedule(opt optim.Optimizer, steps int) Scheduled {
	return r.Schedule.Options.(Schedule).New(opt, r.optimizer("BuildSchedule").Rate(), steps, r.Training.Epochs)
}

func (r *Recipe) optimizer(op string) Optimizer {
	if r.Optimizer.Name == "" {
		panic(&tensor.Error{Op: "recipe." + op, Msg: fmt.Sprintf("the recipe has no optimizer: name one in the recipe of the "+
			"task %s, or call Choose", r.Task)})
	}
	return r.Optimizer.Options.(Optimizer)
}

// BuildLoss returns the recipe's losses of the training and of evaluations; classes is 0 for predictions of numbers. It
// returns an error if the recipe has no loss, or one that is not for such a target.
func (r *Recipe) BuildLoss(classes int) (training, evaluation train.Loss, err error) {
	if r.Loss.Name == "" {
		return nil, nil, r.Errorf("loss", "there is no loss; want %s", list(r.registry.Names(Losses, r.Task)))
	}
	if training, evaluation, err = r.Loss.Options.(Loss).New(classes); err != nil {
		err = r.Errorf("loss", "%v", err)
	}
	return training, evaluation, err
}

// BuildMetrics returns the recipe's metrics; classes is 0 for predictions of numbers. It returns an error for a metric
// that is not for such predictions.
func (r *Recipe) BuildMetrics(classes int) ([]train.Metric, error) {
	var out []train.Metric
	for i, c := range r.Metrics {
		m, err := c.Options.(Metric).New(classes)
		if err != nil {
			return nil, r.Errorf("metrics."+strconv.Itoa(i), "%v", err)
		}
		out = append(out, m)
	}
	return out, nil
}
