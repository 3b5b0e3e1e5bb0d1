package recipe

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// syntaxError returns the error of the YAML parser for a text in plain words: what is wrong, where, and what is expected.
func syntaxError(file string, text []byte, err error) error {
	line, column, message := 1, 1, err.Error()
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		p := y.GetToken().Position
		line, column, message = p.Line, p.Column, y.GetMessage()
	}
	at := Origin{Source: file, Line: line, Column: column}
	if _, key, ok := strings.Cut(message, "mapping key "); ok {
		name, first, _ := strings.Cut(key, " already defined at ")
		return at.error("", "the key %s appears twice, first at %s", name, strings.Trim(first, "[]"))
	}
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	line = min(max(line, 1), len(lines))
	for _, find := range []func([]string, int) (Origin, string){tab, unbalanced, deeper, noColon, twoColons, reserved, mixed, shallower} {
		if o, what := find(lines, line); what != "" {
			if o.Line > 0 {
				at.Line, at.Column = o.Line, o.Column
			}
			return at.error("", "%s", what)
		}
	}
	if strings.HasPrefix(message, "',' or ") || strings.Contains(message, "flow map") {
		return at.error("", "want {key: value, key: value} or [value, value], with one comma between two values")
	}
	return at.error("", "this is not YAML; want %s, keys of a group with the same indentation, and quotation marks around texts with special characters", keyValue)
}

const keyValue = `"key: value"`

// blank reports whether a line has nothing but a comment.
func blank(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// entry returns a line without its indentation and the dash of a list.
func entry(line string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "- "))
}

// tab finds a tab in the indentation of a line.
func tab(lines []string, _ int) (Origin, string) {
	for i, l := range lines {
		if spaces := l[:len(l)-len(strings.TrimLeft(l, " \t"))]; strings.Contains(spaces, "\t") && !blank(l) {
			return Origin{Line: i + 1, Column: strings.Index(l, "\t") + 1}, "a tab indents the line; want spaces"
		}
	}
	return Origin{}, ""
}

// unbalanced finds a bracket or a quotation mark without its partner.
func unbalanced(lines []string, _ int) (Origin, string) {
	partner := map[rune]rune{'[': ']', '{': '}', ']': '[', '}': '{'}
	type opening struct {
		r  rune
		at Origin
	}
	var open []opening
	var quote, closed opening
	for i, line := range lines {
		last := ' ' // the character before
		for column, r := range []rune(line) {
			at := Origin{Line: i + 1, Column: column + 1}
			begins := strings.ContainsRune(" \t[{,", last)
			if quote.r == 0 && r == '#' && strings.ContainsRune(" \t", last) {
				break
			}
			switch {
			case quote.r == '"' && last == '\\':
				r = 0 // it is escaped, also a backslash
			case quote.r != 0:
				if r == quote.r {
					quote, closed = opening{}, quote
				}
			case r == '\'' && last == '\'' && closed.r == r: // two of them are one in the text
				quote = closed
			case (r == '"' || r == '\'') && begins:
				quote = opening{r, at}
			case (r == '[' || r == '{') && (begins || len(open) > 0):
				open = append(open, opening{r, at})
			case r != ']' && r != '}':
			case len(open) == 0:
				if begins || last == ']' || last == '}' {
					return at, fmt.Sprintf(`"%c" closes nothing; want a "%c" before it, or quotation marks around the text`, r, partner[r])
				}
			case open[len(open)-1].r == partner[r]:
				open = open[:len(open)-1]
			default:
				o := open[len(open)-1]
				return at, fmt.Sprintf(`"%c" does not close the "%c" of line %d; want "%c"`, r, o.r, o.at.Line, partner[o.r])
			}
			last = r
		}
	}
	switch {
	case quote.r != 0:
		return quote.at, fmt.Sprintf("the text that begins here has no closing %c", quote.r)
	case len(open) > 0:
		o := open[len(open)-1]
		return o.at, fmt.Sprintf(`"%c" is not closed; want "%c" at the end of its values`, o.r, partner[o.r])
	}
	return Origin{}, ""
}

// deeper finds keys below a key that has a value. The parser reports one of the two lines.
func deeper(lines []string, line int) (Origin, string) {
	for i := max(0, line-2); i < min(line, len(lines)-1); i++ {
		key, value, ok := strings.Cut(entry(lines[i]), ": ")
		value, _, _ = strings.Cut(" "+value, " #")
		value = strings.TrimSpace(value)
		if !ok || value == "" || strings.ContainsAny(value[:1], "|>") || blank(lines[i+1]) || indent(lines[i+1]) <= indent(lines[i]) {
			continue
		}
		return Origin{Line: i + 2, Column: indent(lines[i+1]) + 1},
			fmt.Sprintf("the line is indented below %s, which has the value %s already; want the indentation of %s, or no value there", key, excerpt(value), key)
	}
	return Origin{}, ""
}

// noColon finds a line that is neither a key nor an item of a list.
func noColon(lines []string, line int) (Origin, string) {
	l := strings.TrimSpace(lines[line-1])
	if l == "" || strings.HasPrefix(l, "-") || strings.Contains(l, ":") || strings.ContainsAny(l[:1], `[]{}"'#&*!|>%@?`) {
		return Origin{}, ""
	}
	return Origin{Line: line, Column: indent(lines[line-1]) + 1},
		fmt.Sprintf(`%q has no colon; want %s, or "- value" in a list`, excerpt(l), keyValue)
}

// twoColons finds a second key in a line.
func twoColons(lines []string, line int) (Origin, string) {
	l := lines[line-1]
	if strings.Count(l, ": ") < 2 || strings.ContainsAny(l, `{"'`) {
		return Origin{}, ""
	}
	return Origin{Line: line, Column: strings.LastIndex(l, ": ") + 1},
		fmt.Sprintf("a second colon; want %s, and quotation marks around a text with a colon", keyValue)
}

// reserved finds a value that begins with a character that has a meaning in YAML.
func reserved(lines []string, line int) (Origin, string) {
	_, value, _ := strings.Cut(entry(lines[line-1]), ": ")
	if value = strings.TrimSpace(value); value == "" || !strings.ContainsAny(value[:1], "@`%,&*!|>") {
		return Origin{}, ""
	}
	return Origin{}, fmt.Sprintf("a text that begins with %s needs quotation marks", value[:1])
}

// mixed finds keys among the items of a list, and items among keys.
func mixed(lines []string, line int) (Origin, string) {
	for i := line - 2; i >= 0; i-- {
		if blank(lines[i]) || indent(lines[i]) > indent(lines[line-1]) {
			continue
		}
		if indent(lines[i]) == indent(lines[line-1]) && isItem(lines[i]) != isItem(lines[line-1]) {
			return Origin{Line: line, Column: indent(lines[line-1]) + 1},
				`keys and the items of a list have the same indentation; want "- " before every item, and items below their key`
		}
		break
	}
	return Origin{}, ""
}

func isItem(line string) bool {
	line = strings.TrimSpace(line)
	return line == "-" || strings.HasPrefix(line, "- ")
}

// shallower finds a line whose indentation is smaller than that of the line above and that of no line before it.
func shallower(lines []string, line int) (Origin, string) {
	n := indent(lines[line-1])
	for i, first := line-2, true; i >= 0; i-- {
		switch {
		case blank(lines[i]):
			continue
		case indent(lines[i]) > n:
			first = false
			continue
		case indent(lines[i]) == n || first:
			return Origin{}, ""
		}
		break
	}
	if n == 0 {
		return Origin{}, ""
	}
	return Origin{Line: line, Column: n + 1}, "no key above has the indentation of this line; want that of the keys that it belongs to"
}

// excerpt returns the beginning of a text.
func excerpt(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
