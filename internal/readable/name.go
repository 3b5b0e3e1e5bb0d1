package readable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cut returns a name of a file, such as that of a column or a class, for a message or a table: a file may hold names of any
// length. Of a name of more than 80 bytes the beginning and the end are left.
func Cut(name string) string {
	const longest, begin, end = 80, 50, 20
	if len(name) <= longest {
		return name
	}
	return whole(name[:begin+utf8.UTFMax], begin) + "…" + tail(name, end)
}

// Name is Cut, and makes spaces of control characters, which could change a terminal.
func Name(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, Cut(name))
}

// whole returns the first characters of text, which end at n bytes or before.
func whole(text string, n int) string {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// tail returns the last characters of text, at most n bytes.
func tail(text string, n int) string {
	i := len(text) - n
	for i < len(text) && !utf8.RuneStart(text[i]) {
		i++
	}
	return text[i:]
}

// Message returns a text of several lines for a terminal: control characters other than new lines and tabs become spaces,
// of a word of more than 300 bytes the beginning and the end are left, and so of a text of more than 4000.
func Message(text string) string {
	const longestWord, wordEnd, longest, end = 300, 120, 4000, 500
	var b strings.Builder
	for len(text) > 0 {
		i := strings.IndexAny(text, " \n\t")
		if i < 0 {
			i = len(text)
		}
		if word := text[:i]; len(word) > longestWord {
			b.WriteString(whole(word, longestWord-wordEnd) + "…" + tail(word, wordEnd))
		} else {
			b.WriteString(word)
		}
		n := min(i+1, len(text))
		b.WriteString(text[i:n])
		text = text[n:]
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, b.String())
	if len(text) > longest {
		text = whole(text, longest-end) + " … " + tail(text, end)
	}
	return text
}
