package safetensors

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// parseHeader parses a header and checks it against the length of the data that follows it. It returns the tensors in
// the order of their data.
func parseHeader(header string, dataLen int64) (tensors []Info, metadata map[string]string, err error) {
	if !utf8.ValidString(header) {
		return nil, nil, errorf("the header is not UTF-8")
	}
	p := &parser{s: header}
	seen := map[string]bool{}
	err = p.object("the header as an object {…}", func(key string) error {
		if seen[key] {
			return errorf("%s occurs twice in the header", inputfile.Quote(key))
		}
		seen[key] = true
		if key == metadataKey {
			metadata = map[string]string{}
			return p.metadata(metadata)
		}
		t, err := p.tensor()
		if err == nil {
			err = t.check(dataLen)
		}
		if err != nil {
			return errorf("tensor %s: %v", inputfile.Quote(key), err)
		}
		t.Name = key
		tensors = append(tensors, t)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if p.space(); p.i < len(p.s) {
		return nil, nil, p.want("nothing but spaces after the header's }")
	}
	slices.SortFunc(tensors, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), strings.Compare(a.Name, b.Name))
	})
	return tensors, metadata, checkCover(tensors, dataLen)
}

// check checks that shape, dtype and data_offsets of a tensor are consistent, and that it lies within the data.
func (t *Info) check(dataLen int64) error {
	if t.Start > t.End {
		return errorf("data_offsets [%d, %d] end before they begin, want begin ≤ end", t.Start, t.End)
	}
	n, err := size(t.DType, t.Shape)
	if err != nil {
		return err
	}
	if t.End-t.Start != n {
		return errorf("data_offsets [%d, %d] hold %d bytes, but shape %v of %s needs %d",
			t.Start, t.End, t.End-t.Start, t.Shape, t.DType, n)
	}
	if t.End > dataLen {
		return errorf("data_offsets [%d, %d] are beyond the end: the file has %d bytes of data", t.Start, t.End, dataLen)
	}
	return nil
}

// checkCover checks that tensors, sorted by their data, cover each byte of it exactly once. An empty tensor must be
// at the beginning or end of another one.
func checkCover(tensors []Info, dataLen int64) error {
	end := int64(0)
	for i, t := range tensors {
		if t.Start < end {
			before := tensors[i-1]
			return errorf("tensors %s [%d, %d] and %s [%d, %d] overlap",
				inputfile.Quote(before.Name), before.Start, before.End, inputfile.Quote(t.Name), t.Start, t.End)
		}
		if t.Start > end {
			return errorf("hole in the data: bytes %d to %d, before tensor %s, belong to no tensor", end, t.Start, inputfile.Quote(t.Name))
		}
		end = t.End
	}
	if end < dataLen {
		return errorf("trailing bytes: the tensors end at byte %d of %d bytes of data", end, dataLen)
	}
	return nil
}

// parser parses the subset of JSON that a header uses. encoding/json is not used because it accepts duplicate keys
// and lone surrogates, and because it reads a complete value before the caller can refuse it.
type parser struct {
	s string
	i int
}

// tensor parses {"dtype": …, "shape": […], "data_offsets": […]}, with the keys in any order.
func (p *parser) tensor() (t Info, err error) {
	const dtype, shape, offsets = 1, 2, 4
	seen := 0
	field := func(bit int, read func() error) error {
		if seen&bit != 0 {
			return errorf("given twice")
		}
		seen |= bit
		return read()
	}
	err = p.object("dtype, shape and data_offsets as an object {…}", func(key string) error {
		var err error
		switch key {
		case "dtype":
			err = field(dtype, func() error {
				s, err := p.text()
				t.DType = DType(s)
				return err
			})
		case "shape":
			err = field(shape, func() error {
				return p.array(func() error {
					if len(t.Shape) == maxDims {
						return errorf("more than %d dimensions, which is the most that the format allows", maxDims)
					}
					n, err := p.whole(math.MaxInt)
					t.Shape = append(t.Shape, int(n))
					return err
				})
			})
		case "data_offsets":
			err = field(offsets, func() error {
				var at [2]int64
				n := 0
				err := p.array(func() (err error) {
					if n == 2 {
						return errorf("more than 2 numbers, want 2")
					}
					at[n], err = p.whole(math.MaxInt64)
					n++
					return err
				})
				if err == nil && n != 2 {
					err = errorf("%d numbers, want 2", n)
				}
				t.Start, t.End = at[0], at[1]
				return err
			})
		default:
			return errorf("unknown key %s, want dtype, shape and data_offsets", inputfile.Quote(key))
		}
		if err != nil {
			return errorf("%s: %v", key, err)
		}
		return nil
	})
	if err == nil && seen != dtype|shape|offsets {
		err = errorf("dtype, shape or data_offsets is missing")
	}
	return t, err
}

// metadata parses the object __metadata__, whose values are strings.
func (p *parser) metadata(m map[string]string) error {
	return p.object(metadataKey+" as an object {…}", func(key string) error {
		if _, ok := m[key]; ok {
			return errorf("%s: %s occurs twice", metadataKey, inputfile.Quote(key))
		}
		value, err := p.text()
		if err != nil {
			return errorf("%s: %s: %v", metadataKey, inputfile.Quote(key), err)
		}
		m[key] = value
		return nil
	})
}

// object parses an object. It calls value after each key to parse the value.
func (p *parser) object(what string, value func(key string) error) error {
	return p.list('{', '}', what, func() error {
		key, err := p.text()
		if err != nil {
			return err
		}
		if !p.skip(':') {
			return p.want("a colon after " + inputfile.Quote(key))
		}
		return value(key)
	})
}

// array parses an array. It calls item to parse each item.
func (p *parser) array(item func() error) error {
	return p.list('[', ']', "an array […]", item)
}

// list parses items separated by commas between first and last. what names the list in errors.
func (p *parser) list(first, last byte, what string, item func() error) error {
	if !p.skip(first) {
		return p.want(what)
	}
	if p.skip(last) {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if p.skip(last) {
			return nil
		}
		if !p.skip(',') {
			return p.want("a comma or " + string(last))
		}
	}
}

// whole parses an integer of 0 to most.
func (p *parser) whole(most int64) (int64, error) {
	p.space()
	rest := p.s[p.i:]
	literal := rest[:len(rest)-len(strings.TrimLeft(rest, "+-.0123456789eE"))]
	if literal == "" {
		return 0, p.want("a whole number")
	}
	p.i += len(literal)
	short := literal
	if len(short) > 40 {
		short = short[:40] + "…"
	}
	if strings.Trim(literal, "0123456789") != "" || len(literal) > 1 && literal[0] == '0' {
		return 0, errorf("%s is not a whole number of 0 or more", short)
	}
	n, err := strconv.ParseInt(literal, 10, 64)
	if err != nil || n > most {
		return 0, errorf("%s is too large, want at most %d", short, most)
	}
	return n, nil
}

// text parses a string. A string without escapes is a slice of the header and allocates nothing.
func (p *parser) text() (string, error) {
	if !p.skip('"') {
		return "", p.want("a string")
	}
	var b strings.Builder
	for start := p.i; p.i < len(p.s); {
		c := p.s[p.i]
		switch {
		case c == '"':
			piece := p.s[start:p.i]
			p.i++
			if b.Len() == 0 {
				return piece, nil
			}
			b.WriteString(piece)
			return b.String(), nil
		case c == '\\':
			b.WriteString(p.s[start:p.i])
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			start = p.i
		case c < ' ':
			return "", p.want("an escape: control characters are not allowed in strings")
		default:
			p.i++
		}
	}
	return "", p.want("the end of a string")
}

// escape parses an escape sequence.
func (p *parser) escape() (rune, error) {
	p.i++
	if p.i == len(p.s) {
		return 0, p.want("an escape")
	}
	c := p.s[p.i]
	if c != 'u' {
		const names, values = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		k := strings.IndexByte(names, c)
		if k < 0 {
			return 0, p.want(`one of " \ / b f n r t u after a backslash`)
		}
		p.i++
		return rune(values[k]), nil
	}
	r, ok := p.hex4()
	if ok && utf16.IsSurrogate(r) {
		low := rune(0)
		if ok = strings.HasPrefix(p.s[p.i:], `\u`); ok {
			p.i++
			low, ok = p.hex4()
		}
		// A lone surrogate would make the string invalid UTF-8.
		r = utf16.DecodeRune(r, low)
		ok = ok && r != utf8.RuneError
	}
	if !ok {
		return 0, p.want(`4 hexadecimal digits after \u, and surrogates in pairs`)
	}
	return r, nil
}

// hex4 parses u and 4 hexadecimal digits.
func (p *parser) hex4() (rune, bool) {
	if len(p.s)-p.i < 5 {
		return 0, false
	}
	n := rune(0)
	for _, c := range []byte(p.s[p.i+1 : p.i+5]) {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return 0, false
		}
		n = n<<4 | rune(d)
	}
	p.i += 5
	return n, true
}

// skip skips white space and then c, and reports whether c was there.
func (p *parser) skip(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// space skips white space.
func (p *parser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\n\r", p.s[p.i]) >= 0 {
		p.i++
	}
}

// want returns the error that what was expected at the current position.
func (p *parser) want(what string) error {
	if p.i >= len(p.s) {
		return errorf("the header ends after byte %d, want %s", len(p.s), what)
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return errorf("byte %d of the header is %q, want %s", p.i, r, what)
}

// formatHeader returns a header as the Python package writes it: without spaces, padded at the end to a multiple of 8
// bytes.
func formatHeader(tensors []Info, metadata map[string]string) []byte {
	b := []byte{'{'}
	if metadata != nil {
		b = append(b, `"`+metadataKey+`":{`...)
		keys := make([]string, 0, len(metadata))
		for k := range metadata {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, k)
			b = append(b, ':')
			b = appendString(b, metadata[k])
		}
		b = append(b, '}')
	}
	for i, t := range tensors {
		if i > 0 || metadata != nil {
			b = append(b, ',')
		}
		b = appendString(b, t.Name)
		b = append(b, `:{"dtype":"`+string(t.DType)+`","shape":[`...)
		for j, dim := range t.Shape {
			if j > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(dim), 10)
		}
		b = append(b, `],"data_offsets":[`...)
		b = strconv.AppendInt(b, t.Start, 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, t.End, 10)
		b = append(b, `]}`...)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	return b
}

// appendString appends s as a JSON string. It escapes only what JSON requires, as serde_json does.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[done:i]...)
		done = i + 1
		if k := strings.IndexByte("\"\\\b\f\n\r\t", c); k >= 0 {
			b = append(b, '\\', `"\bfnrt`[k])
		} else {
			b = append(b, '\\', 'u', '0', '0', '0'+c>>4, "0123456789abcdef"[c&15])
		}
	}
	b = append(b, s[done:]...)
	return append(b, '"')
}
