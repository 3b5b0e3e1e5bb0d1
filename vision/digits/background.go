package digits

import "math"

// inkOf returns the amount of ink of each pixel of p, from about 0 on paper to 1 for black ink, and the brightness of the
// paper. p holds gray values, of dark ink on light paper.
//
// The brightness of the paper is the morphological closing of p with a square: the darkest picture in which no dark
// mark is narrower than the square, except at the border. So a shadow with a sharp edge, shading and a dark table belong
// to the paper, and all strokes narrower than side are ink. The ink is 1 − p/paper, which does not depend on the light.
//
// Source: J. Serra, Image Analysis and Mathematical Morphology, 1982.
func inkOf(p plane, side int) (ink, paper plane) {
	paper = closing(p, side)
	ink = newPlane(p.w, p.h)
	const dark = 0.03 // keeps the noise of black pixels small
	for i, v := range p.pix {
		ink.pix[i] = 1 - (v+dark)/(paper.pix[i]+dark)
	}
	return ink, paper
}

// closing returns the minimum filter of the maximum filter of p. Outside the picture nothing is light: a dark region that
// continues to the border remains dark.
func closing(p plane, side int) plane {
	r := side / 2
	wide := newPlane(p.w+2*r, p.h)
	least := float32(math.Inf(-1))
	lines(wide.h, func(y int, s *sliding) {
		row := wide.pix[y*wide.w : (y+1)*wide.w]
		for x := range row {
			row[x] = least
		}
		copy(row[r:], p.pix[y*p.w:(y+1)*p.w])
		s.max(row, r)
	})
	tall := newPlane(wide.w, p.h+2*r)
	for i := range tall.pix {
		tall.pix[i] = least
	}
	copy(tall.pix[r*wide.w:], wide.pix)
	columns(tall, r, false)
	columns(tall, r, true)
	out := newPlane(p.w, p.h)
	lines(p.h, func(y int, s *sliding) {
		row := tall.pix[(y+r)*wide.w : (y+r+1)*wide.w]
		for x := range row {
			row[x] = -row[x]
		}
		s.max(row, r)
		for x := range p.w {
			out.pix[y*p.w+x] = -row[x+r]
		}
	})
	return out
}

func lines(n int, f func(i int, s *sliding)) {
	var s sliding
	for i := range n {
		f(i, &s)
	}
}

// columns replaces each column of p by its maximum filter, or its minimum filter.
func columns(p plane, r int, minimum bool) {
	const block = 8 // columns at a time, for the cache
	var s sliding
	cols := make([][]float32, block)
	for i := range cols {
		cols[i] = make([]float32, p.h)
	}
	sign := float32(1)
	if minimum {
		sign = -1
	}
	for x0 := 0; x0 < p.w; x0 += block {
		n := min(block, p.w-x0)
		for y := range p.h {
			row := p.pix[y*p.w+x0:][:n]
			for i, v := range row {
				cols[i][y] = sign * v
			}
		}
		for i := range n {
			s.max(cols[i], r)
		}
		for y := range p.h {
			row := p.pix[y*p.w+x0:][:n]
			for i := range row {
				row[i] = sign * cols[i][y]
			}
		}
	}
}

// sliding computes maxima of sliding windows with three comparisons a number, whatever the window.
//
// Source: M. van Herk, A fast algorithm for local minimum and maximum filters, 1992.
type sliding struct{ left, right []float32 }

// max replaces each number of line by the maximum of those at most r away.
func (s *sliding) max(line []float32, r int) {
	n, window := len(line), 2*r+1
	if cap(s.left) < n {
		s.left, s.right = make([]float32, n), make([]float32, n)
	}
	left, right := s.left[:n], s.right[:n] // maxima from the block's start to i, and from i to the block's end
	for i, v := range line {
		if i%window == 0 {
			left[i] = v
		} else {
			left[i] = max(left[i-1], v)
		}
	}
	for i := n - 1; i >= 0; i-- {
		if i == n-1 || (i+1)%window == 0 {
			right[i] = line[i]
		} else {
			right[i] = max(right[i+1], line[i])
		}
	}
	for i := range line {
		first, last := i-r, min(n-1, i+r)
		switch {
		case first < 0: // the window begins with the first block
			line[i] = left[last]
		case first/window == last/window: // it ends with the line
			line[i] = right[first]
		default:
			line[i] = max(right[first], left[last])
		}
	}
}
