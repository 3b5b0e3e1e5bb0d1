package docs

import (
	"fmt"
	"image"
	"image/draw"

	"github.com/lamina-ml/lamina/vision/digits"
)

func Example_photographs() {
	photo := image.NewGray(image.Rect(0, 0, 400, 300)) // a 7 and a 1, drawn with bars
	draw.Draw(photo, photo.Bounds(), image.White, image.Point{}, draw.Src)
	for _, bar := range []image.Rectangle{image.Rect(100, 80, 170, 92), image.Rect(158, 80, 170, 220), image.Rect(240, 80, 252, 220)} {
		draw.Draw(photo, bar, image.Black, image.Point{}, draw.Src)
	}
	classify := func(pictures []float32, n int) []float32 { // in place of a network: wide marks are a 7
		p := make([]float32, n*digits.Classes)
		for i := range n {
			ink := float32(0)
			for _, v := range pictures[i*784 : (i+1)*784] {
				ink += v
			}
			digit := 1
			if ink > 42 {
				digit = 7
			}
			p[i*digits.Classes+digit] = 1
		}
		return p
	}

	r := digits.Reader{Classify: classify}.Read(photo)
	fmt.Println(r.Number, r.Refusal, len(r.Marks))
	// Output: 71  2
}
