package safetensors

import (
	"fmt"
	"io"

	"github.com/lamina-ml/lamina/tensor"
)

// formatOf pairs tensor's types with the format's.
var formatOf = map[tensor.DType]DType{
	tensor.Float32: F32, tensor.Float64: F64, tensor.BFloat16: BF16, tensor.Float16: F16,
	tensor.Int64: I64, tensor.Int32: I32, tensor.Uint8: U8, tensor.Bool: Bool,
}

// Load reads all tensors of a file to the heap, on the CPU, and the file's metadata. Its error names the file and the tensor.
func Load(path string) (tensors map[string]tensor.Tensor, metadata map[string]string, err error) {
	f, err := Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	tensors = map[string]tensor.Tensor{}
	for _, name := range f.Names() {
		if tensors[name], err = f.Tensor(name); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return tensors, f.Metadata(), nil
}

// Tensor reads one tensor to the heap, on the CPU.
func (f *File) Tensor(name string) (tensor.Tensor, error) {
	info, ok := f.Info(name)
	if !ok {
		return tensor.Tensor{}, fmt.Errorf("no tensor %q", name)
	}
	for dt, d := range formatOf {
		if d != info.DType {
			continue
		}
		if len(info.Shape) > tensor.MaxRank {
			return tensor.Tensor{}, fmt.Errorf("tensor %q has %d dimensions, and at most %d are possible", name, len(info.Shape), tensor.MaxRank)
		}
		raw := make([]byte, info.End-info.Start)
		if err := f.ReadAt(name, raw, 0); err != nil {
			return tensor.Tensor{}, err
		}
		if dt == tensor.Bool {
			for i, b := range raw {
				if b > 1 {
					return tensor.Tensor{}, fmt.Errorf("tensor %q: element %d is %d, which is no boolean", name, i, b)
				}
			}
		}
		return tensor.Options{DType: dt}.FromBytes(raw, info.Shape...), nil
	}
	return tensor.Tensor{}, fmt.Errorf("tensor %q holds %s, which tensors here do not", name, info.DType)
}

// Save writes tensors to a file, atomically: the file there, if there is one, stays until the new one is complete.
func Save(path string, tensors map[string]tensor.Tensor, metadata map[string]string) error {
	var entries []Entry
	for name, t := range tensors {
		entries = append(entries, Entry{Name: name, DType: formatOf[t.DType()], Shape: t.Shape().Dims(), Data: elements{t}})
	}
	return WriteFile(path, entries, metadata)
}

// elements writes a tensor's elements when its turn has come, so that one tensor is copied at a time.
type elements struct{ t tensor.Tensor }

func (e elements) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(e.t.Bytes())
	return int64(n), err
}
