package vision_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/vision"
)

// apply transforms img with the random numbers of sample 0 in epoch 0 of seed 1, and prints it.
func apply(t vision.Transform, img *vision.Image) {
	r := rng.NewKeyed(1, 0, 0)
	t.Apply(img, &r)
	show(img)
}

func ExamplePad() {
	apply(vision.Pad{Padding: vision.Padding{1, 0, 2, 1}, Fill: []float32{9}}, ramp(2, 2))
	// Output:
	// [9 0 1 9 9]
	// [9 2 3 9 9]
	// [9 9 9 9 9]
}

func ExamplePadding() {
	apply(vision.Pad{Padding: vision.Padding{2, 0, 0, 0}}, ramp(1, 2)) // left, top, right, bottom
	// Output: [0 0 0 1]
}

func ExamplePadMode() {
	for _, mode := range []vision.PadMode{vision.Constant, vision.Edge, vision.Reflect, vision.Symmetric} {
		fmt.Print(mode, " ")
		apply(vision.Pad{Padding: vision.Padding{2, 0, 2, 0}, Mode: mode}, ramp(1, 3))
	}
	// Output:
	// constant [0 0 0 1 2 0 0]
	// edge [0 0 0 1 2 2 2]
	// reflect [2 1 0 1 2 1 0]
	// symmetric [1 0 0 1 2 2 1]
}

func ExampleCrop() {
	apply(vision.Crop{Top: 1, Left: 2, Height: 2, Width: 2}, ramp(4, 4))
	// Output:
	// [6 7]
	// [10 11]
}

func ExampleCenterCrop() {
	apply(vision.CenterCrop{Size: 2}, ramp(4, 4))
	// Output:
	// [5 6]
	// [9 10]
}

// Four pixels of padding and a random crop to the old size: the usual augmentation of CIFAR-10.
func ExampleRandomCrop() {
	img := &vision.Image{}
	img.Replace(3, 32, 32)
	r := rng.NewKeyed(0, 0, 0)
	vision.RandomCrop{Size: 32, Padding: vision.Padding{4, 4, 4, 4}}.Apply(img, &r)
	fmt.Println(img.C, img.H, img.W)
	// Output: 3 32 32
}

func ExampleRandomResizedCrop() {
	img := &vision.Image{}
	img.Replace(3, 300, 400)
	r := rng.NewKeyed(0, 0, 0)
	vision.RandomResizedCrop{Size: 224}.Apply(img, &r)
	fmt.Println(img.C, img.H, img.W)
	// Output: 3 224 224
}

func ExampleRandomHorizontalFlip() {
	apply(vision.RandomHorizontalFlip{P: 1}, ramp(1, 4)) // always
	// Output: [3 2 1 0]
}

func ExampleRandomVerticalFlip() {
	apply(vision.RandomVerticalFlip{P: 1}, ramp(2, 2))
	// Output:
	// [2 3]
	// [0 1]
}

func ExampleRotate() {
	apply(vision.Rotate{Angle: 90, Expand: true}, ramp(2, 3))
	// Output:
	// [2 5]
	// [1 4]
	// [0 3]
}

func ExampleRandomRotation() {
	apply(vision.RandomRotation{Degrees: vision.Range{180, 180}}, ramp(2, 2))
	// Output:
	// [3 2]
	// [1 0]
}

// The right side of a page is farther away.
func ExamplePerspective() {
	apply(vision.Perspective{
		Start: [4][2]float64{{0, 0}, {5, 0}, {5, 5}, {0, 5}},
		End:   [4][2]float64{{0, 0}, {5, 1}, {5, 4}, {0, 5}},
		Fill:  []float32{-1}, Interpolation: vision.Nearest,
	}, ramp(5, 5))
	// Output:
	// [0 1 1 -1 -1]
	// [5 6 6 7 4]
	// [10 11 11 12 14]
	// [15 16 16 17 24]
	// [20 21 21 -1 -1]
}

func ExampleRandomPerspective() {
	apply(vision.RandomPerspective{P: 1, Interpolation: vision.Nearest}, ramp(4, 4))
	// Output:
	// [0 0 2 0]
	// [0 5 11 0]
	// [8 14 0 0]
	// [0 0 0 0]
}

// Weak distortion of a diagonal line.
func ExampleElasticTransform() {
	img := &vision.Image{}
	img.Replace(1, 12, 24)
	for i := range img.Pix {
		img.Pix[i] = 0
		if x, y := i%24, i/24; x/2 == y || x/2 == y+1 {
			img.Pix[i] = 1
		}
	}
	r := rng.NewKeyed(2, 0, 0)
	vision.ElasticTransform{Alpha: 60, Sigma: 3, Interpolation: vision.Nearest}.Apply(img, &r)
	for y := range img.H {
		for _, v := range img.Pix[y*img.W:][:img.W] {
			fmt.Print(string(".#"[int(v)]))
		}
		fmt.Println()
	}
	// Output:
	// ......#.................
	// ......##................
	// .......#................
	// .......###..............
	// ..........##............
	// .............##.........
	// ...............####.....
	// ................######..
	// ..................######
	// ......................##
	// ........................
	// ........................
}

func ExampleGaussianBlur() {
	img := &vision.Image{C: 1, H: 1, W: 7, Pix: []float32{0, 0, 0, 1, 0, 0, 0}}
	apply(vision.GaussianBlur{KernelSize: 5, Sigma: vision.Range{1, 1}}, img)
	// Output: [0 0.05449 0.2442 0.4026 0.2442 0.05449 0]
}

func ExampleErase() {
	apply(vision.Erase{Top: 1, Left: 1, Height: 1, Width: 2, Value: []float32{-1}}, ramp(3, 4))
	// Output:
	// [0 1 2 3]
	// [4 -1 -1 7]
	// [8 9 10 11]
}

func ExampleRandomErasing() {
	apply(vision.RandomErasing{P: 1, Value: []float32{-1}}, ramp(4, 6))
	// Output:
	// [0 -1 -1 3 4 5]
	// [6 -1 -1 9 10 11]
	// [12 -1 -1 15 16 17]
	// [18 19 20 21 22 23]
}

func ExampleCutout() {
	apply(vision.Cutout{Size: 2, Value: []float32{-1}}, ramp(4, 6))
	// Output:
	// [0 1 2 3 4 5]
	// [6 7 8 9 10 11]
	// [12 13 -1 -1 16 17]
	// [18 19 -1 -1 22 23]
}
