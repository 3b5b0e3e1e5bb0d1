package torchfile_test

import (
	"bytes"
	"errors"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/torchfile"
)

const golden = "../testdata/torch/torchfile/"

// TestGolden checks that each file has the tensors that PyTorch saved, in every format.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob(golden + "*.pt")
	if err != nil || len(paths) < 15 {
		t.Fatal("golden files are missing:", paths, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".pt")
		if name == "unsupported" {
			continue
		}
		c, err := torchfile.Load(path)
		if err != nil {
			t.Error(err)
			continue
		}
		want, err := safetensors.Load(golden + strings.TrimSuffix(name, "-legacy") + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Tensors) != len(want.Tensors) {
			t.Errorf("%s has %d tensors, want %d", name, len(c.Tensors), len(want.Tensors))
		}
		for key, w := range want.Tensors {
			got, ok := c.Tensors[key]
			if !ok {
				t.Errorf("%s: no tensor %s", name, key)
			} else if got.DType() != w.DType() || got.Shape() != w.Shape() || !bytes.Equal(got.Bytes(), w.Bytes()) {
				t.Errorf("%s: %s is %v, want %v", name, key, got, w)
			}
		}
	}
}

// TestShared checks that a tensor that is saved under two keys stays one tensor.
func TestShared(t *testing.T) {
	c, err := torchfile.Load(golden + "views.pt")
	if err != nil {
		t.Fatal(err)
	}
	if c.Tensors["base"] != c.Tensors["same"] {
		t.Error("the tensor base was loaded twice")
	}
}

// TestCheckpoint checks the values beside the tensors, and the choice of a state dict.
func TestCheckpoint(t *testing.T) {
	for _, path := range []string{golden + "checkpoint.pt", golden + "checkpoint-legacy.pt"} {
		c, err := torchfile.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		root := c.Root.(*torchfile.Dict)
		for key, want := range map[string]any{"epoch": int64(7), "loss": 0.25, "name": "größer", "best": nil,
			"done": false, "negative": int64(-3)} {
			if got, ok := root.Get(key); !ok || got != want {
				t.Errorf("%s is %v, want %v", key, got, want)
			}
		}
		if v, _ := root.Get("big"); v.(*big.Int).Cmp(new(big.Int).Lsh(big.NewInt(1), 80)) != 0 {
			t.Error("big is", v)
		}
		if v, _ := root.Get("history"); !slices.Equal(v.([]any), []any{1.5, 2.5}) {
			t.Error("history is", v)
		}
		dict, err := c.StateDict()
		if err != nil || len(dict) != 6 || dict[0].Name != "0.weight" {
			t.Error("the state dict is", dict, err)
		}
		if _, err := c.StateDict("optimizer_state", "state"); err != nil {
			t.Error(err)
		}
		if _, err := c.StateDict("model"); err == nil || !strings.Contains(err.Error(), "model_state, optimizer_state") {
			t.Error("the error does not name the choices:", err)
		}
	}
}

// TestLoadModel loads a state dict, a checkpoint and a DataParallel model into a model.
func TestLoadModel(t *testing.T) {
	for _, name := range []string{"statedict", "statedict-legacy", "checkpoint", "checkpoint-legacy", "parallel", "protocol4"} {
		g := rng.NewTorch(1)
		model := nn.Sequential{nn.NewLinear(g, 4, 3), &nn.ReLU{}, nn.NewLayerNorm(3), nn.NewLinear(g, 3, 2)}
		if err := torchfile.LoadModel(golden+name+".pt", model); err != nil {
			t.Fatal(err)
		}
		want, err := safetensors.Load(golden + strings.TrimSuffix(name, "-legacy") + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		prefix := map[string]string{"checkpoint": "model_state.", "parallel": "module."}[strings.TrimSuffix(name, "-legacy")]
		for _, n := range nn.StateDict(model) {
			if w := want.Tensors[prefix+n.Name]; !bytes.Equal(n.Tensor.Bytes(), w.Bytes()) {
				t.Errorf("%s: %s is %v, want %v", name, n.Name, n.Tensor, w)
			}
		}
	}
	small := nn.NewLinear(rng.NewTorch(1), 4, 3)
	var state *nn.StateError
	if err := torchfile.LoadModel(golden+"statedict.pt", small); !errors.As(err, &state) || !strings.Contains(err.Error(), "statedict.pt") {
		t.Error("the error of a misfit is", err)
	}
}

// TestUnsupported checks that tensors of other types are described and the rest is loaded.
func TestUnsupported(t *testing.T) {
	c, err := torchfile.Load(golden + "unsupported.pt")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Tensors) != 1 || !c.Tensors["kept"].Defined() {
		t.Error("the tensors are", c.Tensors)
	}
	for key, want := range map[string]string{"complex": "complex64", "uint16": "uint16", "sparse": "sparse", "quantized": "quantized"} {
		if !strings.Contains(c.Unsupported[key], want) {
			t.Errorf("%s is described as %q, want %q", key, c.Unsupported[key], want)
		}
	}
}
