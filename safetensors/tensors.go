package safetensors

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

// formatOf maps tensor's types to the format's.
var formatOf = map[tensor.DType]DType{
	tensor.Float32: F32, tensor.Float64: F64, tensor.BFloat16: BF16, tensor.Float16: F16,
	tensor.Int64: I64, tensor.Int32: I32, tensor.Int16: I16, tensor.Int8: I8, tensor.Uint8: U8, tensor.Bool: Bool,
}

// Contents is the content of a file, returned by [Load].
type Contents struct {
	Tensors  map[string]tensor.Tensor
	Metadata map[string]string // nil if the file has none
	// Unsupported describes the tensors that a [tensor.Tensor] cannot hold because of their type or number of
	// dimensions, sorted by name. They are not in Tensors; [File.ReadAt] reads their bytes.
	Unsupported []Info

	path string
}

// Load reads the tensors of a file into memory of the CPU, on the heap: safetensors.torch.load_file. It does not read
// tensors that Lamina does not support, and lists them in Unsupported. Its error names the file and the tensor.
//
// A path that ends in ".index.json" is the index of a model in several files, as Hugging Face writes it; Load reads
// the tensors of all its files, which must be in the index's folder. Their metadata is left out.
func Load(path string) (*Contents, error) {
	if strings.HasSuffix(path, indexSuffix) {
		return loadSharded(path)
	}
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &Contents{Tensors: map[string]tensor.Tensor{}, Metadata: f.Metadata(), path: path}
	for _, name := range f.names {
		info, _ := f.Info(name)
		if unsupported(info) != nil {
			c.Unsupported = append(c.Unsupported, info)
			continue
		}
		if c.Tensors[name], err = f.Tensor(name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Tensor returns the tensor with the given name. It returns an error if there is none, or if it is in Unsupported.
func (c *Contents) Tensor(name string) (tensor.Tensor, error) {
	if t, ok := c.Tensors[name]; ok {
		return t, nil
	}
	for _, info := range c.Unsupported {
		if info.Name == name {
			return tensor.Tensor{}, fmt.Errorf("safetensors: %s: %w", c.path, unsupported(info))
		}
	}
	return tensor.Tensor{}, fmt.Errorf("safetensors: %s: no tensor %s", c.path, inputfile.Quote(name))
}

// CheckSupported returns an error that lists the tensors of Unsupported, or nil if there are none.
func (c *Contents) CheckSupported() error {
	var errs []error
	for _, info := range c.Unsupported {
		const most = 10
		if len(errs) == most {
			errs = append(errs, fmt.Errorf("and %d more", len(c.Unsupported)-most))
			break
		}
		errs = append(errs, unsupported(info))
	}
	if errs == nil {
		return nil
	}
	return fmt.Errorf("safetensors: %s: %w", c.path, errors.Join(errs...))
}

// Tensor reads one tensor into memory of the CPU, on the heap.
func (f *File) Tensor(name string) (tensor.Tensor, error) {
	t, err := f.tensor(name)
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("safetensors: %s: %w", f.path, err)
	}
	return t, nil
}

func (f *File) tensor(name string) (t tensor.Tensor, err error) {
	info, ok := f.Info(name)
	if !ok {
		return t, fmt.Errorf("no tensor %s", inputfile.Quote(name))
	}
	if err := unsupported(info); err != nil {
		return t, err
	}
	raw := make([]byte, info.End-info.Start)
	if err := readAt(f.r, raw, f.data+info.Start); err != nil {
		return t, fmt.Errorf("tensor %s: %w", inputfile.Quote(name), err)
	}
	dt, _ := info.DType.tensor()
	if dt == tensor.Bool {
		for i, b := range raw {
			if b > 1 {
				return t, fmt.Errorf("tensor %s: element %d is %d, want a boolean of 0 or 1", inputfile.Quote(name), i, b)
			}
		}
	}
	return tensor.Options{DType: dt}.FromBytes(raw, info.Shape...), nil
}

// unsupported returns an error if a tensor.Tensor cannot hold the tensor that info describes.
func unsupported(info Info) error {
	if _, ok := info.DType.tensor(); !ok {
		return fmt.Errorf("tensor %s has type %s, which Lamina does not have", inputfile.Quote(info.Name), info.DType)
	}
	if len(info.Shape) > tensor.MaxRank {
		return fmt.Errorf("tensor %s has %d dimensions, want at most %d", inputfile.Quote(info.Name), len(info.Shape),
			tensor.MaxRank)
	}
	return nil
}

// tensor returns tensor's type for d; ok is false if there is none.
func (d DType) tensor() (dt tensor.DType, ok bool) {
	for dt, format := range formatOf {
		if format == d {
			return dt, true
		}
	}
	return 0, false
}

// Save writes tensors and metadata to a file: safetensors.torch.save_file. It replaces the file atomically. metadata
// may be nil.
func Save(path string, tensors map[string]tensor.Tensor, metadata map[string]string) error {
	var entries []Entry
	for name, t := range tensors {
		entries = append(entries, Entry{Name: name, DType: formatOf[t.DType()], Shape: t.Shape().Dims(), Data: elements{t}})
	}
	return WriteFile(path, entries, metadata)
}

// elements is the io.WriterTo of a tensor's elements. It copies them only when Write reaches the tensor, one tensor
// at a time.
type elements struct{ t tensor.Tensor }

func (e elements) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(e.t.Bytes())
	return int64(n), err
}
