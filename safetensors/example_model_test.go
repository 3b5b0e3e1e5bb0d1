package safetensors_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// The files of a model in two parts are opened together; a tensor is read when it is asked for.
func ExampleModelFiles() {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for name, t := range map[string]tensor.Tensor{"a": tensor.Ones(2), "b": tensor.Zeros(3, 3)} {
		if err := safetensors.Save(filepath.Join(dir, name+".safetensors"), map[string]tensor.Tensor{name: t}, nil); err != nil {
			panic(err)
		}
	}
	index := filepath.Join(dir, "model.safetensors.index.json")
	if err := os.WriteFile(index, []byte(`{"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}`), 0o666); err != nil {
		panic(err)
	}

	m, err := safetensors.OpenModel(index)
	if err != nil {
		panic(err)
	}
	defer m.Close()
	info, _ := m.Info("b")
	a, err := m.Tensor("a")
	fmt.Println(m.Names(), info.Shape, a, err)
	// Output:
	// [a b] [3 3] tensor([1., 1.]) <nil>
}
