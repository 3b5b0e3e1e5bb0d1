package plots

import (
	"fmt"
	"image"
	"math"

	"github.com/lamina-ml/lamina/tensor"
)

// Gallery shows images in rows, with up to two lines of text below each.
type Gallery struct {
	Title, Note string
	Items       []Item
	Columns     int // 0 means 6
	Cell        int // width and height of an image in pixels; 0 means 112
}

// Item is an image of a Gallery.
type Item struct {
	Image         image.Image
	First, Second string // the lines below it; the first is darker
}

// Picture lays the gallery out. It panics if there is no item, or one without an image.
func (g Gallery) Picture() *Picture {
	if len(g.Items) == 0 {
		panic(&tensor.Error{Op: "plots.Gallery", Msg: "there are no images"})
	}
	for i, item := range g.Items {
		if item.Image == nil {
			panic(&tensor.Error{Op: "plots.Gallery", Msg: fmt.Sprintf("item %d has no image", i)})
		}
	}
	if g.Cell == 0 {
		g.Cell = 112
	}
	if g.Columns == 0 {
		g.Columns = 6
	}
	columns := min(g.Columns, len(g.Items))
	rows := (len(g.Items) + columns - 1) / columns
	stepX, stepY := float64(g.Cell)+14, float64(g.Cell)+44
	top := heading(g.Title, g.Note)
	total := max(2*margin+float64(columns)*stepX-14, headingWidth(g.Title, g.Note)+2*margin)
	return &Picture{int(math.Ceil(total)), int(math.Ceil(top + float64(rows)*stepY + margin - 8)), func(c *canvas) {
		c.heading(g.Title, g.Note)
		for i, item := range g.Items {
			x, y := margin+float64(i%columns)*stepX, top+float64(i/columns)*stepY
			m := fit(item.Image, g.Cell)
			c.frame(x, y, float64(m.Rect.Dx()), float64(m.Rect.Dy()), faint)
			c.image(x, y, m)
			c.text(x, y+float64(g.Cell)+15, left, 12, ink, clip(12, item.First, stepX-4))
			c.text(x, y+float64(g.Cell)+30, left, 11, muted, clip(11, item.Second, stepX-4))
		}
	}}
}

// GrayImage returns an image of a map with values from 0 (black) to 1 (white).
func GrayImage(m Map) image.Image {
	check("plots.GrayImage", m)
	img := image.NewGray(image.Rect(0, 0, m.W, m.H))
	for i, v := range m.Values {
		img.Pix[i] = uint8(math.Round(255 * min(max(float64(v), 0), 1)))
	}
	return img
}
