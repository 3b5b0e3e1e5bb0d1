package idx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// DefaultLimit is the largest size of the elements, in bytes, that Read and ReadFile accept: 4 GiB. A few megabytes
// of gzip can decompress to more.
const DefaultLimit int64 = 4 << 30

// FormatError is the error of a file that breaks the format.
type FormatError struct {
	Path   string // the file; empty for Read
	Offset int64  // in bytes; for gzip, in the decompressed content
	Msg    string
	Err    error // the cause, or nil: io.ErrUnexpectedEOF, gzip.ErrChecksum, …
}

func (e *FormatError) Error() string {
	s := "idx: "
	if e.Path != "" {
		s += e.Path + ": "
	}
	s += fmt.Sprintf("byte %d: %s", e.Offset, e.Msg)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FormatError) Unwrap() error { return e.Err }

// ReadFile reads the array in the file at path. It detects gzip by the content. An error in the content is a
// *FormatError that names the file.
func ReadFile(path string) (*Array, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("idx: %w", err)
	}
	defer f.Close()
	a, err := Read(f)
	var bad *FormatError
	if errors.As(err, &bad) {
		bad.Path = path
		var head [2]byte
		// the magic number is wrong
		if _, err := f.ReadAt(head[:], 0); err == nil && !isGzip(head[:]) && bad.Offset == 0 && bad.Err == nil {
			bad.Msg += "; this is " + inputfile.IdentifyReader(f)
		}
	}
	return a, err
}

// Read reads an array, plain or gzip, from r. It reads r to its end: more bytes than the header announces are an
// error, and so are fewer. The memory is proportional to the bytes read, whatever the header claims.
func Read(r io.Reader) (*Array, error) { return ReadLimit(r, DefaultLimit) }

// ReadLimit is Read with the given limit on the size of the elements, in bytes.
func ReadLimit(r io.Reader, limit int64) (*Array, error) {
	br := bufio.NewReader(r)
	if head, _ := br.Peek(2); isGzip(head) {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, &FormatError{Msg: "gzip header", Err: inputfile.NoEOF(err)}
		}
		return read(z, limit)
	}
	return read(br, limit)
}

func isGzip(head []byte) bool { return bytes.Equal(head, []byte{0x1f, 0x8b}) }

func read(r io.Reader, limit int64) (*Array, error) {
	offset := int64(0)
	fail := func(err error, format string, args ...any) (*Array, error) {
		return nil, &FormatError{Offset: offset, Msg: fmt.Sprintf(format, args...), Err: err}
	}

	var word [4]byte
	if n, err := io.ReadFull(r, word[:]); err != nil {
		offset = int64(n)
		return fail(inputfile.NoEOF(err), "in the magic number")
	}
	a := &Array{Type: Type(word[2])}
	if word[0] != 0 || word[1] != 0 || a.Type.Size() == 0 {
		return fail(nil, "magic number % x: want 00 00, then a type of 08, 09, 0b, 0c, 0d or 0e", word)
	}
	offset = 4

	a.Dims = make([]int, word[3])
	for i := range a.Dims {
		n, err := io.ReadFull(r, word[:])
		if err != nil {
			offset += int64(n)
			return fail(inputfile.NoEOF(err), "in dimension %d of %d", i, len(a.Dims))
		}
		d := binary.BigEndian.Uint32(word[:])
		if uint64(d) > math.MaxInt {
			return fail(nil, "dimension %d is %d, want at most %d on this machine", i, d, math.MaxInt)
		}
		a.Dims[i] = int(d)
		if _, ok := byteSize(a.Dims[:i+1], a.Type.Size()); !ok {
			return fail(nil, "dimensions %v of %v, up to dimension %d, overflow the size of memory", a.Dims[:i+1],
				a.Type, i)
		}
		offset += 4
	}
	size, _ := byteSize(a.Dims, a.Type.Size())
	if int64(size) > limit {
		return fail(nil, "dimensions %v of %v take %d bytes, the limit is %d", a.Dims, a.Type, size, limit)
	}

	var err error
	a.Data, err = inputfile.ReadGrowing(r, size)
	offset += int64(len(a.Data))
	if err != nil {
		return fail(inputfile.NoEOF(err), "after %d of the %d bytes that dimensions %v of %v take", len(a.Data), size,
			a.Dims, a.Type)
	}
	// For gzip, this read at the end also verifies the checksum.
	switch n, err := io.ReadFull(r, word[:1]); {
	case n > 0:
		return fail(nil, "more bytes than dimensions %v of %v take", a.Dims, a.Type)
	case err != io.EOF:
		return fail(err, "at the end of the elements")
	}
	return a, nil
}

// Write writes a as IDX, uncompressed; pass a gzip.Writer as w to compress. It returns an error if the length of Data
// does not match Type and Dims, for more than 255 dimensions, and for a dimension above 2³²-1.
func Write(w io.Writer, a *Array) error {
	if a.Type.Size() == 0 {
		return fmt.Errorf("idx: write: %v is not an element type, want Uint8, Int8, Int16, Int32, Float32 or Float64",
			a.Type)
	}
	if len(a.Dims) > math.MaxUint8 {
		return fmt.Errorf("idx: write: %d dimensions, want at most 255", len(a.Dims))
	}
	if n, ok := byteSize(a.Dims, a.Type.Size()); !ok || n != len(a.Data) {
		return fmt.Errorf("idx: write: Data has %[3]d bytes, want the size of dimensions %[1]v of %[2]v", a.Dims,
			a.Type, len(a.Data))
	}
	header := []byte{0, 0, byte(a.Type), byte(len(a.Dims))}
	for i, d := range a.Dims {
		if uint64(d) > math.MaxUint32 {
			return fmt.Errorf("idx: write: dimension %d is %d, want at most %d", i, d, uint32(math.MaxUint32))
		}
		header = binary.BigEndian.AppendUint32(header, uint32(d))
	}
	for _, b := range [][]byte{header, a.Data} {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("idx: write: %w", err)
		}
	}
	return nil
}
