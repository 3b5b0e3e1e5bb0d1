package vision

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"github.com/lamina-ml/lamina/rng"
)

// SheetConfig holds the settings of a contact sheet.
type SheetConfig struct {
	Pictures []int  // indices of the pictures, one row each; nil means the first 8
	Variants int    // columns beside the picture itself; 0 means 8
	Cell     int    // width and height of a cell in pixels; 0 means 96. Larger pictures are made smaller.
	Seed     uint64 // of the random numbers; column k shows epoch k−1
}

// ContactSheet draws what a transform does, nil for none: a row for each picture, at the left the picture itself, then
// variants of it, those of successive epochs. Look at one before you train. It undoes a Normalize at the end of the transforms,
// so that colors look as they are; other values outside [0, 1] are cut off. It returns an error if a picture cannot
// be read.
func ContactSheet(source Source, t Transform, c SheetConfig) (image.Image, error) {
	if t == nil {
		t = Compose{}
	}
	if c.Pictures == nil {
		for i := range min(source.Len(), 8) {
			c.Pictures = append(c.Pictures, i)
		}
	}
	if c.Variants == 0 {
		c.Variants = 8
	}
	if c.Cell == 0 {
		c.Cell = 96
	}
	if len(c.Pictures) == 0 || len(c.Pictures) > 1000 || c.Variants < 0 || c.Variants > 1000 || c.Cell < 1 ||
		c.Cell > 1000 {
		return nil, fmt.Errorf("vision: a contact sheet of %d pictures with %d variants in cells of %d pixels, want 1 to 1000 of each",
			len(c.Pictures), c.Variants, c.Cell)
	}
	const gap = 4
	step := c.Cell + gap
	sheet := image.NewNRGBA(image.Rect(0, 0, (c.Variants+1)*step+2*gap, len(c.Pictures)*step+gap))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.Gray{Y: 96}), image.Point{}, draw.Src)
	var img Image
	for row, i := range c.Pictures {
		if i < 0 || i >= source.Len() {
			return nil, fmt.Errorf("vision: picture %d of %d, want a number from 0 to %d", i, source.Len(),
				source.Len()-1)
		}
		for column := range c.Variants + 1 {
			if _, err := source.Load(i, &img); err != nil {
				return nil, fmt.Errorf("vision: picture %d: %w", i, err)
			}
			x := gap + column*step
			if column > 0 {
				x += gap // between the picture and its variants
				r := rng.NewKeyed(c.Seed, uint32(column-1), uint64(i))
				t.Apply(&img, &r)
				denormalize(t, &img)
			}
			drawCell(sheet, x, gap+row*step, c.Cell, &img)
		}
	}
	return sheet, nil
}

// drawCell draws img in the middle of a cell, enlarged by a whole factor or made smaller.
func drawCell(sheet *image.NRGBA, x, y, cell int, img *Image) {
	if img.H == 0 || img.W == 0 {
		return
	}
	h, w := img.H, img.W
	if k := cell / max(h, w); k > 0 {
		resize("ContactSheet", img, k*h, k*w, Nearest, false)
	} else {
		scale := float64(cell) / float64(max(h, w))
		resize("ContactSheet", img, max(int(scale*float64(h)), 1), max(int(scale*float64(w)), 1), Bilinear, true)
	}
	m := img.Image()
	corner := image.Pt(x+(cell-img.W)/2, y+(cell-img.H)/2)
	draw.Draw(sheet, m.Bounds().Add(corner), m, image.Point{}, draw.Over)
}

// denormalize undoes the last transform of t if that is a Normalize.
func denormalize(t Transform, img *Image) {
	switch t := t.(type) {
	case Compose:
		if len(t) > 0 {
			denormalize(t[len(t)-1], img)
		}
	case *Normalize:
		denormalize(*t, img)
	case Normalize:
		for c := range img.C {
			mean := perChannel("Normalize", "Mean", t.Mean, img.C, c)
			std := perChannel("Normalize", "Std", t.Std, img.C, c)
			for i, v := range img.Plane(c) {
				img.Plane(c)[i] = float32(v*std) + mean
			}
		}
	}
}

// WriteContactSheet draws a contact sheet and writes it as PNG.
func WriteContactSheet(w io.Writer, source Source, t Transform, c SheetConfig) error {
	m, err := ContactSheet(source, t, c)
	if err != nil {
		return err
	}
	if err := png.Encode(w, m); err != nil {
		return fmt.Errorf("vision: %w", err)
	}
	return nil
}
