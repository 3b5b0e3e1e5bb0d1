package table

import (
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
	if p.Loss == nil {
		p.Loss, p.EvalLoss = r.BuildLoss()
	}
	p.Loss = models.MemberLoss{Loss: p.Loss}
	return nil
}

func chooseLoss(p *task.Problem, r *recipe.Recipe, prep *tabular.Preparation, balanced bool) error {
	classes := prep.Classes()
	mixed := false
	for _, t := range prep.Targets {
		mixed = mixed || t.Kind == tabular.Category && len(prep.Targets) > 1
	}
	name, source := "mse", "numbers in "+prep.Targets[0].Name
	if classes != nil {
		name, source = "cross-entropy", "classes in "+prep.Targets[0].Name
	}
	if mixed { // the recipe has no loss, also when a run is resumed
		if r.Loss.Name != "" {
			return r.Errorf("loss", "several targets, some with classes, have the sum of cross-entropies and squared errors; leave loss out")
		}
		p.Loss = jointLoss{prep.Targets}
		p.EvalLoss = p.Loss
	} else if err := r.Choose(&r.Loss, recipe.Losses, name, source); err != nil {
		return err
	}
	forClasses := r.Loss.Name == "cross-entropy"
	switch {
	case mixed:
	case classes != nil && !forClasses:
		return r.Errorf("loss", "%s is for numbers, and the target %s has classes; want cross-entropy", r.Loss.Name, prep.Targets[0].Name)
	case classes == nil && (forClasses || r.Loss.Name == "bce-with-logits"):
		return r.Errorf("loss", "%s is for classes, and the target %s is a number; want mse, l1, huber or smooth-l1", r.Loss.Name, prep.Targets[0].Name)
	}
	if !balanced {
		return nil
	}
	if classes == nil {
		return r.Errorf("data.balanced", "only one target with classes can be balanced")
	}
	training, evaluation := r.BuildLoss()
	loss, ok := training.(nn.CrossEntropyLoss)
	if !ok {
		return r.Errorf("data.balanced", "the loss %s has no weights of classes", r.Loss.Name)
	}
	loss.Weight = tensor.From(prep.Targets[0].Weights(), len(classes))
	p.Loss, p.EvalLoss = loss, evaluation
	return nil
}

// jointLoss is the loss of several targets: the sum of the cross-entropies of those with classes and the mean squared
// errors of the others. pred (N, outputs) has a score for each class, and a number for each other target; target
// (N, targets) has the numbers of the classes as floats.
type jointLoss struct{ targets []*tabular.ColumnPreparation }

func (l jointLoss) Forward(pred, target tensor.Tensor) tensor.Tensor {
	var sum tensor.Tensor
	for i, t := range outputs(l.targets) {
		var loss tensor.Tensor
		if t.Kind == tabular.Category {
			loss = nn.CrossEntropy(pred.Narrow(1, t.from, t.n), target.Select(1, i).Cast(tensor.Int64))
		} else {
			loss = nn.MSE(pred.Select(1, t.from), target.Select(1, i))
		}
		if i == 0 {
			sum = loss
		} else {
			sum = sum.Add(loss)
		}
	}
	return sum
}

var _ train.Loss = jointLoss{}

// output is a target with the place of its outputs.
type output struct {
	*tabular.ColumnPreparation
	from, n int
}

func outputs(targets []*tabular.ColumnPreparation) []output {
	var list []output
	at := 0
	for _, t := range targets {
		n := 1
		if t.Kind == tabular.Category {
			n = len(t.Values)
		}
		list = append(list, output{t, at, n})
		at += n
	}
	return list
}
