//go:build !noasm

package decimal

import "github.com/lamina-ml/lamina/internal/kernel/cpu"

// floatsAVX is generic for n ≥ 1 cells.
//
//go:noescape
func floatsAVX(text *byte, limit int, cells *Span, stride int, values *float64, n int, c *constants) int

func floats(text []byte, cells []Span, stride int, values []float64) int {
	if cpu.ISA() == cpu.Generic || len(text) < slack {
		return generic(text, cells, stride, values)
	}
	return floatsAVX(&text[0], len(text)-slack, &cells[0], stride, &values[0], len(values), table)
}

// separatorsAVX2 is separatorsGeneric for n ≥ 1 masks.
//
//go:noescape
func separatorsAVX2(text *byte, delimiter uint64, masks *uint64, n int)

func separators(text []byte, delimiter byte, masks []uint64) {
	if cpu.ISA() == cpu.Generic {
		separatorsGeneric(text, delimiter, masks)
		return
	}
	separatorsAVX2(&text[0], uint64(delimiter), &masks[0], len(masks))
}

// constants is what floatsAVX reads from memory.
type constants struct {
	powers  [17]float64
	_       [8]byte  // 16 bytes are read at once; their place is a multiple of 16
	zeros   [16]byte // '0'
	points  [16]byte // '.'
	nines   [16]byte
	tens    [16]int8 // 10, 1, 10, 1, …: they join two digits
	hundred [8]int16 // 100, 1, …
	myriad  [8]int16 // 10,000, 1, …

	// order[16·n+w] moves the digits of a number of n bytes, of which w stand before the point or the end, to the last of 16
	// bytes, behind zeros.
	order [16 * 16][16]byte
}

var table = newConstants()

func newConstants() *constants {
	c := &constants{powers: powers}
	for i := range 16 {
		c.zeros[i], c.points[i], c.nines[i] = '0', '.', 9
		c.tens[i] = []int8{10, 1}[i%2]
	}
	for i := range 8 {
		c.hundred[i], c.myriad[i] = []int16{100, 1}[i%2], []int16{10_000, 1}[i%2]
	}
	for n := 1; n < 16; n++ {
		for w := range n + 1 {
			order := &c.order[16*n+w]
			for i := range order {
				order[i] = 0x80 // a zero
			}
			at := 16
			for i := n - 1; i >= 0; i-- {
				if i != w { // the point
					at--
					order[at] = byte(i)
				}
			}
		}
	}
	c.order[16*1+0][0] = 0 // a point alone is no number, so take the point for a digit
	return c
}
