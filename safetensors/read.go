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

// File is an open safetensors file. Its methods may be called concurrently, except Close.
type File struct {
	r        io.ReaderAt
	path     string
	data     int64 // offset of the data in the file
	tensors  []Info
	byName   map[string]int
	names    []string
	metadata map[string]string
	close    func() error
}

// Open opens the file at path and checks its header. It returns an error if the file is not a regular file, such as a
// pipe or a device.
func Open(path string) (*File, error) {
	r, size, err := errFormat.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f, err := NewReader(r, size)
	if err != nil {
		r.Close()
		return nil, err
	}
	f.close = r.Close
	return f, nil
}

// NewReader reads the header of a file of the given size from r and checks it. Errors name the file if r has a method
// Name, as *os.File has.
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

// readHeader returns the text of the header.
func readHeader(r io.ReaderAt, size int64) (string, error) {
	var first [9]byte
	if size < int64(len(first)) {
		return "", errorf("the file has %d bytes, want at least %d", max(size, 0), len(first))
	}
	if err := readAt(r, first[:], 0); err != nil {
		return "", err
	}
	n := binary.LittleEndian.Uint64(first[:8])
	switch {
	case n == 0 || first[8] != '{':
		return "", errorf("the header does not begin with {; this is not a safetensors file but %s", inputfile.IdentifyReader(r))
	case n > maxHeader:
		return "", errorf("the header's length is %d bytes, want at most %d", n, maxHeader)
	case int64(n) > size-8:
		return "", errorf("the header's length is %d bytes, but only %d follow", n, size-8)
	}
	header := make([]byte, n)
	if err := readAt(r, header, 8); err != nil {
		return "", err
	}
	return string(header), nil
}

// readAt fills p. It returns io.ErrUnexpectedEOF at the end of r, because the caller has compared the range with the
// size.
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

// Names returns the sorted names of the tensors.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Metadata returns a copy of the file's metadata, or nil if it has none.
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Info returns the description of the tensor with the given name; ok is false if there is none.
func (f *File) Info(name string) (info Info, ok bool) {
	i, ok := f.byName[name]
	if !ok {
		return Info{}, false
	}
	info = f.tensors[i]
	info.Shape = slices.Clone(info.Shape)
	return info, true
}

// ReadAt fills p with the bytes of the tensor with the given name, from its byte off on. To read all of it, pass End
// − Start bytes and 0. It returns an error if there is no such tensor, or if the tensor ends before p is full.
func (f *File) ReadAt(name string, p []byte, off int64) error {
	i, ok := f.byName[name]
	if !ok {
		return fmt.Errorf("safetensors: %s: no tensor %s", f.path, inputfile.Quote(name))
	}
	t := f.tensors[i]
	n := t.End - t.Start
	if off < 0 || off > n || int64(len(p)) > n-off {
		return fmt.Errorf("safetensors: %s: tensor %s has %d bytes, cannot read %d from byte %d", f.path, inputfile.Quote(name),
			n, len(p), off)
	}
	if err := readAt(f.r, p, f.data+t.Start+off); err != nil {
		return fmt.Errorf("safetensors: %s: tensor %s: %w", f.path, inputfile.Quote(name), err)
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
