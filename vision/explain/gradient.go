package explain

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/defaults"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Saliency returns how strongly the class's score depends on each element of x, in the shape of x:
//
//	|∂score / ∂x|
//
// x is (N, …); each sample has its own score. (K. Simonyan et al., "Deep inside convolutional networks", 2014;
// captum.attr.Saliency)
func Saliency(model nn.Module, x tensor.Tensor, class int) tensor.Tensor {
	return scoreGradient("explain.Saliency", model, x, class, nil).Abs()
}

// SmoothGradConfig holds the settings of [SmoothGrad].
type SmoothGradConfig struct {
	Samples int     // number of noisy copies; 0 means 50
	Noise   float64 // σ, as a fraction of max(x) − min(x); 0 means 0.15, and nn.Zero means 0
	Seed    uint64  // of the noise: rng.NewTorch(Seed)
}

// SmoothGrad returns the absolute mean of the score's gradient at noisy copies of x, in the shape of x. It is smoother
// than the gradient at x alone, which changes from pixel to pixel:
//
//	|1/n Σ_i ∂score/∂x (x + ε_i)|,   ε_i ~ N(0, σ²)
//
// (D. Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017)
func SmoothGrad(model nn.Module, x tensor.Tensor, class int, c SmoothGradConfig) tensor.Tensor {
	n := c.Samples
	if n == 0 {
		n = 50
	}
	share := defaults.Float(c.Noise, 0.15)
	if n < 1 || !(share >= 0) || math.IsInf(share, 0) {
		fail("explain.SmoothGrad", fmt.Sprintf("%d samples with noise %v, want at least 1 and a finite number from 0",
			n, share))
	}
	g := rng.NewTorch(c.Seed)
	sigma := share * (x.Max().Item() - x.Min().Item())
	var sum tensor.Tensor
	for range n {
		noise := tensor.Options{DType: x.DType(), Device: x.Device()}.RandN(g, x.Shape().Dims()...)
		dx := scoreGradient("explain.SmoothGrad", model, x.Add(noise.MulScalar(sigma)), class, nil)
		if sum.Defined() {
			dx = sum.Add(dx)
		}
		sum = dx
	}
	return sum.DivScalar(float64(n)).Abs()
}

// GradCAMConfig holds the settings of [GradCAM].
type GradCAMConfig struct {
	Layer string // path of a layer with maps (N, K, H, W), such as "conv2"; "" means the last convolution
}

// GradCAM returns where the maps of a convolution support the class, as maps (N, H′, W′) in the size of the layer's
// maps A (N, K, H′, W′):
//
//	ReLU(Σ_k α_k A_k),   α_k = mean over i, j of ∂score / ∂A_k[i, j]
//
// It panics if no layer of that path is called, or if it has no maps. A layer that is called several times counts
// with its last call. (R. Selvaraju et al., "Grad-CAM", 2017)
func GradCAM(model nn.Module, x tensor.Tensor, class int, c GradCAMConfig) tensor.Tensor {
	const op = "explain.GradCAM"
	var a, da tensor.Tensor
	calls := 0
	scoreGradient(op, model, x, class, func(_ tensor.Tensor, layer any, _, y tensor.Tensor) {
		path := pathOf(model, layer)
		_, conv := layer.(*nn.Conv2d)
		if c.Layer == "" && !conv || c.Layer != "" && path != c.Layer {
			return
		}
		if y.Rank() != 4 {
			fail(op, fmt.Sprintf("the layer %q has the result %v, want maps (N, K, H, W)", path, y.Shape()))
		}
		calls++
		call := calls
		a, da = y.Keep(), tensor.Tensor{}
		y.RegisterHook(func(dy tensor.Tensor) tensor.Tensor {
			if call == calls {
				da = dy.Keep()
			}
			return tensor.Tensor{}
		})
	})
	switch {
	case !a.Defined() && c.Layer == "":
		fail(op, "the model calls no Conv2d: name a layer with maps (N, K, H, W)")
	case !a.Defined():
		fail(op, fmt.Sprintf("the model calls no layer %q", c.Layer))
	case !da.Defined():
		fail(op, fmt.Sprintf("the score does not depend on the layer %q", c.Layer))
	}
	return da.KeepDim().Mean(2, 3).Mul(a).Sum(1).ReLU()
}

// scoreGradient returns the gradient of the sum of the samples' scores by x. Layers report to each.
func scoreGradient(op string, model nn.Module, x tensor.Tensor, class int,
	each func(x tensor.Tensor, layer any, a, y tensor.Tensor)) (dx tensor.Tensor) {
	forward(model, x, true, each, func(x, y tensor.Tensor) {
		checkScores(op, y, x.Dim(0), class)
		score := y.Select(1, class).Sum()
		if dx = tensor.Gradient(score, []tensor.Tensor{x}, false)[0]; !dx.Defined() {
			fail(op, "the score does not depend on the input")
		}
		dx = dx.Keep()
	})
	return dx
}

// checkScores panics unless y is (n, classes) with the class.
func checkScores(op string, y tensor.Tensor, n, class int) {
	if y.Rank() != 2 || y.Dim(0) != n || class < 0 || class >= y.Dim(1) {
		fail(op, fmt.Sprintf("class %d of the model's result %v, want scores (%d, classes) and a class of them", class,
			y.Shape(), n), y.Shape())
	}
}

func fail(op, msg string, shapes ...tensor.Shape) {
	panic(&tensor.Error{Op: op, Msg: msg, Shapes: shapes})
}
