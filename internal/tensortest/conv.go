package tensortest

import (
	"math"
	"strconv"

	"github.com/lamina-ml/lamina/tensor"
)

var (
	convTol = Tol{ULP: 8, Torch: 8, Grad: 16, Sum: true, Cancels: true, AnyZero: true,
		Why: "sums of products, in another order; PyTorch's zeros have other signs"}
	halfConvTol = Tol{ULP: 1, Torch: 1, Grad: 2, Largest: true, Cancels: true, AnyZero: true, Why: "computed in float32 and rounded once"}
)

// settings are those of a convolution over three dimensions; fewer dimensions have leading numbers of 1, and 0 for paddings.
type settings struct{ stride, padding, dilation, more [3]int }

// settingsOf reads a row's attributes, where one number stands for all dimensions.
func settingsOf(a Attrs, dims int) (s settings) {
	read := func(key string, fallback int) (v [3]int) {
		v = [3]int{fallback, fallback, fallback}
		list := a.Ints(key)
		for i := 0; i < dims && len(list) > 0; i++ {
			v[3-dims+i] = list[min(i, len(list)-1)]
		}
		return v
	}
	return settings{read("stride", 1), read("padding", 0), read("dilation", 1), read("output_padding", 0)}
}

// sized3 returns the last dims sizes of a shape, with leading ones.
func sized3(shape []int, dims int) [3]int {
	v := [3]int{1, 1, 1}
	copy(v[3-dims:], shape[len(shape)-dims:])
	return v
}

func count3(size [3]int) int { return size[0] * size[1] * size[2] }

// each3 calls f with the indices of an array of three dimensions, and with their place in it.
func each3(size [3]int, f func(at [3]int, place int)) {
	for i := range count3(size) {
		f([3]int{i / size[2] / size[1], i / size[2] % size[1], i % size[2]}, i)
	}
}

// eachProduct calls f for each pair of a position p of a window and an element k of the kernel that does not lie in the padding, with their
// places and that of the element q = p·stride + k·dilation − padding of the image.
func (s settings) eachProduct(image, kernel, windows [3]int, f func(q, k, p int)) {
	each3(windows, func(p [3]int, pp int) {
		each3(kernel, func(k [3]int, kk int) {
			place := 0
			for i := range 3 {
				q := p[i]*s.stride[i] + k[i]*s.dilation[i] - s.padding[i]
				if q < 0 || q >= image[i] {
					return
				}
				place = place*image[i] + q
			}
			f(place, kk, pp)
		})
	})
}

func groupsOf(a Attrs) int {
	if g, ok := a["groups"].(int); ok {
		return g
	}
	return 1
}

// convolved computes a convolution by its definition.
func convolved(in []Array, a Attrs, dims int, relu bool) Array {
	x, w := in[0], in[1]
	s := settingsOf(a, dims)
	image, kernel := sized3(x.Shape, dims), sized3(w.Shape, dims)
	var windows [3]int
	for i := range 3 {
		span := s.dilation[i]*(kernel[i]-1) + 1
		if a["padding"] == "same" {
			s.padding[i], windows[i] = (span-1)/2, image[i]
		} else {
			windows[i] = (image[i]+2*s.padding[i]-span)/s.stride[i] + 1
		}
	}
	channels, out, perGroup := x.Shape[len(x.Shape)-dims-1], w.Shape[0], w.Shape[1]
	lead := x.Shape[:len(x.Shape)-dims-1]
	y := Array{Shape: append(append(append([]int{}, lead...), out), windows[3-dims:]...)}
	y.V = make([]float64, sizeOf(y.Shape))
	for n := range sizeOf(lead) {
		for o := range out {
			to := y.V[(n*out+o)*count3(windows):][:count3(windows)]
			for c := range perGroup {
				from := x.V[(n*channels+o/(out/groupsOf(a))*perGroup+c)*count3(image):]
				weights := w.V[(o*perGroup+c)*count3(kernel):]
				s.eachProduct(image, kernel, windows, func(q, k, p int) { to[p] += weights[k] * from[q] })
			}
			for p := range to {
				if len(in) > 2 {
					to[p] += in[2].V[o]
				}
				if relu && to[p] < 0 {
					to[p] = 0
				}
			}
		}
	}
	return y
}

// convolvedBack computes a transposed convolution by its definition.
func convolvedBack(in []Array, a Attrs, dims int) Array {
	x, w := in[0], in[1]
	s := settingsOf(a, dims)
	windows, kernel := sized3(x.Shape, dims), sized3(w.Shape, dims)
	var image [3]int
	for i := range 3 {
		image[i] = (windows[i]-1)*s.stride[i] - 2*s.padding[i] + s.dilation[i]*(kernel[i]-1) + s.more[i] + 1
	}
	groups, channels, perGroup := groupsOf(a), w.Shape[0], w.Shape[1]
	out, lead := perGroup*groups, x.Shape[:len(x.Shape)-dims-1]
	y := Array{Shape: append(append(append([]int{}, lead...), out), image[3-dims:]...)}
	y.V = make([]float64, sizeOf(y.Shape))
	for n := range sizeOf(lead) {
		for c := range channels {
			from := x.V[(n*channels+c)*count3(windows):]
			for o := range perGroup {
				to := y.V[(n*out+c/(channels/groups)*perGroup+o)*count3(image):]
				weights := w.V[(c*perGroup+o)*count3(kernel):]
				s.eachProduct(image, kernel, windows, func(q, k, p int) { to[q] += weights[k] * from[p] })
			}
		}
		for i := range out * count3(image) {
			if len(in) > 2 {
				y.V[n*out*count3(image)+i] += in[2].V[i/count3(image)]
			}
		}
	}
	return y
}

// convNames are the suffixes of rows of a convolution, by whether they have a bias and a ReLU.
var convNames = []struct {
	suffix string
	inputs int
	relu   bool
}{{"", 2, false}, {"_bias", 3, false}, {"_relu", 3, true}}

// convRows makes the rows of a convolution over dims dimensions.
func convRows(dims int, call func(x, w, b tensor.Tensor, o tensor.ConvOptions) tensor.Tensor, samples []Sample,
	mistakes ...Mistake) struct{} {
	d := strconv.Itoa(dims)
	for i, n := range convNames {
		op := &Op{Name: "conv" + d + "d" + n.suffix, DTypes: floats, Inputs: make([]Input, n.inputs), Tol: convTol, Half: &halfConvTol,
			Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
				o := tensor.ConvOptions{Stride: a.Ints("stride"), Padding: a.Ints("padding"),
					Same: a["padding"] == "same", Dilation: a.Ints("dilation"), Groups: groupsOf(a)}
				if n.relu {
					o.Activation = tensor.ReLU
				}
				var b tensor.Tensor
				if n.inputs > 2 {
					b = present(x[2])
				}
				return call(x[0], x[1], b, o)
			},
			Ref: func(in []Array, a Attrs) Array { return convolved(in, a, dims, n.relu) },
		}
		if i == 0 {
			op.Go = []string{"Conv" + d + "d"}
		}
		for _, s := range samples {
			s.Shapes = append(s.Shapes[:2:2], []int{s.Shapes[1][0]})[:n.inputs]
			op.Samples = append(op.Samples, s)
		}
		for _, m := range mistakes {
			if len(m.Shapes) <= n.inputs {
				for len(m.Shapes) < n.inputs {
					m.Shapes = append(m.Shapes[:2:2], []int{m.Shapes[1][0]})
				}
				op.Errors = append(op.Errors, m)
			}
		}
		add(op)
	}
	return struct{}{}
}

// convTransposeRows makes the rows of a transposed convolution over dims dimensions.
func convTransposeRows(dims int, call func(x, w, b tensor.Tensor, o tensor.ConvTransposeOptions) tensor.Tensor,
	samples []Sample, mistakes ...Mistake) struct{} {
	d := strconv.Itoa(dims)
	for _, n := range convNames[:2] {
		op := &Op{Name: "conv_transpose" + d + "d" + n.suffix, DTypes: floats, Inputs: make([]Input, n.inputs),
			Tol: convTol, Half: &halfConvTol,
			Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
				o := tensor.ConvTransposeOptions{Stride: a.Ints("stride"), Padding: a.Ints("padding"),
					OutputPadding: a.Ints("output_padding"), Dilation: a.Ints("dilation"), Groups: groupsOf(a)}
				var b tensor.Tensor
				if n.inputs > 2 {
					b = present(x[2])
				}
				return call(x[0], x[1], b, o)
			},
			Ref: func(in []Array, a Attrs) Array { return convolvedBack(in, a, dims) },
		}
		if n.inputs == 2 {
			op.Go = []string{"ConvTranspose" + d + "d"}
		}
		for _, s := range samples {
			s.Shapes = append(s.Shapes[:2:2], []int{s.Shapes[1][1] * groupsOf(s.Attrs)})[:n.inputs]
			op.Samples = append(op.Samples, s)
		}
		for _, m := range mistakes {
			if len(m.Shapes) <= n.inputs {
				for len(m.Shapes) < n.inputs {
					m.Shapes = append(m.Shapes[:2:2], []int{m.Shapes[1][1] * groupsOf(m.Attrs)})
				}
				op.Errors = append(op.Errors, m)
			}
		}
		add(op)
	}
	return struct{}{}
}

// present panics if x is the zero Tensor. It is for inputs that are optional for the operation but not for the row.
func present(x tensor.Tensor) tensor.Tensor {
	x.Rank()
	return x
}

// images is a sample of an image and a weight.
func images(x, w []int, a Attrs) Sample {
	return Sample{Shapes: [][]int{x, w}, Attrs: a, Big: sizeOf(x) > 150 || sizeOf(w) > 150}
}

// unfitting is a mistake of an image and a weight.
func unfitting(x, w []int, a Attrs, text string) Mistake {
	return Mistake{Shapes: [][]int{x, w}, Attrs: a, Text: text}
}

var (
	_ = convRows(1, tensor.Conv1d, []Sample{
		images([]int{2, 2, 5}, []int{3, 2, 3}, nil), images([]int{2, 5}, []int{2, 2, 2}, Attrs{"padding": []int{1}}),
		images([]int{1, 1, 1}, []int{1, 1, 1}, nil),
		images([]int{1, 4, 7}, []int{2, 2, 3}, Attrs{"stride": []int{2}, "padding": []int{2}, "dilation": []int{2}, "groups": 2}),
		images([]int{1, 2, 5}, []int{4, 1, 4}, Attrs{"padding": "same", "groups": 2}),
		images([]int{0, 2, 5}, []int{3, 2, 3}, nil), images([]int{2, 2, 5}, []int{0, 2, 3}, nil),
		images([]int{2, 0, 5}, []int{3, 0, 3}, nil), images([]int{3, 17, 65}, []int{19, 17, 5}, Attrs{"padding": []int{2}}),
	},
		unfitting([]int{}, []int{3, 2, 3}, nil,
			"conv1d: the input must have 3 dimensions, (N, C, L), or 2 for one sample, (C, L): () × (3, 2, 3)"),
		unfitting([]int{2, 2, 5}, []int{3, 2}, nil, "conv1d: the weight must have 3 dimensions, (C, C/groups, k): (3, 2)"),
	)
	_ = convRows(2, tensor.Conv2d, []Sample{
		images([]int{2, 2, 3, 4}, []int{3, 2, 2, 3}, nil), images([]int{2, 3, 4}, []int{2, 2, 3, 3},
			Attrs{"padding": []int{1}}), images([]int{1, 1, 1, 1}, []int{1, 1, 1, 1}, nil),
		images([]int{1, 2, 5, 4}, []int{2, 2, 2, 2}, Attrs{"stride": []int{2, 1}, "padding": []int{1, 2}, "dilation": []int{2, 3}}),
		images([]int{1, 4, 3, 3}, []int{6, 2, 2, 2}, Attrs{"groups": 2}), images([]int{2, 3, 3, 3}, []int{3, 1, 3, 3},
			Attrs{"groups": 3, "padding": []int{1}, "stride": []int{2}}),
		images([]int{1, 2, 3, 4}, []int{1, 2, 4, 2}, Attrs{"padding": "same"}),
		images([]int{1, 1, 2, 2}, []int{1, 1, 2, 2}, Attrs{"padding": []int{3}, "stride": []int{3}}),
		images([]int{0, 2, 3, 3}, []int{3, 2, 2, 2}, nil), images([]int{2, 0, 3, 3}, []int{3, 0, 2, 2}, nil),
		images([]int{2, 2, 3, 3}, []int{0, 2, 2, 2}, nil),
		images([]int{1, 2, 0, 3}, []int{2, 2, 2, 2}, Attrs{"padding": []int{1}}),
		images([]int{1, 1, 2, 2}, []int{1, 1, 1, 1}, Attrs{"stride": []int{1<<31 - 1}}),
		images([]int{2, 3, 30, 17}, []int{8, 3, 5, 5}, Attrs{"stride": []int{2}, "padding": []int{2}}),
		images([]int{2, 17, 9, 11}, []int{33, 17, 3, 3}, Attrs{"padding": []int{1}}),
		images([]int{1, 16, 14, 15}, []int{16, 1, 3, 3}, Attrs{"padding": []int{1}, "groups": 16}),
		images([]int{2, 33, 6, 6}, []int{20, 33, 1, 1}, nil),
		{Shapes: [][]int{{1, 1, 3, 3}, {1, 1, 2, 2}}, Values: [][]float64{{nan, inf, -inf, 0, 0, 0, 0, 0, 0},
			{1, 1, 1, 1}, {1}}, Big: true, Floats: true},
	},
		unfitting([]int{}, []int{3, 2, 3, 3}, nil,
			"conv2d: the input must have 4 dimensions, (N, C, H, W), or 3 for one sample, (C, H, W): () × (3, 2, 3, 3)"),
		unfitting([]int{8, 28, 28}, []int{3, 1, 3, 3}, nil,
			"conv2d: the input has 8 channels (dimension 0), the weight is for 1; 3 dimensions are one sample, x.Unsqueeze(1) makes samples of 1 channel of them: (8, 28, 28) × (3, 1, 3, 3)"),
		unfitting([]int{2, 8, 8, 3}, []int{4, 3, 3, 3}, nil,
			"conv2d: the input has 8 channels (dimension 1), the weight is for 3; if the last dimension has the channels, move it with x.Permute to dimension 1: (2, 8, 8, 3) × (4, 3, 3, 3)"),
		unfitting([]int{2, 4, 8, 8}, []int{4, 3, 3, 3}, Attrs{"groups": 2},
			"conv2d: the input has 4 channels (dimension 1), the weight is for 6 in 2 groups: (2, 4, 8, 8) × (4, 3, 3, 3)"),
		unfitting([]int{2, 4, 8, 8}, []int{3, 2, 3, 3}, Attrs{"groups": 2},
			"conv2d: 2 groups do not divide the 3 output channels: (3, 2, 3, 3)"),
		unfitting([]int{2, 4, 8, 8}, []int{3, 2, 3, 3}, Attrs{"groups": -1}, "conv2d: -1 groups; there must be at least 1"),
		unfitting([]int{2, 4, 2, 8}, []int{3, 4, 5, 3}, Attrs{"padding": []int{1}},
			"conv2d: the kernel (5, 3) does not fit into the padded input (4, 10): (2, 4, 2, 8) × (3, 4, 5, 3)"),
		unfitting([]int{2, 4, 4, 4}, []int{3, 4, 3, 3}, Attrs{"dilation": []int{3}},
			"conv2d: the kernel (3, 3), which covers (7, 7) by its dilation, does not fit into the padded input (4, 4): (2, 4, 4, 4) × (3, 4, 3, 3)"),
		unfitting([]int{2, 4, 4, 4}, []int{3, 4, 0, 3}, nil, "conv2d: the kernel has no elements: (3, 4, 0, 3)"),
		unfitting([]int{2, 4, 4, 4}, []int{3, 4, 3, 3}, Attrs{"stride": []int{0}}, "conv2d: the stride is 0; it must be 1 to 2147483647"),
		unfitting([]int{2, 4, 4, 4}, []int{3, 4, 3, 3}, Attrs{"padding": []int{1, -1}},
			"conv2d: the padding is -1; it must be 0 to 2147483647"),
		unfitting([]int{2, 4, 4, 4}, []int{3, 4, 3, 3}, Attrs{"dilation": []int{1, 1, 1}},
			"conv2d: the dilation has 3 numbers; there must be 1 or 2"),
		unfitting([]int{2, 4, 4, 4}, []int{3, 4, 3, 3}, Attrs{"padding": "same", "stride": []int{2}},
			"conv2d: Same needs stride 1 and no Padding: (2, 4, 4, 4) × (3, 4, 3, 3)"),
		unfitting([]int{1, 1, 1, 1}, []int{1, 1, 1, 1}, Attrs{"padding": []int{math.MaxInt}},
			"conv2d: the padding is 9223372036854775807; it must be 0 to 2147483647"),
		unfitting([]int{1, 1, 1, 1}, []int{1, 1, 1, 1}, Attrs{"padding": []int{1<<31 - 1}}, "conv2d: more elements than memory can hold"),
		Mistake{Shapes: [][]int{{2, 2, 3, 3}, {3, 2, 2, 2}}, DTypes: []tensor.DType{tensor.Float64},
			Text: "conv2d: the input is float64, the weight float32; both must have one floating-point type: (2, 2, 3, 3) × (3, 2, 2, 2)"},
		Mistake{Shapes: [][]int{{2, 2, 3, 3}, {3, 2, 2, 2}}, DTypes: []tensor.DType{tensor.Int64, tensor.Int64},
			Text: "conv2d: the input is int64, the weight int64"},
		Mistake{Shapes: [][]int{{2, 2, 3, 3}, {3, 2, 2, 2}, {2}},
			Text: "conv2d: a float32 bias does not fit the float32 weight: (2,) × (3, 2, 2, 2)"},
	)
	_ = convRows(3, tensor.Conv3d, []Sample{
		images([]int{1, 2, 2, 3, 2}, []int{2, 2, 2, 2, 1}, nil), images([]int{2, 2, 2, 2}, []int{1, 2, 2, 1, 2},
			Attrs{"padding": []int{1, 0, 1}}), images([]int{1, 1, 1, 1, 1}, []int{1, 1, 1, 1, 1}, nil),
		images([]int{1, 2, 3, 3, 2}, []int{2, 1, 2, 2, 2}, Attrs{"groups": 2, "stride": []int{2, 1, 2},
			"padding": []int{1}, "dilation": []int{1, 2, 1}}),
		images([]int{1, 1, 2, 2, 2}, []int{1, 1, 2, 1, 3}, Attrs{"padding": "same"}),
		images([]int{0, 1, 2, 2, 2}, []int{1, 1, 2, 2, 2}, nil),
		images([]int{2, 5, 4, 7, 9}, []int{6, 5, 3, 3, 3}, Attrs{"padding": []int{1}}),
	},
		unfitting([]int{}, []int{3, 2, 3, 3, 3}, nil,
			"conv3d: the input must have 5 dimensions, (N, C, D, H, W), or 4 for one sample, (C, D, H, W): () × (3, 2, 3, 3, 3)"),
	)
	_ = convTransposeRows(1, tensor.ConvTranspose1d, []Sample{
		images([]int{2, 2, 4}, []int{2, 3, 3}, nil), images([]int{2, 3}, []int{2, 1, 3},
			Attrs{"stride": []int{2}, "padding": []int{1}, "output_padding": []int{1}}),
		images([]int{1, 4, 3}, []int{4, 2, 2}, Attrs{"groups": 2, "stride": []int{3}, "dilation": []int{2},
			"output_padding": []int{2}}), images([]int{0, 2, 3}, []int{2, 1, 3}, nil),
	},
		unfitting([]int{}, []int{3, 2, 3}, nil,
			"conv_transpose1d: the input must have 3 dimensions, (N, C, L), or 2 for one sample, (C, L): () × (3, 2, 3)"),
	)
	_ = convTransposeRows(2, tensor.ConvTranspose2d, []Sample{
		images([]int{2, 2, 2, 3}, []int{2, 3, 3, 2}, nil), images([]int{2, 3, 2}, []int{2, 1, 2, 2}, Attrs{"stride": []int{2}}),
		images([]int{1, 2, 2, 2}, []int{2, 2, 3, 2}, Attrs{"stride": []int{2, 3}, "padding": []int{0, 1},
			"output_padding": []int{1, 2}, "dilation": []int{1, 2}}),
		images([]int{1, 4, 2, 2}, []int{4, 1, 2, 3}, Attrs{"groups": 2, "stride": []int{2}}),
		images([]int{1, 3, 2, 2}, []int{3, 1, 3, 3}, Attrs{"groups": 3, "padding": []int{1}}),
		images([]int{0, 2, 3, 3}, []int{2, 3, 2, 2}, nil), images([]int{2, 0, 3, 3}, []int{0, 3, 2, 2}, nil),
		images([]int{2, 33, 9, 8}, []int{33, 17, 3, 3}, Attrs{"stride": []int{2}, "padding": []int{1}, "output_padding": []int{1}}),
		{Shapes: [][]int{{1, 1, 2, 2}, {1, 1, 1, 2}}, Values: [][]float64{{nan, inf, -inf, 0}, {1, 1}, {1}}, Big: true, Floats: true},
	},
		unfitting([]int{}, []int{3, 2, 3, 3}, nil,
			"conv_transpose2d: the input must have 4 dimensions, (N, C, H, W), or 3 for one sample, (C, H, W): () × (3, 2, 3, 3)"),
		unfitting([]int{2, 4, 3, 3}, []int{3, 2, 3, 3}, nil,
			"conv_transpose2d: the input has 4 channels (dimension 1), the weight is for 3; if the last dimension has the channels, move it with x.Permute to dimension 1: (2, 4, 3, 3) × (3, 2, 3, 3)"),
		unfitting([]int{2, 3, 3, 3}, []int{3, 2, 3, 3}, Attrs{"groups": 2},
			"conv_transpose2d: 2 groups do not divide the 3 input channels: (3, 2, 3, 3)"),
		unfitting([]int{2, 3, 3, 3}, []int{3, 2, 3, 3}, Attrs{"output_padding": []int{1}},
			"conv_transpose2d: the output padding 1 must be less than the stride 1 or the dilation 1: (2, 3, 3, 3)"),
		unfitting([]int{2, 3, 2, 2}, []int{3, 2, 0, 2}, nil, "conv_transpose2d: the kernel has no elements: (3, 2, 0, 2)"),
		unfitting([]int{1, 1, 2, 2}, []int{1, 1, 2, 2}, Attrs{"stride": []int{1<<31 - 1}},
			"conv_transpose2d: more elements than memory can hold"),
		unfitting([]int{2, 3, 2, 2}, []int{3, 2, 2, 2}, Attrs{"padding": []int{2}},
			"conv_transpose2d: the padding 2 leaves nothing of a result of 3 elements: (2, 3, 2, 2) × (3, 2, 2, 2)"),
		Mistake{Shapes: [][]int{{2, 2, 3, 3}, {2, 3, 2, 2}, {2}},
			Text: "conv_transpose2d: a float32 bias does not fit the float32 weight for 3 output channels: (2,) × (2, 3, 2, 2)"},
	)
	_ = convTransposeRows(3, tensor.ConvTranspose3d, []Sample{
		images([]int{1, 2, 2, 2, 1}, []int{2, 1, 2, 1, 2}, nil), images([]int{2, 2, 1, 2}, []int{2, 1, 2, 2, 2},
			Attrs{"groups": 2, "stride": []int{2, 1, 2}, "padding": []int{1, 0, 0}, "output_padding": []int{1, 0, 0}}),
		images([]int{0, 1, 2, 2, 2}, []int{1, 1, 2, 2, 2}, nil),
	},
		unfitting([]int{}, []int{3, 2, 3, 3, 3}, nil,
			"conv_transpose3d: the input must have 5 dimensions, (N, C, D, H, W), or 4 for one sample, (C, D, H, W): () × (3, 2, 3, 3, 3)"),
	)
)

// unfoldOptions reads the settings of the rows im2col and fold.
func unfoldOptions(a Attrs) tensor.UnfoldOptions {
	return tensor.UnfoldOptions{Stride: a.Ints("stride"), Padding: a.Ints("padding"), Dilation: a.Ints("dilation")}
}

// kernelOf returns the size of the kernel and the number of windows of an image.
func (s settings) kernelOf(a Attrs, image [3]int) (kernel, windows [3]int) {
	size := a.Ints("kernel_size")
	kernel = [3]int{1, size[0], size[len(size)-1]}
	for i := range 3 {
		windows[i] = (image[i]+2*s.padding[i]-s.dilation[i]*(kernel[i]-1)-1)/s.stride[i] + 1
	}
	return kernel, windows
}

var _ = add(
	&Op{Name: "im2col", Go: []string{"Unfold"}, DTypes: floats, Inputs: []Input{{}}, Tol: Tol{Grad: 4, Cancels: true,
		Why: "elements are copied; the gradient is a sum"},
		Half: &Tol{Grad: 8, Cancels: true, Why: "the gradient is a sum, which PyTorch rounds after each term"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return tensor.Unfold(x[0], a.Ints("kernel_size"), unfoldOptions(a))
		},
		Ref: func(in []Array, a Attrs) Array {
			x, s := in[0], settingsOf(a, 2)
			image := sized3(x.Shape, 2)
			kernel, windows := s.kernelOf(a, image)
			lead := x.Shape[:len(x.Shape)-2]
			y := Array{Shape: append(append([]int{}, lead[:len(lead)-1]...), lead[len(lead)-1]*count3(kernel), count3(windows))}
			y.V = make([]float64, sizeOf(y.Shape))
			for c := range sizeOf(lead) {
				s.eachProduct(image, kernel, windows, func(q, k, p int) {
					y.V[(c*count3(kernel)+k)*count3(windows)+p] = x.V[c*count3(image)+q]
				})
			}
			return y
		},
		Samples: []Sample{
			on([]int{2, 2, 3, 4}, Attrs{"kernel_size": []int{2, 3}}),
			on([]int{2, 4, 4}, Attrs{"kernel_size": []int{2}, "stride": []int{2}}), on([]int{0, 1, 3, 3}, Attrs{"kernel_size": []int{2}}),
			on([]int{1, 2, 5, 4}, Attrs{"kernel_size": []int{3, 2}, "dilation": []int{2, 1}, "padding": []int{1, 2},
				"stride": []int{1, 2}}),
			on([]int{1, 1, 1, 1}, Attrs{"kernel_size": []int{1}, "padding": []int{2}}),
		},
		Errors: []Mistake{
			wrong([]int{}, Attrs{"kernel_size": []int{1}}, "unfold: the input must be (N, C, H, W) or (C, H, W): ()"),
			wrong([]int{1, 2, 2}, Attrs{"kernel_size": []int{3}},
				"unfold: the kernel (3, 3) does not fit into the padded input (2, 2): (1, 2, 2)"),
			wrong([]int{1, 2, 2}, Attrs{"kernel_size": []int{0}}, "unfold: the kernel is 0; it must be 1 to 2147483647"),
			wrong([]int{1, 2, 2}, Attrs{}, "unfold: the kernel is missing; there must be 1 or 2 numbers: (1, 2, 2)"),
			{Shapes: [][]int{{1, 2, 2}}, DTypes: []tensor.DType{tensor.Int64}, Attrs: Attrs{"kernel_size": []int{1}},
				Text: "unfold: the input must be floating point, not int64: (1, 2, 2)"},
		},
	},
	&Op{Name: "fold", Go: []string{"Fold"}, DTypes: floats, Inputs: []Input{{}},
		Tol: Tol{ULP: 4, Torch: 4, Largest: true, AnyZero: true, Why: "sums of as many elements as the kernel has"},
		Half: &Tol{ULP: 1, Torch: 8, Largest: true, AnyZero: true,
			Why: "summed in float32 and rounded once; PyTorch rounds after each term"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return tensor.Fold(x[0], a.Ints("output_size"), a.Ints("kernel_size"), unfoldOptions(a))
		},
		Ref: func(in []Array, a Attrs) Array {
			x, s := in[0], settingsOf(a, 2)
			size := a.Ints("output_size")
			image := [3]int{1, size[0], size[len(size)-1]}
			kernel, windows := s.kernelOf(a, image)
			channels := x.Shape[len(x.Shape)-2] / count3(kernel)
			y := Array{Shape: append(append([]int{}, x.Shape[:len(x.Shape)-2]...), channels, image[1], image[2])}
			y.V = make([]float64, sizeOf(y.Shape))
			for c := range sizeOf(y.Shape[:len(y.Shape)-2]) {
				s.eachProduct(image, kernel, windows, func(q, k, p int) {
					y.V[c*count3(image)+q] += x.V[(c*count3(kernel)+k)*count3(windows)+p]
				})
			}
			return y
		},
		Samples: []Sample{
			on([]int{2, 12, 4}, Attrs{"output_size": []int{3, 4}, "kernel_size": []int{2, 3}}),
			on([]int{8, 4}, Attrs{"output_size": []int{4}, "kernel_size": []int{2}, "stride": []int{2}}),
			on([]int{0, 4, 4}, Attrs{"output_size": []int{3}, "kernel_size": []int{2}}),
			on([]int{1, 12, 12}, Attrs{"output_size": []int{5, 4}, "kernel_size": []int{3, 2}, "dilation": []int{2, 1},
				"padding": []int{1, 2}, "stride": []int{1, 2}}),
		},
		Errors: []Mistake{
			wrong([]int{}, Attrs{"output_size": []int{3}, "kernel_size": []int{2}},
				"fold: the input must be (N, C·kh·kw, windows) or (C·kh·kw, windows): ()"),
			wrong([]int{4, 4}, Attrs{"output_size": []int{3}},
				"fold: the kernel is missing; there must be 1 or 2 numbers: (4, 4)"),
			wrong([]int{4, 4}, Attrs{"kernel_size": []int{2}},
				"fold: the size is missing; there must be 1 or 2 numbers: (4, 4)"),
			wrong([]int{5, 4}, Attrs{"output_size": []int{3}, "kernel_size": []int{2}},
				"fold: the columns have 5 elements, which is not a multiple of the kernel's 4: (5, 4)"),
			wrong([]int{4, 3}, Attrs{"output_size": []int{3}, "kernel_size": []int{2}},
				"fold: the input has 3 windows; a result of size (3, 3) has (2, 2) of them: (4, 3)"),
			{Shapes: [][]int{{4, 4}}, DTypes: []tensor.DType{tensor.Int64}, Attrs: Attrs{"output_size": []int{3},
				"kernel_size": []int{2}}, Text: "fold: the input must be floating point, not int64: (4, 4)"},
		},
	},
)
