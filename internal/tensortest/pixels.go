package tensortest

import (
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// block returns the last three numbers of a shape or an index with others in their place.
func block(v []int, c, h, w int) []int { return append(append([]int{}, v[:len(v)-3]...), c, h, w) }

var _ = add(
	view("pixel_shuffle", []string{"Tensor.PixelShuffle"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.PixelShuffle(a.Int("upscale_factor")) },
		pick(func(x []int, a Attrs) []int {
			r, n := a.Int("upscale_factor"), len(x)
			return block(x, x[n-3]/r/r, x[n-2]*r, x[n-1]*r)
		}, func(at, x []int, a Attrs) []int {
			r, n := a.Int("upscale_factor"), len(x)
			c, h, w := at[n-3], at[n-2], at[n-1]
			return block(at, (c*r+h%r)*r+w%r, h/r, w/r)
		}),
		[]Sample{
			on([]int{1, 8, 2, 3}, Attrs{"upscale_factor": 2}), on([]int{9, 1, 2}, Attrs{"upscale_factor": 3}),
			on([]int{2, 1, 4, 2, 1}, Attrs{"upscale_factor": 2}),
			on([]int{2, 3, 2, 2}, Attrs{"upscale_factor": 1}), on([]int{0, 4, 1, 1}, Attrs{"upscale_factor": 2}),
		},
		wrong([]int{}, Attrs{"upscale_factor": 2}, "pixel_shuffle: the input must be (…, C, H, W): ()"),
		wrong([]int{6, 2, 2}, Attrs{"upscale_factor": 2}, "pixel_shuffle: 6 channels are not a multiple of 2·2: (6, 2, 2)"),
		wrong([]int{4, 2, 2}, Attrs{"upscale_factor": 0}, "pixel_shuffle: the factor is 0; it must be at least 1: (4, 2, 2)"),
		wrong([]int{0, 2, 2}, Attrs{"upscale_factor": math.MaxInt/4 + 1}, "more elements than memory can hold")),
	view("pixel_unshuffle", []string{"Tensor.PixelUnshuffle"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.PixelUnshuffle(a.Int("downscale_factor")) },
		pick(func(x []int, a Attrs) []int {
			r, n := a.Int("downscale_factor"), len(x)
			return block(x, x[n-3]*r*r, x[n-2]/r, x[n-1]/r)
		}, func(at, x []int, a Attrs) []int {
			r, n := a.Int("downscale_factor"), len(x)
			c, h, w := at[n-3], at[n-2], at[n-1]
			return block(at, c/r/r, h*r+c/r%r, w*r+c%r)
		}),
		[]Sample{
			on([]int{1, 2, 4, 6}, Attrs{"downscale_factor": 2}), on([]int{1, 3, 6}, Attrs{"downscale_factor": 3}),
			on([]int{2, 1, 1, 2, 4}, Attrs{"downscale_factor": 2}),
			on([]int{2, 3, 2, 2}, Attrs{"downscale_factor": 1}), on([]int{0, 1, 2, 2}, Attrs{"downscale_factor": 2}),
		},
		wrong([]int{}, Attrs{"downscale_factor": 2}, "pixel_unshuffle: the input must be (…, C, H, W): ()"),
		wrong([]int{1, 3, 2}, Attrs{"downscale_factor": 2}, "pixel_unshuffle: height and width are not multiples of 2: (1, 3, 2)")),
	view("unflatten", []string{"Tensor.Unflatten"},
		func(x tensor.Tensor, a Attrs) tensor.Tensor { return x.Unflatten(a.Int("dim"), a.Ints("sizes")...) },
		relabel(func(x []int, a Attrs) []int {
			d, sizes, n := axis(a.Int("dim"), len(x)), append([]int{}, a.Ints("sizes")...), 1
			for _, s := range sizes {
				n *= max(s, -s)
			}
			for i, s := range sizes {
				if s < 0 {
					sizes[i] = x[d] / n
				}
			}
			return append(append(append([]int{}, x[:d]...), sizes...), x[d+1:]...)
		}),
		[]Sample{
			on([]int{6}, Attrs{"dim": 0, "sizes": []int{2, 3}}),
			on([]int{2, 6, 2}, Attrs{"dim": 1, "sizes": []int{3, -1}}), on([]int{2, 4}, Attrs{"dim": -1, "sizes": []int{4}}),
			on([]int{2, 0}, Attrs{"dim": 1, "sizes": []int{0, 3}}),
		},
		wrong([]int{}, Attrs{"dim": 0, "sizes": []int{1}}, "unflatten: dimension 0 does not exist: ()"),
		wrong([]int{6}, Attrs{"dim": 0, "sizes": []int{}}, "unflatten: 0 sizes; there must be at least 1 and at most 10: (6,)"),
		wrong([]int{6}, Attrs{"dim": 0, "sizes": []int{-1, -1}}, "unflatten: sizes must be positive, and one may be -1; got -1: (6,)"),
		wrong([]int{6}, Attrs{"dim": 0, "sizes": []int{4, -1}}, "unflatten: 6 elements of dimension 0 do not divide by 4: (6,)"),
		wrong([]int{6}, Attrs{"dim": 0, "sizes": []int{2, 2}},
			"unflatten: the sizes have the product 4, and dimension 0 has 6 elements: (6,)")),
)
