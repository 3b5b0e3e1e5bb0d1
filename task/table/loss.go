package table

import (
	"slices"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// setLoss chooses the loss that the targets need. Training compares each member of a network with them.
func setLoss(p *task.Problem, r *recipe.Recipe, prep *tabular.Preparation, balanced bool) error {
	if err := chooseLoss(p, r, prep, balanced); err != nil {
		return err
	}
	p.Loss = models.MemberLoss{Loss: p.Loss}
	return nil
}

func chooseLoss(p *task.Problem, r *recipe.Recipe, prep *tabular.Preparation, balanced bool) error {
	classes, target := prep.Classes(), prep.Targets[0].Name
	mixed := len(prep.Targets) > 1 && slices.ContainsFunc(prep.Targets,
		func(t *tabular.ColumnPreparation) bool { return t.Kind == tabular.Category })
	name, source := "mse", "numbers in "+target
	switch {
	case mixed:
		name, source = "joint", "several targets, some with classes"
	case classes != nil:
		name, source = "cross-entropy", "classes in "+target
	}
	if err := r.Choose(&r.Loss, recipe.Losses, name, source); err != nil {
		return err
	}
	o, joined := r.Loss.Options.(*joint)
	switch {
	case mixed && !joined:
		return r.Errorf("loss", "%s is for one target or for numbers alone, and of the targets some have classes; want joint", r.Loss.Name)
	case !mixed && joined:
		return r.Errorf("loss", "joint is for several targets, some with classes; want %s", name)
	case r.Loss.Name == "bce-with-logits" && classes == nil:
		return r.Errorf("loss",
			"bce-with-logits is for yes and no, and the target %s is a number; want mse, l1, huber or smooth-l1", target)
	case mixed:
		o.targets = prep.Targets
	}
	var err error
	if p.Loss, p.EvalLoss, err = r.BuildLoss(len(classes)); err != nil {
		return err
	}
	if !balanced {
		return nil
	}
	if classes == nil {
		return r.Errorf("data.balanced", "only one target with classes can be balanced")
	}
	loss := p.Loss.(nn.CrossEntropyLoss)
	loss.Weight = tensor.From(prep.Targets[0].Weights(), len(classes))
	p.Loss = loss
	return nil
}

// joint holds the options of the loss joint; chooseLoss sets the targets.
type joint struct{ targets []*tabular.ColumnPreparation }

// New returns the loss of the targets.
func (o *joint) New(int) (training, evaluation train.Loss, err error) {
	l := jointLoss{outputs(o.targets)}
	return l, l, nil
}

// jointLoss is the loss of several targets: the sum of the cross-entropies of those with classes and the mean squared
// errors of the others. pred (N, outputs) has a score for each class, and a number for each other target; target
// (N, targets) has the numbers of the classes as floats.
type jointLoss struct{ targets []output }

func (l jointLoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	var sum tensor.Tensor
	for i, t := range l.targets {
		x, y := t.of(pred, target)
		loss := nn.MSE
		if t.Kind == tabular.Category {
			loss = nn.CrossEntropy
		}
		if i == 0 {
			sum = loss(x, y)
		} else {
			sum = sum.Add(loss(x, y))
		}
	}
	return sum
}

// output is a target with the place of its outputs.
type output struct {
	*tabular.ColumnPreparation
	from, n int
	column  int // of the targets y; −1 if y is this target alone, a class
}

func outputs(targets []*tabular.ColumnPreparation) []output {
	var list []output
	at := 0
	for i, t := range targets {
		o := output{t, at, 1, i}
		if t.Kind == tabular.Category {
			o.n = len(t.Values)
			if len(targets) == 1 {
				o.column = -1
			}
		}
		list = append(list, o)
		at += o.n
	}
	return list
}

// classes returns the number of classes, 0 for a number.
func (o output) classes() int {
	if o.Kind == tabular.Category {
		return o.n
	}
	return 0
}

// of returns the outputs and the values of the target: scores (N, n) and classes (N), or numbers (N), which are
// standardized.
func (o output) of(pred, y tensor.Tensor) (outputs, target tensor.Tensor) {
	if o.column >= 0 {
		y = y.Select(1, o.column)
	}
	if o.Kind == tabular.Category {
		return pred.Narrow(1, o.from, o.n), y.Cast(tensor.Int64)
	}
	return pred.Select(1, o.from), y
}

// inUnit is of with numbers in the target's own unit.
func (o output) inUnit(pred, y tensor.Tensor) (outputs, target tensor.Tensor) {
	pred, y = o.of(pred, y)
	if o.Kind == tabular.Category {
		return pred.Contiguous(), y
	}
	unit := func(x tensor.Tensor) tensor.Tensor {
		return x.Cast(tensor.Float64).MulScalar(o.Std).AddScalar(o.Mean)
	}
	return unit(pred), unit(y)
}
