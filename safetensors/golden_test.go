package safetensors_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/safetensors"
)

const golden = "../testdata/torch/safetensors"

type goldenTensor struct {
	Name, DType string
	Shape       []int
	Data        string
}

type goldenFile struct {
	Metadata map[string]string
	Tensors  []goldenTensor
}

func goldenFiles(t *testing.T) map[string]goldenFile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(golden, "tensors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Files map[string]goldenFile }
	if err := json.Unmarshal(b, &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Files) == 0 {
		t.Fatal("no golden files")
	}
	return index.Files
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestReadPython reads files that the Python package wrote.
func TestReadPython(t *testing.T) {
	for name, want := range goldenFiles(t) {
		t.Run(name, func(t *testing.T) {
			f, err := safetensors.Open(filepath.Join(golden, name+".safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got := f.Metadata(); !reflect.DeepEqual(got, want.Metadata) {
				t.Errorf("metadata is %v, want %v", got, want.Metadata)
			}
			var names []string
			for _, w := range want.Tensors {
				names = append(names, w.Name)
				info, ok := f.Info(w.Name)
				if !ok {
					t.Errorf("tensor %q is missing", w.Name)
					continue
				}
				if info.Name != w.Name || string(info.DType) != w.DType || !slices.Equal(info.Shape, w.Shape) {
					t.Errorf("tensor %q is %v, want %s %v", w.Name, info, w.DType, w.Shape)
				}
				data := unhex(t, w.Data)
				got := make([]byte, info.End-info.Start)
				if err := f.ReadAt(w.Name, got, 0); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, data) {
					t.Errorf("tensor %q holds %x, want %x", w.Name, got, data)
				}
			}
			slices.Sort(names)
			if got := f.Names(); !slices.Equal(got, names) {
				t.Errorf("names are %q, want %q", got, names)
			}
		})
	}
}

// TestWriteAsPython writes the same tensors in several orders and compares the bytes with the Python package's.
func TestWriteAsPython(t *testing.T) {
	for name, file := range goldenFiles(t) {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join(golden, name+".safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			for turn := range max(1, len(file.Tensors)) {
				var entries []safetensors.Entry
				for i := range file.Tensors {
					w := file.Tensors[(i+turn)%len(file.Tensors)]
					entries = append(entries, safetensors.Entry{
						Name:  w.Name,
						DType: safetensors.DType(w.DType),
						Shape: w.Shape,
						Data:  bytes.NewReader(unhex(t, w.Data)),
					})
				}
				var got bytes.Buffer
				if err := safetensors.Write(&got, entries, maps.Clone(file.Metadata)); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Fatalf("wrote\n%q, want\n%q", got.Bytes(), want)
				}
			}
		})
	}
}
