package text

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// matcher finds the matches of a pattern in a text.
type matcher interface {
	// matches appends the matches in b to dst, from left to right.
	matches(b []byte, dst []Span) []Span
}

// literal matches a string.
type literal []byte

func (s literal) matches(b []byte, dst []Span) []Span {
	for i := 0; ; {
		k := bytes.Index(b[i:], s)
		if k < 0 {
			return dst
		}
		dst = append(dst, Span{i + k, i + k + len(s)})
		i += k + len(s)
	}
}

// expression matches a regular expression.
type expression struct {
	re *regexp.Regexp
	// spaces is true for a pattern that ends in \s+(?!\S)|\s+, which is group 1 of re: a run of white space leaves
	// its last character to the next match, unless the text ends after it.
	spaces bool
}

func (e expression) matches(b []byte, dst []Span) []Span {
	if !e.spaces {
		for _, m := range e.re.FindAllIndex(b, -1) {
			dst = append(dst, Span{m[0], m[1]})
		}
		return dst
	}
	for i := 0; i < len(b); {
		m := e.re.FindSubmatchIndex(b[i:])
		if m == nil {
			return dst
		}
		s := Span{i + m[0], i + m[1]}
		if s.Start == s.End {
			_, size := utf8.DecodeRune(b[s.End:])
			i = s.End + max(size, 1)
			continue
		}
		if m[2] >= 0 && s.End < len(b) {
			if _, size := table().last(b[:s.End]); s.End-size > s.Start {
				s.End -= size
			}
		}
		dst = append(dst, s)
		i = s.End
	}
	return dst
}

// newMatcher returns the matcher of a pattern: a scanner for the patterns of well-known models, Go's regexp for
// others. It returns an error for what neither has, such as lookahead.
func newMatcher(pattern string) (matcher, error) {
	if s, ok := scanners[pattern]; ok {
		return s, nil
	}
	return newExpression(pattern)
}

// spacesEnd is the end of the patterns of many models. It is the only lookahead that Go's regexp can do with: see
// expression.
const spacesEnd = `|\s+(?!\S)|\s+`

func newExpression(pattern string) (matcher, error) {
	if pattern == "" {
		return nil, errors.New("the pattern is empty")
	}
	p, spaces := strings.CutSuffix(pattern, spacesEnd)
	p, err := translate(p)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", pattern, err)
	}
	re, err := regexp.Compile("(?m)" + p)
	if err == nil && spaces {
		if re.NumSubexp() > 0 {
			return nil, fmt.Errorf("the pattern %q: capturing groups with lookahead, want (?:…)", pattern)
		}
		re, err = regexp.Compile("(?m)(?:" + p + ")|([" + spaceRanges + "]+)")
	}
	if err != nil {
		return nil, fmt.Errorf("the pattern %q is neither that of a known model nor a regular expression of Go: %w",
			pattern, err)
	}
	return expression{re, spaces}, nil
}

// patternClasses are the classes of patterns that are taken from the table of classes: Oniguruma's Unicode is newer
// than Go's, and in Go's regexp \s, \w and \d contain only ASCII.
var patternClasses = sync.OnceValue(func() []patternClass {
	return []patternClass{
		{`\s`, spaceRanges},
		{`\w`, rangesOf(func(c rune) bool {
			return table().of(c)&classWord != 0 && c != 0x200C && c != 0x200D
		})},
		{`\d`, rangesOf(func(c rune) bool { return table().of(c)&classDigit != 0 })},
		{`\p{L}`, rangesOf(func(c rune) bool { return table().of(c)&classLetter != 0 })},
		{`\p{N}`, rangesOf(func(c rune) bool { return table().of(c)&classNumber != 0 })},
		{`\p{M}`, rangesOf(func(c rune) bool { return table().of(c)&classMark != 0 })},
	}
})

// posixClasses are the classes in brackets, such as [[:punct:]], which in Go's regexp contain only ASCII. The others
// of Oniguruma are refused.
var posixClasses = sync.OnceValue(func() map[string]string {
	ranges := map[string]string{"punct": `\p{P}\p{S}`, "ascii": `\x00-\x7F`, "xdigit": `0-9A-Fa-f`}
	for _, c := range patternClasses() {
		switch c.name {
		case `\s`:
			ranges["space"] = c.ranges
		case `\w`:
			ranges["word"] = c.ranges
		case `\d`:
			ranges["digit"] = c.ranges
		}
	}
	return ranges
})

type patternClass struct{ name, ranges string }

const spaceRanges = `\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}`

// rangesOf returns the characters for which in is true, as ranges between brackets.
func rangesOf(in func(rune) bool) string {
	var out strings.Builder
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if !in(c) {
			continue
		}
		from := c
		for c < unicode.MaxRune && in(c+1) {
			c++
		}
		fmt.Fprintf(&out, `\x{%X}-\x{%X}`, from, c)
	}
	return out.String()
}

// translate rewrites a pattern of Oniguruma for Go's regexp. It refuses what Go would read in another way.
func translate(pattern string) (string, error) {
	var out strings.Builder
	depth := 0 // of brackets
	for i := 0; i < len(pattern); {
		rest := pattern[i:]
		switch {
		case depth > 0 && strings.HasPrefix(rest, "[:"):
			name, _, closed := strings.Cut(rest[2:], ":]")
			ranges, ok := posixClasses()[name]
			if !closed || !ok {
				return "", fmt.Errorf("[:%s:], want one of punct, space, word, digit, xdigit and ascii", name)
			}
			out.WriteString(ranges)
			i += len("[::]") + len(name)
			continue
		case rest[0] == '[' && depth > 0:
			return "", errors.New("brackets inside brackets")
		case rest[0] == '[':
			depth++
		case rest[0] == ']' && depth > 0:
			depth--
		case depth > 0 && strings.HasPrefix(rest, "&&"):
			return "", errors.New("&& inside brackets, the intersection of classes")
		case depth > 0:
		case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!") ||
			strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!"):
			return "", errors.New("lookahead or lookbehind, which is supported only in the patterns of known models and in " +
				spacesEnd + " at the end")
		case otherFlags.MatchString(rest):
			return "", errors.New("a flag other than i")
		case openRepeat.MatchString(rest):
			out.WriteString("{0")
			i++
			continue
		}
		if rest[0] == '\\' && len(rest) > 1 {
			n, err := translateClass(&out, rest, depth > 0)
			if err != nil {
				return "", err
			}
			i += n
			continue
		}
		out.WriteByte(rest[0])
		i++
	}
	return out.String(), nil
}

// otherFlags matches flags such as (?m), which means something else in Oniguruma. openRepeat matches {,3}, which
// Go's regexp takes for text.
var (
	otherFlags = regexp.MustCompile(`^\(\?[a-zA-Z-]*[msU][a-zA-Z-]*[:)]`)
	openRepeat = regexp.MustCompile(`^\{,[0-9]+\}`)
)

// translateClass writes what pattern begins with, a backslash, and returns its length.
func translateClass(out *strings.Builder, pattern string, inside bool) (int, error) {
	for _, c := range patternClasses() {
		n := len(c.name)
		if len(pattern) < n || !strings.EqualFold(pattern[:2], c.name[:2]) || pattern[2:n] != c.name[2:] {
			continue
		}
		ranges := c.ranges
		if c.name == `\w` && !inside {
			ranges += `²³¹¼-¾` // which Oniguruma's \w has, except inside brackets
		}
		switch negative := pattern[1] != c.name[1]; {
		case negative && inside:
			return 0, fmt.Errorf(`%s inside brackets`, pattern[:n])
		case negative:
			out.WriteString("[^" + ranges + "]")
		case inside:
			out.WriteString(ranges)
		default:
			out.WriteString("[" + ranges + "]")
		}
		return n, nil
	}
	switch pattern[1] {
	case 'b', 'B':
		return 0, fmt.Errorf(`%s, which knows only ASCII letters in Go's regexp`, pattern[:2])
	case 'Q', 'E':
		return 0, fmt.Errorf(`%s, which means something else in Go's regexp`, pattern[:2])
	}
	out.WriteString(pattern[:2])
	return 2, nil
}

// wordsOrSymbols is the pattern \w+|[^\w\s]+ of the pre-tokenizer Whitespace.
type wordsOrSymbols struct{}

func (wordsOrSymbols) matches(b []byte, dst []Span) []Span {
	t := table()
	for i := 0; i < len(b); {
		k, size := t.first(b[i:])
		end := i + size
		switch {
		case k&classWord != 0:
			end = t.run(b, end, classWord)
		case k&classSpace == 0:
			end = t.runOutside(b, end, classWord|classSpace)
		default:
			i = end
			continue
		}
		dst = append(dst, Span{i, end})
		i = end
	}
	return dst
}

// oneOf matches single characters of a class.
type oneOf class

func (m oneOf) matches(b []byte, dst []Span) []Span {
	t := table()
	for i := 0; i < len(b); {
		k, size := t.first(b[i:])
		if k&class(m) != 0 {
			dst = append(dst, Span{i, i + size})
		}
		i += size
	}
	return dst
}

// oneRune matches a character.
type oneRune rune

func (m oneRune) matches(b []byte, dst []Span) []Span {
	for i := 0; i < len(b); {
		c, size := utf8.DecodeRune(b[i:])
		if c == rune(m) && (size > 1 || c < utf8.RuneSelf) {
			dst = append(dst, Span{i, i + size})
		}
		i += size
	}
	return dst
}
