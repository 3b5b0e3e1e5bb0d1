package recipe

import (
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

func (o *crossEntropy) New() (training, evaluation train.Loss) {
	return nn.CrossEntropyLoss{LabelSmoothing: o.LabelSmoothing}, nn.CrossEntropyLoss{}
}
func (*mse) New() (training, evaluation train.Loss) { return nn.MSELoss{}, nn.MSELoss{} }
func (*l1) New() (training, evaluation train.Loss)  { return nn.L1Loss{}, nn.L1Loss{} }
func (o *huber) New() (training, evaluation train.Loss) {
	l := nn.HuberLoss{Delta: o.Delta}
	return l, l
}
func (o *smoothL1) New() (training, evaluation train.Loss) {
	l := nn.SmoothL1Loss{Beta: o.Beta}
	return l, l
}
func (*bce) New() (training, evaluation train.Loss) {
	return nn.BCEWithLogitsLoss{}, nn.BCEWithLogitsLoss{}
}
