package image

import (
	"bytes"
	"image"
	"image/color"
	"image/color/palette"
	imagedraw "image/draw"
	"math"
	"math/rand/v2"
	"testing"
)

// randomImages returns images of all types that decoders return, with random pixels and an origin that is not 0.
func randomImages() map[string]image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	rect := image.Rect(3, 5, 12, 16)
	source := image.NewNRGBA64(rect)
	for i := range source.Pix {
		source.Pix[i] = byte(r.Uint32())
	}
	opaque := image.NewNRGBA64(rect)
	imagedraw.Draw(opaque, rect, image.Black, image.Point{}, imagedraw.Src)
	imagedraw.Draw(opaque, rect, source, rect.Min, imagedraw.Over)
	ycc := image.NewYCbCr(rect, image.YCbCrSubsampleRatio420)
	for _, p := range [][]byte{ycc.Y, ycc.Cb, ycc.Cr} {
		for i := range p {
			p[i] = byte(r.Uint32())
		}
	}
	alpha := image.NewNYCbCrA(rect, image.YCbCrSubsampleRatio420)
	alpha.YCbCr = *ycc
	for i := range alpha.A {
		alpha.A[i] = byte(r.Uint32())
	}
	images := map[string]image.Image{"NRGBA64": source, "opaque NRGBA64": opaque, "YCbCr": ycc, "NYCbCrA": alpha}
	for name, m := range map[string]imagedraw.Image{
		"RGBA": image.NewRGBA(rect), "RGBA64": image.NewRGBA64(rect), "NRGBA": image.NewNRGBA(rect), "Gray": image.NewGray(rect),
		"Gray16": image.NewGray16(rect), "CMYK": image.NewCMYK(rect), "Paletted": image.NewPaletted(rect, palette.Plan9),
	} {
		imagedraw.Draw(m, rect, source, rect.Min, imagedraw.Src)
		images[name] = m
	}
	return images
}

// TestPlanarSet compares the planes with the colors that image/color computes.
func TestPlanarSet(t *testing.T) {
	for name, m := range randomImages() {
		for _, channels := range []int{1, 3, 4} {
			var p Planar
			p.Set(m, channels)
			b := m.Bounds()
			if p.C != channels || p.W != b.Dx() || p.H != b.Dy() || len(p.Pix) != channels*b.Dx()*b.Dy() {
				t.Fatalf("%s: %d×%d×%d", name, p.C, p.H, p.W)
			}
			for y := range p.H {
				for x := range p.W {
					at := m.At(b.Min.X+x, b.Min.Y+y)
					c := color.NRGBA64Model.Convert(at).(color.NRGBA64)
					if v, ok := at.(color.NRGBA); ok { // Convert multiplies by alpha and divides, which loses digits
						c = color.NRGBA64{R: 257 * uint16(v.R), G: 257 * uint16(v.G), B: 257 * uint16(v.B), A: 257 * uint16(v.A)}
					}
					red, green, blue, a := float64(c.R)/65535, float64(c.G)/65535, float64(c.B)/65535, float64(c.A)/65535
					want := []float64{red, green, blue, a}
					if channels != 4 {
						for i := range want[:3] {
							want[i] = want[i]*a + 1 - a
						}
					}
					tolerance := 1e-6
					if channels == 1 {
						want[0] = (19595*want[0] + 38470*want[1] + 7471*want[2]) / 65536
						tolerance = 0.51 / 255 // rounded to a level
					}
					if name == "YCbCr" { // red, green and blue are rounded to levels, as decoders do
						tolerance += 1.01 / 255
					}
					for k := range channels {
						if got := p.Plane(k)[y*p.W+x]; math.Abs(float64(got)-want[k]) > tolerance {
							t.Fatalf("%s: channel %d of %d at (%d, %d) is %v, want %v", name, k, channels, x, y, got, want[k])
						}
					}
				}
			}
		}
	}
}

// Gray values of 8-bit colors are levels: those of Pillow's convert("L").
func TestPlanarLuma(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	copy(m.Pix, []byte{200, 30, 77, 255, 1, 2, 3, 255, 255, 254, 253, 255})
	var p Planar
	p.Set(m, 1)
	for i, want := range []int{86, 2, 254} { // PIL.Image.fromarray(…).convert("L")
		if got := p.Pix[i] * 255; got != float32(want) {
			t.Errorf("pixel %d: level %v, want %d", i, got, want)
		}
	}
}

// TestPlanarOrientation compares with the image whose pixels are accessed through the orientation.
func TestPlanarOrientation(t *testing.T) {
	m := randomImages()["NRGBA"]
	for o := 1; o <= 8; o++ {
		turned := upright(m, o)
		plain := image.NewNRGBA64(turned.Bounds())
		imagedraw.Draw(plain, plain.Rect, turned, turned.Bounds().Min, imagedraw.Src)
		var got, want Planar
		got.Set(turned, 3)
		want.Set(plain, 3)
		if got.H != want.H || got.W != want.W {
			t.Fatalf("orientation %d: %d×%d, want %d×%d", o, got.W, got.H, want.W, want.H)
		}
		for i, v := range want.Pix {
			if math.Abs(float64(got.Pix[i]-v)) > 2e-4 { // plain lost some digits where alpha is small
				t.Fatalf("orientation %d: value %d is %v, want %v", o, i, got.Pix[i], v)
			}
		}
	}
}

func TestPlanarImage(t *testing.T) {
	m := randomImages()["NRGBA"]
	var p Planar
	p.Set(m, 4)
	back := p.Image().(*image.NRGBA)
	if !bytes.Equal(back.Pix, m.(*image.NRGBA).Pix) {
		t.Error("the pixels have changed")
	}
	p = Planar{C: 1, H: 1, W: 5, Pix: []float32{-1, 0.5, 7, float32(math.NaN()), float32(math.Inf(1))}}
	if got := p.Image().(*image.Gray).Pix; !bytes.Equal(got, []byte{0, 128, 255, 0, 255}) {
		t.Errorf("levels %v", got)
	}
}

func TestPlanarMemory(t *testing.T) {
	var p Planar
	p.Replace(1, 2, 3)
	p.Pix[0] = 7
	old := p.Replace(3, 2, 2)
	if len(old) != 6 || old[0] != 7 || len(p.Pix) != 12 || p.C != 3 || p.H != 2 || p.W != 2 {
		t.Errorf("old %v, new %d×%d×%d with %d values", old, p.C, p.H, p.W, len(p.Pix))
	}
	p.Replace(3, 2, 2)
	p.Scratch(5)
	if n := testing.AllocsPerRun(10, func() {
		p.Replace(1, 3, 4)
		p.Scratch(4)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if got := p.Memory(); got != 4*(12+12+5) {
		t.Errorf("Memory is %d", got)
	}
	c := p.Clone()
	c.Pix[0] = p.Pix[0] + 1
	if c.Pix[0] == p.Pix[0] {
		t.Error("a clone shares memory")
	}
}

func TestPlanarPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"Set":     func() { new(Planar).Set(image.NewGray(image.Rect(0, 0, 1, 1)), 2) },
		"Replace": func() { new(Planar).Replace(1, -1, 1) },
		"Image":   func() { (&Planar{C: 2}).Image() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
