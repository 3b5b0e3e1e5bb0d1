package vision

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/rng"
)

// goldenTensor is a tensor of a golden file.
type goldenTensor struct {
	Shape []int  `json:"s"`
	Raw   []byte `json:"b"`
}

// UnmarshalJSON decodes base64.
func (g *goldenTensor) UnmarshalJSON(b []byte) error {
	var v struct {
		D string
		S []int
		B string
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(v.B)
	g.Shape, g.Raw = v.S, raw
	return err
}

func (g *goldenTensor) image() *Image {
	img := &Image{C: g.Shape[0], H: g.Shape[1], W: g.Shape[2], Pix: make([]float32, len(g.Raw)/4)}
	for i := range img.Pix {
		img.Pix[i] = math.Float32frombits(binary.LittleEndian.Uint32(g.Raw[4*i:]))
	}
	return img
}

// goldens maps the names in the golden file to new transforms, whose fields the settings set.
var goldens = map[string]func() Transform{
	"Resize":    func() Transform { return new(Resize) },
	"Affine":    func() Transform { return new(Affine) },
	"Normalize": func() Transform { return new(Normalize) },

	"Pad":                  func() Transform { return new(Pad) },
	"Crop":                 func() Transform { return new(Crop) },
	"CenterCrop":           func() Transform { return new(CenterCrop) },
	"RandomHorizontalFlip": func() Transform { return new(RandomHorizontalFlip) },
	"RandomVerticalFlip":   func() Transform { return new(RandomVerticalFlip) },
	"Erase":                func() Transform { return new(Erase) },
	"Rotate":               func() Transform { return new(Rotate) },
	"Perspective":          func() Transform { return new(Perspective) },
	"GaussianBlur":         func() Transform { return new(GaussianBlur) },
	"AdjustBrightness":     func() Transform { return new(AdjustBrightness) },
	"AdjustContrast":       func() Transform { return new(AdjustContrast) },
	"AdjustSaturation":     func() Transform { return new(AdjustSaturation) },
	"AdjustSharpness":      func() Transform { return new(AdjustSharpness) },
	"AdjustHue":            func() Transform { return new(AdjustHue) },
	"AdjustGamma":          func() Transform { return new(AdjustGamma) },
	"Grayscale":            func() Transform { return new(Grayscale) },
	"Invert":               func() Transform { return new(Invert) },
	"Solarize":             func() Transform { return new(Solarize) },
	"Posterize":            func() Transform { return new(Posterize) },
	"AutoContrast":         func() Transform { return new(AutoContrast) },
	"Equalize":             func() Transform { return new(Equalize) },
	"displacement":         func() Transform { return new(displacement) },
	"randaugment":          func() Transform { return new(oneRandAugment) },
}

// displacement is what an ElasticTransform does with given distances, in pixels.
type displacement struct {
	DX, DY        []float32
	Interpolation Interpolation
	Fill          []float32
}

func (t displacement) Apply(img *Image, _ *rng.Keyed) {
	displace("displacement", img, t.DX, t.DY, 1, t.Interpolation, t.Fill)
}

// oneRandAugment is one given change of RandAugment.
type oneRandAugment struct {
	Op, Magnitude int
	Sign          float64
}

func (t oneRandAugment) Apply(img *Image, r *rng.Keyed) {
	RandAugment{Magnitude: max(t.Magnitude, 0), NumMagnitudeBins: 31, Fill: []float32{0.5}}.apply(img, t.Op, t.Sign, r)
}

// TestGolden compares the deterministic transforms with torchvision's functions. An image of few pixels has few that
// rounding of positions could move to another pixel; none of these cases has one.
func TestGolden(t *testing.T) {
	var file struct {
		Inputs map[string]*goldenTensor
		Cases  []struct {
			Transform string
			Args      json.RawMessage
			In        string
			Out       *goldenTensor
		}
	}
	readGolden(t, "functional.json.gz", &file)
	seen := map[string]int{}
	for i, c := range file.Cases {
		seen[c.Transform]++
		t.Run(fmt.Sprintf("%03d %s %s", i, c.Transform, c.In), func(t *testing.T) {
			make := goldens[c.Transform]
			if make == nil {
				t.Fatal("unknown transform")
			}
			tr := make()
			d := json.NewDecoder(bytes.NewReader(c.Args))
			d.DisallowUnknownFields()
			if err := d.Decode(tr); err != nil {
				t.Fatal(err)
			}
			img, want := file.Inputs[c.In].image(), c.Out.image()
			r := rng.NewKeyed(1, 2, 3)
			tr.Apply(img, &r)
			if img.C != want.C || img.H != want.H || img.W != want.W {
				t.Fatalf("%s: got %d×%d×%d, want %d×%d×%d", c.Args, img.C, img.H, img.W, want.C, want.H, want.W)
			}
			for k, v := range want.Pix {
				if got := img.Pix[k]; !(math.Abs(float64(got-v)) <= 4e-6*max(1, math.Abs(float64(v)))) {
					t.Fatalf("%s: value %d (row %d, column %d) is %v, want %v", c.Args, k, k/want.W%want.H, k%want.W, got, v)
				}
			}
		})
	}
	for name := range goldens {
		if seen[name] == 0 {
			t.Errorf("no case of %s", name)
		}
	}
}

func readGolden(t *testing.T, name string, v any) {
	t.Helper()
	f, err := os.Open("../testdata/torch/vision/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(v); err != nil {
		t.Fatal(err)
	}
}
