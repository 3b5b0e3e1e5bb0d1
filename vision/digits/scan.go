package digits

import (
	"image"
	"math"
	"slices"
)

// scan is the ink found in a picture, and the marks that may be digits.
type scan struct {
	light bool  // light ink on a dark background
	ink   plane // 0 to about level
	level float32
	label []int32
	marks []mark // in reading order
	dirt  int    // marks that are too small to be part of a digit
	angle float64
	cover float64 // the part of the picture that is ink
	sharp float64 // the part of the marks' outline at which the gray values change
	thick float64 // the width of the strokes, as a part of the largest extent of a mark
}

// leastLevel is the ink of a pale pencil. The grain of a dark table is paler.
const leastLevel = 0.25

// scanInk finds dark marks on light paper, or with light, light marks on dark paper. p holds gray values, noise is
// their standard deviation.
func scanInk(p plane, noise float64, light bool) scan {
	short := min(p.w, p.h)
	ink, deviation := inkOf(p, short*35/100, noise, light)
	s := scan{light: light, ink: ink, level: inkLevel(ink)}
	if s.level > leastLevel && removeRules(ink, s.level) > 0 {
		s.level = inkLevel(ink)
	}
	if s.level < leastLevel {
		return s
	}
	threshold := 0.42 * s.level
	all, label := connected(ink, func(i int) float32 { return max(threshold, 4*deviation(i)) })
	s.label = label
	all = slices.DeleteFunc(all, func(m mark) bool { return extent(m.box) > 8 && s.besideEdge(p, m) })
	for _, m := range all {
		s.cover += float64(m.area) / float64(len(p.pix))
	}
	s.marks, s.dirt = s.group(all)
	s.outline()
	return s
}

// besideEdge reports whether the paper is not lighter (with light ink, darker) than the mark on all sides. So it is
// at the edge of a shadow or of the paper, whose corners and curves the closing rounds.
func (s *scan) besideEdge(p plane, m mark) bool {
	const reach = 4
	good, all := 0, 0
	number := int32(m.labels[0] + 1)
	for y := m.box.Min.Y; y < m.box.Max.Y; y++ {
		for x := m.box.Min.X; x < m.box.Max.X; x++ {
			i := y*p.w + x
			if s.label[i] != number {
				continue
			}
			for _, d := range [4]image.Point{{X: -1}, {X: 1}, {Y: -1}, {Y: 1}} {
				far := image.Pt(x+reach*d.X, y+reach*d.Y)
				if !far.In(image.Rect(0, 0, p.w, p.h)) || s.label[i+d.Y*p.w+d.X] != 0 {
					continue
				}
				j := far.Y*p.w + far.X
				if s.label[j] != 0 {
					continue
				}
				all++
				if contrast(p.pix[i], p.pix[j], s.light) > 0.25*s.level {
					good++
				}
			}
		}
	}
	return 100*good < 72*all
}

// inkLevel returns the ink of a typical stroke.
func inkLevel(ink plane) float32 {
	values := slices.Clone(ink.pix)
	top := quantile(values, 0.9992)
	strong := values[:0]
	for _, v := range ink.pix {
		if v > top/2 {
			strong = append(strong, v)
		}
	}
	return quantile(strong, 0.6)
}

// group joins the regions of a broken digit, and drops those at the border and those that are too small.
func (s *scan) group(all []mark) (marks []mark, dirt int) {
	inside := image.Rect(1, 1, s.ink.w-1, s.ink.h-1)
	least := float64(min(s.ink.w, s.ink.h)) * 0.03
	var kept []mark
	for _, m := range all {
		if !m.box.In(inside) {
			continue
		}
		kept = append(kept, m)
	}
	if len(kept) == 0 {
		return nil, dirt
	}
	// The strokes of a number are equally dark; what is paler is a pattern of the table, or a rest of a rule.
	darkest := 0.0
	for _, m := range kept {
		if extent(m.box) >= least {
			darkest = max(darkest, m.ink/float64(m.area))
		}
	}
	kept = slices.DeleteFunc(kept, func(m mark) bool {
		if m.ink/float64(m.area) < 0.6*darkest {
			return true
		}
		if extent(m.box) < least {
			if extent(m.box) > least/3 {
				dirt++
			}
			return true
		}
		return false
	})
	tallest := 0.0
	for _, m := range kept {
		tallest = max(tallest, extent(m.box))
	}
	// Regions one above the other are parts of a digit.
	for joined := true; joined; {
		joined = false
		for i := range kept {
			for j := i + 1; j < len(kept); j++ {
				if together(kept[i].box, kept[j].box, tallest) {
					kept[i] = kept[i].join(kept[j])
					kept = slices.Delete(kept, j, j+1)
					joined = true
					break
				}
			}
		}
	}
	for _, m := range kept {
		if extent(m.box) >= 0.3*tallest {
			marks = append(marks, m)
		} else {
			dirt++
		}
	}
	slices.SortFunc(marks, func(a, b mark) int { return a.box.Min.X + a.box.Max.X - b.box.Min.X - b.box.Max.X })
	s.angle = rowAngle(marks)
	return marks, dirt
}

func extent(r image.Rectangle) float64 { return float64(max(r.Dx(), r.Dy())) }

// together reports whether the regions in two boxes are parts of one digit.
func together(a, b image.Rectangle, tallest float64) bool {
	overlap := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
	gapX := max(a.Min.X, b.Min.X) - min(a.Max.X, b.Max.X)
	gapY := max(a.Min.Y, b.Min.Y) - min(a.Max.Y, b.Max.Y)
	small := min(extent(a), extent(b)) < 0.45*tallest
	switch {
	case float64(gapY) > 0.3*tallest:
		return false
	case 2*overlap > min(a.Dx(), b.Dx()):
		return float64(a.Union(b).Dy()) < 1.5*tallest
	case small:
		return float64(max(gapX, gapY)) < 0.06*tallest
	}
	return false
}

// rowAngle returns the angle of the line through the middles of marks, in radians.
func rowAngle(marks []mark) float64 {
	if len(marks) < 2 {
		return 0
	}
	var n, sx, sy, sxx, sxy float64
	for _, m := range marks {
		x, y := float64(m.box.Min.X+m.box.Max.X)/2, float64(m.box.Min.Y+m.box.Max.Y)/2
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	det := n*sxx - sx*sx
	if det <= 0 {
		return 0
	}
	return math.Atan((n*sxy - sx*sy) / det)
}

// outline sets sharp, the part of the outline of all marks at which the ink changes as it does at the edge of a
// stroke, and thick. Paper between dark strokes, if taken for light ink, is thick, and its outline is partly in the
// middle of paper.
func (s *scan) outline() {
	const reach = 4
	edge, all := 0, 0
	p := s.ink
	for _, m := range s.marks {
		for y := max(reach, m.box.Min.Y); y < min(p.h-reach, m.box.Max.Y); y++ {
			for x := max(reach, m.box.Min.X); x < min(p.w-reach, m.box.Max.X); x++ {
				i := y*p.w + x
				if s.label[i] == 0 || s.label[i-1] != 0 && s.label[i+1] != 0 && s.label[i-p.w] != 0 &&
					s.label[i+p.w] != 0 {
					continue
				}
				all++
				across, down := p.pix[i-reach]-p.pix[i+reach], p.pix[i-reach*p.w]-p.pix[i+reach*p.w]
				if max(across, -across, down, -down) > 0.35*s.level {
					edge++
				}
			}
		}
	}
	if all == 0 {
		return
	}
	s.sharp = float64(edge) / float64(all)
	area, largest := 0, 0.0
	for _, m := range s.marks {
		area += m.area
		largest = max(largest, extent(m.box))
	}
	s.thick = 2 * float64(area) / float64(all) / largest
}
