// Package decimal parses columns of decimal numbers.
package decimal

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Span is the place of a cell in a text: the bytes From, …, To−1.
type Span struct{ From, To uint32 }

// Floats parses cells[0], cells[stride], cells[2·stride], … of text into values, rounded to the nearest float64. It takes
// short plain numbers: a minus sign or none, then 1 to 15 bytes of digits with at most one point. It stops at the first
// other cell, and at a cell that begins in the last 32 bytes of text, because it reads beyond a cell's end. It returns the
// number of values that it has set.
func Floats(text []byte, cells []Span, stride int, values []float64) int {
	if len(values) == 0 {
		return 0
	}
	_ = cells[(len(values)-1)*stride]
	return floats(text, cells, stride, values)
}

// slack is the number of bytes that must follow the beginning of a cell.
const slack = 32

// generic is Floats in Go. It reads the digits before the point and those behind it as one word each, without branches on
// their numbers; cells with more than 7 or 8 of them are parsed digit by digit.
func generic(text []byte, cells []Span, stride int, values []float64) int {
	for i := range values {
		c := cells[i*stride]
		v, ok := short(text, int(c.From), int(c.To))
		if !ok {
			if v, ok = digits(text, int(c.From), int(c.To)); !ok {
				return i
			}
		}
		values[i] = v
	}
	return len(values)
}

func short(text []byte, from, to int) (v float64, ok bool) {
	if from >= to || from+slack > len(text) {
		return 0, false
	}
	negative := 0
	if text[from] == '-' {
		negative = 1
	}
	from += negative
	n := to - from
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	head := binary.LittleEndian.Uint64(text[from:])
	points := head ^ '.'*ones
	whole := min(n, bits.TrailingZeros64((points-ones)&^points&highs)/8) // digits before the point; 8 if there is none in head
	decimals := max(0, n-whole-1)
	if whole == 8 || decimals > 8 || n > 15 {
		return 0, false
	}
	tail := binary.LittleEndian.Uint64(text[from+whole+1:])
	// The digits move to the last bytes of their words, behind zeros.
	head = (head ^ '0'*ones) << (64 - 8*whole)
	tail = (tail ^ '0'*ones) << (64 - 8*decimals)
	if (head|(head+0x76*ones)|tail|(tail+0x76*ones))&highs != 0 || whole+decimals == 0 {
		return 0, false
	}
	mantissa := Eight(head)*uint64(powers[1+decimals]) + Eight(tail)
	return ratio(mantissa, 1+decimals, negative), true
}

// digits is short for up to 15 bytes.
func digits(text []byte, from, to int) (v float64, ok bool) {
	if from >= to || from+slack > len(text) {
		return 0, false
	}
	negative := 0
	if text[from] == '-' {
		negative = 1
	}
	cell := text[from+negative : to]
	if len(cell) > 15 {
		return 0, false
	}
	mantissa, count, decimals := uint64(0), 0, 0
	for i, c := range cell {
		switch d := c - '0'; {
		case d <= 9:
			mantissa = mantissa*10 + uint64(d)
			count++
		case c == '.' && decimals == 0:
			decimals = len(cell) - i
		default:
			return 0, false
		}
	}
	if count == 0 {
		return 0, false
	}
	return ratio(mantissa, decimals, negative), true
}

// ratio returns mantissa / powers[i], negated if negative is 1. Both are exact in float64, so that one rounding is correct
// (Clinger, "How to read floating point numbers accurately", 1990).
func ratio(mantissa uint64, i, negative int) float64 {
	v := float64(int64(mantissa)) / powers[i]
	return math.Float64frombits(math.Float64bits(v) | uint64(negative)<<63)
}

// powers[0] and powers[1] are 1, and then powers of ten: powers[i] divides the number whose point stands before the last
// i−1 digits, and which has no point if i is 0.
var powers = [17]float64{1, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// Eight returns the number that eight digits, bytes 0 to 9, write; the first digit is the lowest byte. Pairs of digits are
// joined to numbers below 100, then pairs of these, then the two halves.
func Eight(v uint64) uint64 {
	v = v*10 + v>>8
	const mask = 0x000000ff000000ff
	return ((v&mask)*(100+1_000_000<<32) + (v>>16&mask)*(1+10_000<<32)) >> 32
}
