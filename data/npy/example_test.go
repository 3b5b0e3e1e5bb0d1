package npy_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/npy"
	"github.com/lamina-ml/lamina/tensor"
)

// A loader of arrays that NumPy saved.
func Example() {
	arrays, err := npy.LoadArchive("../../testdata/torch/data/npy/plain.npz")
	if err != nil {
		log.Fatal(err)
	}
	x := arrays["x"].Reshape(3, 8)
	ds := data.NewTensorDataset(x, arrays["labels"].Cast(tensor.Int64))
	for batch := range data.NewLoader(ds, data.LoaderConfig{BatchSize: 2}).Batches() {
		fmt.Println(batch.X.Shape(), batch.Y.Int64s())
	}
	// Output:
	// (2, 8) [3 1]
	// (1, 8) [2]
}

func ExampleSave() {
	path := filepath.Join(os.TempDir(), "lamina-example.npy")
	defer os.Remove(path)
	if err := npy.Save(path, tensor.From([]float32{1, 2, 3, 4}, 2, 2)); err != nil {
		log.Fatal(err)
	}
	x, err := npy.Load(path) // in Python: np.load(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Shape(), x.Float32s())
	// Output: (2, 2) [1 2 3 4]
}

// Read one array of an archive.
func ExampleArchive() {
	a, err := npy.OpenArchive("../../testdata/torch/data/npy/compressed.npz")
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	mask, err := a.Read("mask")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Names(), mask.DType(), mask.Shape())
	// Output: [x labels group/w mask] bool (2,)
}

func ExampleFormatError() {
	_, err := npy.Read(bytes.NewReader([]byte("PK\x03\x04, a zip file")))
	fmt.Println(err)
	// Output: npy: byte 0: magic number 50 4b 03 04 2c 20, want 93 4e 55 4d 50 59
}
