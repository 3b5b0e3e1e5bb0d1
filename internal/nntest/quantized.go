package nntest

import (
	"math"

	"github.com/lamina-ml/lamina/internal/tensortest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

var (
	bytesType    = tensor.Uint8
	blockFormats = map[string]tensor.BlockFormat{"Q8_0": tensor.Q8_0, "Q4_0": tensor.Q4_0, "Q4_1": tensor.Q4_1,
		"Q4_K": tensor.Q4_K, "Q6_K": tensor.Q6_K}
)

// half returns the float16 in two bytes.
func half(low, high float64) float32 {
	bits := int(low) + 256*int(high)
	fraction, exponent := float64(bits%1024), bits/1024%32
	v := math.Ldexp(fraction, -24)
	switch {
	case exponent == 31 && fraction > 0:
		v = nan
	case exponent == 31:
		v = inf
	case exponent > 0:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if bits >= 1<<15 {
		v = -v
	}
	return float32(v)
}

// weightOf returns weight i of a block, rounded to float32 as ggml rounds it.
func weightOf(format string, b []float64, i int) float32 {
	nibble := func(b []float64, i, n int) int { return int(b[i%n]) >> (i / n * 4) & 15 }
	signed := func(v float64) float32 { return float32(int8(int(v))) }
	switch format {
	case "Q8_0":
		return half(b[0], b[1]) * signed(b[2+i])
	case "Q4_0":
		return half(b[0], b[1]) * float32(nibble(b[2:], i, 16)-8)
	case "Q4_1":
		return float32(half(b[0], b[1])*float32(nibble(b[4:], i, 16))) + half(b[2], b[3])
	case "Q4_K":
		group := i / 32
		s, t := int(b[4+group%4]), int(b[8+group%4])
		if group < 4 {
			s, t = s%64, t%64
		} else {
			s, t = s/64*16+int(b[8+group])%16, t/64*16+int(b[8+group])/16
		}
		q := nibble(b[16+i/64*32:], i%64, 32)
		return float32(float32(half(b[0], b[1])*float32(s))*float32(q)) - float32(half(b[2], b[3])*float32(t))
	case "Q6_K":
		part, j := i/128, i%128
		q := nibble(b[64*part:], j, 64) + int(b[128+32*part+j%32])>>(j/32*2)&3*16
		return float32(half(b[208], b[209])*signed(b[192+i/16])) * float32(q-32)
	}
	panic("nntest: no format " + format)
}

// weightsOf returns the weights of rows of blocks.
func weightsOf(format string, w array) array {
	f := blockFormats[format]
	row := w.Shape[len(w.Shape)-1] / f.Bytes() * f.Weights()
	y := array{Shape: append(append([]int{}, w.Shape[:len(w.Shape)-1]...), row)}
	for at := 0; at < len(w.V); at += f.Bytes() {
		for i := range f.Weights() {
			y.V = append(y.V, float64(weightOf(format, w.V[at:][:f.Bytes()], i)))
		}
	}
	return y
}

// blocksOf returns n blocks whose bytes are spread over all values and whose scales are small.
func blocksOf(format string, n int) []float64 {
	scales := map[string][]int{"Q8_0": {0}, "Q4_0": {0}, "Q4_1": {0, 2}, "Q4_K": {0, 2}, "Q6_K": {208}}[format]
	size := blockFormats[format].Bytes()
	b := make([]float64, n*size)
	for i := range b {
		b[i] = float64((i*i*7 + i*89 + i/size*31) % 256)
	}
	for i := range n {
		for j, at := range scales {
			b[i*size+at+1] = float64([]int{0x20, 0xa4, 0x00, 0x9d}[(i+j)%4]) // 0.008, −0.016, a subnormal number, −0.005
		}
	}
	return b
}

func quantizedLinearRow(name string, inputs int) *tensortest.Op {
	layer := &nn.QuantizedLinear{}
	op := &tensortest.Op{Name: name, DTypes: float, Inputs: []input{{}, {DType: &bytesType}, {}}[:inputs], Tol: products, NoHalf: true,
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			layer.Weight, layer.Bias, layer.Format = x[1], tensor.Tensor{}, blockFormats[a["format"].(string)]
			if inputs > 2 {
				layer.Bias = required(x[2])
			}
			return layer.Forward(x[0])
		},
		Ref: func(in []array, a attributes) array {
			return affineOf(append([]array{in[0], weightsOf(a["format"].(string), in[1])}, in[2:]...), false)
		},
		Terms: func(in []array, a attributes) array {
			w := weightsOf(a["format"].(string), in[1])
			for i, v := range w.V {
				w.V[i] = math.Abs(v)
			}
			return affineOf(append([]array{in[0], w}, in[2:]...), false)
		},
		Errors: []mistake{
			{Shapes: [][]int{{2, 32}, {4, 34}, {4}}[:inputs], Attrs: attributes{"format": "Q8_0"},
				Text: "quantized_linear: blocks of Q8_0 must be uint8 in rows of a multiple of 34 bytes, not float32: (4, 34)"},
			{Shapes: [][]int{{2, 32}, {4, 68}, {4}}[:inputs], DTypes: []tensor.DType{tensor.Float32, tensor.Uint8},
				Attrs: attributes{"format": "Q8_0"},
				Text:  "quantized_linear: the weight must be a matrix whose rows have as many weights as the input's last dimension, not 64: (2, 32) × (4, 68)"},
			{Shapes: [][]int{{2, 32}, {4, 33}, {4}}[:inputs], DTypes: []tensor.DType{tensor.Float32, tensor.Uint8},
				Attrs: attributes{"format": "Q8_0"}, Text: "in rows of a multiple of 34 bytes"},
			{Shapes: [][]int{{2, 32}, {4, 34}, {4}}[:inputs], DTypes: []tensor.DType{tensor.Int64, tensor.Uint8},
				Attrs: attributes{"format": "Q8_0"}, Text: "quantized_linear: the input must be a floating-point tensor, not int64"},
		},
	}
	if inputs > 2 {
		op.Errors = append(op.Errors, mistake{Shapes: [][]int{{2, 32}, {4, 34}, {3}},
			DTypes: []tensor.DType{tensor.Float32, tensor.Uint8}, Attrs: attributes{"format": "Q8_0"},
			Text: "quantized_linear: a float32 bias does not fit the weight"})
	}
	for format, f := range blockFormats {
		n := f.Weights()
		for _, c := range []struct {
			x   []int
			out int
		}{{[]int{n}, 2}, {[]int{1, 2, n}, 3}, {[]int{0, n}, 2}, {[]int{2, 0}, 3}, {[]int{2, n}, 0},
			{[]int{2, 3 * n}, 3}, {[]int{9, 2 * n}, 40}} {
			row := c.x[len(c.x)-1] / f.Weights()
			s := sample{Shapes: [][]int{c.x, {c.out, row * f.Bytes()}, {c.out}}[:inputs],
				Values: [][]float64{nil, blocksOf(format, c.out*row), nil}[:inputs],
				Attrs:  attributes{"format": format}, Big: sized(c.x) > 64 || format == "Q4_0", Floats: true}
			op.Samples = append(op.Samples, s)
		}
	}
	return op
}

func quantizedRows() []*tensortest.Op {
	rows := []*tensortest.Op{quantizedLinearRow("quantized_linear", 3), quantizedLinearRow("quantized_linear_no_bias", 2)}
	row := &tensortest.Op{Name: "dequantize", DTypes: float[:1], Inputs: []input{{DType: &bytesType}}, NoHalf: true, NoGradient: true,
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			return tensor.Dequantize(x[0], blockFormats[a["format"].(string)])
		},
		Ref: func(in []array, a attributes) array { return weightsOf(a["format"].(string), in[0]) },
		Errors: []mistake{
			{Shapes: [][]int{{2, 34}}, Attrs: attributes{"format": "Q8_0"},
				Text: "dequantize: blocks of Q8_0 must be uint8 in rows of a multiple of 34 bytes, not float32: (2, 34)"},
			{Shapes: [][]int{{}}, DTypes: []tensor.DType{tensor.Uint8}, Attrs: attributes{"format": "Q8_0"},
				Text: "dequantize: blocks of Q8_0 must be uint8 in rows"},
			{Shapes: [][]int{{144}}, DTypes: []tensor.DType{tensor.Uint8}, Attrs: attributes{"format": "Q6_K"},
				Text: "dequantize: blocks of Q6_K must be uint8 in rows of a multiple of 210 bytes, not uint8: (144,)"},
		},
	}
	table := &nn.QuantizedEmbedding{}
	lookup := &tensortest.Op{Name: "quantized_embedding", DTypes: float[:1], Inputs: []input{{DType: &bytesType},
		{DType: &whole}}, NoHalf: true, NoGradient: true,
		Call: func(x []tensor.Tensor, a attributes) tensor.Tensor {
			table.Weight, table.Format = x[0], blockFormats[a["format"].(string)]
			return table.Forward(x[1])
		},
		Ref: func(in []array, a attributes) array {
			w, index := weightsOf(a["format"].(string), in[0]), in[1]
			y := array{Shape: append(append([]int{}, index.Shape...), w.Shape[1])}
			for _, i := range index.V {
				y.V = append(y.V, w.V[int(i)*w.Shape[1]:][:w.Shape[1]]...)
			}
			return y
		},
		Errors: []mistake{
			{Shapes: [][]int{{2, 34}, {2}}, DTypes: []tensor.DType{tensor.Uint8}, Attrs: attributes{"format": "Q8_0"},
				Text: "embedding: the index must be int64 or int32, not float32: (2,)"},
			{Shapes: [][]int{{1, 34}, {2}}, DTypes: []tensor.DType{tensor.Uint8, tensor.Int64},
				Attrs: attributes{"format": "Q8_0"}, Text: "embedding: index 1 at element 0 is outside the 1 rows"},
			{Shapes: [][]int{{2, 34}, {2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
				Attrs: attributes{"format": "Q8_0"}, Text: "quantized_embedding: blocks of Q8_0 must be uint8"},
		},
	}
	for format, f := range blockFormats {
		a := attributes{"format": format}
		for _, rows := range []int{0, 1, 5} {
			row.Samples = append(row.Samples, sample{Shapes: [][]int{{rows, 2 * f.Bytes()}},
				Values: [][]float64{blocksOf(format, 2*rows)}, Attrs: a, Floats: true})
		}
		row.Samples = append(row.Samples, sample{Shapes: [][]int{{f.Bytes()}}, Values: [][]float64{blocksOf(format, 1)},
			Attrs: a, Floats: true},
			sample{Shapes: [][]int{{3, 0}}, Values: [][]float64{{}}, Attrs: a, Floats: true})
		for _, index := range [][]float64{{2, 0, 2}, {}} {
			lookup.Samples = append(lookup.Samples, sample{Shapes: [][]int{{3, f.Bytes()}, {len(index)}},
				Values: [][]float64{blocksOf(format, 3), index}, Attrs: a, Floats: true})
		}
	}
	return append(rows, row, lookup)
}
