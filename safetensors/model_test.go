package safetensors_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// tied is a model with one matrix under two keys, and a buffer.
type tied struct {
	Encode, Decode *nn.Linear
	Mean           tensor.Tensor `nn:",buffer"`
}

func newTied(seed uint64) *tied {
	g := rng.NewTorch(seed)
	m := &tied{Encode: nn.NewLinear(g, 3, 3), Mean: tensor.Full(float64(seed), 2)}
	m.Decode = &nn.Linear{Weight: m.Encode.Weight}
	return m
}

func numbers(model any) (out []float32) {
	for _, n := range nn.StateDict(model) {
		out = append(out, n.Tensor.Float32s()...)
	}
	return out
}

func TestSaveAndLoadModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	from := newTied(1)
	if err := safetensors.SaveModel(path, from); err != nil {
		t.Fatal(err)
	}
	c, err := safetensors.Load(path)
	if err != nil || c.Metadata["format"] != "pt" || len(c.Tensors) != 3 ||
		c.Metadata["encode.weight"] != "decode.weight" {
		t.Errorf("the file holds %v (%v)", c, err)
	}
	to := newTied(2)
	weight := to.Encode.Weight
	if err := safetensors.LoadModel(path, to); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(numbers(to), numbers(from)) || to.Encode.Weight != weight || !weight.RequiresGrad() {
		t.Error("the numbers are others, or the tensors are")
	}
	// Load into another type, and from a file that holds the shared matrix once, under either key.
	for _, lacking := range []string{"encode.weight", "decode.weight"} {
		delete(c.Tensors, lacking)
		if err := safetensors.Save(path, c.Tensors, nil); err != nil {
			t.Fatal(err)
		}
		to = newTied(3)
		nn.Cast(to, tensor.Float64)
		if err := safetensors.LoadModel(path, to); err != nil || to.Encode.Weight.DType() != tensor.Float64 ||
			!slices.Equal(numbers(to), numbers(from)) {
			t.Errorf("without %s: %v", lacking, err)
		}
		c.Tensors[lacking] = from.Encode.Weight
	}
}

// A file that does not fit gives an error with its name and all keys, and the model stays unchanged.
func TestLoadModelRefuses(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "model.safetensors")
	good := func() map[string]tensor.Tensor {
		tensors := map[string]tensor.Tensor{}
		for _, n := range nn.StateDict(newTied(1)) {
			tensors[n.Name] = n.Tensor
		}
		return tensors
	}
	for name, test := range map[string]struct {
		change func(map[string]tensor.Tensor)
		want   string
	}{
		"all at once": {func(m map[string]tensor.Tensor) {
			delete(m, "encode.weight")
			delete(m, "decode.weight")
			m["head.bias"], m["another"] = tensor.Ones(1), tensor.Ones(1)
			m["mean"] = tensor.Ones(3)
		}, "the state dict does not fit the model; missing: encode.weight, decode.weight; unexpected: another, head.bias; " +
			"of another shape: mean is (3,) in the dict and (2,) in the model"},
		"a shared tensor of another shape": {func(m map[string]tensor.Tensor) {
			delete(m, "encode.weight")
			m["decode.weight"] = tensor.Ones(1)
		}, "the state dict does not fit the model; of another shape: encode.weight is (1,) in the dict and (3, 3) in the model, " +
			"decode.weight is (1,) in the dict and (3, 3) in the model"},
	} {
		tensors := good()
		test.change(tensors)
		if err := safetensors.Save(path, tensors, nil); err != nil {
			t.Fatal(err)
		}
		m := newTied(2)
		before := numbers(m)
		err := safetensors.LoadModel(path, m)
		var state *nn.StateError
		if err == nil || err.Error() != "safetensors: "+path+": "+test.want || !errors.As(err, &state) {
			t.Errorf("%s: got  %v\nwant …%s", name, err, test.want)
		}
		if !slices.Equal(numbers(m), before) {
			t.Errorf("%s: the model has changed", name)
		}
	}
	if err := safetensors.LoadModel(filepath.Join(folder, "absent"), newTied(1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	// A tensor of an unsupported type is named in the error if the model needs it, and is an unexpected key otherwise.
	for name, want := range map[string]string{"weight": `"weight"`, "scale": "unexpected: scale"} {
		entries := []safetensors.Entry{{Name: name, DType: safetensors.DType("F8_E4M3"), Shape: []int{1, 1},
			Data: bytes.NewReader([]byte{1})}}
		if name != "weight" {
			entries = append(entries, safetensors.Entry{Name: "weight", DType: safetensors.F32, Shape: []int{1, 1},
				Data: bytes.NewReader(make([]byte, 4))})
		}
		if err := safetensors.WriteFile(path, entries, nil); err != nil {
			t.Fatal(err)
		}
		err := safetensors.LoadModel(path, nn.LinearConfig{NoBias: true}.New(rng.NewTorch(1), 1, 1))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("an unknown type under %s: %v", name, err)
		}
	}
}

func ExampleSaveModel() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "model.safetensors")

	model := nn.Sequential{nn.NewLinear(rng.NewTorch(0), 2, 3), &nn.ReLU{}, nn.NewLinear(rng.NewTorch(1), 3, 1)}
	fmt.Println(safetensors.SaveModel(path, model))

	again := nn.Sequential{nn.NewLinear(rng.NewTorch(5), 2, 3), &nn.ReLU{}, nn.NewLinear(rng.NewTorch(6), 3, 1)}
	fmt.Println(safetensors.LoadModel(path, again))
	x := tensor.Ones(1, 2)
	fmt.Println(model.Forward(x).Item() == again.Forward(x).Item())
	// Output:
	// <nil>
	// <nil>
	// true
}
