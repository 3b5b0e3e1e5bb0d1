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
)

// An Entry is a tensor to be written.
type Entry struct {
	Name  string
	DType DType
	Shape []int // empty for a scalar
	// Data writes the elements, little-endian, the last dimension fastest:
	// exactly the product of Shape × the size of an element. It is asked once,
	// when its turn comes, so that not all tensors need to lie in memory as
	// bytes at a time. For bytes that do, it is bytes.NewReader(b). An empty
	// tensor may leave it nil.
	Data io.WriterTo
}

// WriteFile writes entries and metadata to the file at path, as [Write] does.
// The file appears whole or not at all: after an error, a full disk, or a crash
// at any moment, a file that was there is still there as it was.
func WriteFile(path string, entries []Entry, metadata map[string]string) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, entries, metadata) })
}

// Write writes entries and metadata to w. The order of entries does not matter:
// the wider types come first, then names decide. With nil metadata the file has
// none.
//
// Everything but the data is checked before the first byte is written: names
// must be different from each other and from "__metadata__", names and metadata
// UTF-8, and the header no longer than 100 MB.
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
		return fmt.Errorf("safetensors: %w", errorf("the header would have %d bytes, more than the %d allowed", len(header), maxHeader))
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for i, e := range entries {
		if err := writeData(w, e.Data, tensors[i].End-tensors[i].Start); err != nil {
			return fmt.Errorf("safetensors: tensor %s: %w", quote(e.Name), err)
		}
	}
	return nil
}

// layout checks entries and gives each its place, one after the other.
func layout(entries []Entry) ([]Info, error) {
	tensors := make([]Info, len(entries))
	seen := make(map[string]bool, len(entries))
	end := int64(0)
	for i, e := range entries {
		n, err := size(e.DType, e.Shape)
		switch {
		case err != nil:
		case e.Name == metadataKey:
			err = errorf("the name is reserved")
		case !utf8.ValidString(e.Name):
			err = errorf("the name is not UTF-8")
		case seen[e.Name]:
			err = errorf("the name occurs twice")
		case end+n < end:
			err = errorf("the file's size overflows")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", quote(e.Name), err)
		}
		seen[e.Name] = true
		tensors[i] = Info{e.Name, e.DType, e.Shape, end, end + n}
		end += n
	}
	return tensors, nil
}

func checkMetadata(metadata map[string]string) error {
	for k, v := range metadata {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return errorf("metadata %s: %s is not UTF-8", quote(k), quote(v))
		}
	}
	return nil
}

// writeData lets data write, and sees to it that it writes n bytes.
func writeData(w io.Writer, data io.WriterTo, n int64) error {
	exact := &exactWriter{w: w, left: n}
	if data != nil {
		if _, err := data.WriteTo(exact); err != nil {
			return err
		}
	}
	if exact.left > 0 {
		return errorf("the data ends after %d of %d bytes", n-exact.left, n)
	}
	return nil
}

// An exactWriter passes on as many bytes as are left and refuses more.
type exactWriter struct {
	w    io.Writer
	left int64
}

func (e *exactWriter) Write(p []byte) (int, error) {
	if int64(len(p)) > e.left {
		return 0, errorf("the data is longer than its shape and dtype allow: %d bytes where %d are left", len(p), e.left)
	}
	n, err := e.w.Write(p)
	e.left -= int64(n)
	return n, err
}
