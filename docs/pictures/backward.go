package main

// backward draws the example of the page about gradients: forward from left to right, its values above the boxes, and
// backward from right to left, the gradients below.
func backward() *svg {
	s := newSVG(790, 262)
	const w, h = 104, 40
	type step struct {
		x, y                  float64 // of the middle of its box
		name, value, gradient string
	}
	weights := step{62, 78, "w", "0.5  0.5", "−2.5  −3.5"}
	bias := step{62, 178, "b", "0", "−1"}
	chain := []step{
		{240, 128, "y′ = X·w + b", "1.5  2.5  3.5  4.5", "−¼  −¼  −¼  −¼"},
		{400, 128, "d = y′ − y", "−½  −½  −½  −½", "−¼  −¼  −¼  −¼"},
		{560, 128, "s = d²", "¼  ¼  ¼  ¼", "¼  ¼  ¼  ¼"},
		{720, 128, "L = 1/n Σ s", "0.25", "1"},
	}
	for _, n := range append(chain, weights, bias) {
		l, r, t, b := n.x-w/2, n.x+w/2, n.y-h/2, n.y+h/2
		s.line([][2]float64{{l, t}, {r, t}, {r, b}, {l, b}, {l, t}}, grey, 1.5, "")
		s.text(n.x, n.y+4.5, "middle", grey, n.name)
		s.text(n.x, t-8, "middle", blue, n.value)
		s.text(n.x, b+18, "middle", orange, n.gradient)
	}
	edge := func(x0, y0, x1, y1 float64, factor string) { // forward above, backward below
		s.arrow(x0, y0-6, x1, y1-6, blue)
		s.arrow(x1, y1+6, x0, y0+6, orange)
		s.text((x0+x1)/2, (y0+y1)/2+24, "middle", orange, factor)
	}
	edge(weights.x+w/2, weights.y, chain[0].x-w/2, chain[0].y-6, "Xᵀ ·")
	edge(bias.x+w/2, bias.y, chain[0].x-w/2, chain[0].y+6, "Σ")
	for i, factor := range []string{"· 1", "· 2d", "· 1/n"} {
		edge(chain[i].x+w/2, 128, chain[i+1].x-w/2, 128, factor)
	}
	s.text(400, 28, "middle", blue, "forward: the values →")
	s.text(400, 246, "middle", orange, "← backward: how the loss changes with each value")
	return s
}

// arrow draws a line with a head at its end.
func (s *svg) arrow(x0, y0, x1, y1 float64, color string) {
	s.line([][2]float64{{x0, y0}, {x1, y1}}, color, 1.5, "")
	back := 6.0
	if x1 < x0 {
		back = -6
	}
	slope := (y1 - y0) / (x1 - x0)
	x, y := x1-back, y1-back*slope
	s.line([][2]float64{{x, y - 4}, {x1, y1}, {x, y + 4}}, color, 1.5, "")
}
