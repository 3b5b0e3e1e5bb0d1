package nn

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// CTCLoss is the loss of connectionist temporal classification: −log of the probability that a sequence of classes,
// after repeated classes are joined and blanks are removed, is the target. The mean divides each sample's loss by the
// length of its target, then by the number of samples.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html)
type CTCLoss struct {
	Blank        int // the class that separates labels
	Reduction    Reduction
	ZeroInfinity bool // infinite losses, of targets longer than possible, and their gradients are 0
}

// Forward returns the reduced loss of log (T, N, C), log-probabilities as LogSoftmax returns them, and targets (N, S)
// or (Σ targetLengths,) of int64. The first inputLengths[n] steps and the first targetLengths[n] labels of sample n
// count. For one sample log may be (T, C), and the loss of the reduction None has no dimension then. See
// [tensor.CTCLoss] for gradients and panics.
func (l CTCLoss) Forward(log, targets tensor.Tensor, inputLengths, targetLengths []int) tensor.Tensor {
	defer InLayer(l)
	x := log
	if log.Rank() == 2 {
		x = log.Unsqueeze(1)
	}
	loss := tensor.CTCLoss(x, targets, inputLengths, targetLengths, l.Blank)
	if l.ZeroInfinity {
		loss = loss.MaskedFill(loss.IsInf(), 0)
	}
	if l.Reduction == Mean {
		loss = loss.Div(tensor.NewFrom(loss, targetLengths).Clamp(1, math.Inf(1)))
	}
	if loss = l.Reduction.of(loss, loss); l.Reduction == None && log.Rank() == 2 {
		loss = loss.Squeeze(0)
	}
	return reported(l, loss, log, targets)
}
