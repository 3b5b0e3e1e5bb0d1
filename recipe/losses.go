package recipe

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/train"
)

type (
	crossEntropy struct {
		LabelSmoothing float64 `yaml:"label_smoothing" default:"0" min:"0" below:"1" doc:"the part of the probability that is spread over all classes"`
	}
	mse   struct{}
	l1    struct{}
	huber struct {
		Delta float64 `yaml:"delta" default:"1" above:"0" doc:"errors above this count linearly"`
	}
	smoothL1 struct {
		Beta float64 `yaml:"beta" default:"1" above:"0" doc:"errors above this count linearly"`
	}
	bce struct{}
)

func (r *Registry) addLosses() {
	r.Add(Losses,
		Entry{Name: "cross-entropy", Doc: "for classes: the negative logarithm of the right class's probability", Options: &crossEntropy{}},
		Entry{Name: "mse", Doc: "for numbers: the squared error", Options: &mse{}},
		Entry{Name: "l1", Doc: "for numbers: the absolute error", Options: &l1{}},
		Entry{Name: "huber", Doc: "for numbers: squared small errors, absolute large ones", Options: &huber{}},
		Entry{Name: "smooth-l1", Doc: "for numbers: the Huber loss divided by beta", Options: &smoothL1{}},
		Entry{Name: "bce-with-logits", Doc: "for several yes-or-no answers: binary cross-entropy of scores", Options: &bce{}},
	)
}

func (o *crossEntropy) New(classes int) (training, evaluation train.Loss, err error) {
	if classes == 0 {
		return nil, nil, fmt.Errorf("cross-entropy is for classes, and the target is a number; want mse, l1, huber or smooth-l1")
	}
	return nn.CrossEntropyLoss{LabelSmoothing: o.LabelSmoothing}, nn.CrossEntropyLoss{}, nil
}

// forNumbers returns a loss of numbers, or an error if the target is a class.
func forNumbers(name string, classes int, l train.Loss) (training, evaluation train.Loss, err error) {
	if classes > 0 {
		return nil, nil, fmt.Errorf("%s is for numbers, and the target is a class; want cross-entropy", name)
	}
	return l, l, nil
}

func (*mse) New(classes int) (training, evaluation train.Loss, err error) {
	return forNumbers("mse", classes, nn.MSELoss{})
}

func (*l1) New(classes int) (training, evaluation train.Loss, err error) {
	return forNumbers("l1", classes, nn.L1Loss{})
}

func (o *huber) New(classes int) (training, evaluation train.Loss, err error) {
	return forNumbers("huber", classes, nn.HuberLoss{Delta: o.Delta})
}

func (o *smoothL1) New(classes int) (training, evaluation train.Loss, err error) {
	return forNumbers("smooth-l1", classes, nn.SmoothL1Loss{Beta: o.Beta})
}

func (*bce) New(classes int) (training, evaluation train.Loss, err error) {
	return forNumbers("bce-with-logits", classes, nn.BCEWithLogitsLoss{})
}
