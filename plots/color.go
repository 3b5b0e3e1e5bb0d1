package plots

import (
	"image"
	"image/color"
	"math"
)

// Scale is the mapping of numbers to colors.
type Scale int

const (
	Sequential Scale = iota // viridis from the smallest to the largest value
	Diverging               // blue below 0, white at 0, red above 0, symmetric
	Gray                    // black is 0, white is 1
)

// viridis has colors of the map of matplotlib (S. van der Walt and N. Smith, 2015, CC0) at equal distances.
var viridis = colors(0x440154, 0x481567, 0x482677, 0x453781, 0x404788, 0x39568c, 0x33638d, 0x2d708e, 0x287d8e, 0x238a8d,
	0x1f968b, 0x20a387, 0x29af7f, 0x3cbb75, 0x55c667, 0x73d055, 0x95d840, 0xb8de29, 0xdce319, 0xfde725)

// blueRed is ColorBrewer's RdBu, reversed (C. Brewer).
var blueRed = colors(0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f)

// categories are the colors of series, of Okabe and Ito, in an order that stays distinct in gray.
var categories = colors(0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9)

func colors(hex ...uint32) []color.NRGBA {
	list := make([]color.NRGBA, len(hex))
	for i, h := range hex {
		list[i] = color.NRGBA{uint8(h >> 16), uint8(h >> 8), uint8(h), 0xff}
	}
	return list
}

// blend returns a + t·(b − a).
func blend(a, b color.NRGBA, t float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + t*(float64(b)-float64(a)))) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// spread returns the color at t, from 0 to 1, of colors at equal distances.
func spread(list []color.NRGBA, t float64) color.NRGBA {
	at := min(max(t, 0), 1) * float64(len(list)-1)
	i := min(int(at), len(list)-2)
	return blend(list[i], list[i+1], at-float64(i))
}

// interval is the range of the values that a scale maps to its colors.
type interval struct{ low, high float64 }

// rangeOf returns the interval of a scale for the finite numbers among values.
func (s Scale) rangeOf(values ...[]float32) interval {
	low, high := math.Inf(1), math.Inf(-1)
	for _, list := range values {
		for _, v := range list {
			if v := float64(v); !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	switch {
	case s == Gray:
		return interval{0, 1}
	case low > high:
		return interval{0, 1}
	case s == Diverging:
		m := max(-low, high)
		if m == 0 {
			m = 1
		}
		return interval{-m, m}
	case low == high:
		return interval{low, low + 1}
	}
	return interval{low, high}
}

// color returns the color of v.
func (s Scale) color(v float64, r interval) color.NRGBA {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return color.NRGBA{0x99, 0x99, 0x99, 0xff}
	}
	t := (v - r.low) / (r.high - r.low)
	switch s {
	case Diverging:
		return spread(blueRed, t)
	case Gray:
		return blend(color.NRGBA{A: 0xff}, color.NRGBA{0xff, 0xff, 0xff, 0xff}, min(max(t, 0), 1))
	}
	return spread(viridis, t)
}

// image draws h×w values as squares of size pixels.
func (s Scale) image(m Map, r interval, size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, m.W*size, m.H*size))
	for y := range m.H * size {
		for x := range m.W * size {
			img.SetNRGBA(x, y, s.color(float64(m.Values[y/size*m.W+x/size]), r))
		}
	}
	return img
}
