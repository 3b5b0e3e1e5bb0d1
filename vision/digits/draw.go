package digits

import (
	"image"
	"image/color"
	"image/draw"
)

// Draw returns the picture with a box around each mark and, below it, what the network saw of each.
func Draw(m image.Image, r Reading) image.Image {
	b := m.Bounds()
	k := max(1, (max(b.Dx(), b.Dy())+workSide-1)/workSide)
	w, h := max(1, b.Dx()/k), max(1, b.Dy()/k)
	const seen, gap = 84, 4
	perRow := max(1, w/(seen+gap))
	rows := (len(r.Marks) + perRow - 1) / perRow
	out := image.NewRGBA(image.Rect(0, 0, max(w, seen+gap), h+rows*(seen+gap)))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	for y := range h {
		for x := range w {
			out.Set(x, y, m.At(b.Min.X+x*k, b.Min.Y+y*k))
		}
	}
	box := color.RGBA{R: 220, A: 255}
	for i, mark := range r.Marks {
		q := mark.Box.Sub(b.Min)
		q = image.Rect(q.Min.X/k, q.Min.Y/k, q.Max.X/k, q.Max.Y/k)
		for t := 1; t <= 2; t++ {
			o := q.Inset(-t)
			for x := o.Min.X; x < o.Max.X; x++ {
				out.Set(x, o.Min.Y, box)
				out.Set(x, o.Max.Y-1, box)
			}
			for y := o.Min.Y; y < o.Max.Y; y++ {
				out.Set(o.Min.X, y, box)
				out.Set(o.Max.X-1, y, box)
			}
		}
		side := 1
		for side*side < len(mark.Pixels) {
			side++
		}
		x0, y0 := i%perRow*(seen+gap), h+gap+i/perRow*(seen+gap)
		for y := range seen {
			for x := range seen {
				v := mark.Pixels[y*side/seen*side+x*side/seen]
				out.SetRGBA(x0+x, y0+y, color.RGBA{uint8(255 * v), uint8(255 * v), uint8(255 * v), 255})
			}
		}
	}
	return out
}
