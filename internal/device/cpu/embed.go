package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Embed sets row i of dst to row index[i] of w.
func (*Device) Embed(dst, w, index *device.Array) {
	row := w.Dims[1] * w.DType.Size()
	d, table := Bytes(dst), Bytes(w)
	for i, k := range elements[int64](index) {
		copy(d[i*row:][:row], table[int(k)*row:])
	}
}

// EmbedGrad sets dw to zeros and adds row i of dy to row index[i] of dw.
func (*Device) EmbedGrad(dw, index, dy *device.Array, skip int) {
	clear(Bytes(dw))
	switch dw.DType {
	case device.Float32:
		embedGrad[float32](dw, index, dy, skip)
	case device.Float64:
		embedGrad[float64](dw, index, dy, skip)
	case device.BFloat16, device.Float16:
		embedGradHalf(dw, index, dy, skip)
	default:
		noKernel("embedding gradient", dw.DType)
	}
}

func embedGrad[T float](dw, index, dy *device.Array, skip int) {
	size := dw.Dims[1]
	table, d := elements[T](dw), elements[T](dy)
	for i, k := range elements[int64](index) {
		if int(k) == skip {
			continue
		}
		row := table[int(k)*size:][:size]
		vec.Add(row, row, d[i*size:][:size])
	}
}

// embedGradHalf sums in float32 and rounds once at the end. It handles a part of the table's rows at a time.
func embedGradHalf(dw, index, dy *device.Array, skip int) {
	const part = 1 << 18 // elements
	count, size := dw.Dims[0], dw.Dims[1]
	table, d, indices := elements[uint16](dw), elements[uint16](dy), elements[int64](index)
	code := codeOf(dw.DType)
	rows := max(1, min(count, part/max(1, size)))
	w, row := newTemp[float32](rows*size), newTemp[float32](size)
	sums, in := elements[float32](&w.Array), elements[float32](&row.Array)
	for first := 0; first < count; first += rows {
		n := min(rows, count-first)
		clear(sums)
		for i, j := range indices {
			if k := int(j) - first; k >= 0 && k < n && int(j) != skip {
				code.widen(in, d[i*size:][:size])
				vec.Add(sums[k*size:][:size], sums[k*size:][:size], in)
			}
		}
		code.narrow(table[first*size:][:n*size], sums[:n*size])
	}
	row.free()
	w.free()
}
