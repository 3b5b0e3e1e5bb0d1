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

// DefaultLimit is how many bytes of elements Read and ReadFile accept: 4 GiB.
// A few megabytes of gzip can unfold to that.
const DefaultLimit int64 = 4 << 30

// A FormatError says what is wrong with a file and where.
type FormatError struct {
	Path   string // the file, empty where there is only a reader
	Offset int64  // in bytes; in the decompressed content where the file is gzip
	Msg    string
	Err    error // the cause, if there is one: io.ErrUnexpectedEOF, gzip.ErrChecksum, …
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

// ReadFile reads the array in the file at path, plain or gzip, which it tells by
// the content. An error in the content is a *FormatError that names the file.
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
		if _, err := f.ReadAt(head[:], 0); err == nil && !isGzip(head[:]) && bad.Offset == 0 && bad.Err == nil { // another magic number
			bad.Msg += "; this is " + inputfile.IdentifyReader(f)
		}
	}
	return a, err
}

// Read reads an array, plain or gzip, from r up to its end: bytes behind the
// array are an error, as is everything else that is not as the header says.
// Memory grows with what was really read, never with what the header promises.
func Read(r io.Reader) (*Array, error) { return ReadLimit(r, DefaultLimit) }

// ReadLimit is Read with a limit of its own on the bytes of the elements.
func ReadLimit(r io.Reader, limit int64) (*Array, error) {
	br := bufio.NewReader(r)
	if head, _ := br.Peek(2); isGzip(head) {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, &FormatError{Msg: "gzip header", Err: noEOF(err)}
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
		return fail(noEOF(err), "in the magic number")
	}
	a := &Array{Type: Type(word[2])}
	if word[0] != 0 || word[1] != 0 || a.Type.Size() == 0 {
		return fail(nil, "magic number % x: an IDX file begins 00 00, then a type of 08, 09, 0b, 0c, 0d or 0e", word)
	}
	offset = 4

	a.Dims = make([]int, word[3])
	for i := range a.Dims {
		n, err := io.ReadFull(r, word[:])
		if err != nil {
			offset += int64(n)
			return fail(noEOF(err), "in dimension %d of %d", i, len(a.Dims))
		}
		d := binary.BigEndian.Uint32(word[:])
		if uint64(d) > math.MaxInt {
			return fail(nil, "dimension %d is %d, too large for this machine", i, d)
		}
		a.Dims[i] = int(d)
		if _, ok := volume(a.Dims[:i+1], a.Type.Size()); !ok {
			return fail(nil, "dimensions %v of %v, up to dimension %d, overflow", a.Dims[:i+1], a.Type, i)
		}
		offset += 4
	}
	size, _ := volume(a.Dims, a.Type.Size())
	if int64(size) > limit {
		return fail(nil, "dimensions %v of %v take %d bytes, the limit is %d", a.Dims, a.Type, size, limit)
	}

	var err error
	a.Data, err = readGrowing(r, size)
	offset += int64(len(a.Data))
	if err != nil {
		return fail(noEOF(err), "after %d of the %d bytes that dimensions %v of %v promise", len(a.Data), size, a.Dims, a.Type)
	}
	// For gzip the read at the end is also what compares the checksum.
	switch n, err := io.ReadFull(r, word[:1]); {
	case n > 0:
		return fail(nil, "more bytes than dimensions %v of %v take", a.Dims, a.Type)
	case err != io.EOF:
		return fail(err, "at the end of the elements")
	}
	return a, nil
}

// readGrowing reads size bytes into memory that doubles as they come, so that a
// header that lies costs no more than twice what is there.
func readGrowing(r io.Reader, size int) ([]byte, error) {
	buf := make([]byte, 0, min(size, 64<<10))
	for len(buf) < size {
		if len(buf) == cap(buf) {
			room := size // doubling would overflow beyond half of size
			if cap(buf) < size/2 {
				room = 2 * cap(buf)
			}
			buf = append(make([]byte, 0, room), buf...)
		}
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// noEOF makes of an end of file an unexpected one: it is used inside the file.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Write writes a in plain IDX; wrap w in a gzip.Writer for the other form. It
// is an error if Data is not as long as Type and Dims say, or if the format
// cannot express them: more than 255 dimensions, or one beyond 2³²-1.
func Write(w io.Writer, a *Array) error {
	if a.Type.Size() == 0 {
		return fmt.Errorf("idx: write: %v is not an element type", a.Type)
	}
	if len(a.Dims) > math.MaxUint8 {
		return fmt.Errorf("idx: write: %d dimensions, the format has at most 255", len(a.Dims))
	}
	if n, ok := volume(a.Dims, a.Type.Size()); !ok || n != len(a.Data) {
		return fmt.Errorf("idx: write: dimensions %v of %v do not take the %d bytes of Data", a.Dims, a.Type, len(a.Data))
	}
	header := []byte{0, 0, byte(a.Type), byte(len(a.Dims))}
	for i, d := range a.Dims {
		if uint64(d) > math.MaxUint32 {
			return fmt.Errorf("idx: write: dimension %d is %d, the format ends at %d", i, d, uint32(math.MaxUint32))
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
