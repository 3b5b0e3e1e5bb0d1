package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Embed sets row i of dst to row index[i] of w.
func (*Device) Embed(dst, w, index *device.Array) {
	row := w.Dims[1] * w.DType.Size()
	d, table := bytes(dst), bytes(w)
	for i, at := range dense[int64](index) {
		copy(d[i*row:][:row], table[int(at)*row:])
	}
}

// EmbedGrad sets dw to zeros and adds row i of dy to row index[i] of it.
func (*Device) EmbedGrad(dw, index, dy *device.Array, skip int) {
	clear(bytes(dw))
	switch dw.DType {
	case device.Float32:
		embedGrad[float32](dw, index, dy, skip)
	case device.Float64:
		embedGrad[float64](dw, index, dy, skip)
	case device.BFloat16, device.Float16:
		embedGradHalf(dw, index, dy, skip)
	default:
		missing("embedding gradient", dw.DType)
	}
}

func embedGrad[T float](dw, index, dy *device.Array, skip int) {
	size := dw.Dims[1]
	table, d := dense[T](dw), dense[T](dy)
	for i, at := range dense[int64](index) {
		if int(at) == skip {
			continue
		}
		row := table[int(at)*size:][:size]
		vec.Add(row, row, d[i*size:][:size])
	}
}

// embedGradHalf rounds after each addition.
func embedGradHalf(dw, index, dy *device.Array, skip int) {
	size := dw.Dims[1]
	table, d, c := dense[uint16](dw), dense[uint16](dy), codeOf(dw.DType)
	for i, at := range dense[int64](index) {
		if int(at) == skip {
			continue
		}
		row := table[int(at)*size:][:size]
		for j, v := range d[i*size:][:size] {
			row[j] = c.encode(c.decode(row[j]) + c.decode(v))
		}
	}
}
