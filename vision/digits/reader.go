// Package digits reads handwritten digits, and numbers of several digits, in photographs as people take them: with
// shadows, on ruled paper, on a table, turned, blurred, light on dark. It refuses pictures without a digit and says why.
//
// [Read] finds the marks and frames each as MNIST frames its digits; a network, passed as a [Classifier], decides which
// digit each mark is.
package digits

import (
	"fmt"
	"image"
	"math"
)

// Classifier returns the probabilities (n, classes) for n pictures (n, Side, Side) with ink 1 on 0. The classes are the
// ten digits and, if there are eleven, a mark that is no digit.
type Classifier func(pictures []float32, n int) []float32

// Reading is what was read in a picture.
type Reading struct {
	Number  string // the digits from left to right; "" if the picture was refused
	Refusal string // why no number was read; "" if one was
	Marks   []Mark // the marks that were looked at, from left to right
}

// Mark is one mark in a picture.
type Mark struct {
	Box           image.Rectangle // in the picture
	Pixels        []float32       // (Side, Side), the network's input
	Digit         int             // the most probable digit
	Probability   float64         // of Digit
	Probabilities []float32       // of all classes
}

const maxDigits = 10

// Read reads the number in a picture.
func Read(m image.Image, classify Classifier) Reading {
	s, k := find(m)
	r := Reading{}
	switch n := len(s.marks); {
	case n == 0 && s.dirt > 30:
		r.Refusal = fmt.Sprintf("found no digit: all %d marks are very small", s.dirt)
	case n == 0:
		r.Refusal = "found no digit: the picture has no marks that stand out from the background"
	case n > maxDigits:
		r.Refusal = fmt.Sprintf("found %d marks, which is more than a number has: a text or a photograph?", n)
	case s.dirt > 30+5*n:
		r.Refusal = fmt.Sprintf("found %d small marks: a text or a photograph?", s.dirt)
	}
	if r.Refusal != "" {
		return r
	}
	var input []float32
	for _, mk := range s.marks {
		x := s.frame(mk)
		input = append(input, x...)
		b := m.Bounds()
		box := image.Rect(mk.box.Min.X*k, mk.box.Min.Y*k, mk.box.Max.X*k, mk.box.Max.Y*k).Add(b.Min)
		r.Marks = append(r.Marks, Mark{Box: box, Pixels: x})
	}
	n := len(r.Marks)
	p := classify(input, n)
	classes := len(p) / n
	unsure := -1
	for i := range r.Marks {
		mk := &r.Marks[i]
		mk.Probabilities = p[i*classes : (i+1)*classes]
		for d, q := range mk.Probabilities[:10] {
			if float64(q) > mk.Probability {
				mk.Digit, mk.Probability = d, float64(q)
			}
		}
		r.Number += string(rune('0' + mk.Digit))
		if mk.Probability < 0.5 && unsure < 0 {
			unsure = i
		}
	}
	if unsure >= 0 {
		r.Number = ""
		r.Refusal = fmt.Sprintf("mark %d of %d does not look like a digit", unsure+1, n)
	}
	return r
}

// find scans the picture for dark marks and for light ones. It returns the scan of those that are digits rather than the
// paper between the strokes, and the number of pixels of the picture for one of the scan.
func find(m image.Image) (scan, int) {
	if m.Bounds().Empty() {
		return scan{}, 1
	}
	p, k := shrink(m)
	noise := p.noise()
	if noise > 0.008 {
		sigma := min(1.5, 0.7+15*noise)
		p.blur(sigma)
		noise /= 3.5 * sigma // the blur's effect on the standard deviation: 1 / (2 √π σ)
	} else {
		p.blur(0.6)
	}
	dark := scanInk(p, noise)
	for i, v := range p.pix {
		p.pix[i] = 1 - v
	}
	light := scanInk(p, noise)
	if light.score() > dark.score() {
		return light, k
	}
	return dark, k
}

// score is higher for strokes than for the paper between strokes of the other color, which is found as marks inside the
// box of the strokes, paler, and with an outline that is partly in the middle of paper.
func (s *scan) score() float64 {
	if s.cover > 0.4 {
		return 0
	}
	stroke := min(1, max(0.05, (0.42-s.thick)/0.15))
	return float64(spread(s.marks)) * float64(s.level) * math.Pow(s.sharp, 4) * stroke
}

// spread returns the area of the box around all marks. The paper between strokes is found as marks of the other color,
// but inside the box of the strokes.
func spread(marks []mark) int {
	var box image.Rectangle
	for _, m := range marks {
		box = box.Union(m.box)
	}
	return box.Dx() * box.Dy()
}
