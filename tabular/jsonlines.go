package tabular

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonFile is a table with one JSON object in each line. Columns are the keys of all objects, in the order in which they
// first occur; the keys of an object inside one are joined with points, as in address.city. A key that an object does
// not have, and null, are missing values; where others have an object, null is one without keys. Arrays are cells with
// their JSON text.
type jsonFile struct {
	file
	start   int64
	columns []string
	index   map[string]int
}

func (j *jsonFile) Columns() []string { return j.columns }

// openJSONLines reads all of f, to find its columns.
func openJSONLines(f file) (*jsonFile, error) {
	j := &jsonFile{file: f, index: map[string]int{}}
	head, err := f.head(3)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(head, []byte("\ufeff")) {
		j.start = 3
	}
	type keys struct {
		valued map[string]bool // of each key, whether it has a value that is not null
		list   []string
	}
	work := func(b *Block, k *keys) error {
		k.valued, k.list = map[string]bool{}, k.list[:0]
		return j.objects(b, func(key, value []byte) error {
			if valued, ok := k.valued[string(key)]; !ok || !valued && value != nil {
				k.valued[string(key)] = value != nil
				if !ok {
					k.list = append(k.list, string(key))
				}
			}
			return nil
		}, nil)
	}
	valued := map[string]bool{}
	merge := func(b *Block, k *keys) error {
		for _, key := range k.list {
			was, ok := valued[key]
			valued[key] = was || k.valued[key]
			if ok {
				continue
			}
			if len(j.columns) == maxColumns {
				return &Error{Msg: fmt.Sprintf("the objects have more than %d different keys", maxColumns)}
			}
			j.columns = append(j.columns, key)
		}
		return nil
	}
	if err := scan(context.Background(), rawJSON{j}, work, merge); err != nil {
		return nil, err
	}
	j.columns = withoutNullObjects(j.columns, valued)
	for i, key := range j.columns {
		j.index[key] = i
	}
	if len(j.columns) == 0 {
		return nil, &Error{File: f.name, Msg: "the file is empty, want one JSON object in each line"}
	}
	return j, nil
}

// withoutNullObjects returns the keys without those that are null in all objects, or objects: address where there is
// address.city, too.
func withoutNullObjects(keys []string, valued map[string]bool) []string {
	object := func(key string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, key+".") })
	}
	var left []string
	for _, key := range keys {
		if valued[key] || !object(key) {
			left = append(left, key)
		}
	}
	return left
}

// maxColumns limits the columns of JSON lines: each row has a cell for each of them.
const maxColumns = 10_000

// rawJSON is a jsonFile whose lines are not parsed.
type rawJSON struct{ *jsonFile }

func (r rawJSON) Open() (Reader, error) {
	reader, err := r.jsonFile.Open()
	if err != nil {
		return nil, err
	}
	return rawReader{reader.(*jsonReader)}, nil
}

type rawReader struct{ *jsonReader }

func (rawReader) Parse(*Block) error { return nil }

// Open begins a pass.
func (j *jsonFile) Open() (Reader, error) {
	r, err := j.open(j.start)
	if err != nil {
		return nil, err
	}
	return &jsonReader{jsonFile: j, lines: lines{r: r, name: j.name}, most: maxBlockCells / max(1, len(j.columns))}, nil
}

// maxBlockCells limits the cells of a block: short lines may have few of many columns.
const maxBlockCells = 1 << 21

type jsonReader struct {
	*jsonFile
	lines lines
	most  int // rows in a block
}

func (r *jsonReader) Close() error { return r.lines.r.Close() }

func (r *jsonReader) Next(b *Block) error {
	return r.lines.next(b, func(text []byte) extent {
		e := extent{}
		complete := text[:bytes.LastIndexByte(text, '\n')+1]
		for line := range bytes.Lines(complete) {
			if e.rows == r.most {
				e.more = true
				break
			}
			e.size += len(line)
			if len(bytes.TrimSpace(line)) > 0 {
				e.rows++
			}
		}
		return e
	})
}

// Parse writes the cells of all rows to one text, in the order of the columns.
func (r *jsonReader) Parse(b *Block) error {
	b.Reset(nil, len(r.columns))
	b.cells = slices.Grow(b.cells, b.Rows*len(r.columns))[:b.Rows*len(r.columns)]
	clear(b.cells)
	text := b.text[:0]
	row := 0
	cellOf := func(key, value []byte) error {
		column, ok := r.index[string(key)]
		if !ok && value == nil {
			return nil
		}
		if !ok {
			return fmt.Errorf("key %q was not in the file when it was opened", key)
		}
		from := len(text)
		text = append(text, value...)
		b.cells[row*b.columns+column] = cell{From: uint32(from), To: uint32(len(text))}
		return nil
	}
	err := r.objects(b, cellOf, func() { row++ })
	b.text = text
	return err
}

// objects calls cell for each key and value of each object in b.Raw, nil for null, and end after each object.
func (j *jsonFile) objects(b *Block, cell func(key, value []byte) error, end func()) error {
	row := 0
	p := jsonParser{cell: cell, value: make([]byte, 0, 64)}
	for line := range bytes.Lines(b.Raw) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		row++
		p.text, p.at, p.key = line, 0, p.key[:0]
		err := p.object(0)
		if err == nil {
			if p.space(); p.at < len(line) {
				err = p.fail("the end of the line")
			}
		}
		if err != nil {
			return &Error{Row: row, Msg: err.Error()}
		}
		if end != nil {
			end()
		}
	}
	return nil
}

// jsonParser reads one line: an object whose values are scalars, arrays, or objects of the same kind.
type jsonParser struct {
	text  []byte
	at    int
	key   []byte // the keys of the current value, joined with points
	value []byte // the current value, not nil
	cell  func(key, value []byte) error
}

const maxDepth = 64

func (p *jsonParser) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t' || p.text[p.at] == '\r') {
		p.at++
	}
}

func (p *jsonParser) fail(want string) error {
	if p.at >= len(p.text) {
		return fmt.Errorf("the line ends early, want %s", want)
	}
	return fmt.Errorf("byte %d is %q, want %s", p.at+1, p.text[p.at:min(p.at+10, len(p.text))], want)
}

func (p *jsonParser) accept(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) object(depth int) error {
	if !p.accept('{') {
		return p.fail("an object in braces")
	}
	if depth > maxDepth {
		return fmt.Errorf("objects are nested more than %d deep", maxDepth)
	}
	if p.accept('}') {
		return nil
	}
	prefix := len(p.key)
	for {
		p.space()
		if p.at >= len(p.text) || p.text[p.at] != '"' {
			return p.fail("a key in quotes")
		}
		var err error
		if p.key, err = p.appendString(p.key); err != nil {
			return err
		}
		if !p.accept(':') {
			return p.fail("a colon")
		}
		if err := p.member(depth); err != nil {
			return err
		}
		p.key = p.key[:prefix]
		if p.accept(',') {
			continue
		}
		if p.accept('}') {
			return nil
		}
		return p.fail("a comma or a closing brace")
	}
}

// member reads the value of the key p.key.
func (p *jsonParser) member(depth int) (err error) {
	p.space()
	if p.at >= len(p.text) {
		return p.fail("a value")
	}
	p.value = p.value[:0]
	switch c := p.text[p.at]; {
	case c == '{':
		p.key = append(p.key, '.')
		return p.object(depth + 1)
	case c == '"':
		if p.value, err = p.appendString(p.value); err != nil {
			return err
		}
	case c == '[':
		d := json.NewDecoder(bytes.NewReader(p.text[p.at:]))
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("the array at byte %d: %w", p.at+1, err)
		}
		p.at += int(d.InputOffset())
		p.value = append(p.value, raw...)
	default:
		from := p.at
		for p.at < len(p.text) && !bytes.ContainsRune([]byte(",}] \t\r"), rune(p.text[p.at])) {
			p.at++
		}
		word := p.text[from:p.at]
		if string(word) == "null" {
			return p.cell(p.key, nil)
		}
		if string(word) != "true" && string(word) != "false" && !json.Valid(word) {
			p.at = from
			return p.fail("a value")
		}
		p.value = append(p.value, word...)
	}
	return p.cell(p.key, p.value)
}

// appendString appends the text of the string at the current position to dst.
func (p *jsonParser) appendString(dst []byte) ([]byte, error) {
	start := p.at
	p.at++
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			return dst, nil
		case c < 0x20:
			return nil, p.fail("a string without control characters")
		case c != '\\':
			dst = append(dst, c)
			p.at++
			continue
		}
		if p.at+1 >= len(p.text) {
			break
		}
		c = p.text[p.at+1]
		p.at += 2
		switch c {
		case '"', '\\', '/':
			dst = append(dst, c)
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, ok := p.hex()
			if !ok {
				return nil, p.fail("four hexadecimal digits after \\u")
			}
			if utf16.IsSurrogate(r) {
				low := rune(utf8.RuneError)
				if bytes.HasPrefix(p.text[p.at:], []byte(`\u`)) {
					p.at += 2
					if low, ok = p.hex(); !ok {
						return nil, p.fail("four hexadecimal digits after \\u")
					}
				}
				r = utf16.DecodeRune(r, low)
			}
			dst = utf8.AppendRune(dst, r)
		default:
			p.at--
			return nil, p.fail("an escape of JSON")
		}
	}
	p.at = start
	return nil, fmt.Errorf("the string at byte %d is not closed", start+1)
}

func (p *jsonParser) hex() (rune, bool) {
	if p.at+4 > len(p.text) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(p.text[p.at:p.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 4
	return rune(v), true
}
