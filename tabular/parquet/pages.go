package parquet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// cells reads the values of one column of a row group, page by page. Pages are not read by parquet-go: in version 0.32
// it returns wrong values of booleans in runs, and of pages that LZ4 packs to more than a third.
type cells struct {
	f        io.ReaderAt
	leaf     *leaf
	chunk    *format.ColumnMetaData
	at, left int64 // of the pages that follow: position in the file, bytes

	dictionary *dictionary
	rows       int64  // of the page that are left
	nulls      bool   // levels say which rows are null
	levels     hybrid // of the page
	values     values // of the page

	head, packed, unpacked []byte // memory
	zstd                   *zstd.Decoder
}

// begin begins the values of the column in another row group.
func (c *cells) begin(group *format.RowGroup) error {
	if c.leaf.column >= len(group.Columns) {
		return fmt.Errorf("the file is broken: a row group has %d columns", len(group.Columns))
	}
	column := &group.Columns[c.leaf.column]
	c.chunk = &column.MetaData
	switch {
	case group.NumRows < 0:
		return fmt.Errorf("the file is broken: a row group has %d rows", group.NumRows)
	case column.FilePath != "":
		return fmt.Errorf("the values are in another file, %s", column.FilePath)
	case c.chunk.NumValues != group.NumRows:
		return fmt.Errorf("%d values in %d rows", c.chunk.NumValues, group.NumRows)
	}
	c.at, c.left = c.chunk.DataPageOffset, c.chunk.TotalCompressedSize
	if d := c.chunk.DictionaryPageOffset; d > 0 && d < c.at {
		c.at = d
	}
	c.dictionary, c.rows = nil, 0
	return nil
}

// value returns the value of the next row.
func (c *cells) value() (v pq.Value, err error) {
	for c.rows == 0 {
		if err := c.nextPage(); err != nil {
			return v, err
		}
	}
	c.rows--
	if c.nulls {
		level, err := c.levels.next()
		if err != nil || int(level) < c.leaf.levels {
			return pq.NullValue(), err
		}
	}
	return c.values.next()
}

// nextPage reads the next page; c.rows stays 0 if it has no rows.
func (c *cells) nextPage() error {
	if c.left <= 0 {
		return errors.New("the column ends before the others")
	}
	h, used, err := pageHeader(c.f, c.at, c.left, &c.head)
	if err == nil {
		err = h.check(c.left - int64(used))
	}
	if err == nil {
		err = c.read(h, c.at+int64(used))
	}
	if err != nil {
		return fmt.Errorf("the page at byte %d: %w", c.at, err)
	}
	c.at += int64(used) + h.packed
	c.left -= int64(used) + h.packed
	return nil
}

// read reads the page at a position of the file.
func (c *cells) read(h header, at int64) error {
	if h.kind != dataPage && h.kind != dataPageV2 && h.kind != dictionaryPage {
		return nil
	}
	c.packed = slices.Grow(c.packed[:0], int(h.packed))[:h.packed]
	if _, err := c.f.ReadAt(c.packed, at); err != nil {
		return err
	}
	if h.checksum != 0 && crc32.ChecksumIEEE(c.packed) != uint32(h.checksum) {
		return errors.New("its checksum is wrong: the file is damaged")
	}
	data, size, codec := c.packed, h.unpacked, c.chunk.Codec
	var levels []byte
	if h.kind == dataPageV2 {
		n := h.definitions + h.repetitions
		if h.definitions < 0 || h.repetitions < 0 || n > h.packed || n > h.unpacked {
			return fmt.Errorf("%d and %d bytes of levels in a page of %d bytes", h.definitions, h.repetitions, h.packed)
		}
		levels, data, size = data[h.repetitions:n], data[n:], size-n
		if h.plain {
			codec = format.Uncompressed
		}
	}
	data, err := c.unpack(data, size, codec)
	if err != nil {
		return err
	}
	if h.kind == dictionaryPage {
		if e := format.Encoding(h.encoding); e != format.Plain && e != plainDictionary {
			return fmt.Errorf("the encoding %v of a dictionary is not read", e)
		}
		c.dictionary, err = newDictionary(bytes.Clone(data), h.values, c.leaf)
		return err
	}
	if h.kind == dataPage && c.leaf.levels > 0 {
		if format.Encoding(h.levelEncoding) != format.RLE {
			return fmt.Errorf("the encoding %v of levels is not read", format.Encoding(h.levelEncoding))
		}
		if levels, data, err = prefixed(data); err != nil {
			return fmt.Errorf("levels: %w", err)
		}
	}
	c.nulls = c.leaf.levels > 0
	c.levels = hybrid{data: levels, width: bits.Len(uint(c.leaf.levels))}
	if c.values, err = valuesOf(data, format.Encoding(h.encoding), h.values, c.leaf, c.dictionary); err == nil {
		c.rows = h.values
	}
	return err
}

// unpack returns the unpacked data, which must have that size.
func (c *cells) unpack(data []byte, size int64, codec format.CompressionCodec) ([]byte, error) {
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
	c.unpacked = slices.Grow(c.unpacked[:0], int(size)+1)[:size+1] // one more, to see too much
	switch codec {
	case format.Snappy:
		if n, err := snappy.DecodedLen(data); err != nil || int64(n) != size {
			return nil, wrong
		}
		out, err := snappy.Decode(c.unpacked[:size], data)
		return out, err
	case format.Lz4Raw:
		n, err := lz4.UncompressBlock(data, c.unpacked)
		if err == nil && int64(n) != size {
			err = wrong
		}
		return c.unpacked[:size], err
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
		if c.zstd == nil {
			z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxPage), zstd.WithDecoderLowmem(true))
			if err != nil {
				return nil, err
			}
			c.zstd = z
		}
		if err := c.zstd.Reset(bytes.NewReader(data)); err != nil {
			return nil, err
		}
		r = c.zstd
	case format.Brotli:
		r = brotli.NewReader(bytes.NewReader(data))
	default:
		return nil, fmt.Errorf("the compression %v is not read", codec)
	}
	n, err := io.ReadFull(r, c.unpacked)
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		err = nil
	}
	if err == nil && int64(n) != size {
		err = wrong
	}
	return c.unpacked[:size], err
}

func (c *cells) close() {
	if c.zstd != nil {
		c.zstd.Close()
	}
}
