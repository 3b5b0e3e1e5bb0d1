package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// BatchTransform changes a batch of images (B, C, H, W) together with its labels: int64 (B), the classes, or
// probabilities (B, classes). The results belong to the batch's scope. Give it a stream that depends on the batch:
//
//	r := rng.NewKeyed(seed, uint32(batch.Epoch), uint64(batch.Step))
//	x, y := mix.ApplyBatch(batch.X, batch.Y, &r)
//	loss := nn.CrossEntropy(model.Forward(x), y)
type BatchTransform interface {
	ApplyBatch(x, y tensor.Tensor, r *rng.Keyed) (mixedX, mixedY tensor.Tensor)
}

// MixUp mixes each image with the one before it in the batch: λx + (1−λ)x', and their labels as probabilities in the
// same way; λ is drawn from the distribution Beta(Alpha, Alpha), once for a batch. It is torchvision's MixUp.
// (Zhang et al., "mixup: Beyond empirical risk minimization", 2017)
type MixUp struct {
	Alpha   float64 // 0 means 1
	Classes int     // number of classes; required for int64 labels
}

// ApplyBatch returns the mixed images and float32 probabilities (B, Classes).
func (t MixUp) ApplyBatch(x, y tensor.Tensor, r *rng.Keyed) (mixedX, mixedY tensor.Tensor) {
	p := probabilities("MixUp", x, y, t.Classes)
	lambda := beta("MixUp", t.Alpha, r)
	return mix(x, lambda), mix(p, lambda)
}

// CutMix replaces a rectangle of each image by that of the one before it in the batch. The labels are mixed as
// probabilities with the areas as weights. It is torchvision's CutMix. (Yun et al., "CutMix: Regularization strategy to
// train strong classifiers with localizable features", ICCV 2019)
type CutMix struct {
	Alpha   float64 // of the distribution Beta(Alpha, Alpha) of the remaining area; 0 means 1
	Classes int     // number of classes; required for int64 labels
}

// ApplyBatch returns the mixed images and float32 probabilities (B, Classes).
func (t CutMix) ApplyBatch(x, y tensor.Tensor, r *rng.Keyed) (mixedX, mixedY tensor.Tensor) {
	p := probabilities("CutMix", x, y, t.Classes)
	lambda := beta("CutMix", t.Alpha, r)
	h, w := x.Dim(2), x.Dim(3)
	side := 0.5 * math.Sqrt(1-lambda)
	cx, cy := r.IntN(w), r.IntN(h)
	halfW, halfH := int(side*float64(w)), int(side*float64(h))
	left, right := max(cx-halfW, 0), min(cx+halfW, w)
	top, bottom := max(cy-halfH, 0), min(cy+halfH, h)
	mixedX = x.Clone()
	if left < right && top < bottom {
		part := func(m tensor.Tensor) tensor.Tensor { return m.Narrow(2, top, bottom-top).Narrow(3, left, right-left) }
		part(mixedX).CopyFrom(part(x).Roll(1, 0))
	}
	return mixedX, mix(p, 1-float64((right-left)*(bottom-top))/float64(w*h))
}

// mix returns lambda·x + (1 − lambda)·x', where x' is x rolled by one along the first dimension.
func mix(x tensor.Tensor, lambda float64) tensor.Tensor {
	return x.Roll(1, 0).MulScalar(1 - lambda).Add(x.MulScalar(lambda))
}

// probabilities returns labels as float32 (B, classes).
func probabilities(op string, x, y tensor.Tensor, classes int) tensor.Tensor {
	if x.Rank() != 4 || y.Rank() < 1 || y.Rank() > 2 || x.Dim(0) != y.Dim(0) {
		fail(op, fmt.Sprintf("images %v and labels %v, want (B, C, H, W) and (B) or (B, classes)", x.Shape(),
			y.Shape()))
	}
	if y.Rank() == 2 {
		if classes != 0 && y.Dim(1) != classes {
			fail(op, fmt.Sprintf("labels %v for %d Classes, want (B, %[2]d)", y.Shape(), classes))
		}
		return y
	}
	if classes <= 0 {
		fail(op, fmt.Sprintf("Classes %d for int64 labels, want the number of classes", classes))
	}
	return y.OneHot(classes).Cast(tensor.Float32)
}

// beta draws from the distribution Beta(alpha, alpha); 0 means 1.
func beta(op string, alpha float64, r *rng.Keyed) float64 {
	if alpha == 0 {
		alpha = 1
	}
	if !(alpha > 0 && alpha < 1e6) {
		fail(op, fmt.Sprintf("Alpha %v, want a number above 0", alpha))
	}
	// Logarithms, because for a small alpha both gamma variates may be too small for a float64.
	a, b := logGamma(alpha, r), logGamma(alpha, r)
	return 1 / (1 + math.Exp(b-a))
}

// logGamma returns the logarithm of a draw from the gamma distribution with that shape. (Marsaglia and Tsang, "A simple
// method for generating gamma variables", ACM TOMS 26(3), 2000)
func logGamma(shape float64, r *rng.Keyed) float64 {
	boost := 0.0
	if shape < 1 {
		boost = math.Log(1-r.Float64()) / shape
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.Normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return boost + math.Log(d*v)
		}
	}
}

// Batch applies a transform to each image of x, float32 (B, C, H, W), and returns the results, which must have one
// shape. Image i gets the random numbers of (seed, epoch, indices[i]), those of a loader's sample, or of
// (seed, epoch, i) if indices is nil. It computes on the host.
func Batch(t Transform, x tensor.Tensor, seed uint64, epoch int, indices []int64) tensor.Tensor {
	const op = "Batch"
	if x.Rank() != 4 || x.DType() != tensor.Float32 || indices != nil && len(indices) != x.Dim(0) {
		fail(op, fmt.Sprintf("images %v of %v and %d indices, want float32 (B, C, H, W) and B indices", x.Shape(),
			x.DType(), len(indices)))
	}
	c, h, w := x.Dim(1), x.Dim(2), x.Dim(3)
	in := x.Float32s()
	var img Image
	var out []float32
	var first [3]int
	for i := range x.Dim(0) {
		img.Replace(c, h, w)
		copy(img.Pix, in[i*c*h*w:])
		index := int64(i)
		if indices != nil {
			index = indices[i]
		}
		r := rng.NewKeyed(seed, uint32(epoch), uint64(index))
		t.Apply(&img, &r)
		shape := [3]int{img.C, img.H, img.W}
		if i == 0 {
			first = shape
		} else if shape != first {
			fail(op, fmt.Sprintf("image %d has the shape %v after the transform, want %v as image 0 has", i, shape,
				first))
		}
		out = append(out, img.Pix...)
	}
	return tensor.NewFrom(x, out, x.Dim(0), first[0], first[1], first[2])
}
