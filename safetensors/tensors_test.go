package safetensors

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	want := map[string]tensor.Tensor{
		"w":      tensor.From([]float32{1, -2, 3.5, 4, 5, 6}, 2, 3),
		"t":      tensor.From([]float64{1, 2, 3, 4, 5, 6}, 2, 3).T(), // not contiguous
		"scalar": tensor.Scalar(7.25),
		"none":   tensor.Zeros(0, 4),
		"n":      tensor.From([]int64{-1, 1 << 40}),
		"i":      tensor.From([]int32{-7}),
		"b":      tensor.From([]uint8{0, 255}),
		"yes":    tensor.From([]float32{0, 1}).GreaterScalar(0.5),
	}
	if err := Save(path, want, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	got, meta, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if meta["format"] != "pt" || len(got) != len(want) {
		t.Fatalf("metadata %v, %d tensors", meta, len(got))
	}
	for name, w := range want {
		g := got[name]
		if g.DType() != w.DType() || g.Shape() != w.Shape() || !bytes.Equal(g.Bytes(), w.Bytes()) {
			t.Errorf("%s: got %v %s, want %v %s", name, g, g.DType(), w, w.DType())
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for what, e := range map[string]Entry{
		"9 dimensions": {Name: "deep", DType: U8, Shape: []int{1, 1, 1, 1, 1, 1, 1, 1, 1}, Data: bytes.NewReader([]byte{1})},
		"no boolean":   {Name: "maybe", DType: Bool, Shape: []int{2}, Data: bytes.NewReader([]byte{1, 2})},
		"holds I16":    {Name: "short", DType: I16, Shape: []int{1}, Data: bytes.NewReader([]byte{1, 2})},
	} {
		path := filepath.Join(t.TempDir(), "bad.safetensors")
		if err := WriteFile(path, []Entry{e}, nil); err != nil {
			t.Fatal(err)
		}
		_, _, err := Load(path)
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), e.Name) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if _, _, err := Load(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
