package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// CrossEntropy returns the mean over the samples of −log softmax(logits)[target], the usual loss of a classifier. The
// shapes are
//
//	logits (N, C), target (N,)                    one class per sample
//	logits (N, C, d…), target (N, d…)             one class per position of a sample, such as a pixel
//	logits (C,), target ()                        a single sample
//
// Targets are int64 class numbers. It panics if a class is not in 0 … C−1; the message names the class and its row.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)
func CrossEntropy(logits, target tensor.Tensor) tensor.Tensor {
	return CrossEntropyLoss{}.Forward(logits, target)
}

// CrossEntropyLoss is [CrossEntropy] with class weights, ignored targets, label smoothing, class probabilities as
// targets, or another reduction.
type CrossEntropyLoss struct {
	// Weight holds the weight of each class (C,); undefined means 1. The mean is weighted: its divisor is the sum of
	// the targets' weights.
	Weight tensor.Tensor `nn:",buffer"`
	// IgnoreIndex is the target that is ignored, such as padding; nil means −100. It does not apply to targets that are
	// probabilities.
	IgnoreIndex *int
	// LabelSmoothing ε replaces a target by the mixture (1 − ε)·target + ε/C. (https://arxiv.org/abs/1512.00567)
	LabelSmoothing float64
	Reduction      Reduction
}

// Forward returns the reduced cross-entropy; see [CrossEntropy]. A target with the shape and type of logits holds class
// probabilities instead of class numbers.
func (l CrossEntropyLoss) Forward(logits, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	return reported(l, l.loss(logits, target), logits, target)
}

func (l CrossEntropyLoss) loss(logits, target tensor.Tensor) tensor.Tensor {
	const op = "cross_entropy"
	if !(l.LabelSmoothing >= 0 && l.LabelSmoothing <= 1) {
		fail(op, nil, fmt.Sprintf("the label smoothing %v is not between 0 and 1", l.LabelSmoothing),
			logits.Shape(), target.Shape())
	}
	l.Weight, target = ofStep(l.Weight, logits), ofStep(target, logits)
	if wide := logits.Widen(); wide != logits {
		l.Weight = l.Weight.Widen()
		return l.loss(wide, target.Widen()).Cast(logits.DType())
	}
	if target.DType().IsFloat() && target.Shape() == logits.Shape() {
		return l.probabilities(logits, target)
	}
	r := newClassRows(op, logits, target, l.Weight, l.IgnoreIndex)
	var loss tensor.Tensor
	if l.LabelSmoothing > 0 && l.Weight.Defined() {
		log := r.x.LogSoftmax(-1)
		loss = r.weighted(pick(log, r.target)).MulScalar(1 - l.LabelSmoothing)
		loss = loss.Sub(log.Mul(l.Weight).Sum(-1).MulScalar(l.LabelSmoothing / float64(r.x.Dim(1))))
	} else {
		loss = r.weighted(tensor.CrossEntropy(r.x, r.target, l.LabelSmoothing))
	}
	return r.reduce(loss, l.Reduction, target.Shape())
}

// probabilities returns the loss for targets that are class probabilities.
func (l CrossEntropyLoss) probabilities(logits, target tensor.Tensor) tensor.Tensor {
	const op = "cross_entropy"
	checkPair(op, logits, target)
	if l.IgnoreIndex != nil && *l.IgnoreIndex >= 0 {
		fail(op, nil, "IgnoreIndex cannot be set if the targets are class probabilities", logits.Shape())
	}
	if logits.Rank() == 0 {
		fail(op, nil, "the logits must have a class dimension", logits.Shape())
	}
	class := min(1, logits.Rank()-1)
	c := logits.Dim(class)
	checkWeight(op, l.Weight, logits, c)
	if l.LabelSmoothing > 0 {
		target = target.MulScalar(1 - l.LabelSmoothing).AddScalar(l.LabelSmoothing / float64(c))
	}
	log := logits.LogSoftmax(class)
	if l.Weight.Defined() {
		w := l.Weight
		for range logits.Rank() - 1 - class {
			w = w.Unsqueeze(-1)
		}
		log = log.Mul(w)
	}
	loss := log.Mul(target).Sum(class).Neg()
	if l.Reduction == Mean {
		return loss.Sum().DivScalar(float64(loss.Len())) // the weights do not change the divisor, the number of samples
	}
	return l.Reduction.of(loss, loss)
}

// NLL returns the mean over the samples of −log[target]. The argument log holds log-probabilities, as LogSoftmax
// returns them. The shapes are those of [CrossEntropy].
func NLL(log, target tensor.Tensor) tensor.Tensor { return NLLLoss{}.Forward(log, target) }

// NLLLoss is [NLL] with class weights, ignored targets or another reduction.
type NLLLoss struct {
	Weight      tensor.Tensor `nn:",buffer"` // of each class (C,); undefined means 1
	IgnoreIndex *int          // the ignored target; nil means −100
	Reduction   Reduction
}

// Forward returns the reduced negative log-likelihood; see [NLL].
func (l NLLLoss) Forward(log, target tensor.Tensor) tensor.Tensor {
	defer InLayer(l)
	r := newClassRows("nll_loss", log, target, l.Weight, l.IgnoreIndex)
	loss := r.reduce(r.weighted(pick(r.x, r.target).Widen()), l.Reduction, target.Shape())
	return reported(l, loss.Cast(log.DType()), log, target)
}

// pick returns −x[i, target[i]] for each row i.
func pick(x, target tensor.Tensor) tensor.Tensor {
	return x.Gather(1, target.Unsqueeze(1)).Squeeze(1).Neg()
}

// classRows holds a loss's inputs with one row per sample or position.
type classRows struct {
	x      tensor.Tensor // (rows, C), contiguous
	target tensor.Tensor // (rows,), contiguous; 0 in ignored rows
	weight tensor.Tensor // (rows,), of the target's class; undefined if all are 1
	valid  tensor.Tensor // (rows,), bool, false in ignored rows; undefined if no row is ignored
}

// weighted returns the loss of each row multiplied by its weight.
func (r classRows) weighted(loss tensor.Tensor) tensor.Tensor {
	if r.weight.Defined() {
		loss = loss.Mul(r.weight)
	}
	return loss
}

// reduce returns the reduced loss of the valid rows. The mean's divisor is the sum of their weights.
func (r classRows) reduce(loss tensor.Tensor, to Reduction, shape tensor.Shape) tensor.Tensor {
	if r.valid.Defined() {
		loss = tensor.Where(r.valid, loss, loss.NewZeros())
	}
	if to == None {
		return loss.ReshapeTo(shape)
	}
	if to != Mean || !r.valid.Defined() && !r.weight.Defined() {
		return to.of(loss, loss)
	}
	total := r.weight
	if r.valid.Defined() {
		total = r.valid.Cast(loss.DType())
		if r.weight.Defined() {
			total = total.Mul(r.weight)
		}
	}
	return loss.Sum().Div(total.Sum())
}

// newClassRows checks x and target and returns their rows.
func newClassRows(op string, x, target, weight tensor.Tensor, ignore *int) (r classRows) {
	weight, target = ofStep(weight, x), ofStep(target, x)
	xs, ts := x.Shape(), target.Shape()
	if !x.DType().IsFloat() {
		fail(op, nil, "the logits must be floating point, not "+x.DType().String(), xs, ts)
	}
	if target.DType() != tensor.Int64 {
		fail(op, nil, "the targets must be int64 class numbers, not "+target.DType().String(), xs, ts)
	}
	class := min(1, xs.Rank()-1) // the dimension of the classes
	fits := ts.Rank() == xs.Rank()-1
	for i := 0; fits && i < ts.Rank(); i++ {
		j := i
		if i >= class {
			j++
		}
		fits = ts.Dim(i) == xs.Dim(j)
	}
	if !fits {
		fail(op, nil, "the targets must have the logits' shape without the class dimension", xs, ts)
	}
	c := xs.Dim(class)
	checkWeight(op, weight, x, c)
	skip := int64(ignoredClass(ignore))
	ignored := tensor.CheckClasses(op, target, c, skip, xs)
	if ignored {
		// An ignored row computes the loss of class 0, which reduce discards.
		r.valid = target.EqualScalar(float64(skip)).Not()
		target = target.Mul(r.valid.Cast(tensor.Int64))
	}
	r.x = x
	if xs.Rank() != 2 {
		for i := class; i < xs.Rank()-1; i++ { // move the class dimension to the end
			r.x = r.x.Transpose(i, i+1)
		}
		r.x = r.x.Reshape(ts.Size(), c)
		target = target.Reshape(ts.Size())
		if r.valid.Defined() {
			r.valid = r.valid.Reshape(ts.Size())
		}
	}
	r.x, r.target = r.x.Contiguous(), target.Contiguous()
	if weight.Defined() {
		r.weight = weight.Gather(0, r.target)
	}
	return r
}

// checkWeight panics unless weight is undefined or has the shape (c,) and x's type.
func checkWeight(op string, weight, x tensor.Tensor, c int) {
	if weight.Defined() && (weight.DType() != x.DType() || weight.Shape() != tensor.ShapeOf(c)) {
		fail(op, nil, "the weight must have one element per class, of the logits' type", weight.Shape(), x.Shape())
	}
}
