package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/recurrent"
)

// RecurrentLayer computes the steps of a recurrent layer.
func (*Device) RecurrentLayer(r *device.Recurrence) {
	switch r.WeightHH.DType {
	case device.Float32:
		recurrentLayer(&recurrent32, r, (*recurrent.Layer[float32]).Forward)
	case device.Float64:
		recurrentLayer(&recurrent64, r, (*recurrent.Layer[float64]).Forward)
	default:
		noKernel("recurrent layer", r.WeightHH.DType)
	}
}

// RecurrentLayerGrad computes the gradients of a recurrent layer's steps.
func (*Device) RecurrentLayerGrad(r *device.Recurrence) {
	switch r.WeightHH.DType {
	case device.Float32:
		recurrentLayer(&recurrent32, r, (*recurrent.Layer[float32]).Backward)
	case device.Float64:
		recurrentLayer(&recurrent64, r, (*recurrent.Layer[float64]).Backward)
	default:
		noKernel("recurrent layer gradient", r.WeightHH.DType)
	}
}

// The layers in these lists keep the memory of packed weights.
var (
	recurrent32 freelist.List[recurrent.Layer[float32]]
	recurrent64 freelist.List[recurrent.Layer[float64]]
)

var recurrentKinds = [...]recurrent.Kind{device.RNNTanh: recurrent.Tanh, device.RNNReLU: recurrent.ReLU,
	device.GRU: recurrent.GRU, device.LSTM: recurrent.LSTM}

func recurrentLayer[T float](of *freelist.List[recurrent.Layer[T]], r *device.Recurrence, f func(*recurrent.Layer[T])) {
	l := of.Get()
	l.Kind, l.Reverse, l.Steps, l.Batch, l.Sizes = recurrentKinds[r.Kind], r.Reverse, r.Steps, r.Batch, r.Sizes
	l.Hidden, l.Out = r.WeightHH.Dims[0]/r.Kind.Gates(), r.WeightHH.Dims[1]
	l.WeightHH, l.WeightHR, l.BiasHH = elements[T](r.WeightHH), optional[T](r.WeightHR), optional[T](r.BiasHH)
	l.Gates, l.Y, l.H, l.C = elements[T](r.Gates), optional[T](r.Y), optional[T](r.H), optional[T](r.C)
	l.HiddenN, l.PrevH, l.PrevC, l.M = optional[T](r.HiddenN), optional[T](r.PrevH), optional[T](r.PrevC), optional[T](r.M)
	l.DY, l.DGates, l.DHH = optional[T](r.DY), optional[T](r.DGates), optional[T](r.DHH)
	l.DH, l.DC, l.DOut = optional[T](r.DH), optional[T](r.DC), optional[T](r.DOut)
	f(l)
	l.Reset()
	of.Put(l)
}
