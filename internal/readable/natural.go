package readable

import (
	"cmp"
	"strings"
)

// CompareNatural compares names as people order them: a number within a name counts as a number, so that 2.png comes
// before 10.png. Names that differ only in leading zeros, or not at all, are compared byte by byte.
func CompareNatural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// digits returns the number of digits with which text begins.
func digits(text string) int {
	return len(text) - len(strings.TrimLeft(text, "0123456789"))
}
