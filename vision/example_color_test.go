package vision_test

import (
	"fmt"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision"
)

// colors returns an image of four pixels: orange, gray, dark blue, white.
func colors() *vision.Image {
	return &vision.Image{C: 3, H: 1, W: 4, Pix: []float32{
		1, 0.5, 0, 1, // red
		0.6, 0.5, 0.1, 1, // green
		0.1, 0.5, 0.4, 1, // blue
	}}
}

// applyColors transforms the four pixels and prints their red, green and blue, a pixel a line.
func applyColors(t vision.Transform) {
	img := colors()
	r := rng.NewKeyed(1, 0, 0)
	t.Apply(img, &r)
	for i := range img.W {
		fmt.Printf("%.2f %.2f %.2f\n", img.Plane(0)[i], img.Plane(1)[i], img.Plane(2)[i])
	}
}

func ExampleAdjustBrightness() {
	applyColors(vision.AdjustBrightness{Factor: 1.5})
	// Output:
	// 1.00 0.90 0.15
	// 0.75 0.75 0.75
	// 0.00 0.15 0.60
	// 1.00 1.00 1.00
}

func ExampleAdjustContrast() {
	applyColors(vision.AdjustContrast{Factor: 0.5})
	// Output:
	// 0.78 0.58 0.33
	// 0.53 0.53 0.53
	// 0.28 0.33 0.48
	// 0.78 0.78 0.78
}

func ExampleAdjustSaturation() {
	applyColors(vision.AdjustSaturation{Factor: 0.5})
	// Output:
	// 0.83 0.63 0.38
	// 0.50 0.50 0.50
	// 0.05 0.10 0.25
	// 1.00 1.00 1.00
}

func ExampleAdjustHue() {
	applyColors(vision.AdjustHue{Factor: 1.0 / 3})
	// Output:
	// 0.10 1.00 0.60
	// 0.50 0.50 0.50
	// 0.40 0.00 0.10
	// 1.00 1.00 1.00
}

func ExampleColorJitter() {
	applyColors(vision.ColorJitter{Brightness: vision.Range{0.8, 1.2}, Hue: vision.Range{-0.1, 0.1}})
	// Output:
	// 0.99 0.87 0.10
	// 0.50 0.50 0.50
	// 0.02 0.00 0.40
	// 0.99 0.99 0.99
}

func ExampleGrayscale() {
	img := colors()
	vision.Grayscale{}.Apply(img, nil)
	fmt.Printf("%d %.2f\n", img.C, img.Pix)
	// Output: 1 [0.66 0.50 0.10 1.00]
}

func ExampleRandomGrayscale() {
	applyColors(vision.RandomGrayscale{P: 1})
	// Output:
	// 0.66 0.66 0.66
	// 0.50 0.50 0.50
	// 0.10 0.10 0.10
	// 1.00 1.00 1.00
}

// tones is a gray image.
func tones() *vision.Image {
	return &vision.Image{C: 1, H: 1, W: 5, Pix: []float32{0.25, 0.375, 0.5, 0.625, 0.75}}
}

func ExampleInvert() {
	apply(vision.Invert{}, tones())
	// Output: [0.75 0.625 0.5 0.375 0.25]
}

func ExampleSolarize() {
	apply(vision.Solarize{Threshold: 0.6}, tones())
	// Output: [0.25 0.375 0.5 0.375 0.25]
}

func ExamplePosterize() {
	apply(vision.Posterize{Bits: 2}, tones())
	// Output: [0.25 0.25 0.5 0.5 0.75]
}

func ExampleAutoContrast() {
	apply(vision.AutoContrast{}, tones())
	// Output: [0 0.25 0.5 0.75 1]
}

// A dark ramp uses all levels afterwards.
func ExampleEqualize() {
	img := ramp(1, 1024)
	for i := range img.Pix {
		img.Pix[i] /= 4096
	}
	vision.Equalize{}.Apply(img, nil)
	fmt.Printf("%.3f\n", []float32{img.Pix[0], img.Pix[511], img.Pix[1023]})
	// Output: [0.000 0.651 1.000]
}

func ExampleAdjustSharpness() {
	img := &vision.Image{C: 1, H: 3, W: 3, Pix: []float32{0, 0, 0, 0, 0.5, 0, 0, 0, 0}}
	apply(vision.AdjustSharpness{Factor: 1.5}, img)
	// Output:
	// [0 0 0]
	// [0 0.6538 0]
	// [0 0 0]
}

func ExampleAdjustGamma() {
	apply(vision.AdjustGamma{Gamma: 2}, tones())
	// Output: [0.0625 0.1406 0.25 0.3906 0.5625]
}

func ExampleGaussianNoise() {
	apply(vision.GaussianNoise{Sigma: 0.01}, tones())
	// Output: [0.232 0.3602 0.4983 0.6355 0.7458]
}

func ExampleRandomApply() {
	apply(vision.RandomApply{Transform: vision.Invert{}, P: 1}, tones())
	// Output: [0.75 0.625 0.5 0.375 0.25]
}

func ExampleRandomChoice() {
	apply(vision.RandomChoice{vision.Invert{}, vision.AutoContrast{}}, tones())
	// Output: [0 0.25 0.5 0.75 1]
}

func ExampleRandAugment() {
	img := &vision.Image{}
	img.Replace(3, 32, 32)
	r := rng.NewKeyed(0, 0, 0)
	vision.RandAugment{}.Apply(img, &r) // two changes of strength 9 of 30
	fmt.Println(img.C, img.H, img.W)
	// Output: 3 32 32
}

func ExampleMixUp() {
	x := tensor.From([]float32{0, 0, 1, 1}, 2, 1, 1, 2)
	y := tensor.From([]int64{2, 0})
	r := rng.NewKeyed(5, 0, 0) // seed, epoch, number of the batch
	x, y = vision.MixUp{Classes: 3}.ApplyBatch(x, y, &r)
	fmt.Println(x.Reshape(2, 2))
	fmt.Println(y)
	// Output:
	// tensor([[0.4201, 0.4201],
	//         [0.5799, 0.5799]])
	// tensor([[0.4201, 0.0000, 0.5799],
	//         [0.5799, 0.0000, 0.4201]])
}

func ExampleCutMix() {
	x := tensor.Arange(2).Cast(tensor.Float32).Reshape(2, 1, 1, 1).Expand(2, 1, 3, 4)
	y := tensor.From([]int64{1, 0})
	r := rng.NewKeyed(4, 0, 0)
	x, y = vision.CutMix{Classes: 2}.ApplyBatch(x, y, &r)
	fmt.Println(x.Select(0, 0).Select(0, 0))
	fmt.Println(y)
	// Output:
	// tensor([[0., 0., 0., 0.],
	//         [1., 0., 0., 0.],
	//         [1., 0., 0., 0.]])
	// tensor([[0.1667, 0.8333],
	//         [0.8333, 0.1667]])
}

// A training loop that mixes the samples of each batch.
func ExampleBatchTransform() {
	digits, err := mnist.TrainSet()
	if err != nil {
		log.Fatal(err)
	}
	ds, err := vision.NewDataset(vision.From(digits.Images()), nil)
	if err != nil {
		log.Fatal(err)
	}
	var mix vision.BatchTransform = vision.MixUp{Alpha: 0.2, Classes: 10}
	layer := nn.NewLinear(rng.NewTorch(0), 784, 10)
	loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: 32})
	for batch := range loader.Batches() {
		r := rng.NewKeyed(0, uint32(batch.Epoch), uint64(batch.Step))
		x, y := mix.ApplyBatch(batch.X, batch.Y, &r)
		loss := nn.CrossEntropy(layer.Forward(x.Flatten(1)), y)
		fmt.Println(y.Shape(), loss.Shape())
		break
	}
	// Output: (32, 10) ()
}

// Eight digits, each with eight variants, in augmented.png.
func ExampleSheetConfig() {
	digits, err := mnist.TrainSet()
	if err != nil {
		log.Fatal(err)
	}
	augment := vision.RandomAffine{Degrees: vision.Range{-15, 15}, Scale: vision.Range{0.8, 1.1}}
	sheet, err := vision.ContactSheet(vision.From(digits.Images()), augment, vision.SheetConfig{Cell: 56})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "sheet")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "augmented.png"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, sheet); err != nil {
		log.Fatal(err)
	}
	fmt.Println(sheet.Bounds().Size())
	// Output: (548,484)
}
