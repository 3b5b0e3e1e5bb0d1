package digits_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"github.com/lamina-ml/lamina/vision/digits"
)

// uprightOne stands for a trained network: it finds that every mark is a 1.
func uprightOne(pictures []float32, n int) []float32 {
	p := make([]float32, n*digits.Classes)
	for i := range n {
		p[i*digits.Classes+1] = 0.99
	}
	return p
}

// twoBars returns white paper with two upright strokes.
func twoBars() image.Image {
	m := image.NewGray(image.Rect(0, 0, 300, 200))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	for _, x := range []int{100, 180} {
		draw.Draw(m, image.Rect(x, 50, x+10, 150), image.NewUniform(color.Gray{Y: 40}), image.Point{}, draw.Src)
	}
	return m
}

func ExampleReader() {
	r := digits.Reader{Classify: uprightOne}.Read(twoBars())
	fmt.Println(r.Number)
	// Output: 11
}

func ExampleReading() {
	blank := image.NewGray(image.Rect(0, 0, 300, 200))
	r := digits.Reader{Classify: uprightOne}.Read(blank)
	fmt.Printf("%q: %s\n", r.Number, r.Refusal)
	// Output: "": found no digit: the picture has no marks that stand out from the background
}

func ExampleMark() {
	for _, m := range (digits.Reader{Classify: uprightOne}).Read(twoBars()).Marks {
		fmt.Println(m.Digit, m.Probability > 0.9, m.Box.Dx() < m.Box.Dy())
	}
	// Output:
	// 1 true true
	// 1 true true
}

func ExampleFound() {
	for _, f := range (digits.Reader{}).Find(twoBars()) {
		fmt.Printf("light: %v, %d marks, %d joined\n", f.Light, len(f.Marks), len(f.Joined))
	}
	// Output: light: false, 2 marks, 1 joined
}

func ExampleFrame() {
	drawing := image.NewGray(image.Rect(0, 0, 300, 200)) // a stroke, and far from it nothing
	draw.Draw(drawing, image.Rect(10, 50, 20, 150), image.White, image.Point{}, draw.Src)
	x := digits.Frame(drawing, 28)
	rows := 0
	for y := range 28 {
		if x[y*28+14] > 0.5 || x[y*28+13] > 0.5 {
			rows++
		}
	}
	fmt.Println(rows, "rows of ink in the middle")
	// Output: 20 rows of ink in the middle
}
