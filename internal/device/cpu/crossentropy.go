package cpu

import (
	"math"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// CrossEntropy computes loss = log Σ eˣ − (1−smoothing)·x[target] − smoothing·mean(x) for each row of x.
func (*Device) CrossEntropy(loss, x, target *device.Array, smoothing float64) {
	switch x.DType {
	case device.Float32:
		crossEntropy[float32](loss, x, target, smoothing)
	case device.Float64:
		crossEntropy[float64](loss, x, target, smoothing)
	default:
		noKernel("cross_entropy", x.DType)
	}
}

// noTarget is the ignored class of vec.CrossEntropy: no row has it.
const noTarget = -1

func crossEntropy[T float](loss, x, target *device.Array, smoothing float64) {
	if loss.Size == 0 {
		return
	}
	l, v, targets, cols := elements[T](loss), elements[T](x), elements[int64](target), x.Dims[1]
	vec.CrossEntropy(l, nil, v, targets, cols, noTarget, 1)
	if smoothing == 0 {
		return
	}
	for i, t := range targets {
		row := v[i*cols:][:cols]
		if math.IsInf(float64(row[t]), -1) {
			continue // the loss is infinite already, and −∞ minus the mean, also −∞, would be NaN
		}
		l[i] += T(smoothing * (float64(row[t]) - float64(vec.Sum(row))/float64(cols)))
	}
}

// CrossEntropyGrad computes dx = dloss·(softmax(x) − (1−smoothing)·onehot(target) − smoothing/classes), row by row.
func (*Device) CrossEntropyGrad(dx, dloss, x, target *device.Array, smoothing float64) {
	switch x.DType {
	case device.Float32:
		crossEntropyGrad[float32](dx, dloss, x, target, smoothing)
	case device.Float64:
		crossEntropyGrad[float64](dx, dloss, x, target, smoothing)
	default:
		noKernel("cross_entropy gradient", x.DType)
	}
}

func crossEntropyGrad[T float](dx, dloss, x, target *device.Array, smoothing float64) {
	if x.Size == 0 {
		return
	}
	d, cols := elements[T](dx), x.Dims[1]
	vec.Softmax(d, elements[T](x), cols)
	targets := elements[int64](target)
	rest, each := T(1-smoothing), T(smoothing/float64(cols))
	for i, g := range elements[T](dloss) {
		row := d[i*cols:][:cols]
		if smoothing > 0 {
			vec.SubScalar(row, row, each)
		}
		vec.Scale(row, row, g)
		row[targets[i]] -= rest * g
	}
}
