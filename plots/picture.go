package plots

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/lamina-ml/lamina/internal/atomicfile"
)

// Picture is a drawing that is written as PNG or SVG. The methods Picture of [Grid], [Heat], [Confusion], [Gallery],
// [Curves], [Bars], [Ranking] and [Scatter] return one.
type Picture struct {
	Width, Height int // in pixels
	paint         func(c *canvas)
}

// dpi is the resolution at which a pixel is 3/4 of a point: that of the web.
const dpi = 96

// px converts pixels to the plot library's unit.
func px(v float64) vg.Length { return vg.Length(v) * vg.Inch / dpi }

// fonts holds the embedded sans-serif fonts.
var fonts = font.NewCache(liberation.Collection())

var sans = font.Font{Typeface: "Liberation", Variant: "Sans"}

// plain draws the text of plots.
var plain = text.Plain{Fonts: fonts}

// Colors of text and lines.
var (
	ink   = color.NRGBA{0x24, 0x29, 0x2f, 0xff}
	muted = color.NRGBA{0x6b, 0x73, 0x7c, 0xff}
	faint = color.NRGBA{0xe3, 0xe6, 0xea, 0xff}
)

// Image returns the picture as pixels.
func (p *Picture) Image() image.Image {
	c := vgimg.NewWith(vgimg.UseWH(px(float64(p.Width)), px(float64(p.Height))), vgimg.UseDPI(dpi))
	p.paint(&canvas{c, float64(p.Height)})
	return c.Image()
}

// WritePNG writes the picture as PNG.
func (p *Picture) WritePNG(w io.Writer) error {
	if err := png.Encode(w, p.Image()); err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	return nil
}

// WriteSVG writes the picture as SVG. Its text has the font family Liberation Sans, which viewers replace by a similar
// one.
func (p *Picture) WriteSVG(w io.Writer) error {
	c := vgsvg.New(px(float64(p.Width)), px(float64(p.Height)))
	p.paint(&canvas{c, float64(p.Height)})
	if _, err := c.WriteTo(w); err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	return nil
}

// WriteFile writes the picture to a file, as PNG or SVG after the name's ending. The file is replaced as a whole.
func (p *Picture) WriteFile(path string) error {
	write := p.WritePNG
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".png":
	case ".svg":
		write = p.WriteSVG
	default:
		return fmt.Errorf("plots: %s: the name ends in %q, want .png or .svg", path, ext)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

// canvas draws in pixels; y points down.
type canvas struct {
	vg.CanvasSizer
	height float64
}

func (c *canvas) at(x, y float64) vg.Point { return vg.Point{X: px(x), Y: px(c.height - y)} }

func (c *canvas) rect(x, y, w, h float64, fill color.Color) {
	r := vg.Rectangle{Min: c.at(x, y+h), Max: c.at(x+w, y)}
	c.SetColor(fill)
	c.Fill(r.Path())
}

// frame draws the outline of a rectangle, outside of it.
func (c *canvas) frame(x, y, w, h float64, stroke color.Color) {
	c.rect(x-1, y-1, w+2, 1, stroke)
	c.rect(x-1, y+h, w+2, 1, stroke)
	c.rect(x-1, y, 1, h, stroke)
	c.rect(x+w, y, 1, h, stroke)
}

func face(size float64, bold bool) font.Face {
	f := sans
	if bold {
		f.Weight = xfont.WeightBold
	}
	return fonts.Lookup(f, px(size))
}

// align is the position of a text relative to its point.
type align float64

const (
	left   align = 0
	center align = 0.5
	right  align = 1
)

// text draws a line of text whose baseline is at y.
func (c *canvas) text(x, y float64, a align, size float64, col color.Color, line string) {
	c.write(face(size, false), x, y, a, col, line)
}

func (c *canvas) title(x, y float64, text string) { c.write(face(15, true), x, y, left, ink, text) }

func (c *canvas) write(f font.Face, x, y float64, a align, col color.Color, text string) {
	c.SetColor(col)
	p := c.at(x, y)
	p.X -= vg.Length(a) * advance(f, text)
	c.fill(f, p, text)
}

// fill draws text that begins at p.
func (c *canvas) fill(f font.Face, p vg.Point, text string) {
	for _, run := range textRuns(f, systemFont, text) {
		c.FillString(run.face, p, run.text)
		p.X += run.face.Width(run.text)
	}
}

// advance returns the width of text, as fill draws it.
func advance(f font.Face, text string) (w vg.Length) {
	for _, run := range textRuns(f, systemFont, text) {
		w += run.face.Width(run.text)
	}
	return w
}

// vertical draws text that reads from bottom to top, centered at y.
func (c *canvas) vertical(x, y, size float64, col color.Color, text string) {
	f := face(size, false)
	c.Push()
	c.Translate(c.at(x, y))
	c.Rotate(math.Pi / 2)
	c.SetColor(col)
	c.fill(f, vg.Point{X: -advance(f, text) / 2}, text)
	c.Pop()
}

// width returns the width of text in pixels.
func width(size float64, bold bool, text string) float64 {
	f := face(size, bold)
	return float64(advance(f, text)) / float64(px(1))
}

// clip shortens text to a width in pixels.
func clip(size float64, text string, most float64) string {
	if width(size, false, text) <= most {
		return text
	}
	runes := []rune(text)
	for len(runes) > 1 && width(size, false, string(runes)+"…") > most {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// image draws m with its upper left corner at (x, y), one pixel for each of m's.
func (c *canvas) image(x, y float64, m image.Image) {
	b := m.Bounds()
	c.DrawImage(vg.Rectangle{Min: c.at(x, y+float64(b.Dy())), Max: c.at(x+float64(b.Dx()), y)}, m)
}

// plot draws p in a rectangle.
func (c *canvas) plot(p *plot.Plot, x, y, w, h float64) {
	p.Draw(draw.Canvas{Canvas: c, Rectangle: vg.Rectangle{Min: c.at(x, y+h), Max: c.at(x+w, y)}})
}
