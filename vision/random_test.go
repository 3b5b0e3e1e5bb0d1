package vision

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// gradient returns an image whose values are its positions: channel 0 the column, channel 1 the row, from 1 on.
func gradient(h, w int) *Image {
	img := &Image{}
	img.Replace(2, h, w)
	for y := range h {
		for x := range w {
			img.Plane(0)[y*w+x], img.Plane(1)[y*w+x] = float32(x+1), float32(y+1)
		}
	}
	return img
}

// random are transforms with random settings, for images of three channels.
var random = map[string]Transform{
	"RandomAffine": RandomAffine{Degrees: Range{-20, 20}, Translate: [2]float64{0.2, 0.1}, Scale: Range{0.7, 1.4}, Shear: Range{-9, 9},
		ShearY: Range{-9, 9}, Interpolation: Bilinear},
	"RandomRotation":       RandomRotation{Degrees: Range{-90, 90}},
	"RandomCrop":           RandomCrop{Size: 9, Padding: Padding{2, 2, 2, 2}, Mode: Reflect},
	"RandomResizedCrop":    RandomResizedCrop{Size: 8},
	"RandomHorizontalFlip": RandomHorizontalFlip{},
	"RandomVerticalFlip":   RandomVerticalFlip{},
	"RandomPerspective":    RandomPerspective{},
	"ElasticTransform":     ElasticTransform{Sigma: 2},
	"GaussianBlur":         GaussianBlur{KernelSize: 3},
	"ColorJitter":          ColorJitter{Range{0.5, 1.5}, Range{0.5, 1.5}, Range{0.5, 1.5}, Range{-0.2, 0.2}},
	"RandomGrayscale":      RandomGrayscale{P: 0.5},
	"RandomErasing":        RandomErasing{Noise: true},
	"Cutout":               Cutout{Size: 4},
	"GaussianNoise":        GaussianNoise{},
	"RandAugment":          RandAugment{},
	"RandomApply":          RandomApply{Transform: Invert{}},
	"RandomChoice":         RandomChoice{Invert{}, Equalize{}, Posterize{2}},
}

// TestRandom checks that a transform depends on the key of the stream only, that different keys give different images,
// that values stay finite, and that images of one pixel and of one row are accepted.
func TestRandom(t *testing.T) {
	for name, tr := range random {
		t.Run(name, func(t *testing.T) {
			base := &Image{}
			base.Replace(3, 11, 12)
			for i := range base.Pix {
				base.Pix[i] = float32(i*7%50) / 50
			}
			different := map[string]bool{}
			var reused Image
			for i := range 40 {
				img := base.Clone()
				r := rng.NewKeyed(1, 2, uint64(i))
				tr.Apply(img, &r)
				reused.Replace(3, 11, 12)
				copy(reused.Pix, base.Pix)
				r = rng.NewKeyed(1, 2, uint64(i))
				tr.Apply(&reused, &r)
				if !slices.Equal(img.Pix, reused.Pix) || img.H != reused.H || img.W != reused.W {
					t.Fatal("memory that was used before changes the result")
				}
				for k, v := range img.Pix {
					if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
						t.Fatalf("value %d is %v", k, v)
					}
				}
				different[string(tensor.From(img.Pix).Bytes())] = true
			}
			if len(different) < 2 {
				t.Error("40 keys give one image")
			}
			if strings.HasPrefix(name, "RandomCrop") {
				return
			}
			for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}} {
				for i := range 20 {
					img := &Image{}
					img.Replace(3, size[0], size[1])
					clear(img.Pix)
					r := rng.NewKeyed(1, 2, uint64(i))
					tr.Apply(img, &r)
				}
			}
		})
	}
}

// TestRandomAllocations checks that no transform allocates once an image's memory has grown.
func TestRandomAllocations(t *testing.T) {
	for name, tr := range random {
		img := &Image{}
		r := new(rng.Keyed)
		i := 0
		apply := func() {
			img.Replace(3, 16, 16)
			setAll(img.Pix, 0.5)
			*r = rng.NewKeyed(1, 0, uint64(i%50))
			tr.Apply(img, r)
			i++
		}
		for range 50 {
			apply()
		}
		if n := testing.AllocsPerRun(50, apply); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestDistributions compares means over many draws with those of torchvision's distributions.
func TestDistributions(t *testing.T) {
	const n = 20000
	mean := func(f func(r *rng.Keyed) float64) float64 {
		sum := 0.0
		for i := range n {
			r := rng.NewKeyed(3, 0, uint64(i))
			sum += f(&r)
		}
		return sum / n
	}
	check := func(name string, got, want, tolerance float64) {
		if math.Abs(got-want) > tolerance {
			t.Errorf("%s: mean %v, want %v ± %v", name, got, want, tolerance)
		}
	}
	for _, p := range []float64{0, 0.2, 1} {
		want := p
		if p == 0 {
			want = 0.5
		}
		check("RandomHorizontalFlip", mean(func(r *rng.Keyed) float64 {
			img := gradient(1, 2)
			RandomHorizontalFlip{p}.Apply(img, r)
			return float64(img.Pix[0]) - 1
		}), want, 0.015)
	}
	// Positions 0 to 4 of a crop are equally frequent.
	check("RandomCrop", mean(func(r *rng.Keyed) float64 {
		img := gradient(8, 8)
		RandomCrop{Size: 4}.Apply(img, r)
		return float64(img.Pix[0])
	}), 3, 0.05)
	// The area of a square image's crop is uniform in [0.08, 1], and of those that fit.
	var areas []float64
	for i := range n {
		r := rng.NewKeyed(3, 0, uint64(i))
		w, h, ok := randomSides("test", 10000, 100, 100, Range{0.08, 0.5}, Range{3.0 / 4, 4.0 / 3}, &r)
		if !ok || w > 100 || h > 100 || float64(w)/float64(h) < 0.73 || float64(w)/float64(h) > 1.37 {
			t.Fatalf("%d×%d, %v", w, h, ok)
		}
		areas = append(areas, float64(w*h)/10000)
	}
	slices.Sort(areas)
	check("area, smallest", areas[0], 0.08, 0.005)
	check("area, median", areas[n/2], 0.29, 0.01)
	check("area, largest", areas[n-1], 0.5, 0.01)
	// Beta(a, a) has mean 1/2 and variance 1/(4(2a+1)).
	for _, a := range []float64{0.1, 0.2, 1, 4} {
		check("beta", mean(func(r *rng.Keyed) float64 { return beta("test", a, r) }), 0.5, 0.02)
		check("beta's variance", mean(func(r *rng.Keyed) float64 {
			d := beta("test", a, r) - 0.5
			return d * d
		}), 1/(4*(2*a+1)), 0.01)
	}
	check("GaussianNoise", mean(func(r *rng.Keyed) float64 {
		img := &Image{C: 1, H: 1, W: 1, Pix: []float32{0}}
		GaussianNoise{NoClip: true, Sigma: 2}.Apply(img, r)
		return float64(img.Pix[0] * img.Pix[0])
	}), 4, 0.2)
}

// TestElasticDistance checks the standard deviation of the distances: noise of variance 1/3, blurred by a Gaussian filter
// whose squares sum to about 1/(4πσ²), times alpha/2.
func TestElasticDistance(t *testing.T) {
	const n, alpha, sigma = 64, 20.0, 2.0
	sum, count := 0.0, 0
	for i := range 20 {
		img := gradient(n, n)
		r := rng.NewKeyed(5, 0, uint64(i))
		ElasticTransform{Alpha: alpha, Sigma: sigma, Fill: []float32{-1}}.Apply(img, &r)
		for y := 16; y < n-16; y++ {
			for x := 16; x < n-16; x++ {
				d := float64(img.Pix[y*n+x]) - float64(x+1)
				sum += d * d
				count++
			}
		}
	}
	want := alpha / 2 * math.Sqrt(1.0/3/(4*math.Pi*sigma*sigma))
	if got := math.Sqrt(sum / float64(count)); math.Abs(got-want) > 0.05*want {
		t.Errorf("distances of %v pixels, want %v", got, want)
	}
}

func TestMix(t *testing.T) {
	x := tensor.From([]float32{1, 2, 3, 10, 20, 30, 100, 200, 300}, 3, 1, 1, 3)
	y := tensor.From([]int64{0, 2, 1})
	for i := range 20 {
		r, same := rng.NewKeyed(1, 0, uint64(i)), rng.NewKeyed(1, 0, uint64(i))
		mx, my := MixUp{Alpha: 0.4, Classes: 3}.ApplyBatch(x, y, &r)
		l := beta("test", 0.4, &same)
		for k, v := range mx.Float32s() {
			old := x.Float32s()
			want := l*float64(old[k]) + (1-l)*float64(old[(k+6)%9]) // mixed with the image before
			if math.Abs(float64(v)-want) > 1e-3 {
				t.Fatalf("value %d is %v, want %v", k, v, want)
			}
		}
		want := []float64{l, 1 - l, 0, 1 - l, 0, l, 0, l, 1 - l}
		for k, v := range my.Float32s() {
			if math.Abs(float64(v)-want[k]) > 1e-6 {
				t.Fatalf("probability %d is %v, want %v", k, v, want[k])
			}
		}
	}
	big := tensor.Arange(3).Cast(tensor.Float32).Reshape(3, 1, 1, 1).Expand(3, 2, 12, 10)
	for i := range 50 {
		r := rng.NewKeyed(2, 0, uint64(i))
		mx, my := CutMix{}.ApplyBatch(big, y.OneHot(3).Cast(tensor.Float32), &r)
		changed := 0
		for _, v := range mx.Narrow(0, 1, 1).Float32s() {
			switch v {
			case 0:
				changed++
			case 1:
			default:
				t.Fatalf("image 1 has a value %v", v)
			}
		}
		share := float64(changed) / 240
		if p := my.Float32s()[3:6]; math.Abs(float64(p[2])-(1-share)) > 1e-6 || math.Abs(float64(p[0])-share) > 1e-6 {
			t.Fatalf("probabilities %v, want %v of class 0", p, share)
		}
	}
}

func TestBatch(t *testing.T) {
	x := tensor.Arange(2*3*4*5).Cast(tensor.Float32).Reshape(2, 3, 4, 5)
	tr := RandomCrop{Size: 3}
	y := Batch(tr, x, 7, 1, []int64{9, 4})
	if y.Shape() != tensor.ShapeOf(2, 3, 3, 3) {
		t.Fatal(y.Shape())
	}
	img := &Image{C: 3, H: 4, W: 5, Pix: x.Float32s()[60:]}
	r := rng.NewKeyed(7, 1, 4)
	tr.Apply(img, &r)
	if !slices.Equal(y.Float32s()[27:], img.Pix) {
		t.Error("image 1 is not that of sample 4")
	}
}

// TestPanics checks that wrong settings and images are *tensor.Errors that say what is wanted.
func TestPanics(t *testing.T) {
	img := func(c, h, w int) *Image {
		m := &Image{}
		m.Replace(c, h, w)
		return m
	}
	for name, c := range map[string]struct {
		t    Transform
		img  *Image
		text string
	}{
		"no size":   {Resize{}, img(3, 4, 4), "either Size or Height and Width"},
		"two sizes": {CenterCrop{Size: 3, Height: 4}, img(3, 4, 4), "either Size or Height and Width"},
		"max size":  {Resize{Size: 5, MaxSize: 5}, img(3, 4, 4), "more than Size 5"},
		"no pixels": {Resize{Size: 5}, img(3, 0, 4), "at least 1×1"},
		"std":       {Normalize{Mean: []float32{1}, Std: []float32{0}}, img(3, 4, 4), "above 0"},
		"means": {Normalize{Mean: []float32{1, 2}, Std: []float32{1}}, img(3, 4, 4),
			"Mean has 2 values for an image of 3 channels"},
		"no mean":             {Normalize{Std: []float32{1}}, img(3, 4, 4), "Mean has 0 values"},
		"translate":           {RandomAffine{Translate: [2]float64{2, 0}}, img(3, 4, 4), "fractions from 0 to 1"},
		"range":               {RandomAffine{Degrees: Range{3, 1}}, img(3, 4, 4), "a lower and an upper bound"},
		"scale":               {Affine{Scale: -1}, img(3, 4, 4), "above 0"},
		"interpolation":       {Affine{Interpolation: Bicubic}, img(3, 4, 4), "want Nearest or Bilinear"},
		"fill":                {Affine{Fill: []float32{1, 2}}, img(3, 4, 4), "Fill has 2 values"},
		"channels of a warp":  {Affine{}, img(5, 4, 4), "at most 4"},
		"crop of a small one": {RandomCrop{Size: 9}, img(3, 4, 4), "set PadIfNeeded"},
		"padding":             {Pad{Padding: Padding{-1}}, img(3, 4, 4), "numbers ≥ 0"},
		"probability":         {RandomHorizontalFlip{P: 1.5}, img(3, 4, 4), "a probability"},
		"kernel":              {GaussianBlur{KernelSize: 4}, img(3, 4, 4), "an odd size"},
		"alpha channel":       {AdjustHue{}, img(4, 4, 4), "1 (gray) or 3 (RGB)"},
		"factor":              {AdjustContrast{-1}, img(3, 4, 4), "≥ 0"},
		"hue":                 {AdjustHue{0.7}, img(3, 4, 4), "-0.5 to 0.5"},
		"bits":                {Posterize{9}, img(3, 4, 4), "0 to 8"},
		"threshold":           {Solarize{2}, img(3, 4, 4), "at most 1"},
		"gray channels":       {Grayscale{2}, img(3, 4, 4), "want 1 or 3"},
		"erase outside":       {Erase{Top: 3, Height: 2, Width: 1}, img(3, 4, 4), "inside it"},
		"cutout":              {Cutout{}, img(3, 4, 4), "at least 1"},
		"magnitude":           {RandAugment{Magnitude: 31}, img(3, 4, 4), "below the number of bins"},
		"points on a line":    {Perspective{}, img(3, 4, 4), "no three are on one line"},
		"distortion":          {RandomPerspective{P: 1, DistortionScale: 2}, img(3, 4, 4), "from 0 to 1"},
		"sigma":               {ElasticTransform{Sigma: -1}, img(3, 4, 4), "above 0"},
		"erasing ratio":       {RandomErasing{P: 1, Ratio: Range{-1, 1}}, img(3, 4, 4), "positive numbers"},
		"no choice":           {RandomChoice{}, img(3, 4, 4), "at least one"},
	} {
		r := rng.NewKeyed(0, 0, 0)
		err := tensor.Try(func() { c.t.Apply(c.img, &r) })
		if err == nil || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "vision.") {
			t.Errorf("%s: %v, want %q", name, err, c.text)
		}
	}
	x := tensor.Zeros(2, 1, 3, 3)
	for name, f := range map[string]func(r *rng.Keyed){
		"Classes":     func(r *rng.Keyed) { MixUp{}.ApplyBatch(x, tensor.From([]int64{0, 1}), r) },
		"(B, C, H, W": func(r *rng.Keyed) { CutMix{Classes: 2}.ApplyBatch(x.Flatten(1), tensor.From([]int64{0, 1}), r) },
		"Alpha":       func(r *rng.Keyed) { MixUp{Alpha: -1, Classes: 2}.ApplyBatch(x, tensor.From([]int64{0, 1}), r) },
		"B indices":   func(r *rng.Keyed) { Batch(Invert{}, x, 0, 0, []int64{1}) },
	} {
		r := rng.NewKeyed(0, 0, 0)
		if err := tensor.Try(func() { f(&r) }); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestContactSheet(t *testing.T) {
	source := squares{n: 3, size: 5, broken: map[int]bool{2: true}}
	m, err := ContactSheet(source, Compose{Invert{}, Normalize{Mean: []float32{0.5}, Std: []float32{2}}},
		SheetConfig{Pictures: []int{0}, Variants: 1, Cell: 10})
	if err != nil {
		t.Fatal(err)
	}
	if size := m.Bounds().Size(); size.X != 36 || size.Y != 18 {
		t.Errorf("size %v", size)
	}
	// The picture is 0 to 24/25, its variant 1 to 1/25; a pixel takes 2×2.
	for x, want := range map[int]uint32{4: 0, 22: 65535} {
		if v, _, _, _ := m.At(x, 4).RGBA(); v != want {
			t.Errorf("gray value %d at %d, want %d", v, x, want)
		}
	}
	for name, c := range map[string]SheetConfig{
		"broken": {}, "picture 7 of 3": {Pictures: []int{7}}, "1 to 1000": {Cell: 5000}, "of 0 pictures": {Pictures: []int{}},
	} {
		if _, err := ContactSheet(source, Compose{}, c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
