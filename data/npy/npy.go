// Package npy reads and writes NumPy's files as tensors: .npy, which holds one array, and .npz, a zip archive of them.
//
//	x, err := npy.Load("x.npy")               // np.load("x.npy")
//	err = npy.Save("y.npy", y)                // np.save("y.npy", y)
//	arrays, err := npy.LoadArchive("xy.npz")  // np.load("xy.npz")
//
// Read are boolean, integer and floating-point arrays in either byte order and either memory order. Elements of a type that
// tensors do not have (uint16, uint32, uint64) become int64. Arrays of Python objects are pickled, which makes loading
// one run a program that the file brings along: they are refused, as are complex numbers, texts, dates and records.
//
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

// A FormatError says what is wrong with a file and where.
type FormatError struct {
	Path   string // the file, empty where there is only a reader
	Array  string // the array in an archive
	Offset int64  // in bytes from the beginning of the array
	Msg    string
	Err    error // the cause, if there is one, such as io.ErrUnexpectedEOF
}

func (e *FormatError) Error() string {
	var b strings.Builder
	b.WriteString("npy: ")
	if e.Path != "" {
		fmt.Fprintf(&b, "%s: ", e.Path)
	}
	if e.Array != "" {
		fmt.Fprintf(&b, "array %q: ", e.Array)
	}
	fmt.Fprintf(&b, "byte %d: %s", e.Offset, e.Msg)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *FormatError) Unwrap() error { return e.Err }

// Load reads a .npy file to the heap, on the CPU. An error in the content is a *FormatError that names the file.
func Load(path string) (tensor.Tensor, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("npy: %w", err)
	}
	defer f.Close()
	t, err := readAll(f, math.MaxInt64)
	if bad := (*FormatError)(nil); errors.As(err, &bad) {
		bad.Path = path
		if bad.Offset == 0 && bad.Err == nil { // another magic number
			bad.Msg += "; this is " + inputfile.IdentifyReader(f)
		}
	}
	return t, err
}

// Read reads one array from r and no byte more: several may follow one another. At the end of r the error is io.EOF itself. An error
// in the content is a *FormatError.
// Memory grows with what was really read, never with what the header promises.
func Read(r io.Reader) (tensor.Tensor, error) {
	h, n, err := readHeader(r)
	if err != nil {
		return tensor.Tensor{}, err
	}
	return h.read(r, n, math.MaxInt64)
}

// readAll reads an array that r ends with, of up to limit bytes.
func readAll(r io.Reader, limit int64) (tensor.Tensor, error) {
	h, n, err := readHeader(r)
	if err == io.EOF {
		err = &FormatError{Msg: "in the magic number", Err: io.ErrUnexpectedEOF}
	}
	if err != nil {
		return tensor.Tensor{}, err
	}
	t, err := h.read(r, n, limit)
	if err != nil {
		return t, err
	}
	n += int64(h.bytes())
	var more [1]byte
	switch _, err := io.ReadFull(r, more[:]); { // in an archive, this also compares the checksum
	case err == nil:
		return tensor.Tensor{}, &FormatError{Offset: n, Msg: fmt.Sprintf("more bytes than %v takes", h)}
	case err != io.EOF:
		return tensor.Tensor{}, &FormatError{Offset: n, Msg: "at the end of the array", Err: err}
	}
	return t, nil
}

// read reads the elements behind a header of n bytes.
func (h *header) read(r io.Reader, n, limit int64) (tensor.Tensor, error) {
	size := h.bytes()
	if int64(size) > limit {
		return tensor.Tensor{}, &FormatError{Offset: n, Msg: fmt.Sprintf("%v takes %d bytes, the limit is %d", h, size, limit)}
	}
	raw, err := readGrowing(r, size)
	if err != nil {
		return tensor.Tensor{}, &FormatError{Offset: n + int64(len(raw)),
			Msg: fmt.Sprintf("after %d of the %d bytes that %v takes", len(raw), size, h), Err: noEOF(err)}
	}
	t, at, msg := h.tensor(raw)
	if msg != "" {
		return tensor.Tensor{}, &FormatError{Offset: n + int64(at)*int64(h.size), Msg: msg}
	}
	return t, nil
}

// readGrowing reads size bytes into memory that doubles as they come, so that a header that lies costs no more than twice what is
// there.
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

// tensor makes a tensor of the elements, or names the first that cannot be one.
func (h *header) tensor(raw []byte) (t tensor.Tensor, at int, msg string) {
	if h.big {
		for e := raw; len(e) > 0; e = e[h.size:] {
			slices.Reverse(e[:h.size])
		}
	}
	dims := slices.Clone(h.dims)
	if h.fortran {
		slices.Reverse(dims)
	}
	dt, known := h.dtype()
	if dt == tensor.Bool {
		if at := slices.IndexFunc(raw, func(b byte) bool { return b > 1 }); at >= 0 {
			return t, at, fmt.Sprintf("element %d is %d, which is no boolean", at, raw[at])
		}
	}
	if !known {
		wide := make([]byte, 8*(len(raw)/h.size))
		for i := range len(raw) / h.size {
			v, ok := h.integer(raw[i*h.size:])
			if !ok {
				return t, i, fmt.Sprintf("element %d is %d, which int64 cannot hold", i, uint64(v))
			}
			binary.LittleEndian.PutUint64(wide[8*i:], uint64(v))
		}
		raw = wide
	}
	t = tensor.Options{DType: dt}.FromBytes(raw, dims...)
	if h.fortran && len(dims) > 1 {
		order := make([]int, len(dims))
		for i := range order {
			order[i] = len(dims) - 1 - i
		}
		t = t.Permute(order...).Contiguous()
	}
	return t, 0, ""
}

// integer returns an element of one of the types that become int64.
func (h *header) integer(b []byte) (v int64, ok bool) {
	le := binary.LittleEndian
	switch {
	case h.size == 2:
		v = int64(le.Uint16(b))
	case h.size == 4:
		v = int64(le.Uint32(b))
	default:
		v = int64(le.Uint64(b))
		return v, v >= 0
	}
	return v, true
}

// Save writes t to a .npy file, which is at every moment either the old one or the new one.
func Save(path string, t tensor.Tensor) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return Write(w, t) }); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	return nil
}

// Write writes t as np.save does, byte for byte. bfloat16, which NumPy does not have, is an error.
func Write(w io.Writer, t tensor.Tensor) error {
	head, err := formatHeader(t)
	if err != nil {
		return err
	}
	for _, b := range [][]byte{head, t.Bytes()} {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("npy: %w", err)
		}
	}
	return nil
}
