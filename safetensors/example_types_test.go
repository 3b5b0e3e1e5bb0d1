package safetensors_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

func ExampleDType() {
	for _, t := range []safetensors.DType{safetensors.F32, safetensors.BF16, safetensors.Bool} {
		fmt.Println(t, t.Bits(), "bits")
	}
	// Output:
	// F32 32 bits
	// BF16 16 bits
	// BOOL 8 bits
}

// zeros writes n zero bytes: an entry's data need not be in memory.
type zeros int64

func (n zeros) WriteTo(w io.Writer) (int64, error) {
	written := int64(0)
	for block := make([]byte, 4096); written < int64(n); {
		k, err := w.Write(block[:min(int64(len(block)), int64(n)-written)])
		if written += int64(k); err != nil {
			return written, err
		}
	}
	return written, nil
}

func ExampleEntry() {
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Entry{
		{Name: "weight", DType: safetensors.F32, Shape: []int{1000, 100}, Data: zeros(400_000)},
		{Name: "bias", DType: safetensors.F32, Shape: []int{2}, Data: bytes.NewReader(tensor.From([]float32{1, 2}).Bytes())},
	}, nil)
	fmt.Println(b.Len(), err)
	// Output: 400144 <nil>
}

// Read a single tensor of a file.
func ExampleFile() {
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Entry{
		{Name: "weight", DType: safetensors.F32, Shape: []int{1000, 100}, Data: zeros(400_000)},
		{Name: "bias", DType: safetensors.F32, Shape: []int{2}, Data: bytes.NewReader(tensor.From([]float32{1, 2}).Bytes())},
	}, nil)
	if err != nil {
		panic(err)
	}

	f, err := safetensors.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		panic(err)
	}
	bias, err := f.Tensor("bias")
	fmt.Println(bias, err)
	// Output: tensor([1., 2.]) <nil>
}

func ExampleInfo() {
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Entry{
		{Name: "weight", DType: safetensors.F32, Shape: []int{1000, 100}, Data: zeros(400_000)},
		{Name: "step", DType: safetensors.I64, Data: bytes.NewReader(tensor.Scalar(int64(7)).Bytes())},
	}, nil)
	if err != nil {
		panic(err)
	}

	f, err := safetensors.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		panic(err)
	}
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		fmt.Printf("%+v\n", info)
	}
	// Output:
	// {Name:step DType:I64 Shape:[] Start:0 End:8}
	// {Name:weight DType:F32 Shape:[1000 100] Start:8 End:400008}
}

// A file with one tensor of a type that Lamina does not support.
func ExampleContents() {
	path := filepath.Join(os.TempDir(), "lamina-example.safetensors")
	defer os.Remove(path)
	err := safetensors.WriteFile(path, []safetensors.Entry{
		{Name: "weight", DType: safetensors.F32, Shape: []int{2}, Data: bytes.NewReader(tensor.From([]float32{1, 2}).Bytes())},
		{Name: "scale", DType: safetensors.F8E4M3, Shape: []int{1}, Data: bytes.NewReader([]byte{1})},
	}, nil)
	if err != nil {
		panic(err)
	}

	c, err := safetensors.Load(path)
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Tensors["weight"])
	for _, info := range c.Unsupported {
		fmt.Println(info.Name, info.DType)
	}
	// Output:
	// tensor([1., 2.])
	// scale F8_E4M3
}
