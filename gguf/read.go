package gguf

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

// File is an open GGUF file. Its methods may be called concurrently, except Close.
type File struct {
	r       io.ReaderAt
	path    string
	version int
	keys    []string
	values  map[string]any
	tensors []Info
	byName  map[string]int
	data    int64 // where the data begin
	close   func() error
}

// Open opens the file at path and checks all but its data. It returns an error if the file is not a regular file,
// such as a pipe or a device.
func Open(path string) (*File, error) {
	r, size, err := errFormat.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	f, err := NewReader(r, size)
	if err != nil {
		r.Close()
		return nil, err
	}
	f.close = r.Close
	return f, nil
}

// NewReader reads all but the data of a file of the given size from r and checks it. Errors name the file if r has a
// method Name, as *os.File has.
func NewReader(r io.ReaderAt, size int64) (*File, error) {
	f := &File{r: r, path: "data"}
	if n, ok := r.(interface{ Name() string }); ok {
		f.path = n.Name()
	}
	if err := f.parse(r, size); err != nil {
		return nil, fmt.Errorf("gguf: %s: %w", f.path, err)
	}
	return f, nil
}

// Close closes the file, if [Open] opened it.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Path returns the name by which errors call the file: its path, or "data" for a reader without a name.
func (f *File) Path() string { return f.path }

// Version returns the version of the format, 2 or 3.
func (f *File) Version() int { return f.version }

// Keys returns the keys of the metadata, in the file's order.
func (f *File) Keys() []string { return slices.Clone(f.keys) }

// Value returns the value of a key of the metadata; ok is false if there is none. It is a number of the file's type
// (uint8 to uint64, int8 to int64, float32, float64), a bool, a string, or a slice of these, or of slices of them as
// []any. The caller must not change a slice.
func (f *File) Value(key string) (v any, ok bool) {
	v, ok = f.values[key]
	return v, ok
}

// A MissingError says that the metadata do not have a key.
type MissingError struct{ Path, Key string }

// Error names the file and the key.
func (e *MissingError) Error() string {
	return fmt.Sprintf("gguf: %s: the metadata have no %s", e.Path, inputfile.Quote(e.Key))
}

// wrong returns the error for a value of another type.
func (f *File) wrong(key, want string) error {
	v, ok := f.values[key]
	if !ok {
		return &MissingError{f.path, key}
	}
	text := fmt.Sprintf("%T", v)
	switch v.(type) {
	case string, bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float32, float64:
		text = inputfile.Quote(fmt.Sprint(v))
	}
	return fmt.Errorf("gguf: %s: %w", f.path, errorf("%s is %s, want %s", inputfile.Quote(key), text, want))
}

// Int returns the value of a key that has any integer type. Its error is a [*MissingError] if there is none.
func (f *File) Int(key string) (int, error) {
	switch v := f.values[key].(type) {
	case uint8:
		return int(v), nil
	case uint16:
		return int(v), nil
	case int8:
		return int(v), nil
	case int16:
		return int(v), nil
	case int32:
		return int(v), nil
	case uint32:
		if uint64(v) <= math.MaxInt {
			return int(v), nil
		}
	case uint64:
		if v <= math.MaxInt {
			return int(v), nil
		}
	case int64:
		if v >= math.MinInt && v <= math.MaxInt {
			return int(v), nil
		}
	}
	return 0, f.wrong(key, "an integer")
}

// Float returns the value of a key that has any type of numbers. Its error is a [*MissingError] if there is none.
func (f *File) Float(key string) (float64, error) {
	switch v := f.values[key].(type) {
	case float32:
		return float64(v), nil
	case float64:
		return v, nil
	}
	if n, err := f.Int(key); err == nil {
		return float64(n), nil
	}
	return 0, f.wrong(key, "a number")
}

// Text returns the value of a key that is a string. Its error is a [*MissingError] if there is none.
func (f *File) Text(key string) (string, error) {
	if v, ok := f.values[key].(string); ok {
		return v, nil
	}
	return "", f.wrong(key, "a string")
}

// Flag returns the value of a key that is a boolean. Its error is a [*MissingError] if there is none.
func (f *File) Flag(key string) (bool, error) {
	if v, ok := f.values[key].(bool); ok {
		return v, nil
	}
	return false, f.wrong(key, "a boolean")
}

// Texts returns the value of a key that is an array of strings, such as the tokens of a tokenizer. Its error is a
// [*MissingError] if there is none. The caller must not change the slice.
func (f *File) Texts(key string) ([]string, error) {
	if v, ok := f.values[key].([]string); ok {
		return v, nil
	}
	return nil, f.wrong(key, "an array of strings")
}

// Names returns the names of the tensors, in the file's order.
func (f *File) Names() []string {
	names := make([]string, len(f.tensors))
	for i, t := range f.tensors {
		names[i] = t.Name
	}
	return names
}

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

// ReadAt fills p with the bytes of the tensor with the given name, from its byte off on. It returns an error if there
// is no such tensor, or if the tensor ends before p is full.
func (f *File) ReadAt(name string, p []byte, off int64) error {
	i, ok := f.byName[name]
	if !ok {
		return f.missing(name)
	}
	t := f.tensors[i]
	if off < 0 || off > t.Size || int64(len(p)) > t.Size-off {
		return fmt.Errorf("gguf: %s: tensor %s has %d bytes, cannot read %d from byte %d", f.path, inputfile.Quote(name), t.Size,
			len(p), off)
	}
	n, err := f.r.ReadAt(p, f.data+t.Offset+off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("gguf: %s: tensor %s: %w", f.path, inputfile.Quote(name), err)
}

func (f *File) missing(name string) error {
	return fmt.Errorf("gguf: %s: there is no tensor %s", f.path, inputfile.Quote(name))
}

// Tensor reads one tensor into memory of the CPU, on the heap. The elements of blocks are dequantized to float32; other
// elements keep their type. It returns an error if there is no such tensor, or if Lamina does not have its type.
func (f *File) Tensor(name string) (tensor.Tensor, error) {
	i, ok := f.byName[name]
	if !ok {
		return tensor.Tensor{}, f.missing(name)
	}
	info := f.tensors[i]
	if format, ok := info.Type.BlockFormat(); ok {
		blocks, err := f.Blocks(name)
		if err != nil {
			return tensor.Tensor{}, err
		}
		return tensor.Dequantize(blocks, format), nil
	}
	l := layouts[info.Type]
	if l.dtype < 0 {
		return tensor.Tensor{}, fmt.Errorf("gguf: %s: tensor %s has type %s, which Lamina does not have", f.path,
			inputfile.Quote(name), l.name)
	}
	return f.read(info, tensor.DType(l.dtype), info.Shape)
}

// Blocks reads the blocks of one tensor as they are, for [tensor.QuantizedLinear]: a uint8 tensor whose last
// dimension has the bytes of a row. It returns an error if there is no such tensor, or if its type is not a
// [tensor.BlockFormat].
func (f *File) Blocks(name string) (tensor.Tensor, error) {
	i, ok := f.byName[name]
	if !ok {
		return tensor.Tensor{}, f.missing(name)
	}
	info := f.tensors[i]
	format, ok := info.Type.BlockFormat()
	if !ok || len(info.Shape) == 0 {
		return tensor.Tensor{}, fmt.Errorf("gguf: %s: tensor %s of type %s is not stored in blocks that Lamina has",
			f.path, inputfile.Quote(name), info.Type)
	}
	shape := slices.Clone(info.Shape)
	last := &shape[len(shape)-1]
	*last = *last / format.Weights() * format.Bytes()
	return f.read(info, tensor.Uint8, shape)
}

// read reads a tensor's bytes directly to the memory of a new tensor.
func (f *File) read(info Info, dt tensor.DType, shape []int) (t tensor.Tensor, err error) {
	var end [1]byte // before memory is allocated: the file may have been cut since it was opened
	if info.Size > 0 {
		if err := f.ReadAt(info.Name, end[:], info.Size-1); err != nil {
			return tensor.Tensor{}, err
		}
	}
	if dt != tensor.Uint8 { // the tensor's bytes cannot be written in place
		raw := make([]byte, info.Size)
		if err := f.ReadAt(info.Name, raw, 0); err != nil {
			return tensor.Tensor{}, err
		}
		return tensor.Options{DType: dt}.FromBytes(raw, shape...), nil
	}
	t = tensor.Options{DType: dt}.Zeros(shape...)
	tensor.SetFunc(t, func(dst []byte) { err = f.ReadAt(info.Name, dst, 0) })
	if err != nil {
		return tensor.Tensor{}, err
	}
	return t, nil
}
