package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/ctc"
)

var (
	ctc32 freelist.List[ctc.Batch[float32]]
	ctc64 freelist.List[ctc.Batch[float64]]
)

// CTC computes the losses of connectionist temporal classification, or finds a label that is no class.
func (*Device) CTC(loss, x, targets *device.Array, inputLengths, targetLengths []int, blank int) (outside int) {
	if x.DType == device.Float32 {
		return ctcLoss(&ctc32, loss, nil, nil, x, targets, inputLengths, targetLengths, blank)
	}
	return ctcLoss(&ctc64, loss, nil, nil, x, targets, inputLengths, targetLengths, blank)
}

// CTCGrad computes the gradient of CTC's x.
func (*Device) CTCGrad(dx, dloss, x, targets *device.Array, inputLengths, targetLengths []int, blank int) {
	if x.DType == device.Float32 {
		ctcLoss(&ctc32, nil, dx, dloss, x, targets, inputLengths, targetLengths, blank)
	} else {
		ctcLoss(&ctc64, nil, dx, dloss, x, targets, inputLengths, targetLengths, blank)
	}
}

// ctcLoss computes losses, or gradients if dx is not nil.
func ctcLoss[T float](of *freelist.List[ctc.Batch[T]], loss, dx, dloss, x, targets *device.Array, inputLengths,
	targetLengths []int, blank int) (outside int) {
	b := of.Get()
	*b = ctc.Batch[T]{X: elements[T](x), Samples: x.Dims[1], Classes: x.Dims[2], Blank: blank, Targets: elements[int64](targets),
		InputLengths: inputLengths, TargetLengths: targetLengths, Loss: optional[T](loss), DX: optional[T](dx), DLoss: optional[T](dloss)}
	if targets.Rank == 2 {
		b.Stride = targets.Dims[1]
	}
	outside = -1
	if dx != nil {
		b.Gradients()
	} else if outside = b.FirstOutside(); outside < 0 {
		b.Losses()
	}
	*b = ctc.Batch[T]{}
	of.Put(b)
	return outside
}
