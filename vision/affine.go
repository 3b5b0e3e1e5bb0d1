package vision

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/rng"
)

// RandomAffine rotates, moves, scales and shears an image by random amounts around its center: torchvision's
// RandomAffine. The zero value changes nothing.
type RandomAffine struct {
	Degrees   Range      // of the rotation, clockwise
	Translate [2]float64 // largest movement along x and y, in fractions of width and height, each in [0, 1]
	Scale     Range      // the factor; {0, 0} means 1
	Shear     Range      // angle of the shear along x, in degrees
	ShearY    Range      // angle of the shear along y

	Interpolation Interpolation // Nearest or Bilinear; Default is Nearest
	Fill          []float32     // value of pixels outside the image, one or one for each channel; nil means 0
	// x and y of the point that stays, in pixels from the upper left corner; nil means the middle
	Center *[2]float64
}

// Apply draws the angle, the movement along x and y (whole pixels), the factor and the angles of the shears, and warps
// img.
func (t RandomAffine) Apply(img *Image, r *rng.Keyed) {
	const op = "RandomAffine"
	for _, v := range t.Translate {
		if !(v >= 0 && v <= 1) {
			fail(op, fmt.Sprintf("Translate %v, want fractions from 0 to 1", t.Translate))
		}
	}
	if t.Scale == (Range{}) {
		t.Scale = Range{1, 1}
	}
	a := Affine{Interpolation: t.Interpolation, Fill: t.Fill, Center: t.Center}
	a.Angle = t.Degrees.draw(op, r)
	for i, side := range [2]int{img.W, img.H} {
		most := t.Translate[i] * float64(side)
		a.Translate[i] = math.RoundToEven(Range{-most, most}.draw(op, r))
	}
	a.Scale = t.Scale.draw(op, r)
	a.Shear = [2]float64{t.Shear.draw(op, r), t.ShearY.draw(op, r)}
	a.Apply(img, r)
}

// Affine rotates, moves, scales and shears an image around its center: torchvision's functional.affine. The zero value
// changes nothing.
type Affine struct {
	Angle     float64    // of the rotation in degrees, clockwise
	Translate [2]float64 // movement along x and y, in pixels
	Scale     float64    // 0 means 1
	Shear     [2]float64 // angles of the shear along x and y, in degrees

	Interpolation Interpolation // Nearest or Bilinear; Default is Nearest
	Fill          []float32     // value of pixels outside the image, one or one for each channel; nil means 0
	// x and y of the point that stays, in pixels from the upper left corner; nil means the middle
	Center *[2]float64
}

// Apply warps img. It panics if the factor is negative.
func (t Affine) Apply(img *Image, _ *rng.Keyed) {
	if t.Scale == 0 {
		t.Scale = 1
	}
	if !(t.Scale > 0) {
		fail("Affine", fmt.Sprintf("Scale %v, want a number above 0", t.Scale))
	}
	cx, cy := fromMiddle(img, t.Center)
	m := inverseAffine(cx, cy, t.Angle, t.Translate, t.Scale, t.Shear)
	warpAffine("Affine", img, img.H, img.W, m, t.Interpolation, t.Fill)
}

// RandomRotation rotates an image by a random angle: torchvision's RandomRotation.
type RandomRotation struct {
	Degrees       Range         // counterclockwise
	Interpolation Interpolation // Nearest or Bilinear; Default is Nearest
	Expand        bool          // make the result large enough for the whole rotated image
	// x and y of the point that stays, in pixels from the upper left corner; nil means the middle
	Center *[2]float64
	Fill   []float32 // value of pixels outside the image, one or one for each channel; nil means 0
}

// Apply draws the angle and rotates img.
func (t RandomRotation) Apply(img *Image, r *rng.Keyed) {
	angle := t.Degrees.draw("RandomRotation", r)
	Rotate{angle, t.Interpolation, t.Expand, t.Center, t.Fill}.Apply(img, r)
}

// Rotate rotates an image: torchvision's functional.rotate.
type Rotate struct {
	Angle         float64       // in degrees, counterclockwise
	Interpolation Interpolation // Nearest or Bilinear; Default is Nearest
	Expand        bool          // make the result large enough for the whole rotated image
	// x and y of the point that stays, in pixels from the upper left corner; nil means the middle
	Center *[2]float64
	Fill   []float32 // value of pixels outside the image, one or one for each channel; nil means 0
}

// Apply rotates img. Without Center it turns by multiples of 90 degrees exactly, if the size allows.
func (t Rotate) Apply(img *Image, _ *rng.Keyed) {
	if turns := t.Angle / 90; t.Center == nil && turns == math.Trunc(turns) && math.Abs(turns) < 1e9 {
		if n := (int(turns)%4 + 4) % 4; n%2 == 0 || t.Expand || img.H == img.W {
			quarterTurns(img, n)
			return
		}
	}
	cx, cy := fromMiddle(img, t.Center)
	m := inverseAffine(cx, cy, -t.Angle, [2]float64{}, 1, [2]float64{})
	h, w := img.H, img.W
	if t.Expand {
		h, w = m.expanded(h, w)
	}
	warpAffine("Rotate", img, h, w, m, t.Interpolation, t.Fill)
}

// quarterTurns rotates img by n·90 degrees counterclockwise, 0 ≤ n < 4.
func quarterTurns(img *Image, n int) {
	for range n {
		h, w := img.H, img.W
		old := img.Replace(img.C, w, h)
		for c := range img.C {
			src, dst := old[c*h*w:], img.Plane(c)
			for y := range w {
				for x := range h {
					dst[y*h+x] = src[x*w+w-1-y]
				}
			}
		}
	}
}

// expanded returns the size of the smallest image around the middle that holds the corners of an h×w image which m
// moved. The positions are cut to 1e-4 pixels, so that rounding adds no pixel.
func (m matrix) expanded(h, w int) (int, int) {
	lowX, lowY, highX, highY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, sx := range []float64{-0.5, 0.5} {
		for _, sy := range []float64{-0.5, 0.5} {
			x, y := sx*float64(w), sy*float64(h)
			nx, ny := m[0]*x+m[1]*y+m[2], m[3]*x+m[4]*y+m[5]
			lowX, highX = min(lowX, nx), max(highX, nx)
			lowY, highY = min(lowY, ny), max(highY, ny)
		}
	}
	length := func(low, high float64, side int) int {
		cut := func(v float64) float64 { return math.Trunc((v+float64(side)/2)*1e4) / 1e4 }
		return int(math.Ceil(cut(high)) - math.Floor(cut(low)))
	}
	return length(lowY, highY, h), length(lowX, highX, w)
}

// fromMiddle returns a point relative to the middle of the image.
func fromMiddle(img *Image, point *[2]float64) (x, y float64) {
	if point == nil {
		return 0, 0
	}
	return point[0] - float64(img.W)/2, point[1] - float64(img.H)/2
}

// matrix is the affine map (x, y) → (m[0]·x + m[1]·y + m[2], m[3]·x + m[4]·y + m[5]).
type matrix [6]float64

// inverseAffine returns the inverse of T·C·R·S·Hy·Hx·C⁻¹, which maps a position in the new image to the old one: the
// shears Hx and Hy, the scale S and the rotation R around the center C, then the movement T.
func inverseAffine(cx, cy, angle float64, translate [2]float64, scale float64, shear [2]float64) matrix {
	const degree = math.Pi / 180
	rot, sx, sy := angle*degree, shear[0]*degree, shear[1]*degree
	// R·Hy·Hx = [a b; c d], whose determinant is 1.
	a := math.Cos(rot-sy) / math.Cos(sy)
	b := -a*math.Tan(sx) - math.Sin(rot)
	c := math.Sin(rot-sy) / math.Cos(sy)
	d := -c*math.Tan(sx) + math.Cos(rot)
	m := matrix{d / scale, -b / scale, 0, -c / scale, a / scale, 0}
	dx, dy := cx+translate[0], cy+translate[1]
	m[2] = cx - m[0]*dx - m[1]*dy
	m[5] = cy - m[3]*dx - m[4]*dy
	return m
}

// warpAffine gives img h×w pixels, each from the position in the old image to which m maps it. Positions are relative
// to the middles of the images.
func warpAffine(op string, img *Image, h, w int, m matrix, method Interpolation, fill []float32) {
	if method == Default {
		method = Nearest
	}
	if img.H == 0 || img.W == 0 {
		fail(op, "an image without pixels")
	}
	checkSize(op, h, w)
	memory := img.Scratch(2 * w)
	xs, ys := memory[:w], memory[w:]
	s := newSampler(op, img, h, w, method, fill)
	for i := range h {
		y := float64(i) - float64(h-1)/2
		x0 := float64(m[1]*y) + m[2] + float64(s.w-1)/2
		y0 := float64(m[4]*y) + m[5] + float64(s.h-1)/2
		for j := range w {
			x := float64(j) - float64(w-1)/2
			xs[j], ys[j] = float32(float64(m[0]*x)+x0), float32(float64(m[3]*x)+y0)
		}
		s.row(img, i, xs, ys)
	}
}
