package image_test

import (
	"bytes"
	"fmt"
	stdimage "image"
	"image/color"
	"image/png"
	"log"
	"strings"

	"github.com/lamina-ml/lamina/data/image"
)

// A 7 drawn with dark lines on light paper becomes a digit in MNIST's form.
func ExampleDigit() {
	paper := stdimage.NewGray(stdimage.Rect(0, 0, 400, 300))
	for y := range 300 {
		for x := range 400 {
			ink := y >= 60 && y < 80 && x >= 150 && x < 250 || // a bar, and a diagonal line from its right end down
				y >= 80 && y < 240 && x >= 240-(y-60)/2 && x < 262-(y-60)/2
			paper.SetGray(x, y, color.Gray{Y: 220})
			if ink {
				paper.SetGray(x, y, color.Gray{Y: 40})
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, paper); err != nil {
		log.Fatal(err)
	}

	m, err := image.Read(&file)
	if err != nil {
		log.Fatal(err)
	}
	x, err := image.Digit(m, 28)
	if err != nil {
		log.Fatal(err)
	}
	for row := 4; row < 24; row++ {
		fmt.Print("|")
		for _, v := range x[row*28+4 : row*28+24] {
			fmt.Print(string(" .+##"[int(v*4)]))
		}
		fmt.Println("|")
	}
	// Output:
	// |                    |
	// |                    |
	// |                    |
	// |     ###########    |
	// |     ###########    |
	// |             .##    |
	// |             +##    |
	// |             ##     |
	// |            +##     |
	// |            ##      |
	// |           +##      |
	// |           ##       |
	// |          +##       |
	// |          ##        |
	// |         +##        |
	// |         ##         |
	// |        +##         |
	// |        ##          |
	// |       +##          |
	// |       ##           |
}

// An image of any size as 2×2 grayscale values.
func ExampleGray() {
	m := stdimage.NewRGBA(stdimage.Rect(0, 0, 100, 60))
	for y := range 30 {
		for x := range 50 {
			m.Set(x, y, color.White)
			m.Set(x+50, y+30, color.RGBA{R: 255, A: 255})
		}
	}
	for i := range m.Pix { // the rest is black
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	fmt.Printf("%.3f\n", image.Gray(m, 2))
	// Output: [1.000 0.000 0.000 0.299]
}

func ExampleRead() {
	_, err := image.Read(strings.NewReader("<html>Not found</html>"))
	fmt.Println(err)
	// Output: image: not a PNG, JPEG, GIF, WebP, BMP or TIFF image, found a web page, text that begins "<html>Not found<"
}

// A picture as planes of red, green and blue, and back.
func ExamplePlanar() {
	m := stdimage.NewNRGBA(stdimage.Rect(0, 0, 2, 1))
	m.Set(0, 0, color.NRGBA{R: 255, A: 255})
	m.Set(1, 0, color.NRGBA{G: 51, B: 255, A: 255})

	var p image.Planar
	p.Set(m, 3)
	fmt.Println(p.C, p.H, p.W, p.Pix)
	for i := range p.Plane(1) {
		p.Plane(1)[i] = 1 // more green
	}
	fmt.Println(p.Image().At(0, 0))
	// Output:
	// 3 1 2 [1 0 0 0.2 0 1]
	// {255 255 0 255}
}
