package main

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
	"github.com/lamina-ml/lamina/tensor"
)

// digitSet is pictures with labels as samples: x float32 (size·size,) from 0, background, to 1, ink; y int64 (), the class.
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

// digits returns the part "train" or "t10k" of the IDX files in folder, or of those that this program carries where folder is "".
func digits(folder, part string) (digitSet, error) {
	var d *mnist.Digits
	var err error
	switch {
	case folder != "":
		d, err = readDigits(folder, part)
	case part == "train":
		d, err = mnist.Train()
	default:
		d, err = mnist.Test()
	}
	return digitSet{d}, err
}

// readDigits reads a pair of files such as MNIST's.
func readDigits(folder, part string) (*mnist.Digits, error) {
	images, path, err := readIDX(folder, part+"-images-idx3-ubyte")
	if err != nil {
		return nil, err
	}
	if images.Type != idx.Uint8 || len(images.Dims) != 3 {
		return nil, fmt.Errorf("%s: it holds %v of %v, and pictures are (N, rows, columns) of uint8", path, images.Dims, images.Type)
	}
	n, rows, cols := images.Dims[0], images.Dims[1], images.Dims[2]
	if n == 0 {
		return nil, fmt.Errorf("%s: it holds no pictures", path)
	}
	if rows != cols {
		return nil, fmt.Errorf("%s: the pictures are %d×%d pixels, and must be square", path, rows, cols)
	}
	labels, path, err := readIDX(folder, part+"-labels-idx1-ubyte")
	if err != nil {
		return nil, err
	}
	if labels.Type != idx.Uint8 || len(labels.Dims) != 1 {
		return nil, fmt.Errorf("%s: it holds %v of %v, and labels are (N) of uint8", path, labels.Dims, labels.Type)
	}
	if labels.Dims[0] != n {
		return nil, fmt.Errorf("%s: it holds %d labels for %d pictures", path, labels.Dims[0], n)
	}
	for i, l := range labels.Data {
		if l >= mnist.Classes {
			return nil, fmt.Errorf("%s: label %d is %d, and digits are 0 to %d", path, i, l, mnist.Classes-1)
		}
	}
	return &mnist.Digits{Rows: rows, Cols: cols, Images: images.Data, Labels: labels.Data}, nil
}

// digest tells sets of digits from others.
func digest(sets ...digitSet) string {
	h := sha256.New()
	for _, s := range sets {
		fmt.Fprintln(h, s.Rows, s.Cols, s.Len())
		h.Write(s.Images)
		h.Write(s.Labels)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readIDX reads the file called name, or name.gz, and returns its path as well.
func readIDX(folder, name string) (*idx.Array, string, error) {
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(path + ".gz"); err == nil {
			path += ".gz"
		}
	}
	a, err := idx.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = errorWithHint{err, "The folder given with --data must hold train-images-idx3-ubyte, train-labels-idx1-ubyte,\n" +
			"t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or with .gz at its end."}
	}
	return a, path, err
}
