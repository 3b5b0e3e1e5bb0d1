package digits_test

import (
	"image"
	"testing"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
	"github.com/lamina-ml/lamina/vision/digits"
)

// BenchmarkRead12MP reads a photograph of 4000×3000 pixels in color, as a decoded JPEG is stored.
func BenchmarkRead12MP(b *testing.B) {
	d, err := mnist.Train()
	if err != nil {
		b.Fatal(err)
	}
	k, err := digitphotos.KindNamed("rules")
	if err != nil {
		b.Fatal(err)
	}
	small := k.Draw(d, 1, 1).Image
	m := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	s := small.Bounds()
	for y := range 3000 {
		for x := range 4000 {
			r, _, _, _ := small.At(s.Min.X+x*s.Dx()/4000, s.Min.Y+y*s.Dy()/3000).RGBA()
			m.Y[y*m.YStride+x] = uint8(r >> 8)
		}
	}
	reader := digits.Reader{Classify: newNetwork(b).classify}
	for b.Loop() {
		reader.Read(m)
	}
}
