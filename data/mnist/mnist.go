// Package mnist embeds the MNIST data set of handwritten digits in the program: 60,000 for training and 10,000 for
// testing. It adds 11 MB to programs that import it.
//
// The data set is by Yann LeCun, Corinna Cortes and Christopher J.C. Burges (http://yann.lecun.com/exdb/mnist), under
// the license CC BY-SA 3.0: whoever distributes a program with it must name them.
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

// Digits holds images of digits with their labels.
type Digits struct {
	Rows, Cols int    // size of each image in pixels: 28, 28
	Images     []byte // (N, Rows, Cols) gray values: 0 background, 255 ink
	Labels     []byte // (N) the digits, 0 to 9
}

// Train returns the 60,000 training digits. The first call decompresses them, in about 0.2 s. All callers share the
// memory: do not write to it.
func Train() (*Digits, error) { return train() }

// Test returns the 10,000 test digits, decompressed and shared as Train's.
func Test() (*Digits, error) { return test() }

var (
	train = sync.OnceValues(func() (*Digits, error) { return unpack("train", trainImages, trainLabels) })
	test  = sync.OnceValues(func() (*Digits, error) { return unpack("t10k", testImages, testLabels) })
)

// unpack reads the two files of the training or test set.
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

// Image returns digit i as an image that shares the memory of d.
func (d *Digits) Image(i int) *image.Gray {
	n := d.Rows * d.Cols
	return &image.Gray{Pix: d.Images[i*n : (i+1)*n : (i+1)*n], Stride: d.Cols, Rect: image.Rect(0, 0, d.Cols, d.Rows)}
}

// Float32 returns the images as (N, Rows, Cols) numbers from 0 (background) to 1 (ink): x/255, as torchvision's
// ToTensor does.
func (d *Digits) Float32() []float32 {
	x := make([]float32, len(d.Images))
	for i, b := range d.Images {
		x[i] = float32(b) / 255
	}
	return x
}
