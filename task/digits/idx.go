package digits

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/idx"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision"
)

// digitSet is a dataset of images with labels: x is float32 (size·size,) from 0 (background) to 1 (ink), y is int64
// (), the class.
type digitSet struct{ *mnist.Digits }

func (s digitSet) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(s.Rows * s.Cols)}, {DType: tensor.Int64}}
}

func (s digitSet) Read(i int, dst *data.Sample) error {
	x := dst.Float32(0)
	for j, p := range s.Images[i*len(x):][:len(x)] {
		x[j] = float32(p) / 255
	}
	dst.Int64(1)[0] = int64(s.Labels[i])
	return nil
}

// Load is the method of vision.Source.
func (s digitSet) Load(i int, dst *vision.Image) (int, error) {
	dst.Replace(1, s.Rows, s.Cols)
	n := s.Rows * s.Cols
	for j, p := range s.Images[i*n:][:n] {
		dst.Pix[j] = float32(p) / 255
	}
	return int(s.Labels[i]), nil
}

// split returns the first digits, and the last n.
func (s digitSet) split(n int) (first, last digitSet) {
	part := func(from, to int) digitSet {
		d := *s.Digits
		size := d.Rows * d.Cols
		d.Images, d.Labels = d.Images[from*size:to*size], d.Labels[from:to]
		return digitSet{&d}
	}
	k := s.Len() - n
	return part(0, k), part(k, s.Len())
}

// embedded is the value of data.path that means the embedded MNIST.
const embedded = "mnist"

// openDigits returns the part "train" or "t10k" of the IDX files in folder, or of the embedded files.
func openDigits(folder, part string) (digitSet, error) {
	var d *mnist.Digits
	var err error
	switch {
	case folder != embedded:
		d, err = readDigits(folder, part)
	case part == "train":
		d, err = mnist.Train()
	default:
		d, err = mnist.Test()
	}
	return digitSet{d}, err
}

// openSets returns the training and the test digits.
func openSets(folder string) (trainSet, testSet digitSet, err error) {
	if trainSet, err = openDigits(folder, "train"); err != nil {
		return
	}
	if testSet, err = openDigits(folder, "t10k"); err != nil {
		return
	}
	if trainSet.Rows != testSet.Rows {
		err = fmt.Errorf("%s: the training images have %d×%d pixels, the test images %d×%d, want equal sizes",
			folder, trainSet.Rows, trainSet.Cols, testSet.Rows, testSet.Cols)
	}
	return
}

// readDigits reads a part's two files, named as MNIST's.
func readDigits(folder, part string) (*mnist.Digits, error) {
	images, path, err := readIDX(folder, part+"-images-idx3-ubyte")
	if err != nil {
		return nil, err
	}
	if images.Type != idx.Uint8 || len(images.Dims) != 3 {
		return nil, fmt.Errorf("%s: it holds %v of %v, want images (N, rows, columns) of uint8", path, images.Dims,
			images.Type)
	}
	n, rows, cols := images.Dims[0], images.Dims[1], images.Dims[2]
	if n == 0 {
		return nil, fmt.Errorf("%s: it holds no images", path)
	}
	if rows != cols {
		return nil, fmt.Errorf("%s: the images have %d×%d pixels, want square images", path, rows, cols)
	}
	labels, path, err := readIDX(folder, part+"-labels-idx1-ubyte")
	if err != nil {
		return nil, err
	}
	if labels.Type != idx.Uint8 || len(labels.Dims) != 1 {
		return nil, fmt.Errorf("%s: it holds %v of %v, want labels (N) of uint8", path, labels.Dims, labels.Type)
	}
	if labels.Dims[0] != n {
		return nil, fmt.Errorf("%s: it holds %d labels for %d images", path, labels.Dims[0], n)
	}
	for i, l := range labels.Data {
		if l >= mnist.Classes {
			return nil, fmt.Errorf("%s: label %d is %d, want 0 to %d", path, i, l, mnist.Classes-1)
		}
	}
	return &mnist.Digits{Rows: rows, Cols: cols, Images: images.Data, Labels: labels.Data}, nil
}

// digest returns a hash of the digits, which detects changed data.
func digest(sets ...digitSet) string {
	h := sha256.New()
	for _, s := range sets {
		fmt.Fprintln(h, s.Rows, s.Cols, s.Len())
		h.Write(s.Images)
		h.Write(s.Labels)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readIDX reads the file name or name.gz in folder. It also returns its path.
func readIDX(folder, name string) (*idx.Array, string, error) {
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(path + ".gz"); err == nil {
			path += ".gz"
		}
	}
	a, err := idx.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = message.Advise(err, "The folder of --data must contain train-images-idx3-ubyte, train-labels-idx1-ubyte,\n"+
			"t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or compressed as .gz.")
	}
	return a, path, err
}
