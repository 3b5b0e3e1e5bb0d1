package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// pageData unpacks pages and checks that they hold the number of values that their headers say.
type pageData struct {
	packed, unpacked []byte
	zstd             *zstd.Decoder
}

func (p *pageData) close() {
	if p.zstd != nil {
		p.zstd.Close()
	}
}

// check checks the page at a position of the file.
func (p *pageData) check(f io.ReaderAt, at int64, h header, l *leaf, codec format.CompressionCodec) error {
	p.packed = slices.Grow(p.packed[:0], int(h.packed))[:h.packed]
	if _, err := f.ReadAt(p.packed, at); err != nil {
		return err
	}
	data, size := p.packed, h.unpacked
	if h.kind == dataPageV2 {
		levels := h.definitions + h.repetitions
		if h.definitions < 0 || h.repetitions < 0 || levels > h.packed || levels > h.unpacked {
			return fmt.Errorf("%d and %d bytes of levels in a page of %d bytes", h.definitions, h.repetitions, h.packed)
		}
		if err := runs(data[h.repetitions:levels], bits.Len(uint(l.levels)), h.values); err != nil {
			return fmt.Errorf("levels: %w", err)
		}
		data, size = data[levels:], size-levels
		if h.plain {
			codec = format.Uncompressed
		}
	}
	data, err := p.unpack(data, size, codec)
	if err != nil {
		return err
	}
	if h.kind == dataPage && l.levels > 0 {
		if data, err = prefixed(data, func(levels []byte) error { return runs(levels, bits.Len(uint(l.levels)), h.values) }); err != nil {
			return fmt.Errorf("levels: %w", err)
		}
	}
	if h.kind == dictionaryPage {
		return nil
	}
	return values(data, h, l)
}

// values checks the data of a page's values.
func values(data []byte, h header, l *leaf) error {
	switch format.Encoding(h.encoding) {
	case format.Plain, format.ByteStreamSplit: // their sizes are in the data
		return nil
	case format.PlainDictionary, format.RLEDictionary: //lint:ignore SA1019 older files have the deprecated encoding
		if len(data) == 0 {
			return nil
		}
		if data[0] > 32 {
			return fmt.Errorf("indices of %d bits", data[0])
		}
		return runs(data[1:], int(data[0]), h.values)
	case format.RLE:
		if l.kind != format.Boolean {
			return errors.New("the encoding RLE is for booleans")
		}
		_, err := prefixed(data, func(b []byte) error { return runs(b, 1, h.values) })
		return err
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray:
		return delta(data, h.values)
	}
	return fmt.Errorf("the encoding %v is not read", format.Encoding(h.encoding))
}

// prefixed calls check with the data whose length is in the first four bytes, and returns the rest.
func prefixed(data []byte, check func([]byte) error) ([]byte, error) {
	if len(data) == 0 {
		return data, nil
	}
	if len(data) < 4 || int64(binary.LittleEndian.Uint32(data)) > int64(len(data)-4) {
		return nil, errors.New("the length exceeds the page")
	}
	n := 4 + int(binary.LittleEndian.Uint32(data))
	return data[n:], check(data[4:n])
}

// runs checks that the hybrid of run lengths and packed numbers in data has at most the given number of values of a
// width in bits, and a few more that fill the last group.
func runs(data []byte, width int, values int64) error {
	const fill = 1024 // DuckDB fills groups of 32
	total := int64(0)
	for len(data) > 0 {
		head, n := binary.Uvarint(data)
		if n <= 0 {
			return errors.New("a run's length is broken")
		}
		data = data[n:]
		count, size := int64(head>>1), int64(width+7)/8
		if head&1 != 0 {
			if count > maxPageRows {
				return fmt.Errorf("a run of %d groups", count)
			}
			size, count = count*int64(width), 8*count
		}
		if total += min(count, maxPageRows+fill+1); total > values+fill {
			return fmt.Errorf("more than the %d values of the page", values)
		}
		if size > int64(len(data)) {
			return errors.New("a run exceeds the page")
		}
		data = data[size:]
	}
	return nil
}

// delta checks the header of delta-encoded numbers: the size of a block, the number of its parts, the number of values.
func delta(data []byte, values int64) error {
	var head [3]uint64
	for i := range head {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			return errors.New("the header of the differences is broken")
		}
		head[i] = v
		data = data[n:]
	}
	const largest = 1 << 20
	if block, parts := head[0], head[1]; block == 0 || block > largest || parts == 0 || parts > block {
		return fmt.Errorf("differences in blocks of %d with %d parts", block, parts)
	}
	if head[2] > uint64(values) {
		return fmt.Errorf("%d differences, and the page has %d values", head[2], values)
	}
	return nil
}

// unpack returns the unpacked data, which must have that size.
func (p *pageData) unpack(data []byte, size int64, codec format.CompressionCodec) ([]byte, error) {
	wrong := fmt.Errorf("the data do not unpack to the %d bytes that the header says", size)
	if codec == format.Uncompressed {
		if int64(len(data)) != size {
			return nil, wrong
		}
		return data, nil
	}
	if len(data) == 0 && size == 0 {
		return nil, nil
	}
	p.unpacked = slices.Grow(p.unpacked[:0], int(size)+1)[:size+1] // one more, to see too much
	switch codec {
	case format.Snappy:
		if n, err := snappy.DecodedLen(data); err != nil || int64(n) != size {
			return nil, wrong
		}
		out, err := snappy.Decode(p.unpacked[:size], data)
		return out, err
	case format.Lz4Raw:
		n, err := lz4.UncompressBlock(data, p.unpacked)
		if err == nil && int64(n) != size {
			err = wrong
		}
		return p.unpacked[:size], err
	}
	var r io.Reader
	switch codec {
	case format.Gzip:
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		r = z
	case format.Zstd:
		if p.zstd == nil {
			z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxPage), zstd.WithDecoderLowmem(true))
			if err != nil {
				return nil, err
			}
			p.zstd = z
		}
		if err := p.zstd.Reset(bytes.NewReader(data)); err != nil {
			return nil, err
		}
		r = p.zstd
	case format.Brotli:
		r = brotli.NewReader(bytes.NewReader(data))
	default:
		return nil, fmt.Errorf("the compression %v is not read", codec)
	}
	n, err := io.ReadFull(r, p.unpacked)
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		err = nil
	}
	if err == nil && int64(n) != size {
		err = wrong
	}
	return p.unpacked[:size], err
}
