package parquet

import (
	"encoding/binary"
	"fmt"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// deltas reads DELTA_BINARY_PACKED numbers: the first one, then differences in blocks. A block has its lowest
// difference, the widths of its parts in bits, and the parts: what each difference has above the lowest one, packed.
type deltas struct {
	data    []byte // behind what has been read
	left    uint64 // numbers
	number  int64  // the next one
	perPart int    // differences in a part
	parts   int    // of a block
	lowest  int64
	widths  []byte // of the parts of the block that have not begun
	part    []byte
	width   int
	at      int // the next difference of the part
}

func newDeltas(data []byte) (deltas, error) {
	d := deltas{data: data}
	block, parts := d.varint(), d.varint()
	d.left = d.varint()
	d.number = d.signed()
	const largest = 1 << 20
	if d.data == nil || block == 0 || block > largest || parts == 0 || block%parts != 0 {
		return d, fmt.Errorf("the header of the differences is broken: blocks of %d with %d parts", block, parts)
	}
	d.perPart, d.parts = int(block/parts), int(parts)
	d.at = d.perPart
	return d, nil
}

// varint reads a number; without one it sets d.data to nil.
func (d *deltas) varint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.data = nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *deltas) signed() int64 {
	v := d.varint()
	return int64(v>>1) ^ -int64(v&1)
}

// next returns the next number. It reads a part not before its first difference: after the last number, d.data is what
// follows the numbers.
func (d *deltas) next() (int64, error) {
	if d.left == 0 {
		return 0, errShort
	}
	v := d.number
	if d.left--; d.left == 0 {
		return v, nil
	}
	if d.at == d.perPart {
		if err := d.nextPart(); err != nil {
			return 0, err
		}
	}
	above, err := bitsAt(d.part, d.at*d.width, d.width)
	d.at++
	d.number = v + d.lowest + int64(above)
	return v, err
}

func (d *deltas) nextPart() error {
	if len(d.widths) == 0 {
		d.lowest = d.signed()
		if len(d.data) < d.parts {
			return errShort
		}
		d.widths, d.data = d.data[:d.parts], d.data[d.parts:]
	}
	d.width, d.widths, d.at = int(d.widths[0]), d.widths[1:], 0
	if d.width > 64 {
		return fmt.Errorf("differences of %d bits", d.width)
	}
	size := min((d.perPart*d.width+7)/8, len(d.data)) // the last part may be cut
	d.part, d.data = d.data[:size], d.data[size:]
	return nil
}

// deltaNumbers are DELTA_BINARY_PACKED numbers of 32 or 64 bits.
type deltaNumbers struct {
	deltas
	kind format.Type
}

func (d *deltaNumbers) next() (pq.Value, error) {
	v, err := d.deltas.next()
	if d.kind == format.Int32 {
		return pq.Int32Value(int32(v)), err
	}
	return pq.Int64Value(v), err
}

// lengths returns the n DELTA_BINARY_PACKED numbers at the beginning of data, and what follows them.
func lengths(data []byte, n int64) (d deltas, rest []byte, err error) {
	if d, err = newDeltas(data); err != nil {
		return d, nil, err
	}
	if d.left > uint64(n) {
		return d, nil, fmt.Errorf("%d texts, and the page has %d values", d.left, n)
	}
	end := d
	for end.left > 0 {
		if _, err := end.next(); err != nil {
			return d, nil, err
		}
	}
	return d, end.data, nil
}

// deltaTexts are DELTA_LENGTH_BYTE_ARRAY texts: the lengths of all, then all texts.
type deltaTexts struct {
	lengths deltas
	data    []byte
}

func newDeltaTexts(data []byte, n int64) (*deltaTexts, error) {
	d, rest, err := lengths(data, n)
	return &deltaTexts{d, rest}, err
}

func (t *deltaTexts) text() ([]byte, error) {
	n, err := t.lengths.next()
	if err == nil && (n < 0 || n > int64(len(t.data))) {
		err = errShort
	}
	if err != nil {
		return nil, err
	}
	b := t.data[:n]
	t.data = t.data[n:]
	return b, nil
}

func (t *deltaTexts) next() (pq.Value, error) {
	b, err := t.text()
	return pq.ByteArrayValue(b), err
}

// prefixedTexts are DELTA_BYTE_ARRAY texts: how many bytes each has in common with the one before it, then the other
// bytes.
type prefixedTexts struct {
	common deltas
	rest   *deltaTexts
	last   []byte
	total  int // bytes of all texts so far
}

func newPrefixedTexts(data []byte, n int64) (*prefixedTexts, error) {
	common, data, err := lengths(data, n)
	if err != nil {
		return nil, err
	}
	rest, err := newDeltaTexts(data, n)
	return &prefixedTexts{common: common, rest: rest}, err
}

func (t *prefixedTexts) next() (pq.Value, error) {
	n, err := t.common.next()
	if err == nil && (n < 0 || n > int64(len(t.last))) {
		err = fmt.Errorf("%d bytes in common with a text of %d", n, len(t.last))
	}
	if err != nil {
		return pq.Value{}, err
	}
	rest, err := t.rest.text()
	t.last = append(t.last[:n], rest...)
	if t.total += len(t.last); t.total > maxPage && err == nil {
		err = fmt.Errorf("the texts of a page are longer than %d bytes", maxPage)
	}
	return pq.ByteArrayValue(t.last), err
}
