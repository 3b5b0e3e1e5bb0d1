package digits

import (
	"image"
	"slices"
)

// mark is a connected region of ink, or several that belong together.
type mark struct {
	box    image.Rectangle
	area   int   // pixels
	labels []int // of the connected regions
	ink    float64
}

func (m mark) join(o mark) mark {
	return mark{m.box.Union(o.box), m.area + o.area, append(append([]int(nil), m.labels...), o.labels...), m.ink +
		o.ink}
}

// owns reports whether a pixel with that label belongs to the mark.
func (m mark) owns(label int32) bool {
	return label != 0 && slices.Contains(m.labels, int(label-1))
}

// filled reports whether the mark covers more of its box than a digit of a very thick pen. A 1 is narrow.
func (m mark) filled() bool {
	w, h := m.box.Dx(), m.box.Dy()
	return 100*min(w, h) > 55*max(w, h) && 100*m.area > 76*w*h
}

// add adds a pixel to the box and the area.
func (m *mark) add(x, y int) {
	m.box = m.box.Union(image.Rect(x, y, x+1, y+1))
	m.area++
}

// connected returns the regions of pixels above threshold that are connected, diagonals included, and for each pixel
// the number of its region + 1, or 0.
func connected(p plane, threshold func(i int) float32) (marks []mark, label []int32) {
	label = make([]int32, len(p.pix))
	var todo []int
	for start := range p.pix {
		if label[start] != 0 || p.pix[start] <= threshold(start) {
			continue
		}
		number := int32(len(marks) + 1)
		m := mark{labels: []int{len(marks)}}
		x0, y0, x1, y1 := p.w, p.h, 0, 0
		label[start], todo = number, append(todo[:0], start)
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			x, y := i%p.w, i/p.w
			m.area++
			m.ink += float64(p.pix[i])
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
			for v := max(0, y-1); v <= min(p.h-1, y+1); v++ {
				for u := max(0, x-1); u <= min(p.w-1, x+1); u++ {
					if j := v*p.w + u; label[j] == 0 && p.pix[j] > threshold(j) {
						label[j], todo = number, append(todo, j)
					}
				}
			}
		}
		m.box = image.Rect(x0, y0, x1, y1)
		marks = append(marks, m)
	}
	return marks, label
}
