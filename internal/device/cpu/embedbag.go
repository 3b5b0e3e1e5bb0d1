package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/bag"
)

// EmbedBag combines the rows of w by bags.
func (*Device) EmbedBag(dst, chosen, w, index, starts, weights *device.Array, b device.Bags) {
	runBags(bag.Forward, bag.Forward, bagArrays{table: w, out: dst, weights: weights, chosen: chosen, index: index, starts: starts}, b)
}

// EmbedBagGrad computes the gradient of EmbedBag's w.
func (*Device) EmbedBagGrad(dw, dy, chosen, index, starts, weights *device.Array, b device.Bags) {
	runBags(bag.Gradient, bag.Gradient, bagArrays{table: dw, out: dy, weights: weights, chosen: chosen, index: index, starts: starts}, b)
}

// EmbedBagWeightsGrad computes the gradient of EmbedBag's weights.
func (*Device) EmbedBagWeightsGrad(dweights, dy, w, index, starts *device.Array, b device.Bags) {
	runBags(bag.WeightsGradient, bag.WeightsGradient, bagArrays{table: w, out: dy, weights: dweights, index: index, starts: starts}, b)
}

// bagArrays are the arrays of package bag's problems. weights, chosen and starts may be nil.
type bagArrays struct{ table, out, weights, chosen, index, starts *device.Array }

var (
	bags32 freelist.List[bag.Problem[float32]]
	bags64 freelist.List[bag.Problem[float64]]
)

// runBags calls the function of the table's type; 16-bit floats are computed in float32.
func runBags(f32 func(*bag.Problem[float32]), f64 func(*bag.Problem[float64]), a bagArrays, b device.Bags) {
	switch dt := a.table.DType; {
	case dt == device.Float64:
		p := bags64.Get()
		describeBags(p, a, b)
		p.Table, p.Out, p.Weights = bagArray[float64](a.table), bagArray[float64](a.out), bagArray[float64](a.weights)
		f64(p)
		*p = bag.Problem[float64]{}
		bags64.Put(p)
	case dt == device.Float32 || dt.IsHalf():
		p := bags32.Get()
		describeBags(p, a, b)
		if dt.IsHalf() {
			p.Table, p.Out, p.Weights = halfBagArray(a.table), halfBagArray(a.out), halfBagArray(a.weights)
		} else {
			p.Table, p.Out, p.Weights = bagArray[float32](a.table), bagArray[float32](a.out), bagArray[float32](a.weights)
		}
		f32(p)
		*p = bag.Problem[float32]{}
		bags32.Put(p)
	default:
		noKernel("embedding_bag", dt)
	}
}

// describeBags sets the sizes and indices.
func describeBags[T float](p *bag.Problem[T], a bagArrays, b device.Bags) {
	p.Mode, p.Length, p.Padding = bag.Mode(b.Mode), b.Length, b.Padding
	p.Bags, p.Count, p.Size = a.out.Dims[0], a.table.Dims[0], a.table.Dims[1]
	p.Index = elements[int64](a.index)
	if a.starts != nil {
		p.Starts = elements[int64](a.starts)
	}
	if a.chosen != nil {
		p.Chosen = elements[int32](a.chosen)
	}
}

func bagArray[T float](a *device.Array) bag.Array[T] { return bag.Array[T]{X: optional[T](a)} }

func halfBagArray(a *device.Array) bag.Array[float32] {
	if a == nil {
		return bag.Array[float32]{}
	}
	c := codeOf(a.DType)
	return bag.Array[float32]{Half: elements[uint16](a), Widen: c.widen, Narrow: c.narrow}
}
