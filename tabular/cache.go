package tabular

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"unsafe"
)

// Cache is a [Source] that reads another one once. During the first complete pass it writes the cells to a temporary
// file, numbers as float64, and later passes read that file: they need not split and parse text again. What they compute
// is the same.
//
// A column of a block with fractions among its numbers is kept as numbers. Its cells read as their shortest text: 0.5
// where the file has 0.50.
type Cache struct {
	Source
	dir string

	mu       sync.Mutex
	file     *os.File
	size     int64
	blocks   []cachedBlock // in the order of the rows, if complete
	pass     *recording    // the pass that writes the file
	complete bool
}

// cachedBlock is the place of a block in the file.
type cachedBlock struct {
	offset, size int64
	first, rows  int
}

// NewCache returns a cache of src. Its file, which has 8 bytes for each number, is in dir; "" means os.TempDir(). Close
// removes it.
func NewCache(src Source, dir string) *Cache { return &Cache{Source: src, dir: dir} }

// Close removes the file. Later passes read the source.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.file
	c.file, c.pass, c.complete = nil, nil, false
	if f == nil {
		return nil
	}
	return closeTemporary(f)
}

// Open begins a pass.
func (c *Cache) Open() (Reader, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.complete {
		return &cacheReader{cache: c}, nil
	}
	r, err := c.Source.Open()
	if err != nil || c.pass != nil {
		return r, err
	}
	if c.file == nil {
		if c.file, err = createTemporary(c.dir, "lamina-table-*"); err != nil {
			return r, nil // reading the source again only takes longer
		}
	}
	c.pass = &recording{Reader: r, cache: c}
	c.size, c.blocks = 0, nil
	return c.pass, nil
}

// recording is a pass over the source that writes the cache's file.
type recording struct {
	Reader
	cache  *Cache
	blocks int // that Next returned
	ended  bool
	failed bool
}

func (r *recording) Next(b *Block) error {
	err := r.Reader.Next(b)
	switch {
	case err == nil:
		r.blocks++
	case err == io.EOF:
		r.ended = true
	}
	return err
}

// record writes a block that was parsed and used.
func (r *recording) record(b *Block) {
	b.packed = b.pack(b.packed[:0])
	c := r.cache
	c.mu.Lock()
	place := cachedBlock{offset: c.size, size: int64(len(b.packed)), first: b.First, rows: b.Rows}
	if c.pass != r || r.failed {
		c.mu.Unlock()
		return
	}
	c.size += place.size
	c.blocks = append(c.blocks, place)
	file := c.file
	c.mu.Unlock()
	if _, err := file.WriteAt(b.packed, place.offset); err != nil {
		c.mu.Lock()
		r.failed = true // the file stays incomplete: the next pass reads the source
		c.mu.Unlock()
	}
}

func (r *recording) Close() error {
	c := r.cache
	c.mu.Lock()
	if c.pass == r {
		c.pass = nil
		if c.complete = r.ended && !r.failed && len(c.blocks) == r.blocks; c.complete {
			slices.SortFunc(c.blocks, func(a, b cachedBlock) int { return cmp.Compare(a.first, b.first) })
		}
	}
	c.mu.Unlock()
	return r.Reader.Close()
}

// cacheReader is a pass over the cache's file.
type cacheReader struct {
	cache *Cache
	next  int
}

func (r *cacheReader) Next(b *Block) error {
	if r.next == len(r.cache.blocks) {
		return io.EOF
	}
	place := r.cache.blocks[r.next]
	r.next++
	b.Extra, b.Rows = place, place.rows
	return nil
}

func (r *cacheReader) Parse(b *Block) error {
	place := b.Extra.(cachedBlock)
	b.packed = slices.Grow(b.packed[:0], int(place.size))[:place.size]
	if _, err := r.cache.file.ReadAt(b.packed, place.offset); err != nil {
		return fmt.Errorf("tabular: the temporary file of %s: %w", r.cache.Name(), err)
	}
	b.unpack(b.packed, len(r.cache.Columns()))
	return nil
}

func (r *cacheReader) Close() error { return nil }

// pack appends the cells of b to dst: for each column the number of cells that are kept as text, then the numbers of all
// rows unless all cells are text, then row and size of each text, then the texts, up to a multiple of 8 bytes.
func (b *Block) pack(dst []byte) []byte {
	for c := range b.columns {
		values, texts := b.numbers(c)
		if !hasFractions(values) {
			texts = b.allRows()
		}
		dst = binary.LittleEndian.AppendUint64(dst, uint64(len(texts)))
		if len(texts) < b.Rows {
			dst = append(dst, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 8*len(values))...)
		}
		for _, row := range texts {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(row))
			dst = binary.LittleEndian.AppendUint32(dst, uint32(len(b.Cell(row, c))))
		}
		for _, row := range texts {
			dst = append(dst, b.Cell(row, c)...)
		}
		for len(dst)%8 != 0 {
			dst = append(dst, 0)
		}
	}
	return dst
}

// allRows returns 0, 1, …, b.Rows−1.
func (b *Block) allRows() []int {
	for i := len(b.rows); i < b.Rows; i++ {
		b.rows = append(b.rows, i)
	}
	return b.rows[:b.Rows]
}

// hasFractions reports whether some of the values is no whole number.
func hasFractions(values []float64) bool {
	return slices.ContainsFunc(values, func(v float64) bool { return v != math.Trunc(v) && v == v })
}

// unpack sets b to the cells that pack wrote.
func (b *Block) unpack(packed []byte, columns int) {
	b.Reset(packed, columns)
	b.cells = slices.Grow(b.cells, columns*b.Rows)[:columns*b.Rows]
	at := 0
	for c := range columns {
		texts := int(binary.LittleEndian.Uint64(packed[at:]))
		at += 8
		if texts < b.Rows {
			n := &b.parsed[c]
			n.done, n.cached = true, true
			n.values = append(n.values[:0], unsafe.Slice((*float64)(unsafe.Pointer(&packed[at])), b.Rows)...)
			at += 8 * b.Rows
		}
		text := at + 8*texts
		for ; texts > 0; texts-- {
			row, size := int(binary.LittleEndian.Uint32(packed[at:])), int(binary.LittleEndian.Uint32(packed[at+4:]))
			at += 8
			b.cells[row*columns+c] = cell{From: uint32(text), To: uint32(text + size)}
			text += size
			if b.parsed[c].cached {
				b.parsed[c].others = append(b.parsed[c].others, row)
			}
		}
		at = (text + 7) &^ 7
	}
}

// createTemporary creates a temporary file. Where the system can, it has no name from the beginning: then nothing is left
// of it when the process is killed.
func createTemporary(dir, pattern string) (*os.File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err == nil {
		os.Remove(f.Name()) // Windows refuses; closeTemporary removes it
	}
	return f, err
}

// closeTemporary closes and removes a file that createTemporary returned.
func closeTemporary(f *os.File) error {
	err := f.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	if e := os.Remove(f.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}
