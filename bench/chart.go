package bench

import (
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
)

// WriteSVG writes a bar chart: the families' mean ratios as bars that start at 1, on a logarithmic scale, with a dot
// at each family's worst ratio.
func (r *Report) WriteSVG(w io.Writer) error {
	const label, plot, right, bar, gap, top, bottom = 190, 470, 60, 12, 8, 46, 40
	var families []string
	var threads []int
	low, high := 0.5, 2.0
	for _, s := range r.Families {
		if s.Figures == 0 {
			continue
		}
		if !slices.Contains(families, s.Family) {
			families = append(families, s.Family)
		}
		if !slices.Contains(threads, s.Threads) {
			threads = append(threads, s.Threads)
		}
		low, high = min(low, s.Worst), max(high, s.Mean)
	}
	first, last := math.Floor(math.Log2(low)), math.Ceil(math.Log2(high))
	x := func(ratio float64) float64 { return label + plot*(math.Log2(ratio)-first)/(last-first) }
	row := bar*len(threads) + gap
	height := top + row*len(families) + bottom

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", label+plot+right, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	fmt.Fprintf(&b, `<text x="10" y="18" font-weight="bold">PyTorch's time divided by Lamina's: right of 1 Lamina is faster</text>`+"\n")
	fmt.Fprintf(&b, `<text x="10" y="34" fill="#555">%s</text>`+"\n", html.EscapeString(r.Head()))
	for e := first; e <= last; e++ {
		at, color := x(math.Exp2(e)), "#ddd"
		if e == 0 {
			color = "#333"
		}
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/>`+"\n", at, top, at, height-bottom, color)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#555">%s</text>`+"\n", at, height-bottom+16, tick(e))
	}
	for i, family := range families {
		y := top + gap/2 + i*row
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", label-8, y+bar*len(threads)/2+4, html.EscapeString(family))
		for _, s := range r.Families {
			k := slices.Index(threads, s.Threads)
			if s.Family != family || k < 0 || s.Figures == 0 {
				continue
			}
			color := "#2a7ab8"
			if s.Mean < 1 {
				color = "#d9722e"
			}
			from, to, middle := x(min(s.Mean, 1)), x(max(s.Mean, 1)), float64(y+bar*k)+bar/2
			fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s" opacity="%.2f"/>`+"\n", from,
				y+bar*k+1, to-from, bar-2, color, 1/(1+0.6*float64(k)))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="#333"><title>%s</title></circle>`+"\n",
				x(s.Worst), middle, html.EscapeString(s.WorstBenchmark))
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" font-size="10">%.2f</text>`+"\n", to+4, middle+3.5, s.Mean)
		}
	}
	legend := "bars: geometric mean of a family, from top to bottom for threads " +
		strings.Trim(fmt.Sprint(threads), "[]") + "; dots: the worst"
	fmt.Fprintf(&b, `<text x="10" y="%d" fill="#555">%s</text>`+"\n</svg>\n", height-6, legend)
	_, err := io.WriteString(w, b.String())
	return err
}

// tick returns 2^e as text, as a fraction for negative e.
func tick(e float64) string {
	if e < 0 {
		return fmt.Sprintf("1/%.0f", math.Exp2(-e))
	}
	return fmt.Sprintf("%.0f", math.Exp2(e))
}
