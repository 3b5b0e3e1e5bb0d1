package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// The decoders return one value after the other and keep no more than the page's bytes, whatever the page claims.
//
// Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/

// values returns the values of a page that are not null. A value may refer to memory that next changes.
type values interface {
	next() (pq.Value, error)
}

// plainDictionary is the encoding PLAIN_DICTIONARY: older files have it for a dictionary, which is PLAIN in later ones,
// and for the indices into it, which are RLE_DICTIONARY.
const plainDictionary = format.Encoding(2)

var errShort = errors.New("the page ends before its values")

// valuesOf returns the values of a page with that encoding, of which there are at most n.
func valuesOf(data []byte, encoding format.Encoding, n int64, l *leaf, d *dictionary) (values, error) {
	text := l.kind == format.ByteArray || l.kind == format.FixedLenByteArray
	switch {
	case encoding == format.Plain:
		return &plainValues{data: data, leaf: l}, nil
	case encoding == plainDictionary || encoding == format.RLEDictionary:
		return newIndices(data, d)
	case encoding == format.RLE && l.kind == format.Boolean:
		runs, _, err := prefixed(data)
		return &booleans{hybrid{data: runs, width: 1}}, err
	case encoding == format.ByteStreamSplit && l.size > 0:
		return &plainValues{data: joinStreams(data, l.size), leaf: l}, nil
	case encoding == format.DeltaBinaryPacked && (l.kind == format.Int32 || l.kind == format.Int64):
		numbers, err := newDeltas(data)
		return &deltaNumbers{numbers, l.kind}, err
	case encoding == format.DeltaLengthByteArray && text:
		return newDeltaTexts(data, n)
	case encoding == format.DeltaByteArray && text:
		return newPrefixedTexts(data, n)
	}
	return nil, fmt.Errorf("the encoding %v of a column of type %v is not read", encoding, l.kind)
}

// plainValues are values of the encoding PLAIN: little-endian numbers, texts after their lengths.
type plainValues struct {
	data []byte
	leaf *leaf
	bit  int // the next boolean
}

func (p *plainValues) next() (pq.Value, error) {
	if p.leaf.kind == format.Boolean {
		if p.bit/8 >= len(p.data) {
			return pq.Value{}, errShort
		}
		v := p.data[p.bit/8]>>(p.bit%8)&1 != 0
		p.bit++
		return pq.BooleanValue(v), nil
	}
	b, rest, err := p.leaf.cut(p.data)
	if err != nil {
		return pq.Value{}, err
	}
	p.data = rest
	return p.leaf.value(b), nil
}

// cut returns the bytes of the first value in data, which is plain, and those behind it.
func (l *leaf) cut(data []byte) (value, rest []byte, err error) {
	n := uint64(l.size)
	if l.kind == format.ByteArray {
		if len(data) < 4 {
			return nil, nil, errShort
		}
		n, data = uint64(binary.LittleEndian.Uint32(data)), data[4:]
	}
	if n > uint64(len(data)) {
		return nil, nil, errShort
	}
	return data[:n], data[n:], nil
}

// value returns the value with these bytes, which is no boolean.
func (l *leaf) value(b []byte) pq.Value {
	switch l.kind {
	case format.Int32:
		return pq.Int32Value(int32(binary.LittleEndian.Uint32(b)))
	case format.Int64:
		return pq.Int64Value(int64(binary.LittleEndian.Uint64(b)))
	case format.Int96:
		var v deprecated.Int96
		for i := range v {
			v[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
		return pq.Int96Value(v)
	case format.Float:
		return pq.FloatValue(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case format.Double:
		return pq.DoubleValue(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return pq.ByteArrayValue(b)
}

// joinStreams undoes BYTE_STREAM_SPLIT, which stores the first bytes of all values, then their second bytes, and so on.
func joinStreams(data []byte, size int) []byte {
	n := len(data) / size
	plain := make([]byte, n*size)
	for b := range size {
		for i, v := range data[b*n:][:n] {
			plain[i*size+b] = v
		}
	}
	return plain
}

// dictionary has the values of a dictionary page, which is plain.
type dictionary struct {
	data   []byte
	leaf   *leaf
	starts []uint32 // where texts begin in data; nil for values of one size
	n      int
}

func newDictionary(data []byte, n int64, l *leaf) (*dictionary, error) {
	d := &dictionary{data: data, leaf: l}
	if l.kind == format.Boolean {
		return nil, errors.New("a dictionary of booleans")
	}
	if l.kind != format.ByteArray {
		if d.n = int(n); l.size > 0 && n > int64(len(data)/l.size) {
			return nil, errShort
		}
		return d, nil
	}
	for rest := data; int64(d.n) < n; d.n++ {
		d.starts = append(d.starts, uint32(len(data)-len(rest)))
		var err error
		if _, rest, err = l.cut(rest); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *dictionary) at(i int) (pq.Value, error) {
	if i >= d.n {
		return pq.Value{}, fmt.Errorf("value %d of a dictionary of %d", i+1, d.n)
	}
	from := i * d.leaf.size
	if d.starts != nil {
		from = int(d.starts[i])
	}
	b, _, err := d.leaf.cut(d.data[from:])
	return d.leaf.value(b), err
}

// indices are values of a dictionary.
type indices struct {
	hybrid
	d *dictionary
}

func newIndices(data []byte, d *dictionary) (values, error) {
	if d == nil {
		return nil, errors.New("the dictionary is missing")
	}
	if len(data) == 0 { // without values
		return &indices{d: d}, nil
	}
	if data[0] > 32 {
		return nil, fmt.Errorf("indices of %d bits", data[0])
	}
	return &indices{hybrid{data: data[1:], width: int(data[0])}, d}, nil
}

func (x *indices) next() (pq.Value, error) {
	i, err := x.hybrid.next()
	if err != nil {
		return pq.Value{}, err
	}
	return x.d.at(int(i))
}

type booleans struct{ hybrid }

func (b *booleans) next() (pq.Value, error) {
	v, err := b.hybrid.next()
	return pq.BooleanValue(v != 0), err
}

// hybrid reads numbers of up to 32 bits in RLE/bit-packing: runs of one number, and groups of eight packed numbers.
type hybrid struct {
	data   []byte
	width  int // bits of a number
	left   uint64
	number uint32 // of the run
	packed []byte // the groups; nil in a run
	bit    int
}

func (h *hybrid) next() (uint32, error) {
	for h.left == 0 {
		head, n := binary.Uvarint(h.data)
		if n <= 0 {
			return 0, errShort
		}
		h.data = h.data[n:]
		h.left, h.number, h.packed, h.bit = head>>1, 0, nil, 0
		size := uint64(h.width+7) / 8
		if head&1 != 0 {
			if h.left > 1<<32 {
				return 0, fmt.Errorf("a run of %d groups", h.left)
			}
			size = min(h.left*uint64(h.width), uint64(len(h.data))) // the last group may be cut
			h.left *= 8
			h.packed, h.data = h.data[:size:size], h.data[size:]
			continue
		}
		if size > uint64(len(h.data)) {
			return 0, errShort
		}
		for i, b := range h.data[:size] {
			h.number |= uint32(b) << (8 * i)
		}
		h.data = h.data[size:]
	}
	h.left--
	if h.packed == nil {
		return h.number, nil
	}
	v, err := bitsAt(h.packed, h.bit, h.width)
	h.bit += h.width
	return uint32(v), err
}

// bitsAt returns the number in so many bits from a bit of data on.
func bitsAt(data []byte, from, width int) (v uint64, err error) {
	if from+width > 8*len(data) {
		return 0, errShort
	}
	for got := 0; got < width; {
		at := from + got
		v |= uint64(data[at/8]>>(at%8)) << got
		got += 8 - at%8
	}
	return v & (1<<width - 1), nil
}

// prefixed returns the data whose length is in the first four bytes, and what follows them.
func prefixed(data []byte) (inside, rest []byte, err error) {
	if len(data) == 0 { // without values
		return nil, nil, nil
	}
	if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
		return nil, nil, errors.New("the length exceeds the page")
	}
	n := 4 + int(binary.LittleEndian.Uint32(data))
	return data[4:n], data[n:], nil
}
