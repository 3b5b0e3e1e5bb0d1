package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

func text(a Attrs, k string) string {
	s, _ := a[k].(string)
	return s
}

func interpolateOptions(a Attrs) tensor.InterpolateOptions {
	o := tensor.InterpolateOptions{Mode: text(a, "mode"), AlignCorners: a["align_corners"] == true,
		RecomputeScaleFactor: a["recompute"] == true,
		Antialias:            a["antialias"] == true, Size: a.Ints("size")}
	o.Scale, _ = a["scale"].([]float64)
	return o
}

// resizedOf is the reference of Interpolate: for each dimension a matrix of weights, by the definitions of the modes.
func resizedOf(in []Array, a Attrs) Array {
	x := in[0]
	for d := 2; d < len(in[0].Shape); d++ {
		n := x.Shape[d]
		var m int
		var ratio float64
		if size := a.Ints("size"); size != nil {
			m = size[min(d-2, len(size)-1)]
			ratio = float64(n) / float64(m)
		} else {
			s := a["scale"].([]float64)
			f := s[min(d-2, len(s)-1)]
			m = int(float64(n) * f)
			ratio = 1 / f
			if a["recompute"] == true {
				ratio = float64(n) / float64(m)
			}
		}
		align := a["align_corners"] == true
		if align {
			ratio = 0
			if m > 1 {
				ratio = float64(n-1) / float64(m-1)
			}
		}
		out := Array{Shape: withDim(x.Shape, d, m)}
		out.V = make([]float64, sizeOf(out.Shape))
		each(out.Shape, func(at []int) {
			from := append([]int{}, at...)
			sum := 0.0
			for k, w := range resizeWeights(text(a, "mode"), at[d], n, m, ratio, align, a["antialias"] == true) {
				if w != 0 {
					from[d] = k
					sum += w * x.V[offset(from, x.Shape)]
				}
			}
			out.V[offset(at, out.Shape)] = sum
		})
		x = out
	}
	return x
}

// resizeWeights returns the weights of n elements in element i of m.
func resizeWeights(mode string, i, n, m int, ratio float64, align, antialias bool) []float64 {
	w := make([]float64, n)
	at := (float64(i)+0.5)*ratio - 0.5
	if align {
		at = float64(i) * ratio
	}
	add := func(k int, v float64) { w[max(0, min(k, n-1))] += v }
	cube := func(x, a float64) float64 {
		if x = math.Abs(x); x <= 1 {
			return (a+2)*x*x*x - (a+3)*x*x + 1
		} else if x < 2 {
			return a*x*x*x - 5*a*x*x + 8*a*x - 4*a
		}
		return 0
	}
	switch {
	case antialias && n == m: // PyTorch leaves the dimension
		w[i] = 1
	case antialias:
		scale, total := max(ratio, 1), 0.0
		center := (float64(i) + 0.5) * ratio
		for k := range n {
			x := (float64(k) + 0.5 - center) / scale
			if mode == "bilinear" {
				w[k] = max(0, 1-math.Abs(x))
			} else {
				w[k] = cube(x, -0.5)
			}
			total += w[k]
		}
		for k := range w {
			w[k] /= total
		}
	case mode == "" || mode == "nearest":
		add(int(float64(i)*ratio), 1)
	case mode == "nearest-exact":
		add(int((float64(i)+0.5)*ratio), 1)
	case mode == "area":
		lo, hi := i*n/m, ((i+1)*n+m-1)/m
		for k := lo; k < hi; k++ {
			add(k, 1/float64(hi-lo))
		}
	case mode == "bicubic":
		floor := math.Floor(at)
		for k := -1; k <= 2; k++ {
			add(int(floor)+k, cube(at-floor-float64(k), -0.75))
		}
	default:
		at = max(at, 0)
		add(int(at), 1-(at-math.Floor(at)))
		add(int(at)+1, at-math.Floor(at))
	}
	return w
}

func resized(shape []int, mode string, a Attrs) Sample {
	all := Attrs{"mode": mode}
	for k, v := range a {
		all[k] = v
	}
	return Sample{Shapes: [][]int{shape}, Attrs: all, Big: sizeOf(shape) > 100}
}

func gridOptions(a Attrs) tensor.GridSampleOptions {
	return tensor.GridSampleOptions{Mode: text(a, "mode"), PaddingMode: text(a, "padding_mode"), AlignCorners: a["align_corners"] == true}
}

func gridSamples() (out []Sample) {
	for _, s := range [][][]int{{{1, 2, 3, 4}, {1, 2, 2, 2}}, {{0, 2, 3, 4}, {0, 2, 2, 2}}, {{2, 1, 2, 3, 2}, {2, 1, 2, 2, 3}}} {
		for _, mode := range []string{"bilinear", "nearest", "bicubic"} {
			for _, padding := range []string{"zeros", "border", "reflection"} {
				s := s
				if mode == "bicubic" && len(s[0]) == 5 { // 64 elements for each point take long
					if s = [][]int{{1, 1, 2, 1, 2}, {1, 1, 1, 1, 3}}; padding != "border" {
						continue
					}
				}
				out = append(out, Sample{Shapes: s, Attrs: Attrs{"mode": mode, "padding_mode": padding,
					"align_corners": padding == "border"}})
			}
		}
	}
	return out
}

// sampledAt is the reference of GridSample: elements weighted by their distance from a point along each dimension.
func sampledAt(in []Array, a Attrs) Array {
	x, grid := in[0], in[1]
	dims := len(x.Shape) - 2
	outer := grid.Shape[:len(grid.Shape)-1]
	out := Array{Shape: append(append([]int{}, x.Shape[:2]...), outer[1:]...)}
	out.V = make([]float64, sizeOf(out.Shape))
	align, mode, padding := a["align_corners"] == true, text(a, "mode"), text(a, "padding_mode")
	// place applies the padding mode to a place along a dimension of n elements.
	place := func(p float64, n int) float64 {
		lo, hi := -0.5, float64(n)-0.5
		if align {
			lo, hi = 0, float64(n-1)
		}
		if padding == "reflection" {
			for hi > lo && (p < lo || p > hi) {
				if p < lo {
					p = 2*lo - p
				} else {
					p = 2*hi - p
				}
			}
			if hi <= lo {
				p = 0
			}
		}
		if padding != "zeros" && padding != "" {
			p = max(0, min(p, float64(n-1)))
		}
		return p
	}
	each(out.Shape, func(at []int) {
		terms := map[int]float64{0: 1} // weights by the row-major position
		for d := range dims {
			n := x.Shape[2+d]
			g := grid.at(append(append([]int{at[0]}, at[2:]...), dims-1-d))
			p := ((g+1)*float64(n) - 1) / 2
			if align {
				p = (g + 1) / 2 * float64(n-1)
			}
			next := map[int]float64{}
			add := func(q, w float64) {
				if q < 0 || q >= float64(n) {
					return
				}
				for k, v := range terms {
					next[k*n+int(q)] += v * w
				}
			}
			switch mode {
			case "nearest":
				add(math.RoundToEven(place(p, n)), 1)
			case "bicubic":
				for k := -1.0; k <= 2; k++ {
					q := math.Floor(p) + k
					x, w := math.Abs(p-q), 0.0
					if x <= 1 {
						w = 1.25*x*x*x - 2.25*x*x + 1
					} else if x < 2 {
						w = -0.75*x*x*x + 3.75*x*x - 6*x + 3
					}
					add(math.RoundToEven(place(q, n)), w)
				}
			default:
				p = place(p, n)
				add(math.Floor(p), 1-(p-math.Floor(p)))
				add(math.Floor(p)+1, p-math.Floor(p))
			}
			terms = next
		}
		part := (at[0]*x.Shape[1] + at[1]) * sizeOf(x.Shape[2:])
		sum := 0.0
		for k, w := range terms {
			if w != 0 {
				sum += w * x.V[part+k]
			}
		}
		out.V[offset(at, out.Shape)] = sum
	})
	return out
}

// affinePositions is the reference of AffineGrid.
func affinePositions(in []Array, a Attrs) Array {
	theta, size := in[0], a.Ints("size")
	dims := len(size) - 2
	out := Array{Shape: append(append([]int{size[0]}, size[2:]...), dims)}
	each(out.Shape, func(at []int) {
		row := at[dims+1]
		sum := theta.at([]int{at[0], row, dims})
		for k := range dims {
			i, n := float64(at[dims-k]), float64(size[dims+1-k])
			p := (2*i+1)/n - 1
			if a["align_corners"] == true && n > 1 {
				p = 2*i/(n-1) - 1
			} else if n == 1 {
				p = 0
			}
			sum += theta.at([]int{at[0], row, k}) * p
		}
		out.V = append(out.V, sum)
	})
	return out
}

var weighted = Tol{ULP: 64, Torch: 64, Grad: 512, Largest: true, Cancels: true, Inputs: true, AnyZero: true,
	Why: "the places between elements are computed in the type itself: an error of one unit of a place is magnified by the elements' difference"}

var halfWeighted = Tol{ULP: 1, Torch: 3, Grad: 8, Largest: true, Cancels: true, Inputs: true, AnyZero: true,
	Why: "PyTorch rounds the weights to 16 bits"}

var _ = add(
	&Op{Name: "interpolate", Go: []string{"Tensor.Interpolate"}, DTypes: floats, Inputs: []Input{{}}, Tol: weighted, Half: &halfWeighted,
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].Interpolate(interpolateOptions(a)) },
		Ref:  resizedOf,
		Samples: []Sample{
			resized([]int{1, 2, 5}, "", Attrs{"size": []int{8}}), resized([]int{1, 2, 3, 4}, "nearest",
				Attrs{"scale": []float64{2}}), resized([]int{2, 1, 5, 4}, "nearest-exact", Attrs{"size": []int{3, 7}}),
			resized([]int{1, 2, 5}, "linear", Attrs{"size": []int{8}}), resized([]int{1, 2, 5}, "linear",
				Attrs{"size": []int{3}, "align_corners": true}),
			resized([]int{1, 2, 3, 4}, "bilinear", Attrs{"scale": []float64{2}}), resized([]int{1, 1, 4, 5}, "bilinear",
				Attrs{"scale": []float64{1.5, 0.7}}),
			resized([]int{1, 1, 6, 5}, "bilinear", Attrs{"size": []int{4, 2}, "antialias": true}),
			resized([]int{1, 1, 4, 5}, "bicubic", Attrs{"size": []int{7, 3}}),
			resized([]int{1, 1, 6, 5}, "bicubic", Attrs{"size": []int{3, 8}, "antialias": true}),
			resized([]int{1, 1, 6, 5}, "bicubic", Attrs{"scale": []float64{0.6, 1.1}, "antialias": true}),
			resized([]int{1, 1, 2, 3, 2}, "trilinear", Attrs{"scale": []float64{2}}),
			resized([]int{1, 2, 5, 4}, "area", Attrs{"size": []int{2, 3}}), resized([]int{0, 2, 3, 3}, "bilinear", Attrs{"size": []int{4}}),
			resized([]int{2, 3, 5, 70}, "bilinear", Attrs{"scale": []float64{2}}),
			resized([]int{1, 1, 12, 11}, "bicubic", Attrs{"size": []int{30, 7}}),
		},
		Errors: []Mistake{
			wrong([]int{}, Attrs{"size": []int{2}}, "interpolate: the input must have 3 to 5 dimensions: ()"),
			wrong([]int{1, 2, 3}, Attrs{}, "interpolate: either the size or the scale must be given: (1, 2, 3)"),
			wrong([]int{1, 2, 3}, Attrs{"size": []int{0}}, "interpolate: a size of 0 is impossible: (1, 2, 3)"),
			wrong([]int{1, 2, 3}, Attrs{"size": []int{2, 2}},
				"interpolate: the sizes or scales must be one number, or one for each of 1 dimensions, not 2: (1, 2, 3)"),
			wrong([]int{1, 2, 3}, Attrs{"scale": []float64{-1}}, "interpolate: a scale of -1 is impossible: (1, 2, 3)"),
			wrong([]int{1, 2, 3}, Attrs{"size": []int{2}, "mode": "bilinear"},
				"interpolate: the mode bilinear is for inputs of 4 dimensions: (1, 2, 3)"),
			wrong([]int{1, 2, 3}, Attrs{"size": []int{2}, "mode": "cubic"}, `interpolate: there is no mode "cubic": `+
				`nearest, nearest-exact, area, linear, bilinear, trilinear and bicubic exist: (1, 2, 3)`),
			wrong([]int{1, 2, 3}, Attrs{"size": []int{2}, "align_corners": true},
				"interpolate: AlignCorners is for the linear modes and bicubic, not for nearest: (1, 2, 3)"),
			wrong([]int{1, 2, 3}, Attrs{"size": []int{2}, "antialias": true},
				"interpolate: Antialias is for bilinear and bicubic, not for nearest: (1, 2, 3)"),
			notFloat([]int{1, 2, 3}, Attrs{"size": []int{2}}, "interpolate: the input must be floating point, not int64: (1, 2, 3)"),
		},
	},
	&Op{Name: "grid_sample", Go: []string{"GridSample"}, DTypes: floats, Inputs: []Input{{}, {Lo: -1.3, Hi: 1.3}},
		Tol: weighted, Half: &halfWeighted,
		Call:    func(x []tensor.Tensor, a Attrs) tensor.Tensor { return tensor.GridSample(x[0], x[1], gridOptions(a)) },
		Ref:     sampledAt,
		Samples: gridSamples(),
		Errors: []Mistake{
			wrong2([]int{}, []int{1, 2, 2, 2}, Attrs{},
				"grid_sample: the shapes must be (N, C, H, W) and (N, H′, W′, 2), or (N, C, D, H, W) and (N, D′, H′, W′, 3): () × (1, 2, 2, 2)"),
			wrong2([]int{1, 2, 3, 3}, []int{1, 2, 2, 3}, Attrs{}, "grid_sample: the shapes must be (N, C, H, W) and (N, H′, W′, 2)"),
			wrong2([]int{1, 2, 3, 3}, []int{1, 2, 2, 2}, Attrs{"mode": "cubic"},
				`grid_sample: there is no mode "cubic": bilinear, nearest and bicubic exist: (1, 2, 3, 3)`),
			wrong2([]int{1, 2, 3, 3}, []int{1, 2, 2, 2}, Attrs{"padding_mode": "edge"},
				`grid_sample: there is no padding mode "edge": zeros, border and reflection exist: (1, 2, 3, 3)`),
			{Shapes: [][]int{{1, 2, 3, 3}, {1, 2, 2, 2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Float64},
				Text: "grid_sample: input and grid must be floating point and of one type, not float32 and float64: (1, 2, 3, 3) × (1, 2, 2, 2)"},
		},
	},
	&Op{Name: "affine_grid", Go: []string{"AffineGrid"}, DTypes: floats, Inputs: []Input{{}}, Tol: productTol,
		Half: &Tol{ULP: 2, Torch: 2, Grad: 8, Largest: true, Cancels: true, Why: "computed in float32 and rounded once"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor {
			return tensor.AffineGrid(x[0], a["align_corners"] == true, a.Ints("size")...)
		},
		Ref: affinePositions,
		Samples: []Sample{on([]int{1, 2, 3}, Attrs{"size": []int{1, 2, 3, 4}}),
			on([]int{2, 3, 4}, Attrs{"size": []int{2, 1, 2, 1, 3}, "align_corners": true}),
			on([]int{0, 2, 3}, Attrs{"size": []int{0, 2, 2, 2}})},
		Errors: []Mistake{
			wrong([]int{}, Attrs{"size": []int{1, 2, 3, 4}},
				"affine_grid: theta must be (N, 2, 3) for a size (N, C, H, W), or (N, 3, 4) for (N, C, D, H, W); the size is [1 2 3 4]: ()"),
			wrong([]int{1, 2, 3}, Attrs{"size": []int{1, 2, 0, 4}}, "affine_grid: the sizes [1 2 0 4] must be positive: (1, 2, 3)"),
			notFloat([]int{1, 2, 3}, Attrs{"size": []int{1, 2, 3, 4}}, "affine_grid: theta must be floating point, not int64: (1, 2, 3)"),
		},
	},
	&Op{Name: "max_unpool", Go: []string{"Tensor.MaxUnpool"}, DTypes: floats, Inputs: []Input{{}, {DType: &integer}},
		Tol:  Tol{Grad: 1, Why: "elements are copied"},
		Call: func(x []tensor.Tensor, a Attrs) tensor.Tensor { return x[0].MaxUnpool(x[1], a.Ints("size")...) },
		Ref: func(in []Array, a Attrs) Array {
			x, size := in[0], a.Ints("size")
			outer := x.Shape[:len(x.Shape)-len(size)]
			out := Array{Shape: append(append([]int{}, outer...), size...)}
			out.V = make([]float64, sizeOf(out.Shape))
			inner := sizeOf(x.Shape[len(outer):])
			for i, v := range x.V {
				out.V[i/inner*sizeOf(size)+int(in[1].V[i])] = v
			}
			return out
		},
		Samples: []Sample{
			{Shapes: [][]int{{2, 3}, {2, 3}}, Values: [][]float64{nil, {0, 3, 5, 1, 2, 4}}, Attrs: Attrs{"size": []int{6}}},
			{Shapes: [][]int{{1, 1, 2, 2}, {1, 1, 2, 2}}, Values: [][]float64{nil, {5, 2, 11, 8}}, Attrs: Attrs{"size": []int{3, 4}}},
			{Shapes: [][]int{{0, 1, 2, 2}, {0, 1, 2, 2}}, Attrs: Attrs{"size": []int{3, 4}}},
		},
		Errors: []Mistake{
			{Shapes: [][]int{{}, {}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
				Attrs: Attrs{"size": []int{4}}, Text: "max_unpool: the input must have 2 or 3 dimensions: ()"},
			{Shapes: [][]int{{1, 2}, {1, 3}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
				Attrs: Attrs{"size": []int{4}},
				Text:  "max_unpool: the index must be int64 and of the input's shape, not int64: (1, 2) × (1, 3)"},
			{Shapes: [][]int{{1, 2}, {1, 2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
				Attrs: Attrs{"size": []int{1}}, Text: "index 1 at element 0 is outside dimension 1 of size 1"},
			{Shapes: [][]int{{1, 2}, {1, 2}}, DTypes: []tensor.DType{tensor.Int64, tensor.Int64},
				Attrs: Attrs{"size": []int{4}}, Text: "max_unpool: the input must be floating point, not int64: (1, 2)"},
			{Shapes: [][]int{{1, 2}, {1, 2}}, DTypes: []tensor.DType{tensor.Float32, tensor.Int64},
				Attrs: Attrs{"size": []int{0}}, Text: "max_unpool: the sizes [0] must be positive: (1, 2)"},
		},
	},
)
