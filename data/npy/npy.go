// Package npy reads and writes NumPy's files as tensors: .npy (one array) and .npz (a zip archive of arrays).
//
//	x, err := npy.Load("x.npy")               // np.load("x.npy")
//	err = npy.Save("y.npy", y)                // np.save("y.npy", y)
//	arrays, err := npy.LoadArchive("xy.npz")  // np.load("xy.npz")
//
// It reads boolean, integer and floating-point arrays in both byte orders and both memory orders. It converts uint16,
// uint32 and uint64, which tensors do not have, to int64. It returns an error for complex numbers, strings, dates,
// records and Python objects. (Objects are pickled; loading a pickle runs code from the file.)
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

// FormatError is the error of a file that breaks the format.
type FormatError struct {
	Path   string // the file; empty for Read
	Array  string // the array's name in an archive
	Offset int64  // in bytes, from the beginning of the array
	Msg    string
	Err    error // the cause, or nil: io.ErrUnexpectedEOF, …
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

// Load reads a .npy file into a tensor on the CPU and on the heap: np.load. An error in the content is a *FormatError
// that names the file.
func Load(path string) (tensor.Tensor, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("npy: %w", err)
	}
	defer f.Close()
	t, err := readAll(f, math.MaxInt64)
	if bad := (*FormatError)(nil); errors.As(err, &bad) {
		bad.Path = path
		if bad.Offset == 0 && bad.Err == nil { // the magic number is wrong
			bad.Msg += "; this is " + inputfile.IdentifyReader(f)
		}
	}
	return t, err
}

// Read reads one array from r and no byte more, so that several arrays can follow one another. At the end of r it
// returns io.EOF itself. An error in the content is a *FormatError. The memory is proportional to the bytes read,
// whatever the header claims.
func Read(r io.Reader) (tensor.Tensor, error) {
	h, n, err := readHeader(r)
	if err != nil {
		return tensor.Tensor{}, err
	}
	return h.read(r, n, math.MaxInt64)
}

// readAll reads an array of up to limit bytes, after which r must end.
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
	switch _, err := io.ReadFull(r, more[:]); { // in an archive, this also verifies the checksum
	case err == nil:
		return tensor.Tensor{}, &FormatError{Offset: n, Msg: fmt.Sprintf("more bytes than %v takes", h)}
	case err != io.EOF:
		return tensor.Tensor{}, &FormatError{Offset: n, Msg: "at the end of the array", Err: err}
	}
	return t, nil
}

// read reads the elements, which follow a header of n bytes.
func (h *header) read(r io.Reader, n, limit int64) (tensor.Tensor, error) {
	size := h.bytes()
	if int64(size) > limit {
		return tensor.Tensor{}, &FormatError{Offset: n, Msg: fmt.Sprintf("%v takes %d bytes, the limit is %d", h, size,
			limit)}
	}
	raw, err := inputfile.ReadGrowing(r, size)
	if err != nil {
		return tensor.Tensor{}, &FormatError{Offset: n + int64(len(raw)),
			Msg: fmt.Sprintf("after %d of the %d bytes that %v takes", len(raw), size, h), Err: inputfile.NoEOF(err)}
	}
	t, at, msg := h.tensor(raw)
	if msg != "" {
		return tensor.Tensor{}, &FormatError{Offset: n + int64(at)*int64(h.size), Msg: msg}
	}
	return t, nil
}

// tensor returns the elements as a tensor, or the index and an error text of the first element that a tensor cannot
// hold.
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
			return t, at, fmt.Sprintf("element %d is %d, want a boolean of 0 or 1", at, raw[at])
		}
	}
	if !known {
		wide := make([]byte, 8*(len(raw)/h.size))
		for i := range len(raw) / h.size {
			v, ok := h.integer(raw[i*h.size:])
			if !ok {
				return t, i, fmt.Sprintf("element %d is %d, want at most %d, the largest int64", i, uint64(v),
					int64(math.MaxInt64))
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

// integer returns an unsigned element as int64; ok is false if it does not fit.
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

// Save writes t to a .npy file atomically: np.save. After an error or a crash the old file is unchanged.
func Save(path string, t tensor.Tensor) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return Write(w, t) }); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	return nil
}

// Write writes the bytes that np.save writes. It returns an error for bfloat16, which NumPy does not have.
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
