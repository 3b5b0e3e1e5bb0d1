package digits

import (
	"math"
	"slices"
)

// A line printed on paper: y = a + b·x, or x = a + b·y in the transposed picture.
type rule struct{ a, b float64 }

func (r rule) at(x float64) float64 { return r.a + r.b*x }

const (
	maxSlope    = 0.6 // of a rule, which a camera turned by 20 degrees and its perspective cause
	ridge       = 4   // pixels; a rule is narrower
	minSiblings = 3   // a page with fewer lines in a direction has no rules
)

// removeRules removes printed lines from ink and returns their number in both directions.
//
// A rule is a part of the paper: the ink along it is the same everywhere, except where a digit crosses it. So the
// median of the ink along the rule, as a function of the distance from its middle, is subtracted.
func removeRules(ink plane, level float32) int {
	n := removeRows(ink, level)
	t := ink.transpose()
	if m := removeRows(t, level); m > 0 {
		n += m
		copy(ink.pix, t.transpose().pix)
	}
	return n
}

func (p plane) transpose() plane {
	t := newPlane(p.h, p.w)
	const tile = 16
	for y0 := 0; y0 < p.h; y0 += tile {
		for x0 := 0; x0 < p.w; x0 += tile {
			for y := y0; y < min(p.h, y0+tile); y++ {
				for x := x0; x < min(p.w, x0+tile); x++ {
					t.pix[x*p.h+y] = p.pix[y*p.w+x]
				}
			}
		}
	}
	return t
}

func removeRows(ink plane, level float32) int {
	found := findRules(ink)
	for _, r := range found {
		subtractRule(ink, r, level)
	}
	return len(found)
}

// point is a pixel that is darker than those above and below.
type point struct {
	x, y  int
	value float32 // by how much
}

// findRules returns the lines from left to right that cross most of the picture, if there are several of similar
// direction: a Hough transform of the points of a thin line.
//
// Source: R. Duda and P. Hart, Use of the Hough Transformation to Detect Lines and Curves in Pictures, 1972.
func findRules(ink plane) []rule {
	points := ridgePoints(ink)
	const slopes = 161
	slope := func(k int) float64 { return maxSlope * float64(2*k-(slopes-1)) / (slopes - 1) }
	middle := float64(ink.w) / 2
	margin := int(maxSlope*middle) + 2 // a rule may cross the middle column outside the picture
	height := ink.h + 2*margin
	votes := make([]float32, slopes*height)
	cast := func(p point, votesEach float32) {
		dx := float64(p.x) - middle
		y := float64(p.y) - slope(0)*dx + float64(margin) + 0.5
		step := (slope(0) - slope(1)) * dx
		for k := range slopes {
			votes[k*height+int(y)] += votesEach
			y += step
		}
	}
	for _, p := range points {
		cast(p, p.value)
	}
	// The most votes of each slope; after votes were taken back, an upper bound of them.
	var most [slopes]float32
	for k := range most {
		most[k] = slices.Max(votes[k*height : (k+1)*height])
	}
	winner := func() (k, y int) {
		for {
			k = largest(most[:])
			row := votes[k*height : (k+1)*height]
			y = largest(row)
			if most[k] == row[y] {
				return k, y
			}
			most[k] = row[y]
		}
	}
	var found []rule
	const mostRules, failures = 80, 6
	failed := 0
	for len(found) < mostRules && failed < failures {
		k, y := winner()
		b := slope(k)
		r := rule{float64(y-margin) - b*middle, b}
		line, near, rest := fit(ink, points, r)
		if most[k] <= 0 || len(near) == 0 {
			break
		}
		points = rest
		for _, p := range near {
			cast(p, -p.value)
		}
		if crosses(ink, near, line) {
			found = append(found, line)
		} else {
			failed++
		}
	}
	return siblings(found)
}

// largest returns the index of the largest number.
func largest(values []float32) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}

// ridgePoints returns the pixels that are darker than those ridge pixels above and below.
func ridgePoints(ink plane) []point {
	var points []point
	const least, most = 0.03, 0.12 // a dark stroke counts no more than a pale rule
	for y := ridge; y < ink.h-ridge; y++ {
		for x := 0; x < ink.w; x++ {
			i := y*ink.w + x
			v := ink.pix[i]
			up, down := ink.pix[i-ridge*ink.w], ink.pix[i+ridge*ink.w]
			if d := v - max(up, down); d > least && v >= ink.pix[i-ink.w] && v >= ink.pix[i+ink.w] {
				points = append(points, point{x, y, min(d, most)})
			}
		}
	}
	return points
}

// fit returns the line through the points near r, these points, and the others.
func fit(ink plane, points []point, r rule) (line rule, near, rest []point) {
	for _, reach := range []float64{3, 1.5} {
		var n, sx, sy, sxx, sxy float64
		near, rest = near[:0:0], rest[:0:0]
		for _, p := range points {
			if x, y := float64(p.x), float64(p.y); math.Abs(y-r.at(x)) <= reach {
				w := float64(p.value)
				n, sx, sy, sxx, sxy = n+w, sx+w*x, sy+w*y, sxx+w*x*x, sxy+w*x*y
				near = append(near, p)
			} else {
				rest = append(rest, p)
			}
		}
		if det := n*sxx - sx*sx; det > 1e-6*n*sxx {
			b := (n*sxy - sx*sy) / det
			r = rule{(sy - b*sx) / n, b}
		}
	}
	return r, near, rest
}

// crosses reports whether points lie along most of the part of the line inside the picture.
func crosses(ink plane, points []point, line rule) bool {
	const bins = 24
	var inside, hit [bins]bool
	for i := range bins {
		x := (float64(i) + 0.5) * float64(ink.w) / bins
		y := line.at(x)
		inside[i] = y > 0 && y < float64(ink.h)
	}
	var count [bins]int
	for _, p := range points {
		count[min(bins-1, p.x*bins/ink.w)]++
	}
	need := max(1, ink.w/bins/3)
	in, covered := 0, 0
	for i := range bins {
		hit[i] = count[i] >= need
		if inside[i] {
			in++
			if hit[i] {
				covered++
			}
		}
	}
	return in > 0 && covered*100 >= 45*in && covered >= 6
}

// siblings returns the lines if at least minSiblings have a similar direction, else nothing.
func siblings(lines []rule) []rule {
	if len(lines) < minSiblings {
		return nil
	}
	slopes := make([]float64, len(lines))
	for i, l := range lines {
		slopes[i] = l.b
	}
	slices.Sort(slopes)
	middle := slopes[len(slopes)/2]
	lines = slices.DeleteFunc(lines, func(l rule) bool { return math.Abs(l.b-middle) > 0.2 })
	if len(lines) < minSiblings {
		return nil
	}
	return lines
}

// subtractRule removes one rule from ink.
func subtractRule(ink plane, r rule, level float32) {
	const reach, perPixel = 6, 2
	var samples [(2*reach + 1) * perPixel][]float32
	bin := func(d float64) int { return min(len(samples)-1, max(0, int((d+reach+0.5)*perPixel))) }
	each := func(f func(x, y, bin int)) {
		for x := range ink.w {
			middle := r.at(float64(x))
			for y := max(0, int(math.Ceil(middle-reach))); y <= min(ink.h-1, int(middle+reach)); y++ {
				f(x, y, bin(float64(y)-middle))
			}
		}
	}
	each(func(x, y, bin int) { samples[bin] = append(samples[bin], ink.pix[y*ink.w+x]) })
	var profile [len(samples)]float32
	for i, s := range samples {
		if len(s) == 0 && i > 0 { // a rule along an axis has distances of whole pixels only
			s = samples[i-1]
		}
		profile[i] = quantile(s, 0.5)
	}
	// The profile ends where it no longer falls.
	base := float32(math.Inf(1))
	for _, v := range profile {
		base = min(base, v)
	}
	base = max(0, base)
	peak := profile[bin(0)]
	if peak <= base {
		return
	}
	half := 1
	for ; half < reach*perPixel; half++ {
		c := bin(0)
		if max(profile[c-half], profile[c+half])-base < 0.08*(peak-base) {
			break
		}
	}
	old := make([]float32, ink.h)
	for x := range ink.w {
		middle := r.at(float64(x))
		lo := max(0, int(math.Ceil(middle-float64(half)/perPixel)))
		hi := min(ink.h-1, int(middle+float64(half)/perPixel))
		for y := lo; y <= hi; y++ {
			old[y] = ink.pix[y*ink.w+x]
		}
		for y := lo; y <= hi; y++ {
			m := profile[bin(float64(y)-middle)] - base
			v := old[y]
			// The part of the way from the rule to full ink that this pixel has.
			own := float32(0)
			if level-m > 0.15 {
				own = max(0, v-m) / (level - m) * level
			}
			if lo > 0 && hi < ink.h-1 { // a stroke that crosses the rule is on both sides
				own = max(own, min(v, ink.pix[max(0, lo-1)*ink.w+x], ink.pix[min(ink.h-1, hi+1)*ink.w+x]))
			}
			ink.pix[y*ink.w+x] = min(v, own)
		}
	}
}
