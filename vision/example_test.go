package vision_test

import (
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/vision"
)

// ramp returns a gray image of h×w pixels with the values 0, 1, 2, ….
func ramp(h, w int) *vision.Image {
	img := &vision.Image{}
	img.Replace(1, h, w)
	for i := range img.Pix {
		img.Pix[i] = float32(i)
	}
	return img
}

// show prints the rows of a gray image.
func show(img *vision.Image) {
	for y := range img.H {
		fmt.Printf("%.4g\n", img.Pix[y*img.W:][:img.W])
	}
}

func ExampleImage() {
	img := &vision.Image{C: 1, H: 1, W: 3, Pix: []float32{0.1, 0.2, 0.3}}
	old := img.Replace(1, 3, 1) // a column in place of the row
	copy(img.Pix, old)
	fmt.Println(img.C, img.H, img.W, img.Pix)
	// Output: 1 3 1 [0.1 0.2 0.3]
}

// Negative is a transform of a user.
type Negative struct{}

func (Negative) Apply(img *vision.Image, _ *rng.Keyed) {
	for i, v := range img.Pix {
		img.Pix[i] = 1 - v
	}
}

func ExampleTransform() {
	var t vision.Transform = Negative{}
	img := &vision.Image{C: 1, H: 1, W: 3, Pix: []float32{0, 0.25, 1}}
	t.Apply(img, nil)
	fmt.Println(img.Pix)
	// Output: [1 0.75 0]
}

// Training digits, each rotated and moved by other amounts in each epoch, in batches that two workers prepare.
func ExampleDataset() {
	digits, err := mnist.TrainSet()
	if err != nil {
		log.Fatal(err)
	}
	ds, err := vision.NewDataset(vision.From(digits.Images()), vision.Compose{
		vision.RandomAffine{Degrees: vision.Range{-10, 10}, Translate: [2]float64{0.1, 0.1}},
		vision.Normalize{Mean: []float32{0.1307}, Std: []float32{0.3081}},
	})
	if err != nil {
		log.Fatal(err)
	}
	loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: 64, Workers: 2, Shuffle: true, RNG: rng.NewTorch(0)})
	for batch := range loader.Batches() {
		fmt.Println(loader.Len(), batch.X.Shape(), batch.Y.Shape())
		break
	}
	// Output: 938 (64, 1, 28, 28) (64,)
}

// stripes is a source of pictures that a program draws.
type stripes struct{}

func (stripes) Len() int { return 100 }

func (stripes) Load(i int, dst *vision.Image) (label int, err error) {
	label = i % 2 // horizontal or vertical
	dst.Replace(1, 4, 4)
	for j := range dst.Pix {
		x, y := j%4, j/4
		dst.Pix[j] = float32([2]int{y, x}[label] % 2)
	}
	return label, nil
}

func ExampleSource() {
	ds, err := vision.NewDataset(stripes{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for batch := range data.NewLoader(ds, data.LoaderConfig{BatchSize: 2}).Batches() {
		fmt.Println(batch.X.Reshape(2, 16))
		break
	}
	// Output:
	// tensor([[0., 0., 0., 0., 1., 1., 1., 1., 0., 0., 0., 0., 1., 1., 1., 1.],
	//         [0., 1., 0., 1., 0., 1., 0., 1., 0., 1., 0., 1., 0., 1., 0., 1.]])
}

func ExampleCompose() {
	img := ramp(2, 4)
	vision.Compose{
		vision.Resize{Height: 1, Width: 2},
		vision.Normalize{Mean: []float32{3}, Std: []float32{2}},
	}.Apply(img, nil)
	show(img)
	// Output: [-0.1429 0.6429]
}

func ExampleFunc() {
	half := vision.Func(func(img *vision.Image, r *rng.Keyed) {
		for i := range img.Pix {
			img.Pix[i] /= 2
		}
	})
	img := ramp(1, 4)
	half.Apply(img, nil)
	show(img)
	// Output: [0 0.5 1 1.5]
}

// A rotation by exactly 90 degrees.
func ExampleRange() {
	img := ramp(2, 2)
	r := rng.NewKeyed(0, 0, 0)
	vision.RandomAffine{Degrees: vision.Range{90, 90}}.Apply(img, &r)
	show(img)
	// Output:
	// [2 0]
	// [3 1]
}

func ExampleRandomAffine() {
	digits, err := mnist.TestSet()
	if err != nil {
		log.Fatal(err)
	}
	var img vision.Image
	if _, err := vision.From(digits.Images()).Load(0, &img); err != nil {
		log.Fatal(err)
	}
	r := rng.NewKeyed(7, 0, 0) // seed, epoch, index of the sample
	vision.RandomAffine{Degrees: vision.Range{-30, 30}, Translate: [2]float64{0.1, 0.1}}.Apply(&img, &r)
	for y := 4; y < img.H; y += 3 {
		for x := 2; x < img.W-2; x += 2 {
			fmt.Print(string(".+#"[int(2.9*img.Pix[y*img.W+x])]))
		}
		fmt.Println()
	}
	// Output:
	// ...#+.......
	// ....+#......
	// .......##...
	// .......##+..
	// .....##.....
	// ..###.......
	// .##.........
	// ............
}

func ExampleAffine() {
	img := ramp(3, 3)
	vision.Affine{Translate: [2]float64{1, 0}, Fill: []float32{9}}.Apply(img, nil) // one pixel to the right
	show(img)
	// Output:
	// [9 0 1]
	// [9 3 4]
	// [9 6 7]
}

func ExampleResize() {
	img := ramp(2, 6)
	vision.Resize{Size: 1}.Apply(img, nil) // the shorter side, here the height
	show(img)
	img = ramp(2, 6)
	vision.Resize{Height: 2, Width: 2, Interpolation: vision.Nearest}.Apply(img, nil)
	show(img)
	// Output:
	// [3.714 5.5 7.286]
	// [0 3]
	// [6 9]
}

func ExampleInterpolation() {
	fmt.Println(vision.Resize{Size: 224, Interpolation: vision.Bicubic}.Interpolation)
	// Output: bicubic
}

// The mean and the standard deviation of each channel.
func ExampleNormalize() {
	img := &vision.Image{C: 3, H: 1, W: 1, Pix: []float32{0.485, 0.5, 1}}
	vision.Normalize{Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.229, 0.224, 0.225}}.Apply(img, nil)
	fmt.Printf("%.3f\n", img.Pix)
	// Output: [0.000 0.196 2.640]
}

// A run keeps the transforms of its pictures, and a prediction repeats them.
func ExampleEncode() {
	text, err := vision.Encode(vision.Compose{
		vision.Resize{Size: 256},
		vision.CenterCrop{Size: 224},
		vision.Normalize{Mean: []float32{0.5}, Std: []float32{0.25}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	t, err := vision.Decode(text)
	if err != nil {
		log.Fatal(err)
	}
	img := &vision.Image{}
	img.Replace(3, 300, 400)
	t.Apply(img, nil)
	fmt.Println(img.C, img.H, img.W)
	// Output:
	// {"Compose":[{"Resize":{"Size":256}},{"CenterCrop":{"Size":224}},{"Normalize":{"Mean":[0.5],"Std":[0.25]}}]}
	// 3 224 224
}
