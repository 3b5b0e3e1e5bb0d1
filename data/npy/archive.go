package npy

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

// DefaultLimit is the largest size of an array in an archive, in bytes: 4 GiB. A few megabytes of zip can decompress
// to more.
const DefaultLimit int64 = 4 << 30

// Archive is an open .npz file. Read reads its arrays one by one.
type Archive struct {
	Limit int64 // largest size of an array in bytes; initially DefaultLimit

	path  string
	names []string
	files map[string]*zip.File
	close func() error
}

// OpenArchive opens a .npz file. Its errors, and those of Read, name the file.
func OpenArchive(path string) (*Archive, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		var a *Archive
		if a, err = NewArchive(f, info.Size()); err == nil {
			a.path, a.close = path, f.Close
			if what := inputfile.IdentifyReader(f); len(a.names) == 0 && info.Size() > emptyZip {
				f.Close()
				return nil, fmt.Errorf("npy: %s: it holds no arrays, want entries named *.npy; this is %s", path, what)
			}
			return a, nil
		}
	}
	defer f.Close()
	if errors.Is(err, zip.ErrFormat) {
		return nil, fmt.Errorf("npy: %s: %w; this is %s", path, err, inputfile.IdentifyReader(f))
	}
	return nil, fmt.Errorf("npy: %s: %w", path, err)
}

// emptyZip is the size of an archive without entries.
const emptyZip = 22

// NewArchive returns the archive in r, whose size is in bytes.
func NewArchive(r io.ReaderAt, size int64) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	a := &Archive{Limit: DefaultLimit, files: map[string]*zip.File{}, close: func() error { return nil }}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue // not an array; NumPy returns its bytes
		}
		if a.files[name] != nil {
			return nil, fmt.Errorf("array %q occurs twice", name)
		}
		a.names = append(a.names, name)
		a.files[name] = f
	}
	return a, nil
}

// Names returns the arrays' names, in the order of the file.
func (a *Archive) Names() []string { return slices.Clone(a.names) }

// Read reads an array into a tensor on the CPU and on the heap. An error in the content is a *FormatError.
func (a *Archive) Read(name string) (tensor.Tensor, error) {
	f := a.files[name]
	if f == nil {
		return tensor.Tensor{}, fmt.Errorf("npy: %sno array %q, want one of %q", a.prefix(), name, a.names)
	}
	r, err := f.Open()
	if err != nil {
		return tensor.Tensor{}, &FormatError{Path: a.path, Array: name, Msg: "opening", Err: err}
	}
	defer r.Close()
	t, err := readAll(r, a.Limit)
	if bad := (*FormatError)(nil); errors.As(err, &bad) {
		bad.Path, bad.Array = a.path, name
	}
	return t, err
}

func (a *Archive) prefix() string {
	if a.path == "" {
		return ""
	}
	return a.path + ": "
}

// Close closes the file that OpenArchive opened.
func (a *Archive) Close() error { return a.close() }

// LoadArchive reads all arrays of a .npz file into tensors on the CPU and on the heap: np.load.
func LoadArchive(path string) (map[string]tensor.Tensor, error) {
	a, err := OpenArchive(path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	arrays := map[string]tensor.Tensor{}
	for _, name := range a.names {
		if arrays[name], err = a.Read(name); err != nil {
			return nil, err
		}
	}
	return arrays, nil
}

// SaveArchive writes arrays to a .npz file atomically, sorted by name: np.savez, or np.savez_compressed if compress
// is true. After an error or a crash the old file is unchanged.
func SaveArchive(path string, arrays map[string]tensor.Tensor, compress bool) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return WriteArchive(w, arrays, compress) }); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	return nil
}

// WriteArchive writes a .npz file to w, as SaveArchive does.
func WriteArchive(w io.Writer, arrays map[string]tensor.Tensor, compress bool) error {
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		h := &zip.FileHeader{Name: name + ".npy", Method: zip.Store, Modified: epoch}
		if compress {
			h.Method = zip.Deflate
		}
		f, err := z.CreateHeader(h)
		if err == nil {
			err = Write(f, arrays[name])
		}
		if err != nil {
			return fmt.Errorf("array %q: %w", name, err)
		}
	}
	return z.Close()
}

// epoch is the date of all entries, the earliest that zip can store. It is constant, so that the same arrays give the
// same file.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
