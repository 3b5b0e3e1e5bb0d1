package folder_test

import (
	"fmt"
	stdimage "image"
	"image/color"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/folder"
	"github.com/lamina-ml/lamina/vision"
)

// draw writes pictures of two classes and of different sizes to a new folder tree.
func draw() (dir string) {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		log.Fatal(err)
	}
	for i, class := range []string{"dark", "light"} {
		for n := range 3 {
			path := filepath.Join(dir, class, fmt.Sprintf("%d.png", n))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				log.Fatal(err)
			}
			m := stdimage.NewNRGBA(stdimage.Rect(0, 0, 20+n, 30-n))
			for j := range m.Pix {
				m.Pix[j] = uint8(40 + 150*i)
				if j%4 == 3 {
					m.Pix[j] = 255
				}
			}
			m.Set(3, 3, color.White)
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
	}
	return dir
}

// Pictures of different sizes become batches of one shape.
func ExampleSet() {
	dir := draw() // dir/dark/0.png, dir/dark/1.png, …, dir/light/2.png
	defer os.RemoveAll(dir)

	set, err := folder.Open(dir, folder.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ds, err := vision.NewDataset(set, vision.Resize{Height: 16, Width: 16})
	if err != nil {
		log.Fatal(err)
	}
	loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: 6, Workers: 2})
	for batch := range loader.Batches() {
		fmt.Println(set.Classes(), batch.X.Shape(), batch.Y)
	}
	if err := loader.Err(); err != nil {
		log.Fatal(err)
	}
	// Output: [dark light] (6, 3, 16, 16) tensor([0, 0, 0, 1, 1, 1])
}

func ExampleConfig() {
	dir := draw()
	defer os.RemoveAll(dir)

	set, err := folder.Open(dir, folder.Config{Channels: 1, Classes: []string{"light", "dark"}}) // light is 0
	if err != nil {
		log.Fatal(err)
	}
	var img vision.Image
	label, err := set.Load(0, &img)
	fmt.Println(filepath.Base(set.File(0).Path), label, img.C, err)
	// Output: 0.png 1 1 <nil>
}

func ExampleFile() {
	dir := draw()
	defer os.RemoveAll(dir)

	set, err := folder.Open(dir, folder.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for i := range set.Len() {
		f := set.File(i)
		fmt.Println(filepath.Base(f.Path), set.Classes()[f.Label])
	}
	// Output:
	// 0.png dark
	// 1.png dark
	// 2.png dark
	// 0.png light
	// 1.png light
	// 2.png light
}

// A list of pictures as a spreadsheet writes it.
func ExampleOpenCSV() {
	dir := draw()
	defer os.RemoveAll(dir)
	list := filepath.Join(dir, "train.csv")
	text := "picture,shade\ndark/0.png,0\nlight/0.png,1\nlight/2.png,1\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}

	set, err := folder.OpenCSV(list, folder.Config{Path: "picture", Label: "shade"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Len(), set.Classes(), filepath.Base(set.File(2).Path), set.File(2).Label)
	// Output: 3 [0 1] 2.png 1
}
