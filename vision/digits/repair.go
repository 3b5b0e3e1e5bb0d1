package digits

import (
	"image"
	"slices"
)

// reader reads one scan of a picture.
type reader struct {
	Reader
	scan  *scan
	marks []mark
	seen  []Mark // of marks; Box is not set
}

func (r *reader) look(m mark) Mark {
	x := Mark{Pixels: r.scan.frame(m, r.Side)}
	x.decide(r.Classify(x.Pixels, 1))
	return x
}

// repair changes marks that do not look like digits: it joins one with its neighbor, if they are parts of one digit;
// cuts one that is two digits; and drops one at the border or far from the digits, as a pattern of the table is, or
// one that is much smaller than the rest, as a spot is. It keeps only changes after which the network recognizes
// digits.
func (r *reader) repair() {
	drops := 4
	for range maxDigits {
		i := slices.IndexFunc(r.seen, func(m Mark) bool { return m.Probability < r.Least })
		if i < 0 {
			// A 4 in two parts may look like two digits.
			i = slices.IndexFunc(r.seen, func(m Mark) bool { return m.Probability < sure })
			if i < 0 || !r.joinNeighbor(i) {
				return
			}
			continue
		}
		switch {
		case r.joinNeighbor(i), r.cut(i):
		case drops > 0 && len(r.marks) > 1 && (r.small(i) || r.outside(i)):
			drops--
			r.marks = slices.Delete(r.marks, i, i+1)
			r.lookAgain()
		default:
			return
		}
	}
}

// lookAgain turns the marks by the angle of the row that they form now.
func (r *reader) lookAgain() {
	r.scan.angle = rowAngle(r.marks)
	r.seen = r.seen[:0]
	for _, m := range r.marks {
		r.seen = append(r.seen, r.look(m))
	}
}

// sure is the probability that a changed mark must have.
const sure = 0.7

// surest is the probability that both parts of a mark must have: half of a letter looks like a 1.
const surest = 0.9

func (r *reader) joinNeighbor(i int) bool {
	tallest := r.tallest()
	for _, j := range []int{i - 1, i} { // join j and j+1
		if j < 0 || j+1 >= len(r.marks) {
			continue
		}
		a, b := r.marks[j], r.marks[j+1]
		gapX := max(a.box.Min.X, b.box.Min.X) - min(a.box.Max.X, b.box.Max.X)
		gapY := max(a.box.Min.Y, b.box.Min.Y) - min(a.box.Max.Y, b.box.Max.Y)
		if float64(max(gapX, gapY)) > 0.15*tallest {
			continue
		}
		both := a.join(b)
		if m := r.look(both); m.Probability >= sure {
			r.marks[j], r.seen[j] = both, m
			r.marks, r.seen = slices.Delete(r.marks, j+1, j+2), slices.Delete(r.seen, j+1, j+2)
			return true
		}
	}
	return false
}

// cut divides mark i at the column with the least ink.
func (r *reader) cut(i int) bool {
	m, s := r.marks[i], r.scan
	if 10*m.box.Dx() < 9*m.box.Dy() { // it is not as wide as two digits
		return false
	}
	best, least := 0, m.area
	for x := m.box.Min.X + 3*m.box.Dx()/10; x <= m.box.Min.X+7*m.box.Dx()/10; x++ {
		n := 0
		for y := m.box.Min.Y; y < m.box.Max.Y; y++ {
			if m.owns(s.label[y*s.ink.w+x]) {
				n++
			}
		}
		if n < least {
			best, least = x, n
		}
	}
	right := slices.Max(s.label) + 1 // the label of the right part
	old := slices.Clone(s.label)
	parts := [2]mark{}
	for y := m.box.Min.Y; y < m.box.Max.Y; y++ {
		for x := m.box.Min.X; x < m.box.Max.X; x++ {
			l := &s.label[y*s.ink.w+x]
			if !m.owns(*l) {
				continue
			}
			if x >= best {
				*l = right
				parts[1].add(x, y)
			} else {
				*l = right + 1
				parts[0].add(x, y)
			}
		}
	}
	parts[0].labels, parts[1].labels = []int{int(right)}, []int{int(right) - 1} // a region's label is its number + 1
	if parts[0].area > 0 && parts[1].area > 0 {
		a, b := r.look(parts[0]), r.look(parts[1])
		if min(a.Probability, b.Probability) >= surest {
			r.marks, r.seen = slices.Replace(r.marks, i, i+1, parts[:]...), slices.Replace(r.seen, i, i+1, a, b)
			return true
		}
	}
	copy(s.label, old)
	return false
}

// small reports whether mark i is much smaller than the largest. A thin 1 is not.
func (r *reader) small(i int) bool { return extent(r.marks[i].box) < 0.5*r.tallest() }

// outside reports whether mark i is at the border of the picture, or far from all marks that are digits.
func (r *reader) outside(i int) bool {
	w, h := r.scan.ink.w, r.scan.ink.h
	box := r.marks[i].box
	if !box.In(image.Rect(0, 0, w, h).Inset(min(w, h) / 40)) {
		return true
	}
	near := box.Inset(-int(0.6 * r.tallest()))
	far := false
	for j, m := range r.seen {
		if m.Probability >= sure {
			if near.Overlaps(r.marks[j].box) {
				return false
			}
			far = true
		}
	}
	return far
}

func (r *reader) tallest() float64 {
	tallest := 0.0
	for _, m := range r.marks {
		tallest = max(tallest, extent(m.box))
	}
	return tallest
}
