package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// CrossEntropy returns the mean over the samples of −log softmax(logits)[target]: the loss of a classifier. The shapes are
//
//	logits (N, C), target (N,)                    one class for each sample
//	logits (N, C, d…), target (N, d…)             one for each place of it
//	logits (C,), target ()                        a single sample
//
// Targets are int64 class numbers. A class outside 0 … C−1 panics with a message that names it and its row.
func CrossEntropy(logits, target tensor.Tensor) tensor.Tensor {
	return CrossEntropyLoss{}.Forward(logits, target)
}

// CrossEntropyLoss is the cross-entropy with weights of the classes, targets that count as nothing, targets that are smoothed or
// probabilities, or another reduction.
type CrossEntropyLoss struct {
	// Weight is the weight of each class (C,); no tensor is 1. The mean is then the weighted one: its divisor is the sum of the
	// targets' weights.
	Weight tensor.Tensor `nn:",buffer"`
	// IgnoreIndex is the target that counts as nothing, such as padding; nil is −100. Probabilities know none.
	IgnoreIndex *int
	// LabelSmoothing is the part ε of each target that is spread over all classes. (https://arxiv.org/abs/1512.00567)
	LabelSmoothing float64
	Reduction      Reduction
}

// Forward returns the cross-entropy, reduced; see [CrossEntropy]. Where target has the shape and type of logits, it holds
// probabilities of the classes instead of their numbers.
func (l CrossEntropyLoss) Forward(logits, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	return reported(l, l.loss(logits, target), logits, target)
}

func (l CrossEntropyLoss) loss(logits, target tensor.Tensor) tensor.Tensor {
	const op = "cross_entropy"
	if !(l.LabelSmoothing >= 0 && l.LabelSmoothing <= 1) {
		fail(op, nil, fmt.Sprintf("the label smoothing %v is not between 0 and 1", l.LabelSmoothing), logits.Shape(), target.Shape())
	}
	if wide := logits.Widen(); wide != logits {
		l.Weight = l.Weight.Widen()
		return l.loss(wide, target.Widen()).Cast(logits.DType())
	}
	if target.DType().IsFloat() && target.Shape() == logits.Shape() {
		return l.probabilities(logits, target)
	}
	r := classRows(op, logits, target, l.Weight, l.IgnoreIndex)
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

// probabilities is Forward for targets that are probabilities.
func (l CrossEntropyLoss) probabilities(logits, target tensor.Tensor) tensor.Tensor {
	const op = "cross_entropy"
	checkPair(op, logits, target)
	if l.IgnoreIndex != nil && *l.IgnoreIndex >= 0 {
		fail(op, nil, "no class is ignored where the targets are probabilities", logits.Shape())
	}
	if logits.Rank() == 0 {
		fail(op, nil, "there is no dimension of classes", logits.Shape())
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
		return loss.Sum().DivScalar(float64(loss.Len())) // the divisor is the number of samples, whatever the weights
	}
	return l.Reduction.of(loss, loss)
}

// NLL returns the mean over the samples of −log[target], for logarithms of probabilities as LogSoftmax gives them. The shapes are
// those of [CrossEntropy].
func NLL(log, target tensor.Tensor) tensor.Tensor { return NLLLoss{}.Forward(log, target) }

// NLLLoss is the negative log-likelihood with weights of the classes, targets that count as nothing, or another reduction.
type NLLLoss struct {
	Weight      tensor.Tensor `nn:",buffer"` // of each class (C,); no tensor is 1
	IgnoreIndex *int          // the target that counts as nothing; nil is −100
	Reduction   Reduction
}

// Forward returns the negative log-likelihood, reduced; see [NLL].
func (l NLLLoss) Forward(log, target tensor.Tensor) tensor.Tensor {
	defer inLayer(l)
	r := classRows("nll", log, target, l.Weight, l.IgnoreIndex)
	return reported(l, r.reduce(r.weighted(wide(pick(r.x, r.target))), l.Reduction, target.Shape()).Cast(log.DType()), log, target)
}

// wide returns x, 16-bit floats in float32: what is computed in several steps is rounded to 16 bits once.
func wide(x tensor.Tensor) tensor.Tensor { return x.Widen() }

// pick returns −x[target] of each row.
func pick(x, target tensor.Tensor) tensor.Tensor {
	return x.Gather(1, target.Unsqueeze(1)).Squeeze(1).Neg()
}

// classes are a loss's inputs, a row for each sample or place.
type classes struct {
	x      tensor.Tensor // (rows, C), dense
	target tensor.Tensor // (rows,), dense; 0 where it is ignored
	weight tensor.Tensor // (rows,), of the target's class; no tensor where all are 1
	kept   tensor.Tensor // (rows,), which are not ignored; no tensor where all are kept
}

// weighted returns the loss of each row times its weight.
func (r classes) weighted(loss tensor.Tensor) tensor.Tensor {
	if r.weight.Defined() {
		loss = loss.Mul(r.weight)
	}
	return loss
}

// reduce returns the loss of the rows that are kept, reduced. The mean's divisor is the sum of their weights.
func (r classes) reduce(loss tensor.Tensor, to Reduction, shape tensor.Shape) tensor.Tensor {
	if r.kept.Defined() {
		loss = tensor.Where(r.kept, loss, loss.NewZeros())
	}
	if to == None {
		return loss.ReshapeTo(shape)
	}
	if to != Mean || !r.kept.Defined() && !r.weight.Defined() {
		return to.of(loss, loss)
	}
	total := r.weight
	if r.kept.Defined() {
		total = r.kept.Cast(loss.DType())
		if r.weight.Defined() {
			total = total.Mul(r.weight)
		}
	}
	return loss.Sum().Div(total.Sum())
}

// classRows returns the rows of x and target after checking both.
func classRows(op string, x, target, weight tensor.Tensor, ignore *int) (r classes) {
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
		fail(op, nil, "the targets' shape is not that of the logits without the classes", xs, ts)
	}
	c := xs.Dim(class)
	checkWeight(op, weight, x, c)
	skip := int64(-100)
	if ignore != nil {
		skip = int64(*ignore)
	}
	ignored := tensor.CheckClasses(op, target, c, skip, xs)
	if ignored {
		// An ignored row computes with class 0, and its loss is thrown away.
		r.kept = target.EqualScalar(float64(skip)).Not()
		target = target.Mul(r.kept.Cast(tensor.Int64))
	}
	r.x = x
	if xs.Rank() != 2 {
		for i := class; i < xs.Rank()-1; i++ { // bring the classes last, the others keep their order
			r.x = r.x.Transpose(i, i+1)
		}
		r.x = r.x.Reshape(ts.Size(), c)
		target = target.Reshape(ts.Size())
		if r.kept.Defined() {
			r.kept = r.kept.Reshape(ts.Size())
		}
	}
	r.x, r.target = r.x.Contiguous(), target.Contiguous()
	if weight.Defined() {
		r.weight = weight.Gather(0, r.target)
	}
	return r
}

// checkWeight panics unless weight is one number of x's type for each of c classes, or no tensor.
func checkWeight(op string, weight, x tensor.Tensor, c int) {
	if weight.Defined() && (weight.DType() != x.DType() || weight.Shape() != tensor.ShapeOf(c)) {
		fail(op, nil, "there must be one weight of the logits' type for each class", weight.Shape(), x.Shape())
	}
}
