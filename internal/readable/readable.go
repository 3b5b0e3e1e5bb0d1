// Package readable writes numbers for people.
package readable

import (
	"math"
	"strconv"
	"strings"
)

// Count returns a number of things, such as "1 epoch" or "3 epochs".
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// Number returns v rounded to so many significant digits, but never to less than units: 38719.6 with four digits is
// 38720, and 0.0123456 is 0.01235. Zeros at the end stay out. Only numbers from 1e15 on and below 0.0001 have an exponent.
func Number(v float64, digits int) string {
	size := math.Abs(v)
	if size >= 1e15 || size < 1e-4 && v != 0 || v != v {
		text := strconv.FormatFloat(v, 'e', digits-1, 64)
		mantissa, exponent, ok := strings.Cut(text, "e")
		if !ok { // infinite, or NaN
			return text
		}
		sign, exponent := strings.TrimSuffix(exponent[:1], "+"), strings.TrimLeft(exponent[1:], "0")
		return trim(mantissa) + "e" + sign + exponent
	}
	if v == 0 {
		return "0"
	}
	return trim(strconv.FormatFloat(v, 'f', max(0, digits-1-int(math.Floor(math.Log10(size)))), 64))
}

// Rounded returns v with as many digits as a resolution needs, and at least with four: 1700000123.4567 with a resolution
// of 0.01 is 1700000123.46. A resolution of 0 stands for one that is not known: seven digits.
func Rounded(v, resolution float64) string {
	digits := 7.0
	if resolution > 0 && v != 0 {
		digits = 1 + math.Floor(math.Log10(math.Abs(v))) - math.Floor(math.Log10(resolution))
	}
	return Number(v, int(min(max(digits, 4), 17)))
}

// trim removes the zeros at the end of a fraction.
func trim(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
