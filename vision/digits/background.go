package digits

import "math"

// inkOf returns the amount of ink of each pixel of p, from about 0 on paper to 1 for black ink on white paper or
// white ink on black, and the standard deviation of its noise. p holds gray values; noise is their standard
// deviation. The ink is dark on light paper, or with light, light on dark paper.
//
// The brightness of the paper is the morphological closing of p with a square: the darkest picture in which no dark
// mark is narrower than the square, except at the border. So a shadow with a sharp edge, shading and a dark table
// belong to the paper, and all strokes narrower than side are ink. The ink is 1 − p/paper, which does not depend on
// the light. For light ink it is 1 − paper/p, with the opening of p: the closing of the inverse picture.
//
// Source: J. Serra, Image Analysis and Mathematical Morphology, 1982.
func inkOf(p plane, side int, noise float64, light bool) (ink plane, deviation func(i int) float32) {
	bias := float32(4 * noise)
	var paper plane
	if light {
		paper = closing(p.inverse(), side).inverse()
		bias = -bias
	} else {
		paper = closing(p, side)
	}
	ink = newPlane(p.w, p.h)
	for i, v := range p.pix {
		paper.pix[i] = max(0, paper.pix[i]-bias) // the closing is the brightest of many noisy pixels
		ink.pix[i] = contrast(v, paper.pix[i], light)
	}
	return ink, func(i int) float32 { return float32(noise) / (paper.pix[i] + black(light)) }
}

// contrast returns the amount of ink of a pixel v on paper.
func contrast(v, paper float32, light bool) float32 {
	b := black(light)
	if light {
		return 1 - (paper+b)/(v+b)
	}
	return 1 - (v+b)/(paper+b)
}

// black is added to gray values. It keeps the noise of black pixels small.
func black(light bool) float32 {
	if light {
		return 0.15
	}
	return 0.07
}

// inverse returns 1 − p.
func (p plane) inverse() plane {
	q := newPlane(p.w, p.h)
	for i, v := range p.pix {
		q.pix[i] = 1 - v
	}
	return q
}

// closing returns the minimum filter of the maximum filter of p, which has no negative numbers. Outside the picture
// nothing is light: a dark region that continues to the border remains dark.
//
// Both filters compare numbers as integers with the same bits, which have the same order and which a processor compares
// without a branch.
func closing(p plane, side int) plane {
	r := side / 2
	w, h := p.w+2*r, p.h+2*r
	all := make([]int32, w*h)
	for i := range all {
		all[i] = math.MinInt32 + 1
	}
	var s sliding
	for y := range p.h {
		row := all[(y+r)*w : (y+r+1)*w]
		for x, v := range p.pix[y*p.w : (y+1)*p.w] {
			row[x+r] = int32(math.Float32bits(max(0, v)))
		}
		s.max(row, r)
	}
	const block = 16 // columns at a time, for the cache
	cols := make([]int32, block*h)
	for x0 := 0; x0 < w; x0 += block {
		n := min(block, w-x0)
		for y := range h {
			for i, v := range all[y*w+x0:][:n] {
				cols[i*h+y] = v
			}
		}
		for i := range n {
			col := cols[i*h : (i+1)*h]
			s.max(col, r)
			negate(col) // the minimum filter is the maximum filter of the negative numbers
			s.max(col, r)
		}
		for y := range h {
			row := all[y*w+x0:][:n]
			for i := range row {
				row[i] = cols[i*h+y]
			}
		}
	}
	out := newPlane(p.w, p.h)
	for y := range p.h {
		row := all[(y+r)*w : (y+r+1)*w]
		s.max(row, r)
		for x := range p.w {
			out.pix[y*p.w+x] = math.Float32frombits(uint32(-row[x+r]))
		}
	}
	return out
}

func negate(line []int32) {
	for i := range line {
		line[i] = -line[i]
	}
}

// sliding computes maxima of sliding windows with three comparisons a number, whatever the window.
//
// Source: M. van Herk, A fast algorithm for local minimum and maximum filters, 1992.
type sliding struct{ left, right []int32 }

// max replaces each number of line by the maximum of those at most r away.
func (s *sliding) max(line []int32, r int) {
	n, window := len(line), 2*r+1
	if cap(s.left) < n {
		s.left, s.right = make([]int32, n), make([]int32, n)
	}
	left, right := s.left[:n], s.right[:n] // maxima from the block's start to i, and from i to the block's end
	for start := 0; start < n; start += window {
		end := min(n, start+window)
		most := line[start]
		for i := start; i < end; i++ {
			most = max(most, line[i])
			left[i] = most
		}
		most = line[end-1]
		for i := end - 1; i >= start; i-- {
			most = max(most, line[i])
			right[i] = most
		}
	}
	for i := range min(r, n) { // the window begins before the first block
		line[i] = left[min(n-1, i+r)]
	}
	for i := r; i < n-r; i++ {
		line[i] = max(right[i-r], left[i+r])
	}
	for i := max(r, n-r); i < n; i++ { // the window ends after the last number
		line[i] = right[i-r]
		if (i-r)/window != (n-1)/window {
			line[i] = max(line[i], left[n-1])
		}
	}
}
