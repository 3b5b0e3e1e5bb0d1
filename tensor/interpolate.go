package tensor

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/internal/device"
)

// InterpolateOptions says how Interpolate computes, in PyTorch's terms. Each list has one number for each dimension,
// or one for all.
type InterpolateOptions struct {
	Size  []int     // sizes of the result; nil if Scale is set
	Scale []float64 // the sizes' ratios to those of the input: ⌊size·scale⌋; nil if Size is set
	// "nearest" (the default), "nearest-exact", "linear", "bilinear", "trilinear", "bicubic" or "area"
	Mode string
	// the corner elements of input and result stand on each other; for the linear modes and bicubic
	AlignCorners bool
	// the ratio of the sizes takes the place of Scale, which may differ by the rounding of the sizes
	RecomputeScaleFactor bool
	// where the result is smaller, it averages as many elements as an output is wide; for bilinear and bicubic
	Antialias bool
}

// Interpolate resizes the last one to three dimensions of x: (N, C, L), (N, C, H, W) or (N, C, D, H, W). Output i
// along a dimension of size L, resized to M, lies at
//
//	p = (i + ½)·L/M − ½, or i·(L − 1)/(M − 1) with AlignCorners
//
// "nearest" takes the element ⌊i·L/M⌋, "nearest-exact" the nearest one to p, "linear" (one dimension), "bilinear"
// (two) and "trilinear" (three) interpolate between the two nearest along each dimension, "bicubic" between four
// (cubic convolution with a = −0.75, −0.5 with Antialias), and "area" is AdaptiveAvgPool. With Scale and without
// RecomputeScaleFactor, 1/scale takes the place of L/M.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html)
func (x Tensor) Interpolate(o InterpolateOptions) Tensor {
	const op = "interpolate"
	s := x.Shape()
	dims := s.rank - 2
	if dims < 1 || dims > 3 {
		fail(op, "the input must have 3 to 5 dimensions", s)
	}
	checkSpatial(op, x, dims)
	mode := o.axisMode(op, dims, s)
	if (o.Size == nil) == (o.Scale == nil) {
		fail(op, "either the size or the scale must be given", s)
	}
	if n := len(o.Size) + len(o.Scale); n != 1 && n != dims {
		fail(op, fmt.Sprintf("the sizes or scales must be one number, or one for each of %d dimensions, not %d", dims,
			n), s)
	}
	axes := unitAxes
	for i := range dims {
		in := s.dims[2+i]
		a := device.Axis{Mode: mode, In: in, AlignCorners: o.AlignCorners, Single: x.DType() != Float64}
		ratio := 0.0
		if o.Size != nil {
			a.Out = numberOf(o.Size, i, dims, 0)
		} else {
			scale := o.Scale[min(i, len(o.Scale)-1)]
			if !(scale > 0) || float64(in)*scale > math.MaxInt32 {
				fail(op, fmt.Sprintf("a scale of %v is impossible", scale), s)
			}
			a.Out = int(float64(in) * scale)
			if !o.RecomputeScaleFactor {
				ratio = 1 / scale
			}
		}
		if a.Out < 1 {
			fail(op, fmt.Sprintf("a size of %d is impossible", a.Out), s)
		}
		a.Scale = a.ScaleOf(ratio)
		if a.Out == a.In && (mode == device.MeanAdaptive || mode == device.LinearAntialias ||
			mode == device.CubicAntialias) {
			a.Mode = device.Same // PyTorch does not resample such a dimension, whatever its scale is
		}
		axes[3-dims+i] = a
	}
	return x.resample(op, dims, axes)
}

// axisMode checks the mode and returns how it reads each dimension.
func (o *InterpolateOptions) axisMode(op string, dims int, s Shape) device.AxisMode {
	modes := [...]struct {
		name string
		dims int // 0: any
		mode device.AxisMode
	}{
		{"nearest", 0, device.Nearest}, {"nearest-exact", 0, device.NearestExact}, {"area", 0, device.MeanAdaptive},
		{"linear", 1, device.Linear}, {"bilinear", 2, device.Linear}, {"trilinear", 3, device.Linear}, {"bicubic", 2, device.Cubic},
	}
	name := o.Mode
	if name == "" {
		name = "nearest"
	}
	for _, m := range modes {
		if m.name != name {
			continue
		}
		if m.dims != 0 && m.dims != dims {
			fail(op, fmt.Sprintf("the mode %s is for inputs of %d dimensions", name, m.dims+2), s)
		}
		smooth := m.dims != 0
		if o.AlignCorners && !smooth {
			fail(op, "AlignCorners is for the linear modes and bicubic, not for "+name, s)
		}
		if o.Antialias {
			switch name {
			case "bilinear":
				return device.LinearAntialias
			case "bicubic":
				return device.CubicAntialias
			}
			fail(op, "Antialias is for bilinear and bicubic, not for "+name, s)
		}
		return m.mode
	}
	fail(op, fmt.Sprintf("there is no mode %q: nearest, nearest-exact, area, linear, bilinear, trilinear and bicubic exist",
		name), s)
	panic("unreachable")
}
