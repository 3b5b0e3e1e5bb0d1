// Package digits reads handwritten digits, and numbers of several digits, in photographs as people take them: with
// shadows, on ruled paper, on a table, turned, blurred, light on dark. It refuses pictures without a digit and says
// why.
//
// [Reader.Read] finds the marks and frames each as MNIST frames its digits; a network, passed as a function, decides
// which digit each mark is.
package digits

import (
	"fmt"
	"image"
	"math"
	"slices"
	"sync"
)

// Classes is the number of digits.
const Classes = 10

// Reader reads pictures with a network.
type Reader struct {
	// Classify returns the probabilities (n, classes) for n pictures (n, Side, Side) with ink 1 on 0. The classes are
	// the ten digits and, if there are eleven, a mark that is no digit.
	Classify func(pictures []float32, n int) []float32
	Side     int // pixels of a side of the network's input; 0 means 28, as MNIST's digits
	// Least is the least probability of a digit that is believed; 0 means 0.6. A picture with a mark below it is
	// refused.
	Least float64
}

// Reading is what was read in a picture.
type Reading struct {
	Number  string // the digits from left to right; "" if the picture was refused
	Refusal string // why no number was read; "" if one was
	Marks   []Mark // the marks that were looked at, from left to right
}

// Mark is one mark in a picture.
type Mark struct {
	Box           image.Rectangle // in the picture
	Pixels        []float32       // (Side, Side) of the Reader, the network's input
	Digit         int             // the most probable digit
	Probability   float64         // of Digit
	Probabilities []float32       // of all classes
}

const maxDigits = 10

// Read reads the number in a picture.
func (r Reader) Read(m image.Image) Reading {
	if r.Side == 0 {
		r.Side = 28
	}
	if r.Least == 0 {
		r.Least = 0.6
	}
	first, second, k := find(m)
	reading := r.readScan(&first, k, m.Bounds())
	// the network knows better which of both are digits
	if reading.least() < sure && second.score() >= secondScore*first.score() {
		if other := r.readScan(&second, k, m.Bounds()); other.least() > reading.least() && !reading.encloses(other) {
			return other
		}
	}
	return reading
}

// encloses reports whether a mark of o is inside a mark of r that may be a digit: then it is the paper between strokes.
func (r Reading) encloses(o Reading) bool {
	for _, m := range r.Marks {
		if len(m.Probabilities) > Classes && m.Probabilities[Classes] > 0.5 {
			continue
		}
		if slices.ContainsFunc(o.Marks, func(x Mark) bool { return x.Box.In(m.Box) }) {
			return true
		}
	}
	return false
}

// least returns the least probability of the digits that were read, or 0 if none was.
func (r Reading) least() float64 {
	if r.Refusal != "" {
		return 0
	}
	least := 1.0
	for _, m := range r.Marks {
		least = min(least, m.Probability)
	}
	return least
}

// readScan reads the marks of a scan of a picture with bounds b, which has k pixels for one of the scan.
func (r Reader) readScan(s *scan, k int, b image.Rectangle) Reading {
	var reading Reading
	switch n := len(s.marks); {
	case n == 0 && s.dirt > 30:
		reading.Refusal = fmt.Sprintf("found no digit: all %d marks are very small", s.dirt)
	case n == 0:
		reading.Refusal = "found no digit: the picture has no marks that stand out from the background"
	case n > maxDigits:
		reading.Refusal = fmt.Sprintf("found %d marks, which is more than a number has: a text or a photograph?", n)
	case s.dirt > 30+5*n:
		reading.Refusal = fmt.Sprintf("found %d small marks: a text or a photograph?", s.dirt)
	default:
		reading.Marks = r.frames(s, s.marks, k, b)
		reading.classify(r.Classify)
		repaired := reader{r, s, slices.Clone(s.marks), slices.Clone(reading.Marks)}
		repaired.repair()
		for i, m := range repaired.seen {
			repaired.seen[i].Box = boxOf(repaired.marks[i], k, b)
			if repaired.marks[i].filled() {
				reading.Refusal = fmt.Sprintf("mark %d of %d is a filled shape, not a stroke", i+1, len(repaired.seen))
			} else if m.Probability < r.Least {
				reading.Refusal = fmt.Sprintf("mark %d of %d does not look like a digit: the most probable one, %d, has %.0f%%", i+1,
					len(repaired.seen), m.Digit, 100*m.Probability)
			}
		}
		reading.Marks, reading.Number = repaired.seen, ""
		if reading.Refusal == "" {
			reading.Number = number(repaired.seen)
		}
	}
	return reading
}

func number(marks []Mark) string {
	text := ""
	for _, m := range marks {
		text += string(rune('0' + m.Digit))
	}
	return text
}

func boxOf(m mark, k int, b image.Rectangle) image.Rectangle {
	return image.Rect(m.box.Min.X*k, m.box.Min.Y*k, m.box.Max.X*k, m.box.Max.Y*k).Add(b.Min)
}

// Found is what may be digits in a picture.
type Found struct {
	Light  bool   // light marks on a dark background
	Marks  []Mark // from left to right
	Joined []Mark // neighbors, as one mark each
}

// Find returns the marks in a picture that may be digits, without a decision which: the dark ones or the light ones,
// whichever Read looks at first, and then, if it may look at them too, those of the other color, such as the paper
// between strokes. It returns none of a color with too many. A network that reads photographs is trained on them.
func (r Reader) Find(m image.Image) []Found {
	if r.Side == 0 {
		r.Side = 28
	}
	first, second, k := find(m)
	var found []Found
	for _, s := range []*scan{&first, &second} {
		if !s.plausible() || s.score() < secondScore*first.score() {
			continue
		}
		var joined []mark
		for i := range s.marks[1:] {
			joined = append(joined, s.marks[i].join(s.marks[i+1]))
		}
		found = append(found, Found{s.light, r.frames(s, s.marks, k, m.Bounds()), r.frames(s, joined, k, m.Bounds())})
	}
	return found
}

// secondScore is the least score of the color that is looked at second, as a part of the first's.
const secondScore = 0.02

// plausible reports whether the numbers of marks and of small spots are those of a number on paper.
func (s *scan) plausible() bool {
	n := len(s.marks)
	return n > 0 && n <= maxDigits && s.dirt <= 30+5*n
}

func (r Reader) frames(s *scan, marks []mark, k int, b image.Rectangle) []Mark {
	var seen []Mark
	for _, m := range marks {
		seen = append(seen, Mark{Box: boxOf(m, k, b), Pixels: s.frame(m, r.Side)})
	}
	return seen
}

// ReadPixels returns the reading of one picture that needs no search: pixels (Side, Side) are the network's input.
func ReadPixels(box image.Rectangle, pixels []float32, classify func(pictures []float32, n int) []float32) Reading {
	r := Reading{Marks: []Mark{{Box: box, Pixels: pixels}}}
	r.classify(classify)
	return r
}

// classify sets the digits and the number.
func (r *Reading) classify(classify func([]float32, int) []float32) {
	n := len(r.Marks)
	var input []float32
	for _, m := range r.Marks {
		input = append(input, m.Pixels...)
	}
	p := classify(input, n)
	classes := len(p) / n
	for i := range r.Marks {
		r.Marks[i].decide(p[i*classes : (i+1)*classes])
	}
	r.Number = number(r.Marks)
}

// decide sets the most probable digit.
func (m *Mark) decide(p []float32) {
	m.Probabilities = p
	for d, q := range p[:Classes] {
		if float64(q) > m.Probability {
			m.Digit, m.Probability = d, float64(q)
		}
	}
}

// find scans the picture for dark marks and for light ones: digits, and the paper between their strokes. It returns
// both scans, first the one that is more likely to have found strokes, and the number of pixels of the picture for
// one of a scan.
func find(m image.Image) (first, second scan, k int) {
	if m.Bounds().Empty() {
		return first, second, 1
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
	var dark, light scan
	var both sync.WaitGroup
	both.Go(func() { light = scanInk(p, noise, true) })
	dark = scanInk(p, noise, false)
	both.Wait()
	if light.score() > dark.score() {
		return light, dark, k
	}
	return dark, light, k
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
