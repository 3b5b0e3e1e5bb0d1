package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// Limits of what is accepted. maxDims is ggml's.
const (
	maxHeader = 256 << 20 // bytes before the data
	maxDims   = 4
	maxDepth  = 4 // of arrays in arrays
	maxAlign  = 1 << 20
)

// The types of metadata values.
const (
	typeUint8 = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
	numTypes
)

// leastBytes has the least bytes of a value of each type.
var leastBytes = [numTypes]int64{1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8}

// A parser reads the part of a file before the data.
type parser struct {
	r    *bufio.Reader
	at   int64 // bytes read
	size int64 // of the file, at most maxHeader
	cut  bool  // the file is longer than size
}

// parse reads the header of a file of the given size into f.
func (f *File) parse(r io.ReaderAt, size int64) error {
	p := &parser{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 64<<10), size: min(size, maxHeader),
		cut: size > maxHeader}
	if magic, err := p.r.Peek(4); err != nil || string(magic) != "GGUF" {
		if err != nil && err != io.EOF {
			return err
		}
		return errorf("this is not a GGUF file but %s", inputfile.IdentifyReader(r))
	}
	p.r.Discard(4)
	p.at = 4
	version, err := p.uint32()
	if err != nil {
		return err
	}
	switch {
	case version&0xffff == 0:
		return errorf("the file is big-endian, want a little-endian file (PyPI gguf's gguf-convert-endian converts it)")
	case version != 2 && version != 3:
		return errorf("version %d, want 2 or 3", version)
	}
	f.version = int(version)
	tensors, err := p.count("tensors", 8+4+4+8)
	if err != nil {
		return err
	}
	entries, err := p.count("metadata entries", 8+4+1)
	if err != nil {
		return err
	}
	f.values = map[string]any{}
	for range entries {
		if err := f.entry(p); err != nil {
			return err
		}
	}
	align, err := f.alignment()
	if err != nil {
		return err
	}
	f.byName = map[string]int{}
	for range tensors {
		if err := f.tensorInfo(p, align); err != nil {
			return err
		}
	}
	f.data = (p.at + align - 1) / align * align
	return f.checkData(size - f.data)
}

// entry reads an entry of the metadata.
func (f *File) entry(p *parser) error {
	key, err := p.text()
	if err != nil {
		return errorOf("a key of the metadata", err)
	}
	if _, twice := f.values[key]; twice {
		return errorf("the key %s occurs twice in the metadata", inputfile.Quote(key))
	}
	kind, err := p.uint32()
	if err == nil {
		f.values[key], err = p.value(kind, 0)
	}
	if err != nil {
		return errorOf("the value of "+inputfile.Quote(key), err)
	}
	f.keys = append(f.keys, key)
	return nil
}

// errorOf prefixes an error of the format; other errors stay as they are.
func errorOf(what string, err error) error {
	if errors.Is(err, ErrFormat) {
		return errorf("%s: %v", what, err)
	}
	return err
}

// alignment returns the alignment of the data.
func (f *File) alignment() (int64, error) {
	const key = "general.alignment"
	if _, ok := f.values[key]; !ok {
		return 32, nil
	}
	n, err := f.Int(key)
	if err != nil || n < 1 || n > maxAlign || n&(n-1) != 0 {
		return 0, errorf("%s is %v, want a power of 2 up to %d", key, f.values[key], maxAlign)
	}
	return int64(n), nil
}

// tensorInfo reads an entry of the list of tensors.
func (f *File) tensorInfo(p *parser, align int64) error {
	name, err := p.text()
	if err != nil {
		return errorOf("the name of a tensor", err)
	}
	t, err := p.info(align)
	if err != nil {
		return errorOf("tensor "+inputfile.Quote(name), err)
	}
	t.Name = name
	if _, twice := f.byName[name]; twice {
		return errorf("the tensor %s occurs twice", inputfile.Quote(name))
	}
	f.byName[name] = len(f.tensors)
	f.tensors = append(f.tensors, t)
	return nil
}

// info reads shape, type and offset of a tensor.
func (p *parser) info(align int64) (t Info, err error) {
	dims, err := p.uint32()
	if err != nil {
		return t, err
	}
	if dims > maxDims {
		return t, errorf("%d dimensions, want at most %d", dims, maxDims)
	}
	t.Shape = make([]int, dims)
	for i := range t.Shape {
		n, err := p.uint64()
		if err != nil {
			return t, err
		}
		if n > math.MaxInt {
			return t, errorf("a dimension of %d", n)
		}
		t.Shape[len(t.Shape)-1-i] = int(n)
	}
	kind, err := p.uint32()
	if err != nil {
		return t, err
	}
	offset, err := p.uint64()
	if err != nil {
		return t, err
	}
	if offset > math.MaxInt64 || offset%uint64(align) != 0 {
		return t, errorf("the offset %d is not a multiple of the alignment %d", offset, align)
	}
	t.Type, t.Offset = Type(kind), int64(offset)
	t.Size, err = t.Type.size(t.Shape)
	return t, err
}

// checkData checks that all tensors are within the data and do not overlap.
func (f *File) checkData(n int64) error {
	sorted := slices.Clone(f.tensors)
	slices.SortFunc(sorted, func(a, b Info) int {
		if a.Offset != b.Offset {
			return int(min(max(a.Offset-b.Offset, -1), 1))
		}
		return strings.Compare(a.Name, b.Name)
	})
	end, before := int64(0), ""
	for _, t := range sorted {
		if t.Size > n || t.Offset > n-t.Size {
			return errorf("tensor %s needs %d bytes from byte %d on, but the file has %d bytes of data", inputfile.Quote(t.Name),
				t.Size, t.Offset, max(n, 0))
		}
		if t.Size > 0 && t.Offset < end {
			return errorf("the tensors %s and %s overlap", inputfile.Quote(before), inputfile.Quote(t.Name))
		}
		if t.Size > 0 {
			end, before = t.Offset+t.Size, t.Name
		}
	}
	return nil
}

// take returns the next n bytes, at most 8. They are valid until the next call.
func (p *parser) take(n int) ([]byte, error) {
	if int64(n) > p.size-p.at {
		return nil, p.short()
	}
	b, err := p.r.Peek(n)
	if err != nil {
		return nil, inputfile.NoEOF(err)
	}
	p.r.Discard(n)
	p.at += int64(n)
	return b, nil
}

// short returns the error for a read beyond the end.
func (p *parser) short() error {
	if p.cut {
		return errorf("more than %d bytes before the data", maxHeader)
	}
	return errorf("the file ends in it, after %d bytes", p.size)
}

func (p *parser) uint32() (uint32, error) {
	b, err := p.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (p *parser) uint64() (uint64, error) {
	b, err := p.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads a number of things of which each has at least a number of bytes.
func (p *parser) count(what string, least int64) (int, error) {
	n, err := p.uint64()
	if err != nil {
		return 0, err
	}
	if left := p.size - p.at; n > uint64(left/least) {
		return 0, errorf("%d %s do not fit in the %d bytes that follow", n, what, left)
	}
	return int(n), nil
}

// text reads a string. It need not be UTF-8: a byte-level token may be a part of a character.
func (p *parser) text() (string, error) {
	n, err := p.count("bytes of a string", 1)
	if err != nil {
		return "", err
	}
	b, err := p.bytes(n)
	return string(b), err
}

// bytes reads n bytes.
func (p *parser) bytes(n int) ([]byte, error) {
	b, err := inputfile.ReadGrowing(p.r, n)
	p.at += int64(len(b))
	return b, inputfile.NoEOF(err)
}

// value reads a value of the metadata.
func (p *parser) value(kind uint32, depth int) (any, error) {
	switch kind {
	case typeString:
		return p.text()
	case typeArray:
		if depth == maxDepth {
			return nil, errorf("more than %d arrays in each other", maxDepth)
		}
		return p.array(depth + 1)
	}
	if kind >= numTypes {
		return nil, errorf("unknown type number %d", kind)
	}
	b, err := p.take(int(leastBytes[kind]))
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	switch kind {
	case typeUint8:
		return b[0], nil
	case typeInt8:
		return int8(b[0]), nil
	case typeUint16:
		return le.Uint16(b), nil
	case typeInt16:
		return int16(le.Uint16(b)), nil
	case typeUint32:
		return le.Uint32(b), nil
	case typeInt32:
		return int32(le.Uint32(b)), nil
	case typeFloat32:
		return math.Float32frombits(le.Uint32(b)), nil
	case typeBool:
		if b[0] > 1 {
			return nil, errorf("a boolean of %d, want 0 or 1", b[0])
		}
		return b[0] == 1, nil
	case typeUint64:
		return le.Uint64(b), nil
	case typeInt64:
		return int64(le.Uint64(b)), nil
	}
	return math.Float64frombits(le.Uint64(b)), nil
}

// array reads an array: a slice of the Go type of its elements.
func (p *parser) array(depth int) (any, error) {
	kind, err := p.uint32()
	if err != nil {
		return nil, err
	}
	if kind >= numTypes {
		return nil, errorf("an array of unknown type number %d", kind)
	}
	n, err := p.count("elements of an array", leastBytes[kind])
	if err != nil {
		return nil, err
	}
	switch kind {
	case typeUint8:
		return p.bytes(n)
	case typeInt8:
		return elements[int8](p, kind, n, depth)
	case typeUint16:
		return elements[uint16](p, kind, n, depth)
	case typeInt16:
		return elements[int16](p, kind, n, depth)
	case typeUint32:
		return elements[uint32](p, kind, n, depth)
	case typeInt32:
		return elements[int32](p, kind, n, depth)
	case typeFloat32:
		return elements[float32](p, kind, n, depth)
	case typeBool:
		return elements[bool](p, kind, n, depth)
	case typeString:
		return elements[string](p, kind, n, depth)
	case typeArray:
		return elements[any](p, kind, n, depth)
	case typeUint64:
		return elements[uint64](p, kind, n, depth)
	case typeInt64:
		return elements[int64](p, kind, n, depth)
	}
	return elements[float64](p, kind, n, depth)
}

// elements reads n values of type T. The slice grows while they arrive.
func elements[T any](p *parser, kind uint32, n, depth int) ([]T, error) {
	list := make([]T, 0, min(n, 1024))
	for i := range n {
		v, err := p.value(kind, depth)
		if err != nil {
			return nil, errorOf(fmt.Sprintf("element %d", i), err)
		}
		list = append(list, v.(T))
	}
	return list, nil
}
