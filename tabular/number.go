package tabular

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"sync"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/kernel/decimal"
)

// parseNumber returns the float64 that is nearest to the decimal number in cell, as strconv.ParseFloat does, and whether
// cell is one: an optional sign, digits with an optional point, an optional exponent. Infinities, NaN, hexadecimal
// numbers and underscores are no numbers here. Spaces around it are allowed.
func parseNumber(cell []byte) (v float64, ok bool) {
	b := trim(cell)
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		i = 1
	}
	var mantissa uint64
	start := i
	mantissa, i = digits(b, i, 0)
	count := i - start
	exponent := 0
	if i < len(b) && b[i] == '.' {
		point := i + 1
		mantissa, i = digits(b, point, mantissa)
		count += i - point
		exponent = point - i
	}
	if count == 0 {
		return 0, false
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		e, n := exponentOf(b[i+1:])
		if n == 0 {
			return 0, false
		}
		exponent += e
		i += 1 + n
	}
	if i < len(b) {
		return 0, false
	}
	// 19 digits fit into the mantissa; more may have overflowed.
	if count > 19 {
		return slowNumber(b)
	}
	if v, ok = rounded(mantissa, exponent); !ok {
		return slowNumber(b)
	}
	if negative {
		v = -v
	}
	return v, true
}

// digits adds the digits of b from position i on to mantissa, and returns the position behind them.
func digits(b []byte, i int, mantissa uint64) (uint64, int) {
	for i+8 <= len(b) {
		eight := binary.LittleEndian.Uint64(b[i:])
		if !allDigits(eight) {
			break
		}
		mantissa = mantissa*100_000_000 + decimal.Eight(eight-'0'*0x0101010101010101)
		i += 8
	}
	for i < len(b) {
		d := b[i] - '0'
		if d > 9 {
			break
		}
		mantissa = mantissa*10 + uint64(d)
		i++
	}
	return mantissa, i
}

// allDigits reports whether all bytes of v are ASCII digits.
func allDigits(v uint64) bool {
	const ones = 0x0101010101010101
	return (v|(v+0x46*ones)|(v-0x30*ones))&(0x80*ones) == 0
}

// exponentOf parses a decimal exponent and returns it with its number of bytes, 0 if there is none. Values beyond
// ±100,000 are cut: the result is 0 or infinite in any case.
func exponentOf(b []byte) (e, n int) {
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		n = 1
	}
	first := n
	for n < len(b) && b[n]-'0' <= 9 {
		e = min(e*10+int(b[n]-'0'), 100_000)
		n++
	}
	if n == first {
		return 0, 0
	}
	if negative {
		e = -e
	}
	return e, n
}

// exactPowers are the powers of ten that float64 holds exactly.
var exactPowers = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
	1e20, 1e21, 1e22}

// rounded returns m·10^e rounded to the nearest float64, or false where it cannot decide.
//
// If m and the power are exact in float64, one multiplication or division rounds correctly (Clinger, "How to read
// floating point numbers accurately", 1990). Otherwise it multiplies m by the power's first 64 bits. The true product's
// first 64 bits are then those of the result or one more, and this decides the rounding unless the bits that are rounded
// away are almost exactly one half, 2 in 1024 cases (the idea is that of Lemire, "Number parsing at a gigabyte per
// second", 2021).
func rounded(m uint64, e int) (float64, bool) {
	if m < 1<<53 {
		if e == 0 {
			return float64(m), true
		}
		if 0 < e && e <= 22 {
			return float64(m) * exactPowers[e], true
		}
		if -22 <= e && e < 0 {
			return float64(m) / exactPowers[-e], true
		}
	}
	if m == 0 {
		return 0, true
	}
	if e < -maxPower || e > maxPower {
		return 0, false
	}
	p := powers()[e+maxPower]
	shift := bits.LeadingZeros64(m)
	hi, _ := bits.Mul64(m<<shift, p.bits)
	exponent := p.exponent + 64 - shift // m·10^e = hi·2^exponent
	dropped := 10
	if hi>>63 != 0 {
		dropped = 11
	}
	rest, half := hi&(1<<dropped-1), uint64(1)<<(dropped-1)
	if rest == half || rest == half-1 {
		return 0, false
	}
	mantissa := hi >> dropped
	if rest > half {
		mantissa++
	}
	// Both factors and the product are exact: the exponents stay far from float64's limits.
	return float64(mantissa) * math.Float64frombits(uint64(1023+exponent+dropped)<<52), true
}

// maxPower limits the exponents of rounded, so that no result is subnormal or infinite.
const maxPower = 64

// power is a power of ten: bits·2^exponent, truncated, with the highest bit set.
type power struct {
	bits     uint64
	exponent int
}

// powers returns 10^-maxPower to 10^maxPower.
var powers = sync.OnceValue(func() []power {
	list := make([]power, 2*maxPower+1)
	ten := big.NewInt(10)
	for e := -maxPower; e <= maxPower; e++ {
		v := new(big.Int).Exp(ten, big.NewInt(int64(max(e, -e))), nil)
		scale := 0
		if e < 0 { // 10^e = (2^512 / 10^-e) · 2^-512
			scale = 512
			v.Div(new(big.Int).Lsh(big.NewInt(1), uint(scale)), v)
		}
		n := v.BitLen()
		if n < 64 {
			v.Lsh(v, uint(64-n))
		} else {
			v.Rsh(v, uint(n-64))
		}
		list[e+maxPower] = power{v.Uint64(), n - 64 - scale}
	}
	return list
})

// numbers returns the number in each row of a column with that layout, NaN where the cell is none, and the rows of those
// cells. The slices are valid until the next call, and must not be changed.
func (b *Block) numbers(column int, layout string) (values []float64, others []int) {
	b.values, b.others = slices.Grow(b.values[:0], b.Rows)[:b.Rows], b.others[:0]
	for r := 0; r < b.Rows; r++ {
		if layout == "" {
			if r += decimal.Floats(b.text, b.cells[r*b.columns+column:], b.columns, b.values[r:]); r == b.Rows {
				break
			}
		}
		v, ok := parseNotation(layout, b.Cell(r, column))
		if !ok {
			v = math.NaN()
			b.others = append(b.others, r)
		}
		b.values[r] = v
	}
	return b.values, b.others
}

// slowNumber is strconv.ParseFloat for a cell whose form is known to be a decimal number. Numbers beyond float64's range
// are no numbers.
func slowNumber(b []byte) (float64, bool) {
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64)
	return v, err == nil
}

// trim returns b without the spaces and tabs around it.
func trim(b []byte) []byte {
	if len(b) > 0 && b[0] > ' ' && b[len(b)-1] > ' ' {
		return b
	}
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// isMissing reports whether cell, without the spaces around it, stands for a missing value.
func isMissing(cell []byte) bool {
	b := trim(cell)
	if len(b) > 4 {
		return false
	}
	switch string(b) {
	case "", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "None", "?", "-", "#N/A", "<NA>":
		return true
	}
	return false
}
