package inputfile

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Quote quotes a string from a file for an error text. It shortens the string, which may have 100 MB.
func Quote(s string) string {
	const most = 100
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(s[:cut]), len(s))
}
