package vision

import (
	"testing"

	"github.com/lamina-ml/lamina/rng"
)

// BenchmarkDigits transforms a 28×28 image. 20,000 images a second are 50 µs each.
func BenchmarkDigits(b *testing.B) {
	for name, t := range map[string]Transform{
		"affine nearest": RandomAffine{Degrees: Range{-15, 15}, Translate: [2]float64{0.1, 0.1}, Scale: Range{0.9, 1.1}},
		"affine bilinear": RandomAffine{Degrees: Range{-15, 15}, Translate: [2]float64{0.1, 0.1},
			Scale: Range{0.9, 1.1}, Interpolation: Bilinear},
		"elastic":     ElasticTransform{},
		"perspective": RandomPerspective{P: 1},
		"blur":        GaussianBlur{KernelSize: 5},
		"crop":        RandomCrop{Size: 28, Padding: Padding{2, 2, 2, 2}},
		"erasing":     RandomErasing{P: 1},
		"normalize":   Normalize{Mean: []float32{0.1307}, Std: []float32{0.3081}},
	} {
		benchmark(b, name, t, 1, 28, 28)
	}
}

// BenchmarkColors transforms a 32×32 image of three channels.
func BenchmarkColors(b *testing.B) {
	for name, t := range map[string]Transform{
		"flip and crop": Compose{RandomHorizontalFlip{}, RandomCrop{Size: 32, Padding: Padding{4, 4, 4, 4}}},
		"jitter":        ColorJitter{Range{0.8, 1.2}, Range{0.8, 1.2}, Range{0.8, 1.2}, Range{-0.1, 0.1}},
		"RandAugment":   RandAugment{},
	} {
		benchmark(b, name, t, 3, 32, 32)
	}
}

// BenchmarkPhotograph scales a photograph of 12 million pixels to ImageNet's size.
func BenchmarkPhotograph(b *testing.B) {
	benchmark(b, "resize", Resize{Size: 256}, 3, 3000, 4000)
	benchmark(b, "random resized crop", RandomResizedCrop{Size: 224}, 3, 3000, 4000)
}

func benchmark(b *testing.B, name string, t Transform, c, h, w int) {
	b.Run(name, func(b *testing.B) {
		var img Image
		pix := make([]float32, c*h*w)
		for i := range pix {
			pix[i] = float32(i%97) / 96
		}
		b.ReportAllocs()
		for i := range b.N {
			img.Replace(c, h, w)
			copy(img.Pix, pix)
			r := rng.NewKeyed(1, 0, uint64(i))
			t.Apply(&img, &r)
		}
	})
}
