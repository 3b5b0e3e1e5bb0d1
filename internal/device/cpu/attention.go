package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/attention"
)

// Attention computes dst = (softmax(scale·q·kᵀ + mask)·keep)·v.
func (*Device) Attention(dst, stats, q, k, v *device.Array, a device.Attention) {
	switch q.DType {
	case device.Float32:
		attend[float32](dst, stats, q, k, v, a)
	case device.Float64:
		attend[float64](dst, stats, q, k, v, a)
	default:
		noKernel("scaled_dot_product_attention", q.DType)
	}
}

func attend[T float](dst, stats, q, k, v *device.Array, a device.Attention) {
	p := attentionProblem[T](q, k, v, a)
	attention.Forward(attentionRows[T](dst), elements[T](stats), &p)
}

// AttentionGrad computes the gradients of q, k and v.
func (*Device) AttentionGrad(dq, dk, dv, dy, q, k, v, y, stats *device.Array, a device.Attention) {
	switch q.DType {
	case device.Float32:
		attendGrad[float32](dq, dk, dv, dy, q, k, v, y, stats, a)
	case device.Float64:
		attendGrad[float64](dq, dk, dv, dy, q, k, v, y, stats, a)
	default:
		noKernel("scaled_dot_product_attention gradient", q.DType)
	}
}

func attendGrad[T float](dq, dk, dv, dy, q, k, v, y, stats *device.Array, a device.Attention) {
	p := attentionProblem[T](q, k, v, a)
	attention.Backward(attentionRows[T](dq), attentionRows[T](dk), attentionRows[T](dv), attentionRows[T](y),
		attentionRows[T](dy), elements[T](stats), &p)
}

// attentionProblem describes the arrays for package attention.
func attentionProblem[T float](q, k, v *device.Array, a device.Attention) attention.Problem[T] {
	p := attention.Problem[T]{
		Batch: q.Dims[0], Heads: q.Dims[1], Queries: q.Dims[2], Size: q.Dims[3],
		KVHeads: k.Dims[1], Keys: k.Dims[2], ValueSize: v.Dims[3],
		Q: attentionRows[T](q), K: attentionRows[T](k), V: attentionRows[T](v),
		Causal: a.Causal, Scale: a.Scale,
	}
	if keep := a.Keep; keep != nil {
		p.Keep = attention.Keep{Bits: elements[uint8](keep), Batch: keep.Strides[0], Head: keep.Strides[1],
			Row: keep.Strides[2], Factor: a.KeepFactor}
	}
	mask := a.Mask
	if mask == nil || mask.Size == 0 {
		return p
	}
	if mask.DType == device.Bool {
		p.Mask.Seen = fromOffset[bool](mask)
	} else {
		p.Mask.Add = fromOffset[T](mask)
	}
	strides := [4]*int{&p.Mask.Batch, &p.Mask.Head, &p.Mask.Row, &p.Mask.Col}
	for i, n := range mask.Dims[:4] {
		if n > 1 {
			*strides[i] = mask.Strides[i]
		}
	}
	return p
}

// attentionRows returns an array with four dimensions, the zero value for nil.
func attentionRows[T float](a *device.Array) attention.Rows[T] {
	if a == nil {
		return attention.Rows[T]{}
	}
	return attention.Rows[T]{X: fromOffset[T](a), Batch: a.Strides[0], Head: a.Strides[1], Row: a.Strides[2]}
}
