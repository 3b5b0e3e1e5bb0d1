package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// A File is a safetensors file open for reading. Its methods may be called by
// several goroutines at once, except Close.
type File struct {
	r        io.ReaderAt
	path     string
	data     int64 // where the data begins
	tensors  []Info
	byName   map[string]int
	names    []string
	metadata map[string]string
	close    func() error
}

// Open opens the file at path and checks its header. It must be a regular file: no pipe, no device.
func Open(path string) (*File, error) {
	r, err := inputfile.Open(path)
	if errors.Is(err, inputfile.ErrNotRegular) {
		return nil, fmt.Errorf("safetensors: %w", errorf("%v", err))
	}
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	info, err := r.Stat()
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := NewReader(r, info.Size())
	if err != nil {
		r.Close()
		return nil, err
	}
	f.close = r.Close
	return f, nil
}

// NewReader reads a file of the given size from r and checks its header. If r
// has a method Name, as an *os.File has, its result names the file in errors.
func NewReader(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, path: "data"}
	if n, ok := r.(interface{ Name() string }); ok {
		f.path = n.Name()
	}
	header, err := readHeader(r, size)
	if err == nil {
		f.data = 8 + int64(len(header))
		f.tensors, f.metadata, err = parseHeader(header, size-f.data)
	}
	if err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", f.path, err)
	}
	f.byName = make(map[string]int, len(f.tensors))
	f.names = make([]string, len(f.tensors))
	for i, t := range f.tensors {
		f.byName[t.Name] = i
		f.names[i] = t.Name
	}
	slices.Sort(f.names)
	return f, nil
}

// readHeader returns the header's text.
func readHeader(r io.ReaderAt, size int64) (string, error) {
	var first [9]byte
	if size < int64(len(first)) {
		return "", errorf("%d bytes are too few for a header", max(size, 0))
	}
	if err := readAt(r, first[:], 0); err != nil {
		return "", err
	}
	n := binary.LittleEndian.Uint64(first[:8])
	switch {
	case n == 0 || first[8] != '{':
		return "", errorf("the header does not begin with {; this is no safetensors file but %s", inputfile.IdentifyReader(r))
	case n > maxHeader:
		return "", errorf("the header's length is %d bytes, more than the %d allowed", n, maxHeader)
	case int64(n) > size-8:
		return "", errorf("the header's length is %d bytes, but only %d follow", n, size-8)
	}
	header := make([]byte, n)
	if err := readAt(r, header, 8); err != nil {
		return "", err
	}
	return string(header), nil
}

// readAt fills p. The end of the input is unexpected here: the caller has
// compared with the size.
func readAt(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Names returns the names of the tensors, sorted.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Metadata returns a copy of the file's metadata, or nil if it has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Info describes the tensor of the given name; ok is false if there is none.
func (f *File) Info(name string) (info Info, ok bool) {
	i, ok := f.byName[name]
	if !ok {
		return Info{}, false
	}
	info = f.tensors[i]
	info.Shape = slices.Clone(info.Shape)
	return info, true
}

// ReadAt fills p with the bytes of the tensor of the given name, beginning at
// its byte off. To read all of it, pass End - Start bytes and 0. It is an error
// if there is no such tensor, or if it ends before p is full.
func (f *File) ReadAt(name string, p []byte, off int64) error {
	i, ok := f.byName[name]
	if !ok {
		return fmt.Errorf("safetensors: %s: no tensor %s", f.path, quote(name))
	}
	t := f.tensors[i]
	n := t.End - t.Start
	if off < 0 || off > n || int64(len(p)) > n-off {
		return fmt.Errorf("safetensors: %s: tensor %s has %d bytes, can't read %d from byte %d", f.path, quote(name), n, len(p), off)
	}
	if err := readAt(f.r, p, f.data+t.Start+off); err != nil {
		return fmt.Errorf("safetensors: %s: tensor %s: %w", f.path, quote(name), err)
	}
	return nil
}

// Close closes the file, if [Open] opened it.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}
