package main

import (
	"strconv"
	"strings"
)

// pyFloat formats a float as Python does: the shortest digits that identify it, always with a decimal point.
func pyFloat(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".en") {
		s += ".0"
	}
	return s
}

// numpyArray formats numbers as NumPy prints an array: in lines of at most 75 characters.
func numpyArray(values []int64) string {
	width := 0
	for _, v := range values {
		width = max(width, len(strconv.FormatInt(v, 10)))
	}
	var b strings.Builder
	b.WriteByte('[')
	line := 1
	for i, v := range values {
		s := strconv.FormatInt(v, 10)
		s = strings.Repeat(" ", width-len(s)) + s
		if i > 0 {
			if line+1+len(s) >= 75 {
				b.WriteString("\n ")
				line = 1
			} else {
				b.WriteByte(' ')
				line++
			}
		}
		b.WriteString(s)
		line += len(s)
	}
	b.WriteByte(']')
	return b.String()
}
