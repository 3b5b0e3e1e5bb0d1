package explain

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// OcclusionConfig holds the settings of [Occlusion].
type OcclusionConfig struct {
	Size   int     // width and height of the patch in pixels; 0 means 5
	Stride int     // distance of its positions; 0 means 1
	Value  float64 // of the patch's pixels
}

// Occlusion returns how much the class's score falls when a patch covers a part of the image x (1, C, H, W):
//
//	map[i, j] = score(x) − score(x with the patch around pixel (i·s + s/2, j·s + s/2))
//
// s is the stride, and the map is (⌈H/s⌉, ⌈W/s⌉). The patch covers all channels, and is cut off at the border. It is
// negative where the covered part spoke against the class. (M. Zeiler and R. Fergus, "Visualizing and understanding
// convolutional networks", 2014)
func Occlusion(model nn.Module, x tensor.Tensor, class int, c OcclusionConfig) tensor.Tensor {
	const op = "explain.Occlusion"
	if c.Size == 0 {
		c.Size = 5
	}
	if c.Stride == 0 {
		c.Stride = 1
	}
	if x.Rank() != 4 || x.Dim(0) != 1 {
		fail(op, "the input is one image (1, C, H, W)", x.Shape())
	}
	if c.Size < 1 || c.Stride < 1 {
		fail(op, fmt.Sprintf("a patch of %d pixels with stride %d, want at least 1", c.Size, c.Stride))
	}
	score := func(x tensor.Tensor) (y []float64) {
		forward(model, x, false, nil, func(x, scores tensor.Tensor) {
			checkScores(op, scores, x.Dim(0), class)
			y = scores.Select(1, class).Float64s()
		})
		return y
	}
	h, w := x.Dim(2), x.Dim(3)
	rows, cols := (h+c.Stride-1)/c.Stride, (w+c.Stride-1)/c.Stride
	whole := score(x)[0]
	drops := make([]float64, 0, rows*cols)
	for i := range rows { // one batch for each row of the map
		batch := x.Expand(cols, x.Dim(1), h, w).Clone()
		top, height := window(i, c, h)
		for j := range cols {
			left, width := window(j, c, w)
			batch.Narrow(0, j, 1).Narrow(2, top, height).Narrow(3, left, width).FillInPlace(c.Value)
		}
		for _, y := range score(batch) {
			drops = append(drops, whole-y)
		}
	}
	return tensor.From(drops, rows, cols)
}

// window returns the first pixel and the length of position i of the patch along a side of n pixels.
func window(i int, c OcclusionConfig, n int) (from, length int) {
	center := min(i*c.Stride+c.Stride/2, n-1)
	from = max(center-c.Size/2, 0)
	return from, min(center-c.Size/2+c.Size, n) - from
}
