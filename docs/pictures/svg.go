package main

import (
	"fmt"
	"math"
	"strings"
)

// Colors that are readable on white and on black.
const (
	grey   = "#77808a"
	blue   = "#2f81f7"
	orange = "#d9730d"
	green  = "#2a9d4c"
	red    = "#e5484d"
)

// svg builds an image. Coordinates are in pixels; y points down.
type svg struct {
	b             strings.Builder
	width, height float64
}

func newSVG(width, height float64) *svg { return &svg{width: width, height: height} }

// String returns the content of the SVG file.
func (s *svg) String() string {
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %[1]v %[2]v\" width=\"%[1]v\" height=\"%[2]v\" "+
		"font-family=\"-apple-system,'Segoe UI',Helvetica,Arial,sans-serif\" font-size=\"13\">\n%[3]s</svg>\n", num(s.width), num(s.height), s.b.String())
}

// num formats a number with at most one decimal.
func num(v float64) string {
	text := fmt.Sprintf("%.1f", v)
	text = strings.TrimSuffix(text, ".0")
	if text == "-0" {
		return "0"
	}
	return text
}

// line draws a line through points. dash is a pattern such as "4 4", or empty.
func (s *svg) line(points [][2]float64, color string, width float64, dash string) {
	s.b.WriteString(`<polyline fill="none" stroke="` + color + `" stroke-width="` + num(width) + `"`)
	if dash != "" {
		s.b.WriteString(` stroke-dasharray="` + dash + `"`)
	}
	s.b.WriteString(` stroke-linejoin="round" points="`)
	for i, p := range points {
		if i > 0 {
			s.b.WriteByte(' ')
		}
		s.b.WriteString(num(p[0]) + "," + num(p[1]))
	}
	s.b.WriteString("\"/>\n")
}

func (s *svg) circle(x, y, r float64, fill, stroke string) {
	fmt.Fprintf(&s.b, "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", num(x), num(y), num(r), fill, stroke)
}

func (s *svg) rect(x, y, w, h float64, fill string) {
	fmt.Fprintf(&s.b, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"/>\n", num(x), num(y), num(w), num(h), fill)
}

// text draws a line of text. anchor is start, middle or end.
func (s *svg) text(x, y float64, anchor, color, text string) {
	fmt.Fprintf(&s.b, "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", num(x), num(y), anchor, color,
		strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text))
}

// image draws h×w gray values between 0 and 1 as squares of the given size. Equal neighbors in a row become one
// rectangle.
func (s *svg) image(x, y, size float64, w int, pixels []float64) {
	h := len(pixels) / w
	s.rect(x, y, float64(w)*size, float64(h)*size, "#000")
	level := func(i int) int { return int(math.Round(15 * min(max(pixels[i], 0), 1))) }
	for row := range h {
		for from := 0; from < w; {
			to := from + 1
			for to < w && level(row*w+to) == level(row*w+from) {
				to++
			}
			if l := level(row*w + from); l > 0 {
				s.rect(x+float64(from)*size, y+float64(row)*size, float64(to-from)*size, size, fmt.Sprintf("#%[1]x%[1]x%[1]x", l))
			}
			from = to
		}
	}
}

// plot is a rectangle of an image with its own coordinates.
type plot struct {
	*svg
	left, top, w, h float64 // in pixels
	x0, x1, y0, y1  float64 // coordinates of the edges
}

// at returns the pixel position of (x, y).
func (p *plot) at(x, y float64) [2]float64 {
	return [2]float64{p.left + (x-p.x0)/(p.x1-p.x0)*p.w, p.top + (p.y1-y)/(p.y1-p.y0)*p.h}
}

// curve draws f between from and to, clipped to the plot.
func (p *plot) curve(f func(float64) float64, from, to float64, color string, width float64, dash string) {
	var points [][2]float64
	const n = 120
	for i := range n + 1 {
		x := from + (to-from)*float64(i)/n
		if y := f(x); y >= p.y0 && y <= p.y1 {
			points = append(points, p.at(x, y))
		} else if len(points) > 0 {
			p.line(points, color, width, dash)
			points = nil
		}
	}
	p.line(points, color, width, dash)
}

// path draws a line through points, with a dot at each.
func (p *plot) path(places [][2]float64, color string) {
	var points [][2]float64
	for _, xy := range places {
		points = append(points, p.at(xy[0], xy[1]))
	}
	p.line(points, color, 1.8, "")
	for _, q := range points {
		p.circle(q[0], q[1], 2.2, color, color)
	}
}

// axes draws an axis for x and y, at 0 or at the nearest edge, with ticks and numbers outside the plot.
func (p *plot) axes(xs, ys []float64) {
	x, y := min(max(0, p.x0), p.x1), min(max(0, p.y0), p.y1)
	p.line([][2]float64{p.at(p.x0, y), p.at(p.x1, y)}, grey, 1, "")
	p.line([][2]float64{p.at(x, p.y0), p.at(x, p.y1)}, grey, 1, "")
	for _, v := range xs {
		q := p.at(v, y)
		p.line([][2]float64{{q[0], q[1] - 3}, {q[0], q[1] + 3}}, grey, 1, "")
		p.text(q[0], p.top+p.h+17, "middle", grey, tick(v))
	}
	for _, v := range ys {
		q := p.at(x, v)
		p.line([][2]float64{{q[0] - 3, q[1]}, {q[0] + 3, q[1]}}, grey, 1, "")
		p.text(p.left-7, q[1]+4.5, "end", grey, tick(v))
	}
}

func tick(v float64) string { return strings.Replace(fmt.Sprintf("%g", v), "-", "−", 1) }
