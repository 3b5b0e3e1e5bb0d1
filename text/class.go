package text

import (
	"encoding/base64"
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"
)

// classes holds the classes of all characters: those of c are pages[index[c/pageSize]][c%pageSize].
type classes struct {
	ascii [utf8.RuneSelf]class
	index [(unicode.MaxRune + 1) / pageSize]uint16
	pages [][pageSize]class
}

const pageSize = 128

// table returns the classes of all characters. The first call unpacks classRuns.
var table = sync.OnceValue(func() *classes {
	runs, err := base64.StdEncoding.DecodeString(classRuns)
	if err != nil {
		panic(err) // the generated file is damaged
	}
	t := &classes{}
	seen := map[[pageSize]class]uint16{}
	var page [pageSize]class
	for c := 0; len(runs) > 0; {
		n, size := binary.Uvarint(runs)
		value := classValues[runs[size]]
		runs = runs[size+1:]
		for ; n > 0; n-- {
			page[c%pageSize] = value
			if c++; c%pageSize > 0 {
				continue
			}
			at, ok := seen[page]
			if !ok {
				at = uint16(len(t.pages))
				t.pages = append(t.pages, page)
				seen[page] = at
			}
			t.index[c/pageSize-1] = at
		}
	}
	copy(t.ascii[:], t.pages[t.index[0]][:])
	return t
})

// of returns the classes of c.
func (t *classes) of(c rune) class { return t.pages[t.index[c/pageSize]][c%pageSize] }

// first returns the classes of the first character of b, which is not empty, and its length in bytes. A byte that is
// not UTF-8 counts as U+FFFD.
func (t *classes) first(b []byte) (class, int) {
	if b[0] < utf8.RuneSelf {
		return t.ascii[b[0]], 1
	}
	c, n := utf8.DecodeRune(b)
	return t.of(c), n
}

// last is first for the last character of b.
func (t *classes) last(b []byte) (class, int) {
	c, n := utf8.DecodeLastRune(b)
	return t.of(c), n
}

// run returns the end of the longest run from b[i:] of characters that have one of the classes in.
func (t *classes) run(b []byte, i int, in class) int {
	for i < len(b) {
		k, n := t.first(b[i:])
		if k&in == 0 {
			break
		}
		i += n
	}
	return i
}

// runOutside is run for characters that have none of the classes out.
func (t *classes) runOutside(b []byte, i int, out class) int {
	for i < len(b) {
		k, n := t.first(b[i:])
		if k&out != 0 {
			break
		}
		i += n
	}
	return i
}

// isASCII reports whether all bytes of b are ASCII.
func isASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
