package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/safetensors"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")

	weight, err := binary.Append(nil, binary.LittleEndian, []float32{1, 2, 3, 4, 5, 6})
	if err != nil {
		panic(err)
	}
	err = safetensors.WriteFile(path, []safetensors.Entry{
		{Name: "fc.weight", DType: safetensors.F32, Shape: []int{2, 3}, Data: bytes.NewReader(weight)},
		{Name: "frozen", DType: safetensors.Bool, Data: bytes.NewReader([]byte{1})},
	}, map[string]string{"format": "pt"})
	if err != nil {
		panic(err)
	}

	f, err := safetensors.Open(path)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	fmt.Println(f.Metadata())
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		fmt.Println(name, info.DType, info.Shape, info.End-info.Start, "bytes")
	}
	// Output:
	// map[format:pt]
	// fc.weight F32 [2 3] 24 bytes
	// frozen BOOL [] 1 bytes
}

func ExampleFile_ReadAt() {
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Entry{
		{Name: "steps", DType: safetensors.I16, Shape: []int{3}, Data: bytes.NewReader([]byte{1, 0, 2, 0, 3, 0})},
	}, nil)
	if err != nil {
		panic(err)
	}

	f, err := safetensors.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		panic(err)
	}
	info, _ := f.Info("steps")
	p := make([]byte, info.End-info.Start)
	if err := f.ReadAt("steps", p, 0); err != nil {
		panic(err)
	}
	steps := make([]int16, 3)
	if _, err := binary.Decode(p, binary.LittleEndian, steps); err != nil {
		panic(err)
	}
	fmt.Println(steps)
	// Output: [1 2 3]
}

func ExampleNewReader() {
	header := `{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,12]}}`
	file := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header...)
	file = append(file, make([]byte, 12)...)

	_, err := safetensors.NewReader(bytes.NewReader(file), int64(len(file)))
	fmt.Println(err)
	fmt.Println(errors.Is(err, safetensors.ErrFormat))
	// Output:
	// safetensors: data: tensor "w": data_offsets [0, 12] hold 12 bytes, but shape [2 2] of F32 needs 16
	// true
}

func ExampleDType_Bits() {
	fmt.Println(safetensors.BF16.Bits(), safetensors.F4.Bits(), safetensors.DType("F128").Bits())
	// Output: 16 4 0
}
