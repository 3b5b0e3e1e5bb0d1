package tabular

import (
	"slices"
	"strings"
)

// IsMissing reports whether a cell of the column holds no value: it is empty, says NA or the like, is infinite in a
// column of numbers, or is one of MissingWords.
func (c *ColumnPreparation) IsMissing(cell []byte) bool { return c.missing(cell) }

// isMissingIn reports whether a cell of a column of that kind holds no value. words are further texts for missing
// values.
func isMissingIn(k Kind, words []string, cell []byte) bool {
	return isMissing(cell) || k == Number && isInfinite(cell) || len(words) > 0 && slices.Contains(words, string(trim(cell)))
}

// isInfinite reports whether a cell says inf or infinity, with or without a sign, as programs write infinite numbers.
func isInfinite(cell []byte) bool {
	b := trim(cell)
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	return len(b) == 3 && strings.EqualFold(string(b), "inf") || len(b) == 8 && strings.EqualFold(string(b), "infinity")
}
