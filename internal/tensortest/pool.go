package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// number returns the i-th number of the attribute k, a list of one for each of dims dimensions or one for all.
func (a Attrs) number(k string, i, missing int) int {
	switch list := a.Ints(k); {
	case list == nil:
		return missing
	case len(list) == 1:
		return list[0]
	default:
		return list[i]
	}
}

func poolOptions(a Attrs) tensor.PoolOptions {
	o := tensor.PoolOptions{Kernel: a.Ints("kernel"), Stride: a.Ints("stride"), Padding: a.Ints("padding"), Dilation: a.Ints("dilation")}
	o.CeilMode = a["ceil"] == true
	o.NoCountIncludePad = a["count_include_pad"] == false
	if a["divisor_override"] != nil {
		o.DivisorOverride = a.Int("divisor_override")
	}
	return o
}

// windows calls f for each window of the last dims dimensions of x, in row-major order: with the offset of the part of x, and the positions
// within it of the window's elements. size is the number of the window's elements with those in the padding. It returns the result's shape.
func windows(x []int, a Attrs, adaptive []int, f func(part int, at []int, size int)) []int {
	dims := len(adaptive)
	if adaptive == nil {
		dims = a.Int("dims")
	}
	outer, inner := x[:len(x)-dims], x[len(x)-dims:]
	out := append([]int{}, x...)
	// places[d][i] are the places of window i along dimension d, counts those with the padding.
	places, counts := make([][][]int, dims), make([][]int, dims)
	for d, n := range inner {
		var list [][]int
		var count []int
		if adaptive != nil {
			m := adaptive[d]
			if m == -1 {
				m = n
			}
			for i := range m {
				var at []int
				for k := int(math.Floor(float64(i*n) / float64(m))); k < int(math.Ceil(float64((i+1)*n)/float64(m))); k++ {
					at = append(at, k)
				}
				list, count = append(list, at), append(count, len(at))
			}
		} else {
			kernel := a.number("kernel", d, 0)
			stride, pad, dilation := a.number("stride", d, kernel), a.number("padding", d, 0), a.number("dilation", d, 1)
			width := (kernel-1)*dilation + 1
			for start := -pad; ; start += stride {
				if start+width > n+pad && (a["ceil"] != true || start >= n || start+width-(n+pad) >= stride) {
					break
				}
				var at []int
				all := 0
				for k := range kernel {
					p := start + k*dilation
					if p < n+pad {
						all++
					}
					if p >= 0 && p < n {
						at = append(at, p)
					}
				}
				list, count = append(list, at), append(count, all)
			}
		}
		places[d], counts[d] = list, count
		out[len(outer)+d] = len(list)
	}
	each(outer, func(o []int) {
		part := offset(o, outer) * sizeOf(inner)
		each(out[len(outer):], func(w []int) {
			at, size := []int{0}, 1
			for d := range dims {
				var next []int
				for _, p := range at {
					for _, q := range places[d][w[d]] {
						next = append(next, p*inner[d]+q)
					}
				}
				at = next
				size *= counts[d][w[d]]
			}
			f(part, at, size)
		})
	})
	return out
}

// maximaOf is the reference of max pooling, or of its positions.
func maximaOf(adaptive, positions bool) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) (out Array) {
		x := in[0]
		out.V = []float64{}
		var size []int
		if adaptive {
			size = a.Ints("size")
		}
		out.Shape = windows(x.Shape, a, size, func(part int, at []int, _ int) {
			best := at[0]
			for _, p := range at {
				if v := x.V[part+p]; v > x.V[part+best] || v != v {
					best = p
				}
			}
			if positions {
				out.V = append(out.V, float64(best))
			} else {
				out.V = append(out.V, x.V[part+best])
			}
		})
		return out
	}
}

// meansOf is the reference of average pooling and, for another p than 1, of the p-norms.
func meansOf(adaptive, norm bool) func([]Array, Attrs) Array {
	return func(in []Array, a Attrs) (out Array) {
		x := in[0]
		out.V = []float64{}
		var size []int
		if adaptive {
			size = a.Ints("size")
		}
		out.Shape = windows(x.Shape, a, size, func(part int, at []int, all int) {
			sum := 0.0
			for _, p := range at {
				if norm {
					sum += math.Pow(x.V[part+p], a.Float("p"))
				} else {
					sum += x.V[part+p]
				}
			}
			switch {
			case norm:
				// The mean divides by the window's elements inside, and the norm multiplies by those of a whole one.
				whole := 1
				for d := range a.Int("dims") {
					whole *= a.number("kernel", d, 0)
				}
				out.V = append(out.V, math.Pow(sum/float64(all)*float64(whole), 1/a.Float("p")))
				return
			case a["divisor_override"] != nil:
				all = a.Int("divisor_override")
			case a["count_include_pad"] == false:
				all = len(at)
			}
			out.V = append(out.V, sum/float64(all))
		})
		return out
	}
}

func pooled(dims int, shape, kernel []int, more Attrs) Sample {
	a := Attrs{"dims": dims, "kernel": kernel}
	for k, v := range more {
		a[k] = v
	}
	return Sample{Shapes: [][]int{shape}, Attrs: a, Big: sizeOf(shape) > 100}
}

func adapted(shape []int, size ...int) Sample { return on(shape, Attrs{"size": size}) }

var (
	poolSamples = []Sample{
		pooled(1, []int{2, 5}, []int{2}, nil), pooled(1, []int{1, 2, 7}, []int{3}, Attrs{"stride": []int{2}, "padding": []int{1}}),
		pooled(1, []int{1, 2, 8}, []int{3}, Attrs{"stride": []int{2}, "ceil": true}),
		pooled(1, []int{1, 1, 9}, []int{4}, Attrs{"stride": []int{3}, "padding": []int{2}, "ceil": true}),
		pooled(2, []int{1, 2, 4, 6}, []int{2}, nil), pooled(2, []int{2, 5, 6}, []int{2, 3}, Attrs{"stride": []int{1, 2}}),
		pooled(2, []int{1, 1, 5, 7}, []int{3}, Attrs{"stride": []int{2}, "padding": []int{1}}),
		pooled(2, []int{0, 2, 4, 4}, []int{2}, nil), pooled(2, []int{1, 0, 4, 4}, []int{2}, nil),
		pooled(2, []int{1, 1, 3, 3}, []int{1}, Attrs{"stride": []int{2}}),
		pooled(3, []int{1, 2, 3, 4, 4}, []int{2}, nil), pooled(3, []int{1, 3, 4, 3}, []int{2, 3, 1},
			Attrs{"stride": []int{1, 2, 1}, "padding": []int{1, 1, 0}}),
		pooled(2, []int{3, 2, 37, 140}, []int{3}, Attrs{"stride": []int{2}, "padding": []int{1}}),
		pooled(2, []int{2, 3, 56, 60}, []int{2}, nil),
		pooled(2, []int{2, 1, 20, 133}, []int{3}, Attrs{"stride": []int{1}, "padding": []int{1}}),
	}
	dilatedSamples = []Sample{
		pooled(1, []int{2, 9}, []int{3}, Attrs{"stride": []int{1}, "dilation": []int{2}}),
		pooled(2, []int{1, 1, 7, 8}, []int{3, 2}, Attrs{"stride": []int{2, 1}, "padding": []int{1, 1}, "dilation": []int{2, 3}}),
	}
	adaptiveSamples = []Sample{
		adapted([]int{2, 7}, 3), adapted([]int{1, 2, 5}, 8), adapted([]int{1, 2, 5, 6}, 3, 2),
		adapted([]int{2, 3, 4}, 1, 1), adapted([]int{1, 2, 4, 5}, -1, 3),
		adapted([]int{1, 2, 3, 5, 3}, 2, 3, 2), adapted([]int{0, 2, 4, 4}, 2, 2), adapted([]int{2, 3, 3}, 5, 2),
		adapted([]int{1, 2, 3, 2, 2}, 1, 1, 1), adapted([]int{1, 2, 5}, 0),
	}
	means = Tol{ULP: 8, Torch: 8, Grad: 16, Largest: true, Cancels: true, AnyZero: true,
		Why: "sums of up to nine elements times the weights of each dimension, each rounded"}
	// bfloat16 and float16 are computed in float32 and rounded once.
	halfMeans = Tol{ULP: 1, Torch: 1, Grad: 8, Largest: true, Cancels: true, AnyZero: true,
		Why: "PyTorch rounds the gradient of each window to 16 bits before it adds"}
	powered = Tol{ULP: 16, Torch: 32, Grad: 64, Largest: true, Cancels: true, AnyZero: true,
		Why: "powered, a mean and a root, each rounded"}
	halfPowered = Tol{ULP: 2, Torch: 3, Grad: 16, Largest: true, Cancels: true, AnyZero: true,
		Why: "each step is rounded to 16 bits, as in PyTorch"}
	added = Tol{Grad: 4, Why: "elements are copied; gradients of an element that is the largest of several windows are added"}
)

func poolMistakes(op string, dims int) []Mistake {
	a := func(more Attrs) Attrs { return pooled(dims, nil, []int{2}, more).Attrs }
	list := []Mistake{
		wrong([]int{}, a(nil), op+": the input must have 3 or 4 dimensions: ()"),
		wrong([]int{4, 4}, a(nil), op+": the input must have 3 or 4 dimensions: (4, 4)"),
		wrong([]int{2, 0, 4}, a(nil), op+": the input's dimensions must not be empty: (2, 0, 4)"),
		wrong([]int{2, 4, 4}, a(Attrs{"kernel": []int(nil)}), op+": the kernel's size is missing: (2, 4, 4)"),
		wrong([]int{2, 4, 4}, a(Attrs{"stride": []int{1, 2, 3}}),
			op+": [1 2 3] must have one number, or one for each of 2 dimensions: (2, 4, 4)"),
		wrong([]int{2, 4, 4}, a(Attrs{"stride": []int{0}}), op+": kernel 2, stride 0 and dilation 1 must be positive: (2, 4, 4)"),
		wrong([]int{2, 4, 4}, a(Attrs{"padding": []int{2}}),
			op+": a padding of 2 is impossible: 0 to 1 are possible, half of the kernel: (2, 4, 4)"),
		wrong([]int{2, 1, 4}, a(nil), op+": a window of 2 elements does not fit into 1 and a padding of 0: (2, 1, 4)"),
		wrong([]int{2, 4, 4}, a(Attrs{"dims": 4}), op+": one, two or three dimensions are possible, not 4: (2, 4, 4)"),
	}
	return list
}

func adaptiveMistakes(op string) []Mistake {
	return []Mistake{
		wrong([]int{}, Attrs{"size": []int{2}}, op+": the input must have 2 or 3 dimensions: ()"),
		wrong([]int{2, 3}, Attrs{"size": []int{}}, op+": one, two or three dimensions are possible, not 0: (2, 3)"),
		wrong([]int{2, 3}, Attrs{"size": []int{-2}}, op+": a size of -2 is impossible: −1 keeps the dimension: (2, 3)"),
	}
}

func notFloat(shape []int, a Attrs, text string) Mistake {
	return Mistake{Shapes: [][]int{shape}, DTypes: []tensor.DType{tensor.Int64}, Attrs: a, Text: text}
}

var _ = add(
	&Op{Name: "max_pool", Go: []string{"Tensor.MaxPool"}, DTypes: numbers, Inputs: []Input{{}}, Tol: added,
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].MaxPool(a.Int("dims"), poolOptions(a)) },
		Ref:     maximaOf(false, false),
		Samples: append(append([]Sample{}, dilatedSamples...), poolSamples...),
		Errors: append(poolMistakes("max_pool", 2), Mistake{Shapes: [][]int{{2, 4, 4}},
			DTypes: []tensor.DType{tensor.Bool}, Attrs: pooled(2, nil, []int{2}, nil).Attrs,
			Text: "max_pool: the input must hold numbers, not bool: (2, 4, 4)"}),
	},
	&Op{Name: "max_pool_indices", Go: []string{"Tensor.MaxPoolIndices"}, DTypes: numbers, Inputs: []Input{{}}, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			_, index := x[0].MaxPoolIndices(a.Int("dims"), poolOptions(a))
			return index
		},
		Ref: maximaOf(false, true), Samples: append(append([]Sample{}, dilatedSamples...), poolSamples...),
		Errors: poolMistakes("max_pool", 2),
	},
	&Op{Name: "adaptive_max_pool", Go: []string{"Tensor.AdaptiveMaxPool"}, DTypes: numbers, Inputs: []Input{{}}, Tol: added,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].AdaptiveMaxPool(a.Ints("size")...) },
		Ref:  maximaOf(true, false), Samples: adaptiveSamples, Errors: adaptiveMistakes("adaptive_max_pool"),
	},
	&Op{Name: "adaptive_max_pool_indices", Go: []string{"Tensor.AdaptiveMaxPoolIndices"}, DTypes: numbers,
		Inputs: []Input{{}}, NoGradient: true,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			_, index := x[0].AdaptiveMaxPoolIndices(a.Ints("size")...)
			return index
		},
		Ref: maximaOf(true, true), Samples: adaptiveSamples, Errors: adaptiveMistakes("adaptive_max_pool"),
	},
	&Op{Name: "avg_pool", Go: []string{"Tensor.AvgPool"}, DTypes: floats, Inputs: []Input{{}}, Tol: means, Half: &halfMeans,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].AvgPool(a.Int("dims"), poolOptions(a)) },
		Ref:  meansOf(false, false),
		Samples: append([]Sample{pooled(2, []int{1, 1, 5, 6}, []int{3}, Attrs{"padding": []int{1}, "count_include_pad": false}),
			pooled(2, []int{2, 4, 5}, []int{2, 3}, Attrs{"padding": []int{1}, "divisor_override": 5})}, poolSamples...),
		Errors: append(poolMistakes("avg_pool", 2), notFloat([]int{2, 4, 4}, pooled(2, nil, []int{2}, nil).Attrs,
			"avg_pool: the input must be floating point, not int64: (2, 4, 4)"),
			wrong([]int{2, 4, 4}, pooled(2, nil, []int{2}, Attrs{"dilation": []int{1}}).Attrs,
				"avg_pool: there is no dilation: (2, 4, 4)")),
	},
	&Op{Name: "adaptive_avg_pool", Go: []string{"Tensor.AdaptiveAvgPool"}, DTypes: floats, Inputs: []Input{{}},
		Tol: means, Half: &halfMeans,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].AdaptiveAvgPool(a.Ints("size")...) },
		Ref:  meansOf(true, false), Samples: adaptiveSamples,
		Errors: append(adaptiveMistakes("adaptive_avg_pool"), notFloat([]int{2, 4, 4}, Attrs{"size": []int{2, 2}},
			"adaptive_avg_pool: the input must be floating point, not int64: (2, 4, 4)")),
	},
	&Op{Name: "lp_pool", Go: []string{"Tensor.LPPool"}, DTypes: floats, Inputs: []Input{{Lo: 0.2, Hi: 3}}, Tol: powered, Half: &halfPowered,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return x[0].LPPool(a.Int("dims"), a.Float("p"), poolOptions(a))
		},
		Ref: meansOf(false, true),
		Samples: []Sample{pooled(1, []int{2, 5}, []int{2}, Attrs{"p": 2}), pooled(2, []int{1, 2, 4, 6}, []int{2, 3},
			Attrs{"p": 3, "stride": []int{1, 2}}),
			pooled(2, []int{2, 5, 5}, []int{3}, Attrs{"p": 1, "stride": []int{2}}),
			pooled(3, []int{1, 1, 3, 4, 4}, []int{2}, Attrs{"p": 2.5}), pooled(2, []int{0, 2, 4, 4}, []int{2}, Attrs{"p": 2})},
		Errors: []Mistake{wrong([]int{}, pooled(1, nil, []int{2}, Attrs{"p": 2}).Attrs,
			"avg_pool: the input must have 2 or 3 dimensions: ()"),
			wrong([]int{2, 4}, pooled(1, nil, []int{2}, Attrs{"p": 2, "padding": []int{1}}).Attrs,
				"lp_pool: there is neither padding nor dilation: (2, 4)"),
			wrong([]int{1, 2, 2, 2}, pooled(3, nil, []int{2, 2}, Attrs{"p": 2}).Attrs,
				"avg_pool: [2 2] must have one number, or one for each of 3 dimensions: (1, 2, 2, 2)"),
			notFloat([]int{2, 4}, pooled(1, nil, []int{2}, Attrs{"p": 2}).Attrs,
				"lp_pool: the input must be floating point, not int64: (2, 4)")},
	},
)
