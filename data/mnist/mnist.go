// Package mnist carries the MNIST handwritten digits inside the program: 60,000
// to train on and 10,000 to test with. Only programs that import it carry their
// 11 MB.
//
// The data set is by Yann LeCun, Corinna Cortes and Christopher J.C. Burges
// (http://yann.lecun.com/exdb/mnist), under the licence CC BY-SA 3.0; a program
// that is passed on with it names them.
package mnist

import (
	"bytes"
	_ "embed"
	"fmt"
	"image"
	"sync"

	"github.com/lamina-ml/lamina/data/idx"
)

// Classes is the number of different labels, 0 to 9.
const Classes = 10

var (
	//go:embed train-images-idx3-ubyte.gz
	trainImages []byte
	//go:embed train-labels-idx1-ubyte.gz
	trainLabels []byte
	//go:embed t10k-images-idx3-ubyte.gz
	testImages []byte
	//go:embed t10k-labels-idx1-ubyte.gz
	testLabels []byte
)

// Digits are pictures of digits with what they show.
type Digits struct {
	Rows, Cols int    // size of each picture in pixels: 28, 28
	Images     []byte // (N, Rows, Cols) grey values: 0 background, 255 ink
	Labels     []byte // (N) the digits, 0 to 9
}

// Train returns the 60,000 training digits. They are unpacked by the first call,
// in 0.2 s or so, and shared by all: don't write to them.
func Train() (*Digits, error) { return train() }

// Test returns the 10,000 test digits, unpacked and shared as Train's are.
func Test() (*Digits, error) { return test() }

var (
	train = sync.OnceValues(func() (*Digits, error) { return unpack("train", trainImages, trainLabels) })
	test  = sync.OnceValues(func() (*Digits, error) { return unpack("t10k", testImages, testLabels) })
)

// unpack reads the two files of a part of the data set.
func unpack(part string, imageFile, labelFile []byte) (*Digits, error) {
	images, err := idx.Read(bytes.NewReader(imageFile))
	if err != nil {
		return nil, fmt.Errorf("mnist: %s images: %w", part, err)
	}
	labels, err := idx.Read(bytes.NewReader(labelFile))
	if err != nil {
		return nil, fmt.Errorf("mnist: %s labels: %w", part, err)
	}
	if images.Type != idx.Uint8 || labels.Type != idx.Uint8 || len(images.Dims) != 3 ||
		len(labels.Dims) != 1 || images.Dims[0] != labels.Dims[0] {
		return nil, fmt.Errorf("mnist: %s has images %v of %v and labels %v of %v, want (N, rows, columns) and (N) of uint8",
			part, images.Dims, images.Type, labels.Dims, labels.Type)
	}
	return &Digits{Rows: images.Dims[1], Cols: images.Dims[2], Images: images.Data, Labels: labels.Data}, nil
}

// Len returns the number of digits.
func (d *Digits) Len() int { return len(d.Labels) }

// Image returns digit i as a picture, on the memory of d.
func (d *Digits) Image(i int) *image.Gray {
	n := d.Rows * d.Cols
	return &image.Gray{Pix: d.Images[i*n : (i+1)*n : (i+1)*n], Stride: d.Cols, Rect: image.Rect(0, 0, d.Cols, d.Rows)}
}

// Float32 returns the images as (N, Rows, Cols) numbers from 0, background, to
// 1, ink: x/255, as torchvision's ToTensor has them.
func (d *Digits) Float32() []float32 {
	x := make([]float32, len(d.Images))
	for i, b := range d.Images {
		x[i] = float32(b) / 255
	}
	return x
}
