package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits of what headers may claim, since memory is allocated by it.
const (
	maxFooter   = 256 << 20
	maxPage     = 256 << 20 // bytes of a page, unpacked
	maxRatio    = 1024      // of unpacked to packed bytes, for pages above freePage
	freePage    = 8 << 20
	maxPageRows = 8 << 20  // values of a page
	maxHeader   = 16 << 20 // bytes of a page's header, with its statistics
)

// checkFooter returns an error if the file is no Parquet file, if it is encrypted, or if a list in its footer claims more
// elements than the footer has bytes.
func checkFooter(f io.ReaderAt, size int64) error {
	var head [4]byte
	var tail [8]byte
	if size < 12 {
		return fmt.Errorf("%d bytes are no Parquet file", size)
	}
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return err
	}
	if _, err := f.ReadAt(tail[:], size-8); err != nil {
		return err
	}
	switch {
	case string(head[:]) == "PARE" || string(tail[4:]) == "PARE":
		return errors.New("the file is encrypted")
	case string(head[:]) != "PAR1":
		return fmt.Errorf("the file begins with %q, want PAR1: it is no Parquet file", head[:])
	case string(tail[4:]) != "PAR1":
		return fmt.Errorf("the file ends with %q, want PAR1: it is not complete", tail[4:])
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > size-12 || n > maxFooter {
		return fmt.Errorf("a footer of %d bytes in a file of %d", n, size)
	}
	footer := make([]byte, n)
	if _, err := f.ReadAt(footer, size-8-n); err != nil {
		return err
	}
	t := thrift{b: footer}
	if t.structure(0, nil); t.bad {
		return errors.New("the footer is broken")
	}
	return nil
}

// header is what a page's header says.
type header struct {
	kind, unpacked, packed, values int64
	encoding, levelEncoding        int64
	checksum                       int64 // CRC-32 of the packed data, 0 if there is none
	definitions, repetitions       int64 // bytes of levels before the data, in version 2
	plain                          bool  // the data are not compressed, in version 2
}

// The kinds of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

func (h *header) check(left int64) error {
	switch {
	case h.packed < 0 || h.packed > left:
		return fmt.Errorf("%d bytes, and %d are left in the column", h.packed, left)
	case h.unpacked < 0 || h.unpacked > maxPage || h.unpacked > max(freePage, maxRatio*h.packed):
		return fmt.Errorf("%d bytes are said to unpack to %d", h.packed, h.unpacked)
	case h.values < 0 || h.values > maxPageRows:
		return fmt.Errorf("%d values, want at most %d", h.values, maxPageRows)
	}
	return nil
}

// pageHeader reads the header of the page at a position of the file, and returns its size. head is memory that it
// reuses.
func pageHeader(f io.ReaderAt, at, left int64, head *[]byte) (header, int, error) {
	for size := int64(256); ; size *= 8 {
		n := min(size, left, maxHeader)
		if int64(cap(*head)) < n {
			*head = make([]byte, n)
		}
		b := (*head)[:n]
		if _, err := f.ReadAt(b, at); err != nil {
			return header{}, 0, err
		}
		var h header
		t := thrift{b: b}
		t.structure(0, func(path [2]int16, v int64) {
			switch path {
			case [2]int16{1}:
				h.kind = v
			case [2]int16{2}:
				h.unpacked = v
			case [2]int16{3}:
				h.packed = v
			case [2]int16{5, 1}, [2]int16{7, 1}, [2]int16{8, 1}:
				h.values = v
			case [2]int16{5, 2}, [2]int16{7, 2}, [2]int16{8, 4}:
				h.encoding = v
			case [2]int16{4}:
				h.checksum = v
			case [2]int16{5, 3}:
				h.levelEncoding = v
			case [2]int16{8, 5}:
				h.definitions = v
			case [2]int16{8, 6}:
				h.repetitions = v
			case [2]int16{8, 7}:
				h.plain = v == 0
			}
		})
		if !t.bad {
			return h, t.at, nil
		}
		if n == left || n == maxHeader {
			return header{}, 0, errors.New("the header is broken")
		}
	}
}

// thrift skips over values of Thrift's compact protocol.
type thrift struct {
	b   []byte
	at  int
	bad bool
}

func (t *thrift) byte() byte {
	if t.at >= len(t.b) {
		t.bad = true
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thrift) varint() uint64 {
	v, n := binary.Uvarint(t.b[t.at:])
	if n <= 0 {
		t.bad = true
		return 0
	}
	t.at += n
	return v
}

func (t *thrift) signed() int64 {
	v := t.varint()
	return int64(v>>1) ^ -int64(v&1)
}

func (t *thrift) skip(n uint64) {
	if n > uint64(len(t.b)-t.at) {
		t.bad = true
		return
	}
	t.at += int(n)
}

// structure reads a struct. visit gets the whole numbers in its fields and in those of structs in them, with the numbers
// of both fields.
func (t *thrift) structure(depth int, visit func(path [2]int16, v int64)) {
	t.fields(depth, 0, visit)
}

func (t *thrift) fields(depth int, outer int16, visit func(path [2]int16, v int64)) {
	const deepest = 32
	if depth > deepest {
		t.bad = true
		return
	}
	id := int16(0)
	for !t.bad {
		h := t.byte()
		kind := h & 15
		if kind == 0 {
			return
		}
		if h>>4 != 0 {
			id += int16(h >> 4)
		} else {
			id = int16(t.signed())
		}
		path := [2]int16{id}
		if depth == 1 {
			path = [2]int16{outer, id}
		}
		t.value(kind, depth, id, func(v int64) {
			if visit != nil && depth <= 1 {
				visit(path, v)
			}
		}, visit)
	}
}

// The types of the compact protocol.
const (
	typeTrue   = 1
	typeFalse  = 2
	typeByte   = 3
	typeI16    = 4
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
	typeUUID   = 13
)

// value reads a value that is a field. Booleans are in the field's type.
func (t *thrift) value(kind byte, depth int, id int16, number func(v int64), visit func(path [2]int16, v int64)) {
	switch kind {
	case typeTrue, typeFalse:
		number(int64(typeFalse - kind))
	case typeStruct:
		t.fields(depth+1, id, visit)
	case typeI16, typeI32, typeI64:
		number(t.signed())
	default:
		t.element(kind, depth)
	}
}

// element reads a value that is an element of a list, or a field without numbers.
func (t *thrift) element(kind byte, depth int) {
	switch kind {
	case typeTrue, typeFalse, typeByte:
		t.byte()
	case typeI16, typeI32, typeI64:
		t.varint()
	case typeDouble:
		t.skip(8)
	case typeUUID:
		t.skip(16)
	case typeBinary:
		t.skip(t.varint())
	case typeStruct:
		t.fields(depth+1, 0, nil)
	case typeList, typeSet:
		h := t.byte()
		n := uint64(h >> 4)
		if n == 15 {
			n = t.varint()
		}
		t.elements(n, depth, h&15)
	case typeMap:
		n := t.varint()
		if n == 0 {
			return
		}
		h := t.byte()
		t.elements(n, depth, h>>4, h&15)
	default:
		t.bad = true
	}
}

// elements reads n times values of the kinds.
func (t *thrift) elements(n uint64, depth int, kinds ...byte) {
	const deepest = 32
	if n > uint64(len(t.b)-t.at) || depth > deepest {
		t.bad = true
		return
	}
	for range n {
		for _, k := range kinds {
			t.element(k, depth+1)
		}
		if t.bad {
			return
		}
	}
}
