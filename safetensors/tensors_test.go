package safetensors

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		"i16":    tensor.From([]int16{-300, 1}),
		"i8":     tensor.From([]int8{-128, 127}),
		"b":      tensor.From([]uint8{0, 255}),
		"yes":    tensor.From([]float32{0, 1}).GreaterScalar(0.5),
	}
	if err := Save(path, want, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got, meta := c.Tensors, c.Metadata
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

// Load reads the supported tensors of a file and reports the others.
func TestLoadUnsupported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	entries := []Entry{
		{Name: "w", DType: F32, Shape: []int{2}, Data: bytes.NewReader(tensor.From([]float32{1, 2}).Bytes())},
		{Name: "deep", DType: U8, Shape: make([]int, tensor.MaxRank+1)},
	}
	var want []string
	for _, d := range dtypes {
		if _, ok := d.dtype.tensor(); !ok {
			name := "odd " + string(d.dtype)
			want = append(want, name)
			entries = append(entries, Entry{Name: name, DType: d.dtype, Shape: []int{8}, Data: bytes.NewReader(make([]byte, d.bits))})
		}
	}
	if len(want) < 10 {
		t.Fatalf("only %q are unsupported", want)
	}
	if err := WriteFile(path, entries, nil); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := c.Tensor("w"); err != nil || len(c.Tensors) != 1 || w.Float32s()[1] != 2 {
		t.Errorf("w is %v, %v; loaded are %v", w, err, c.Tensors)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	refuses := func(name, what string) {
		t.Helper()
		for _, load := range []func(string) (tensor.Tensor, error){c.Tensor, f.Tensor} {
			_, err := load(name)
			for _, part := range []string{path, name, what} {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%s: error %v does not say %q", name, err, part)
				}
			}
		}
	}
	refuses("deep", fmt.Sprint(tensor.MaxRank+1, " dimensions"))
	refuses("none", "no tensor")
	slices.Sort(want)
	var got []string
	for _, info := range c.Unsupported {
		if info.Name != "deep" {
			got = append(got, info.Name)
			refuses(info.Name, "type "+string(info.DType))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("reported are %q, want %q", got, want)
	}
	if err := c.CheckSupported(); err == nil || !strings.Contains(err.Error(), `"deep" has `) || !strings.Contains(err.Error(), "more") {
		t.Errorf("CheckSupported returns %v", err)
	}
	c.Unsupported = nil
	if err := c.CheckSupported(); err != nil {
		t.Errorf("CheckSupported of a file without unsupported tensors returns %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bad.safetensors")
	maybe := Entry{Name: "maybe", DType: Bool, Shape: []int{2}, Data: bytes.NewReader([]byte{1, 2})}
	if err := WriteFile(path, []Entry{maybe}, nil); err != nil {
		t.Fatal(err)
	}
	_, err := Load(path)
	if err == nil || !strings.Contains(err.Error(), "want a boolean") || !strings.Contains(err.Error(), `"maybe"`) ||
		!strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// The error names a file's actual format.
func TestLoadForeign(t *testing.T) {
	for what, content := range map[string]string{
		"a PyTorch file (a pickle in a ZIP archive): package torchfile reads it": "PK\x03\x04\x00\x00\x08\x08" +
			strings.Repeat("\x00", 18) + "\x10\x00\x12\x00archive/data.pklFB\x0e\x00ZZ",
		"a PyTorch file in the legacy format (a pickle): package torchfile reads it": "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
		"a GGUF file": "GGUF\x03\x00\x00\x00\x00\x00\x00\x00", "an HDF5 file": "\x89HDF\r\n\x1a\n\x00",
		"a Git LFS pointer": "version https://git-lfs.github.com/spec/v1\n",
	} {
		path := filepath.Join(t.TempDir(), "model.pt")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: error %v", what, err)
		}
	}
}
