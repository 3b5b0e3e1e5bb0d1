package safetensors

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

// ModelFiles are the open files of a model's weights: one, or those that an index lists. Tensors are read when they
// are asked for.
type ModelFiles struct {
	files []*File
	of    map[string]*File // by the tensors' names
}

// OpenModel opens a .safetensors file, or all files of an index, a path that ends in ".index.json". It reads and
// checks the headers. It returns an error if a file is not in the index's folder, or lacks a tensor that the index
// names.
func OpenModel(path string) (*ModelFiles, error) {
	m := &ModelFiles{of: map[string]*File{}}
	if !strings.HasSuffix(path, indexSuffix) {
		f, err := Open(path)
		if err != nil {
			return nil, err
		}
		m.files = []*File{f}
		for _, name := range f.Names() {
			m.of[name] = f
		}
		return m, nil
	}
	parts, err := readIndex(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", path, err)
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		f, err := Open(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%w (from the index %s)", err, path), m.Close())
		}
		m.files = append(m.files, f)
		for _, key := range parts[name] {
			if _, ok := f.Info(key); !ok {
				return nil, errors.Join(fmt.Errorf("safetensors: %s: %w", path, errorf("the file %s has no tensor %s",
					inputfile.Quote(name), inputfile.Quote(key))), m.Close())
			}
			m.of[key] = f
		}
	}
	return m, nil
}

// Names returns the sorted names of the tensors.
func (m *ModelFiles) Names() []string { return slices.Sorted(maps.Keys(m.of)) }

// Info returns the description of the tensor with the given name; ok is false if there is none.
func (m *ModelFiles) Info(name string) (info Info, ok bool) {
	f := m.of[name]
	if f == nil {
		return info, false
	}
	return f.Info(name)
}

// Tensor reads one tensor into memory of the CPU, on the heap.
func (m *ModelFiles) Tensor(name string) (tensor.Tensor, error) {
	f := m.of[name]
	if f == nil {
		return tensor.Tensor{}, fmt.Errorf("safetensors: there is no tensor %s", inputfile.Quote(name))
	}
	return f.Tensor(name)
}

// Close closes the files.
func (m *ModelFiles) Close() error {
	var errs []error
	for _, f := range m.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
