// Package imageset reads well-known sets of small labelled images from their own files: Fashion-MNIST, KMNIST, EMNIST,
// CIFAR-10 and CIFAR-100. It downloads nothing; an error names the files that are missing and where people get them.
//
// A [Set] is a dataset for a loader, and a source of package vision, which augments the images.
package imageset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/idx"
	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/tensor"
)

// Part is the training part or the test part of a set.
type Part uint8

// The parts.
const (
	Train Part = iota
	Test
)

// String returns "train" or "test".
func (p Part) String() string {
	if p == Test {
		return "test"
	}
	return "train"
}

// Set is a set of images in memory. As a data.Dataset its x is float32 (C, H, W) from 0 to 1, and y is int64 (), the
// class.
type Set struct {
	C, H, W int      // channels, rows and columns of an image
	Pixels  []byte   // (N, C, H, W), 0 to 255
	Labels  []uint8  // (N) numbers of the classes
	Classes []string // names of the classes
}

// Len returns the number of images.
func (s *Set) Len() int { return len(s.Labels) }

// Fields returns the types and shapes of x and y.
func (s *Set) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(s.C, s.H, s.W)}, {DType: tensor.Int64}}
}

// Read writes image i. Its error is always nil.
func (s *Set) Read(i int, dst *data.Sample) error {
	s.copyTo(dst.Float32(0), i)
	dst.Int64(1)[0] = int64(s.Labels[i])
	return nil
}

// Load sets dst to image i and returns its label. Its error is always nil.
func (s *Set) Load(i int, dst *image.Planar) (label int, err error) {
	dst.Replace(s.C, s.H, s.W)
	s.copyTo(dst.Pix, i)
	return int(s.Labels[i]), nil
}

func (s *Set) copyTo(dst []float32, i int) {
	for j, v := range s.Pixels[i*len(dst):][:len(dst)] {
		dst[j] = float32(v) / 255
	}
}

// FashionMNIST reads Fashion-MNIST in dir: 60,000 training and 10,000 test images of clothes, (1, 28, 28), in 10
// classes. (Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
// algorithms", 2017)
//
// The files are train-images-idx3-ubyte, train-labels-idx1-ubyte and those beginning with t10k, each with or without
// .gz, in dir or in the folders FashionMNIST/raw below it, where torchvision puts them.
func FashionMNIST(dir string, part Part) (*Set, error) {
	return openMNIST(family{
		name: "Fashion-MNIST", dir: dir, raw: "FashionMNIST/raw", part: part, prefix: prefixes[part],
		where: "https://github.com/zalandoresearch/fashion-mnist or the Debian package dataset-fashion-mnist",
		classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
			"Ankle boot"},
	})
}

// KMNIST reads Kuzushiji-MNIST in dir: 60,000 training and 10,000 test images of cursive Japanese characters, (1, 28,
// 28), in 10 classes. Its files have the names of Fashion-MNIST's; torchvision's folders are KMNIST/raw. (Clanuwat et
// al., "Deep learning for classical Japanese literature", 2018)
func KMNIST(dir string, part Part) (*Set, error) {
	return openMNIST(family{
		name: "KMNIST", dir: dir, raw: "KMNIST/raw", part: part, prefix: prefixes[part],
		where:   "http://codh.rois.ac.jp/kmnist",
		classes: []string{"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"},
	})
}

// EMNIST reads a split of EMNIST in dir: handwritten letters and digits, (1, 28, 28). (Cohen et al., "EMNIST: an
// extension of MNIST to handwritten letters", 2017)
//
//	split     classes
//	byclass   62: digits, upper case, lower case
//	bymerge   47: lower case letters that look like the upper case letter count as that
//	balanced  47 of equal size
//	letters   26: upper and lower case count as one
//	digits    10
//	mnist     10
//
// The files are emnist-SPLIT-train-images-idx3-ubyte and so on, each with or without .gz, in dir or in EMNIST/raw below
// it. The files hold each image with rows and columns exchanged; the images of the set are upright. The labels of
// letters, 1 to 26 in the file, are 0 to 25.
func EMNIST(dir, split string, part Part) (*Set, error) {
	classes, ok := emnistClasses[split]
	if !ok {
		return nil, fmt.Errorf("imageset: EMNIST has no split %q, want byclass, bymerge, balanced, letters, digits or mnist", split)
	}
	first := 0
	if split == "letters" {
		first = 1
	}
	s, err := openMNIST(family{
		name: "EMNIST", dir: dir, raw: "EMNIST/raw", part: part, prefix: "emnist-" + split + "-" + part.String(),
		where:   "https://www.nist.gov/itl/products-and-services/emnist-dataset (in gzip.zip)",
		classes: strings.Split(classes, ""),
		first:   first,
	})
	if err != nil {
		return nil, err
	}
	n := s.H * s.W
	for i := range s.Len() {
		turn(s.Pixels[i*n:][:n], s.H)
	}
	return s, nil
}

const (
	digits = "0123456789"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	merged = digits + upper + "abdefghnqrt"
)

// emnistClasses holds the classes of each split, one letter each.
var emnistClasses = map[string]string{
	"byclass": digits + upper + lower, "bymerge": merged, "balanced": merged, "letters": lower, "digits": digits, "mnist": digits,
}

// turn exchanges rows and columns of an image of n×n pixels.
func turn(pix []byte, n int) {
	for y := range n {
		for x := range y {
			pix[y*n+x], pix[x*n+y] = pix[x*n+y], pix[y*n+x]
		}
	}
}

// prefixes holds how the names of MNIST's files begin.
var prefixes = [2]string{Train: "train", Test: "t10k"}

// family describes a set in MNIST's format.
type family struct {
	name, dir, raw string
	part           Part
	prefix, where  string
	classes        []string
	first          int // label of class 0 in the file
}

func openMNIST(f family) (*Set, error) {
	images, err := f.array("images-idx3-ubyte")
	if err != nil {
		return nil, err
	}
	labels, err := f.array("labels-idx1-ubyte")
	if err != nil {
		return nil, err
	}
	if len(images.Dims) != 3 || images.Type != idx.Uint8 || images.Dims[1] != 28 || images.Dims[2] != 28 {
		return nil, fmt.Errorf("imageset: %s: images %v of %v, want (N, 28, 28) of uint8", f.name, images.Dims,
			images.Type)
	}
	if len(labels.Dims) != 1 || labels.Type != idx.Uint8 || labels.Dims[0] != images.Dims[0] {
		return nil, fmt.Errorf("imageset: %s: labels %v of %v for %d images, want one uint8 for each", f.name,
			labels.Dims, labels.Type, images.Dims[0])
	}
	for i, v := range labels.Data {
		k := int(v) - f.first
		if k < 0 || k >= len(f.classes) {
			return nil, fmt.Errorf("imageset: %s: label %d of %s image %d, want %d to %d", f.name, v, f.part, i,
				f.first, f.first+len(f.classes)-1)
		}
		labels.Data[i] = uint8(k)
	}
	return &Set{C: 1, H: 28, W: 28, Pixels: images.Data, Labels: labels.Data, Classes: f.classes}, nil
}

// array reads the file whose name ends like that, with or without .gz.
func (f family) array(suffix string) (*idx.Array, error) {
	name := f.prefix + "-" + suffix
	path, err := find(f.dir, f.raw, name, name+".gz")
	if err != nil {
		return nil, missing(f.name, f.dir, f.raw, name+" or "+name+".gz", f.where, err)
	}
	a, err := idx.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("imageset: %w", err)
	}
	return a, nil
}

// find returns the path of the first of the files that exists in dir or in dir/below.
func find(dir, below string, names ...string) (string, error) {
	if _, err := os.Stat(dir); err != nil {
		return "", err
	}
	for _, d := range []string{dir, filepath.Join(dir, filepath.FromSlash(below))} {
		for _, name := range names {
			path := filepath.Join(d, name)
			if _, err := os.Stat(path); err == nil {
				return path, nil
			} else if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
	}
	return "", fs.ErrNotExist
}

// missing returns the error for a file that is not there.
func missing(set, dir, below, names, where string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("imageset: %w", err)
	}
	return fmt.Errorf("imageset: %s needs the file %s in %s or in %s: people get it from %s: %w", set, names, dir,
		filepath.Join(dir, filepath.FromSlash(below)), where, err)
}
