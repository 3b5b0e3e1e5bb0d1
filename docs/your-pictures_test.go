package docs

import (
	"context"
	"fmt"
	stdimage "image"
	"image/color"
	"image/png"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/folder"
	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/images"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision"
)

// enterShapes creates a folder with pictures of shapes, one of which is empty, and makes it the current folder. leave
// returns to the former one.
func enterShapes() (leave func()) {
	before, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "shapes")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Chdir(dir); err != nil {
		log.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for part, n := range map[string]int{"train": 40, "test": 10} {
		for _, class := range []string{"disk", "square", "triangle"} {
			for i := range n {
				drawShape(r, filepath.Join("shapes", part, class, fmt.Sprintf("%d.png", i)), class)
			}
		}
	}
	if err := os.Truncate(filepath.Join("shapes", "train", "square", "1.png"), 0); err != nil {
		log.Fatal(err)
	}
	return func() {
		if err := os.Chdir(before); err != nil {
			log.Fatal(err)
		}
		os.RemoveAll(dir)
	}
}

// drawShape writes a picture of a shape of random size, position and color.
func drawShape(r *rand.Rand, path, class string) {
	w, h := 30+r.IntN(20), 30+r.IntN(20)
	cx, cy, size := float64(w)/2+r.NormFloat64(), float64(h)/2+r.NormFloat64(), 8+4*r.Float64()
	paper, ink := color.NRGBA{uint8(160 + r.IntN(96)), uint8(160 + r.IntN(96)), uint8(160 + r.IntN(96)), 255},
		color.NRGBA{uint8(r.IntN(100)), uint8(r.IntN(100)), uint8(r.IntN(100)), 255}
	m := stdimage.NewNRGBA(stdimage.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			dx, dy := (float64(x)-cx)/size, (float64(y)-cy)/size
			inside := map[string]bool{
				"disk":     dx*dx+dy*dy < 1,
				"square":   math.Max(math.Abs(dx), math.Abs(dy)) < 0.9,
				"triangle": dy < 0.9 && 2*math.Abs(dx) < dy+1,
			}[class]
			m.Set(x, y, paper)
			if inside {
				m.Set(x, y, ink)
			}
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		log.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := png.Encode(f, m); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}

func Example_yourPictures() {
	defer enterShapes()()

	set, err := folder.Open("shapes/train", folder.Config{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Len(), "pictures of", set.Classes())

	augment := vision.Compose{
		vision.Resize{Height: 24, Width: 24},
		vision.RandomAffine{Degrees: vision.Range{-20, 20}, Scale: vision.Range{0.8, 1.2}, Interpolation: vision.Bilinear},
		vision.ColorJitter{Brightness: vision.Range{0.7, 1.3}, Saturation: vision.Range{0.5, 1.5}},
		vision.Normalize{Mean: []float32{0.5}, Std: []float32{0.25}},
	}

	sheet, err := os.Create("augmented.png")
	if err != nil {
		log.Fatal(err)
	}
	if err := vision.WriteContactSheet(sheet, set, augment, vision.SheetConfig{}); err != nil {
		log.Fatal(err)
	}
	if err := sheet.Close(); err != nil {
		log.Fatal(err)
	}

	plain := vision.Compose{augment[0], augment[3]}
	trainSet, err := vision.NewDataset(set, augment)
	if err != nil {
		log.Fatal(err)
	}
	testFiles, err := folder.Open("shapes/test", folder.Config{Classes: set.Classes()})
	if err != nil {
		log.Fatal(err)
	}
	testSet, err := vision.NewDataset(testFiles, plain)
	if err != nil {
		log.Fatal(err)
	}

	g := rng.NewTorch(1)
	loader := data.NewLoader(trainSet, data.LoaderConfig{BatchSize: 10, Shuffle: true, RNG: g, Workers: 2, MaxSkipped: 5})
	testLoader := data.NewLoader(testSet, data.LoaderConfig{BatchSize: 30, Workers: 2})

	half := nn.Conv2dConfig{Stride: []int{2}} // halves width and height
	model := nn.Sequential{
		half.New(g, 3, 16, 3), &nn.ReLU{}, // (N, 16, 11, 11)
		half.New(g, 16, 32, 3), &nn.ReLU{}, // (N, 32, 5, 5)
		&nn.Flatten{}, nn.NewLinear(g, 32*5*5, set.NumClasses()),
	}
	history, err := train.Fit(context.Background(), model, train.Config{
		Train: loader, Validation: testLoader, Epochs: 20, Loss: nn.CrossEntropyLoss{},
		Optimizer: optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.001}),
	})
	if err != nil {
		log.Fatal(err)
	}
	last := history.Epochs[len(history.Epochs)-1].Validation
	fmt.Println("more than 9 of 10 test pictures are right:", last.Accuracy() > 0.9)

	for _, bad := range loader.Skipped() {
		fmt.Println("skipped:", bad)
	}

	picture, err := image.ReadFile("shapes/test/triangle/0.png")
	if err != nil {
		log.Fatal(err)
	}
	var img vision.Image
	img.Set(picture, 3)
	plain.Apply(&img, nil)
	nn.Eval(model)
	x := tensor.From(img.Pix, 1, img.C, img.H, img.W)
	p := tensor.NoGrad(x, model.Forward).Softmax(1)
	fmt.Println("a", set.Classes()[p.ArgMax(1).Int64s()[0]])
	// Output:
	// 120 pictures of [disk square triangle]
	// more than 9 of 10 test pictures are right: true
	// skipped: data: sample 41: image: shapes/train/square/1.png: not a PNG, JPEG, GIF, WebP, BMP or TIFF image, found an empty file
	// a triangle
}

func Example_loadPictureRun() {
	defer enterShapes()()
	trainRun("runs/shapes-001", "task=images", "data.path=shapes", "data.skip=1", "data.augment=none", "training.epochs=12", "model.name=convnet", "model.width=8")

	tasks := task.NewSet(images.Task{})
	loaded, _, err := tasks.Load(context.Background(), "runs/shapes-001", "best", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	network := loaded.(*images.Model)

	picture, err := image.ReadFile("shapes/test/triangle/0.png")
	if err != nil {
		log.Fatal(err)
	}
	var img vision.Image
	img.Set(picture, 3) // 1 channel, if the run's pictures are gray
	network.Prepare().Apply(&img, nil)
	answer := task.Answers(network.Module(), tensor.From(img.Pix, 1, img.C, img.H, img.W))[0]
	fmt.Println("a", network.Classes()[answer.Class])
	// Output:
	// a triangle
}
