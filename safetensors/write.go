package safetensors

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/inputfile"
)

// Entry is a tensor for [Write].
type Entry struct {
	Name  string
	DType DType
	Shape []int // empty for a scalar
	// Data writes the elements, little-endian and in row-major order: product of Shape × element size bytes. Write
	// calls it once, when it reaches the tensor, so that not all tensors need to be in memory as bytes at the same
	// time. For a []byte use bytes.NewReader(b). It may be nil for an empty tensor.
	Data io.WriterTo
}

// WriteFile writes entries and metadata to the file at path, as [Write] does. It replaces the file atomically: after
// an error, a full disk or a crash the old file is unchanged.
func WriteFile(path string, entries []Entry, metadata map[string]string) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, entries, metadata) })
}

// Write writes entries and metadata to w, with the wider types first and sorted by name within a type. With nil
// metadata the file has none.
//
// It checks everything except the data before it writes the first byte: names must be distinct and not
// "__metadata__", names and metadata must be UTF-8, and the header must have at most 100 MB.
func Write(w io.Writer, entries []Entry, metadata map[string]string) error {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(b.DType.rank(), a.DType.rank()), strings.Compare(a.Name, b.Name))
	})
	tensors, err := layout(entries)
	if err == nil {
		err = checkMetadata(metadata)
	}
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	header := formatHeader(tensors, metadata)
	if len(header) > maxHeader {
		return fmt.Errorf("safetensors: %w", errorf("the header would have %d bytes, want at most %d", len(header),
			maxHeader))
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for i, e := range entries {
		if err := writeData(w, e.Data, tensors[i].End-tensors[i].Start); err != nil {
			return fmt.Errorf("safetensors: tensor %s: %w", inputfile.Quote(e.Name), err)
		}
	}
	return nil
}

// layout checks entries and assigns consecutive offsets.
func layout(entries []Entry) ([]Info, error) {
	tensors := make([]Info, len(entries))
	seen := make(map[string]bool, len(entries))
	end := int64(0)
	for i, e := range entries {
		n, err := size(e.DType, e.Shape)
		switch {
		case err != nil:
		case e.Name == metadataKey:
			err = errorf("the name is reserved for the metadata")
		case !utf8.ValidString(e.Name):
			err = errorf("the name is not valid UTF-8")
		case seen[e.Name]:
			err = errorf("the name occurs twice")
		case end+n < end:
			err = errorf("the file's size overflows")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", inputfile.Quote(e.Name), err)
		}
		seen[e.Name] = true
		tensors[i] = Info{e.Name, e.DType, e.Shape, end, end + n}
		end += n
	}
	return tensors, nil
}

// checkMetadata checks that keys and values are UTF-8.
func checkMetadata(metadata map[string]string) error {
	for k, v := range metadata {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return errorf("metadata %s: %s is not valid UTF-8", inputfile.Quote(k), inputfile.Quote(v))
		}
	}
	return nil
}

// writeData writes data to w and checks that it has n bytes.
func writeData(w io.Writer, data io.WriterTo, n int64) error {
	exact := &exactWriter{w: w, left: n}
	if data != nil {
		if _, err := data.WriteTo(exact); err != nil {
			return err
		}
	}
	if exact.left > 0 {
		return errorf("the data ends after %d of the %d bytes that shape and dtype require", n-exact.left, n)
	}
	return nil
}

// exactWriter writes to w and returns an error for more than left bytes.
type exactWriter struct {
	w    io.Writer
	left int64
}

func (e *exactWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > e.left {
		return 0, errorf("the data is longer than shape and dtype allow: a write of %d bytes, want at most %d more", len(p), e.left)
	}
	n, err := e.w.Write(p)
	e.left -= int64(n)
	return n, err
}
