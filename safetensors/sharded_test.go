package safetensors_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// TestSharded loads a model from two files and an index.
func TestSharded(t *testing.T) {
	dir := t.TempDir()
	model := nn.Sequential{nn.NewLinear(rng.NewTorch(1), 3, 2), nn.NewLinear(rng.NewTorch(2), 2, 1)}
	shards := []map[string]tensor.Tensor{{}, {}}
	names := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}
	index := `{"metadata": {"total_size": 44}, "weight_map": {`
	for i, n := range nn.StateDict(model) {
		if i > 0 {
			index += ","
		}
		shards[i/2][n.Name] = n.Tensor
		index += `"` + n.Name + `":"` + names[i/2] + `"`
	}
	for i, s := range shards {
		if err := safetensors.Save(filepath.Join(dir, names[i]), s, nil); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "model.safetensors.index.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(index + "}}")
	got := nn.Sequential{nn.NewLinear(rng.NewTorch(3), 3, 2), nn.NewLinear(rng.NewTorch(4), 2, 1)}
	if err := safetensors.LoadModel(path, got); err != nil {
		t.Fatal(err)
	}
	for i, n := range nn.StateDict(got) {
		if want := nn.StateDict(model)[i].Tensor; !bytes.Equal(n.Tensor.Bytes(), want.Bytes()) {
			t.Errorf("%s is %v, want %v", n.Name, n.Tensor, want)
		}
	}
	for text, want := range map[string]string{
		"":                   "not JSON",
		"[]":                 "not JSON",
		`{"weight_map": {}}`: "no weight_map",
		`{"weight_map": {"a": "../x.safetensors"}}`:                       `tensor "a" is in the file "../x.safetensors", want the name of a file in the index's folder`,
		`{"weight_map": {"a": "model.safetensors.index.json"}}`:           `tensor "a" is in the file "model.safetensors.index.json", which is an index`,
		`{"weight_map": {"a": "/etc/passwd"}}`:                            "want the name of a file in the index's folder",
		`{"weight_map": {"a": "model-00003-of-00002.safetensors"}}`:       "model-00003-of-00002.safetensors",
		`{"weight_map": {"missing": "model-00001-of-00002.safetensors"}}`: `no tensor "missing"`,
	} {
		write(text)
		if _, err := safetensors.Load(path); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "index.json") {
			t.Errorf("%s: the error is %v, want %q and the index's name", text, err, want)
		}
	}
}
