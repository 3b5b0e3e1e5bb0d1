package idx_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/data/idx"
)

// Write two images of 2×3 pixels, compressed, and read them back.
func ExampleArray() {
	pixels := []uint8{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110}

	var file bytes.Buffer
	z := gzip.NewWriter(&file)
	if err := idx.Write(z, idx.New(pixels, 2, 2, 3)); err != nil {
		log.Fatal(err)
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}

	a, err := idx.Read(&file) // detects gzip
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Type, a.Dims, a.Data)
	// Output: uint8 [2 2 3] [0 10 20 30 40 50 60 70 80 90 100 110]
}

// Convert labels to another type.
func ExampleValues() {
	labels, err := idx.Values[int64](idx.New([]uint8{5, 0, 4}))
	fmt.Println(labels, err)

	_, err = idx.Values[uint8](idx.New([]float32{1, 2, 2.5}))
	fmt.Println(err)
	// Output:
	// [5 0 4] <nil>
	// idx: element 2 is 2.5, which uint8 cannot hold
}

func ExampleType() {
	fmt.Println(idx.Int16, idx.Int16.Size())
	// Output: int16 2
}

func ExampleFormatError() {
	_, err := idx.Read(bytes.NewReader([]byte{0, 0, 8, 1, 0, 0, 0, 10, 1, 2, 3}))
	fmt.Println(err)
	// Output: idx: byte 11: after 3 of the 10 bytes that dimensions [10] of uint8 take: unexpected EOF
}
