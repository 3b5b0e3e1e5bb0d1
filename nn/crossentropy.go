package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/device"
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

// CrossEntropyLoss is the cross-entropy with another reduction.
type CrossEntropyLoss struct{ Reduction Reduction }

// Forward returns the cross-entropy, reduced; see [CrossEntropy].
func (l CrossEntropyLoss) Forward(logits, target tensor.Tensor) tensor.Tensor {
	rows, flat := classRows(logits, target)
	var loss tensor.Tensor
	if _, ok := rows.Device().Impl().(device.CrossEntropyer); ok {
		loss = tensor.Apply2(crossEntropy{}, rows, flat)
	} else {
		loss = crossEntropyComposite(rows, flat)
	}
	if l.Reduction == None {
		return loss.ReshapeTo(target.Shape())
	}
	return l.Reduction.of(loss)
}

// classRows returns logits as (rows, C) and target as (rows,), dense, after checking both.
func classRows(logits, target tensor.Tensor) (rows, flat tensor.Tensor) {
	const op = "cross_entropy"
	x, t := logits.Shape(), target.Shape()
	if !logits.DType().IsFloat() {
		fail(op, nil, "the logits must be floating point, not "+logits.DType().String(), x, t)
	}
	if target.DType() != tensor.Int64 {
		fail(op, nil, "the targets must be int64 class numbers, not "+target.DType().String(), x, t)
	}
	class := min(1, x.Rank()-1) // the dimension of the classes
	fits := t.Rank() == x.Rank()-1
	for i := 0; fits && i < t.Rank(); i++ {
		j := i
		if i >= class {
			j++
		}
		fits = t.Dim(i) == x.Dim(j)
	}
	if !fits {
		fail(op, nil, "the targets' shape is not that of the logits without the classes", x, t)
	}
	c := x.Dim(class)
	if at, v := target.Device().Impl().CheckIndex(target.Array(), c); at >= 0 {
		fail(op, nil, fmt.Sprintf("target %d of row %d is not one of %d classes, 0 to %d", v, at, c, c-1), x, t)
	}
	rows = logits
	if x.Rank() != 2 {
		for i := class; i < x.Rank()-1; i++ { // bring the classes last, the others keep their order
			rows = rows.Transpose(i, i+1)
		}
		rows = rows.Reshape(t.Size(), c)
		target = target.Reshape(t.Size())
	}
	return rows.Contiguous(), target.Contiguous()
}

// crossEntropyComposite is the loss of each row by the ops of package tensor: fallback and oracle.
func crossEntropyComposite(x, target tensor.Tensor) tensor.Tensor {
	return x.LogSoftmax(-1).Gather(1, target.Unsqueeze(1)).Squeeze(1).Neg()
}

// crossEntropy is the loss of each row: −log softmax(x)[target].
type crossEntropy struct{}

func (crossEntropy) Forward(s *tensor.Scope, x, target tensor.Tensor) tensor.Tensor {
	y := s.Empty(x, x.DType(), target.Shape())
	x.Device().Impl().(device.CrossEntropyer).CrossEntropy(y.Array(), x.Array(), target.Array())
	return y
}

func (crossEntropy) Backward(x, target, y, dy tensor.Tensor) (dx, dt tensor.Tensor) {
	return tensor.Apply3(crossEntropyGrad{}, x, target, dy.Contiguous()), tensor.Tensor{}
}

// crossEntropyGrad is dy·(softmax(x) − onehot(target)), row by row.
type crossEntropyGrad struct{}

func (crossEntropyGrad) Forward(s *tensor.Scope, x, target, dy tensor.Tensor) tensor.Tensor {
	y := s.Empty(x, x.DType(), x.Shape())
	x.Device().Impl().(device.CrossEntropyer).CrossEntropyGrad(y.Array(), dy.Array(), x.Array(), target.Array())
	return y
}

// Backward returns, with p = softmax(x) and sums over the classes, ddy = Σ d·p − d[target] and dx = dy·p·(d − Σ d·p).
func (crossEntropyGrad) Backward(x, target, dy, y, d tensor.Tensor) (dx, dt, ddy tensor.Tensor) {
	p := x.Softmax(-1)
	dp := d.Mul(p)
	sum := dp.Sum(-1).Unsqueeze(-1)
	if x.NeedsGrad() {
		dx = dp.Sub(p.Mul(sum)).Mul(dy.Unsqueeze(-1))
	}
	if dy.NeedsGrad() {
		ddy = sum.Sub(d.Gather(1, target.Unsqueeze(1))).Squeeze(1)
	}
	return dx, tensor.Tensor{}, ddy
}
