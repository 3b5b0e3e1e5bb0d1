package tabular

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// hash returns a hash of b that is the same in every process. It is not for adversaries.
func hash(b []byte) uint64 {
	h := uint64(len(b)) * 0x9e3779b97f4a7c15
	for len(b) >= 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	var last [8]byte
	copy(last[:], b)
	return mix(h ^ binary.LittleEndian.Uint64(last[:]))
}

// mix spreads the bits of v: the halves of a product of 128 bits are joined.
func mix(v uint64) uint64 {
	hi, lo := bits.Mul64(v^0x9fb21c651e98df25, 0xd6e8feb86659fd93)
	return hi ^ lo ^ v>>32
}

// distinct estimates the number of different hashes: it keeps the smallest ones, so that sketches of parts can be
// joined in any order. Up to sketchSize it is exact; above, its standard error is 1/√sketchSize, 3%.
//
// Source: Bar-Yossef et al., "Counting distinct elements in a data stream", RANDOM 2002.
type distinct struct {
	limit uint64 // hashes from here on are not among the smallest; 0 means that all count
	kept  []uint64
}

const sketchSize = 1024

func (d *distinct) add(h uint64) {
	if d.limit == 0 || h < d.limit {
		d.keep(h)
	}
}

func (d *distinct) keep(h uint64) {
	if d.kept = append(d.kept, h); len(d.kept) >= 4*sketchSize {
		d.compact()
	}
}

// compact keeps the smallest hashes, each once.
func (d *distinct) compact() {
	slices.Sort(d.kept)
	d.kept = slices.Compact(d.kept)
	if len(d.kept) > sketchSize {
		d.limit = d.kept[sketchSize]
		d.kept = d.kept[:sketchSize]
	}
}

func (d *distinct) merge(o *distinct) {
	if o.limit != 0 && (d.limit == 0 || o.limit < d.limit) {
		d.limit = o.limit
		d.kept = slices.DeleteFunc(d.kept, func(h uint64) bool { return h >= d.limit })
	}
	for _, h := range o.kept {
		d.add(h)
	}
}

// count returns the number of different hashes, and whether it is exact.
func (d *distinct) count() (n int, exact bool) {
	d.compact()
	if d.limit == 0 {
		return len(d.kept), true
	}
	return int(float64(len(d.kept)) / (float64(d.limit) / math.Exp2(64))), false
}

// moments are the number, mean and sum of squared deviations of numbers, with their limits.
type moments struct {
	n               int
	mean, m2        float64
	lowest, highest float64
}

// of sets m to the moments of values.
func (m *moments) of(values []float64) {
	*m = moments{}
	if len(values) == 0 {
		return
	}
	m.n, m.lowest, m.highest = len(values), values[0], values[0]
	for _, v := range values {
		if v < m.lowest {
			m.lowest = v
		} else if v > m.highest {
			m.highest = v
		}
	}
	m.mean = sum(values) / float64(len(values))
	m.m2 = squares(values, m.mean)
}

// sum adds values in four sums, because an addition waits for the one before it.
func sum(values []float64) float64 {
	var a, b, c, d float64
	for ; len(values) >= 4; values = values[4:] {
		a += values[0]
		b += values[1]
		c += values[2]
		d += values[3]
	}
	for _, v := range values {
		a += v
	}
	return (a + b) + (c + d)
}

// squares returns the sum of the squares of values − mean.
func squares(values []float64, mean float64) float64 {
	var a, b, c, d float64
	for ; len(values) >= 4; values = values[4:] {
		a += (values[0] - mean) * (values[0] - mean)
		b += (values[1] - mean) * (values[1] - mean)
		c += (values[2] - mean) * (values[2] - mean)
		d += (values[3] - mean) * (values[3] - mean)
	}
	for _, v := range values {
		a += (v - mean) * (v - mean)
	}
	return (a + b) + (c + d)
}

// merge joins the moments of two sets of numbers.
//
// Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
func (m *moments) merge(o *moments) {
	if o.n == 0 {
		return
	}
	if m.n == 0 {
		*m = *o
		return
	}
	n := m.n + o.n
	d := o.mean - m.mean
	m.m2 += o.m2 + d*d*float64(m.n)*float64(o.n)/float64(n)
	m.mean += d * float64(o.n) / float64(n)
	m.lowest, m.highest = min(m.lowest, o.lowest), max(m.highest, o.highest)
	m.n = n
}

// std returns the standard deviation, with the divisor n as in NumPy and scikit-learn's StandardScaler.
func (m *moments) std() float64 {
	if m.n == 0 {
		return 0
	}
	return math.Sqrt(m.m2 / float64(m.n))
}
