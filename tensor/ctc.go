package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// CTCLoss returns the loss of connectionist temporal classification, −log of the probability that a sequence of
// classes, after repeated classes are joined and blanks are removed, is the target:
//
//	log (T, N, C), targets (N, S) or (Σ targetLengths,) of int64 → (N,)
//
// The argument log holds log-probabilities, as LogSoftmax returns them. The first inputLengths[n] steps and the first
// targetLengths[n] labels of sample n count; targets of one dimension follow each other without a gap. The two slices
// must not change before Backward. The loss of a target that is longer than possible is infinite, and its gradient
// NaN unless that of the loss is 0; ops compute 0.
//
// The gradient is e^log − p for the share p of the paths in which the step has the class, as in PyTorch: that of the
// logits, if log is their log-softmax. A gradient that is itself differentiable is the one of the definition, −p,
// which gives the same for the logits.
//
// It panics if log is not float32 or float64, if shapes or lengths do not fit, or if a label is no class.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html, reduction="none")
func CTCLoss(log, targets Tensor, inputLengths, targetLengths []int, blank int) Tensor {
	const op = "ctc_loss"
	x, t := log.Shape(), targets.Shape()
	if x.rank != 3 || t.rank != 1 && t.rank != 2 || t.rank == 2 && t.dims[0] != x.dims[1] {
		fail(op, "the log-probabilities must be (T, N, C), and the targets (N, S) or one after the other", x, t)
	}
	if log.DType() != Float32 && log.DType() != Float64 || targets.DType() != Int64 {
		fail(op, "the log-probabilities must be float32 or float64 and the targets int64, not "+log.DType().String()+" and "+targets.DType().String(), x, t)
	}
	if len(inputLengths) != x.dims[1] || len(targetLengths) != x.dims[1] {
		fail(op, fmt.Sprintf("%d and %d lengths do not fit %d samples", len(inputLengths), len(targetLengths),
			x.dims[1]), x, t)
	}
	if blank < 0 || blank >= x.dims[2] {
		fail(op, fmt.Sprintf("the blank %d is not one of %d classes", blank, x.dims[2]), x, t)
	}
	most, sum := t.dims[0], 0
	if t.rank == 2 {
		most = t.dims[1]
	}
	for n, length := range inputLengths {
		if length < 0 || length > x.dims[0] {
			fail(op, fmt.Sprintf("the input length %d of sample %d is not from 0 to %d", length, n, x.dims[0]), x, t)
		}
		if targetLengths[n] < 0 || targetLengths[n] > most {
			fail(op, fmt.Sprintf("the target length %d of sample %d is not from 0 to %d", targetLengths[n], n, most),
				x, t)
		}
		sum += targetLengths[n]
	}
	if t.rank == 1 && sum != most {
		fail(op, fmt.Sprintf("the targets have %d labels, their lengths are %d in all", most, sum), x, t)
	}
	o := ctc{inputLengths: inputLengths, targetLengths: targetLengths, blank: blank}
	if _, ok := log.h.store.dev.(device.CTCer); !ok {
		return o.Composite(log, targets)
	}
	return Apply2(o, log.Contiguous(), targets.Contiguous())
}

type ctc struct {
	SavesInputs
	inputLengths, targetLengths []int
	blank                       int
}

func (o *ctc) Forward(s *Scope, x, targets Tensor) Tensor {
	loss := s.NewEmpty(x, x.DType(), ShapeOf(x.Dim(1)))
	if at := x.h.store.dev.(device.CTCer).CTC(loss.array(), x.array(), targets.array(), o.inputLengths,
		o.targetLengths, o.blank); at >= 0 {
		fail("ctc_loss", fmt.Sprintf("label %d at element %d is not one of %d classes",
			targets.Flatten(0).Narrow(0, at, 1).Int64s()[0], at, x.Dim(2)), x.Shape(), targets.Shape())
	}
	return loss
}

func (o *ctc) Backward(x, targets, loss, dloss Tensor) (dx, dt Tensor) {
	dx, dloss = x.NewGrad(), dloss.Contiguous()
	x.h.store.dev.(device.CTCer).CTCGrad(dx.array(), dloss.array(), x.array(), targets.array(), o.inputLengths,
		o.targetLengths, o.blank)
	return dx, dt
}

// Composite computes the same by ops, with −1e30 for the logarithm of 0: differences of infinities would be NaN.
func (o *ctc) Composite(x, targets Tensor) Tensor {
	const impossible = -1e30
	samples, classes := x.Dim(1), x.Dim(2)
	labels := 0
	for _, n := range o.targetLengths {
		labels = max(labels, n)
	}
	// The states of each sample, padded with blanks: blank, label, blank, label, …, blank.
	states := 2*labels + 1
	places, exists := make([]int64, samples*states), make([]int64, samples*states)
	first := 0
	for n, length := range o.targetLengths {
		if targets.Rank() == 2 {
			first = n * targets.Dim(1)
		}
		for i := range length {
			places[n*states+2*i+1], exists[n*states+2*i+1] = int64(first+i), 1
		}
		first += length
	}
	class := targets.NewFull(float64(o.blank), samples, states)
	if first > 0 && labels > 0 {
		known := NewFrom(targets, exists, samples, states).EqualScalar(1)
		class = Where(known, targets.Flatten(0).IndexSelect(0, NewFrom(targets, places)).Reshape(samples, states),
			class)
	}
	checkRange(class, device.Check{Op: "ctc_loss", Hi: float64(classes - 1),
		Format: "label %d is not one of %[3]d classes", Args: [2]int{classes},
		Shapes: [2]device.Shape{x.Shape().deviceShape(), targets.Shape().deviceShape()}})
	emitted := x.Gather(2, class.Unsqueeze(0).Expand(x.Dim(0), samples, states)) // (T, N, states)
	none := func(n int) Tensor { return x.NewFull(impossible, samples, n) }
	var skip Tensor // 0 where a step may come from two states before, else impossible
	if states > 2 {
		blanks := make([]int64, states-2)
		for s := 0; s < len(blanks); s += 2 {
			blanks[s] = 1
		}
		same := class.Narrow(1, 2, states-2).Equal(class.Narrow(1, 0, states-2))
		skip = same.Or(NewFrom(targets, blanks).EqualScalar(1)).Cast(x.DType()).MulScalar(impossible)
	}
	reached := func(lengths []int, t int) Tensor {
		v := make([]int64, samples)
		for n := range v {
			if lengths[n] > t {
				v[n] = 1
			}
		}
		return NewFrom(targets, v, samples, 1).EqualScalar(1)
	}
	alpha := none(states)
	for t := range x.Dim(0) {
		e := emitted.Select(0, t)
		var now Tensor
		if t == 0 {
			now = e.Narrow(1, 0, min(2, states))
			if states > 2 {
				now = Cat(1, now, none(states-2))
			}
		} else {
			from := []Tensor{alpha, none(states), none(states)}
			if states > 1 {
				from[1] = Cat(1, none(1), alpha.Narrow(1, 0, states-1))
				from[2] = Cat(1, none(2), alpha.Narrow(1, 0, states-2).Add(skip))
			}
			now = Stack(0, from...).LogSumExp(0).Add(e)
		}
		alpha = Where(reached(o.inputLengths, t), now, alpha)
	}
	last, before := make([]int64, samples), make([]int64, samples) // the states in which a path may end
	for n, length := range o.targetLengths {
		last[n], before[n] = int64(2*length), int64(max(0, 2*length-1))
	}
	end := Where(reached(o.targetLengths, 0), alpha.Gather(1, NewFrom(targets, before, samples, 1)), none(1))
	loss := Stack(0, alpha.Gather(1, NewFrom(targets, last, samples, 1)), end).LogSumExp(0).Neg().Squeeze(1)
	constant := func(v float64) Tensor { return x.NewFull(v, samples) }
	loss = Where(loss.GreaterScalar(-impossible/2), constant(math.Inf(1)), loss)
	anything := reached(o.inputLengths, 0).Or(reached(o.targetLengths, 0)).Squeeze(1)
	return Where(anything, loss, constant(0)) // without a step and a label the probability is 1
}
