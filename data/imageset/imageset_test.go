package imageset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/idx"
	"github.com/lamina-ml/lamina/data/image"
)

// put writes content to dir/name, compressed if name ends in .gz.
func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.Write(content)
	if strings.HasSuffix(name, ".gz") {
		b.Reset()
		z := gzip.NewWriter(&b)
		if _, err := z.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func idxFile(t *testing.T, values []uint8, dims ...int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := idx.Write(&b, idx.New(values, dims...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pixels returns n images of 28×28 whose pixel at column x of row y is x + 5y + the image's number.
func pixels(n int) []uint8 {
	p := make([]uint8, n*784)
	for i := range p {
		p[i] = uint8(i%28 + 5*(i/28%28) + i/784)
	}
	return p
}

func TestMNISTFamily(t *testing.T) {
	type set struct {
		name, prefix, raw string
		labels            []uint8
		open              func(dir string, part Part) (*Set, error)
		want              []uint8
		last              string // class
	}
	letters := func(dir string, part Part) (*Set, error) { return EMNIST(dir, "letters", part) }
	balanced := func(dir string, part Part) (*Set, error) { return EMNIST(dir, "balanced", part) }
	for _, c := range []set{
		{"Fashion", "train", "FashionMNIST/raw", []uint8{9, 0, 3}, FashionMNIST, []uint8{9, 0, 3}, "Ankle boot"},
		{"KMNIST", "t10k", "KMNIST/raw", []uint8{9, 0, 3}, KMNIST, []uint8{9, 0, 3}, "wo"},
		{"letters", "emnist-letters-train", "EMNIST/raw", []uint8{1, 26, 2}, letters, []uint8{0, 25, 1}, "z"},
		{"balanced", "emnist-balanced-test", "EMNIST/raw", []uint8{46, 0, 1}, balanced, []uint8{46, 0, 1}, "t"},
	} {
		for _, ending := range []string{"", ".gz"} {
			for _, below := range []string{"", c.raw + "/"} {
				dir := t.TempDir()
				put(t, dir, below+c.prefix+"-images-idx3-ubyte"+ending, idxFile(t, pixels(3), 3, 28, 28))
				put(t, dir, below+c.prefix+"-labels-idx1-ubyte"+ending, idxFile(t, c.labels))
				part := Train
				if c.prefix == "t10k" || strings.HasSuffix(c.prefix, "test") {
					part = Test
				}
				s, err := c.open(dir, part)
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
					continue
				}
				if s.Len() != 3 || !slices.Equal(s.Labels, c.want) || s.Classes[len(s.Classes)-1] != c.last {
					t.Errorf("%s: %d images, labels %v, classes %q", c.name, s.Len(), s.Labels, s.Classes)
				}
				want := uint8(2 + 5*3 + 1) // image 1, row 3, column 2
				if strings.HasPrefix(c.prefix, "emnist") {
					want = 3 + 5*2 + 1
				}
				if got := s.Pixels[784+3*28+2]; got != want {
					t.Errorf("%s: pixel %d, want %d", c.name, got, want)
				}
				if _, err := c.open(dir, 1-part); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: the other part: %v", c.name, err)
				}
			}
		}
	}
	for split, n := range map[string]int{"byclass": 62, "bymerge": 47, "balanced": 47, "letters": 26, "digits": 10, "mnist": 10} {
		if got := len(emnistClasses[split]); got != n {
			t.Errorf("%s has %d classes, want %d", split, got, n)
		}
	}
}

func TestMNISTErrors(t *testing.T) {
	images, labels := idxFile(t, pixels(2), 2, 28, 28), idxFile(t, []uint8{1, 2})
	for name, c := range map[string]struct {
		images, labels []byte
		text           string
	}{
		"no images": {nil, labels, "needs the file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in "},
		"no labels": {images, nil, "github.com/zalandoresearch/fashion-mnist"},
		"size":      {idxFile(t, pixels(2), 2, 56, 14), labels, "want (N, 28, 28) of uint8"},
		"number":    {images, idxFile(t, []uint8{1, 2, 3}), "for 2 images"},
		"label":     {images, idxFile(t, []uint8{1, 10}), "label 10 of train image 1, want 0 to 9"},
		"text":      {[]byte("<html>"), labels, "magic number"},
	} {
		dir := t.TempDir()
		if c.images != nil {
			put(t, dir, "train-images-idx3-ubyte", c.images)
		}
		if c.labels != nil {
			put(t, dir, "train-labels-idx1-ubyte", c.labels)
		}
		if _, err := FashionMNIST(dir, Train); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %q", name, err, c.text)
		}
	}
	if _, err := EMNIST(t.TempDir(), "capitals", Train); err == nil || !strings.Contains(err.Error(), "want byclass") {
		t.Errorf("split: %v", err)
	}
	if _, err := EMNIST(t.TempDir(), "letters", Test); err == nil ||
		!strings.Contains(err.Error(), "emnist-letters-test-images-idx3-ubyte") {
		t.Errorf("name of a file: %v", err)
	}
	if _, err := KMNIST(filepath.Join(t.TempDir(), "absent"), Train); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// record returns a CIFAR record with these labels whose pixels are v.
func record(v byte, labels ...byte) []byte {
	return append(labels, bytes.Repeat([]byte{v}, 3072)...)
}

func TestCIFAR(t *testing.T) {
	dir := t.TempDir()
	for i := range byte(5) {
		put(t, dir, "cifar-10-batches-bin/data_batch_"+string('1'+i)+".bin", append(record(10*i, i), record(10*i+1, 9)...))
	}
	put(t, dir, "test_batch.bin", record(200, 3))
	s, err := CIFAR10(dir, Train)
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 10 || !slices.Equal(s.Labels, []uint8{0, 9, 1, 9, 2, 9, 3, 9, 4, 9}) || s.Pixels[3*3072] != 11 ||
		s.Classes[9] != "truck" {
		t.Errorf("%d images, labels %v, %d", s.Len(), s.Labels, s.Pixels[3*3072])
	}
	if s, err = CIFAR10(dir, Test); err != nil || s.Len() != 1 || s.Labels[0] != 3 {
		t.Errorf("test: %v", err)
	}
	put(t, dir, "cifar-100-binary/train.bin", append(record(7, 19, 99), record(8, 0, 1)...))
	if s, err = CIFAR100(dir, Train); err != nil || !slices.Equal(s.Labels, []uint8{99, 1}) ||
		s.Classes[99] != "worm" || len(s.Classes) != 100 {
		t.Fatalf("CIFAR-100: %v", err)
	}
	if !slices.IsSorted(cifar100Classes) {
		t.Error("the classes of CIFAR-100 are not sorted")
	}

	for name, c := range map[string]struct {
		file    string
		content []byte
		text    string
	}{
		"absent":         {"readme.html", nil, "test_batch.bin in "},
		"archive":        {"cifar-10-binary.tar.gz", nil, "unpack cifar-10-binary.tar.gz"},
		"Python version": {"cifar-10-batches-py/test_batch", nil, "the Python version, which is there, is not read"},
		"empty":          {"test_batch.bin", nil, "0 bytes"},
		"cut":            {"test_batch.bin", record(1, 2)[:3000], "records of 3073 bytes"},
		"label":          {"test_batch.bin", append(record(1, 2), record(1, 10)...), "label 10 of image 1, want 0 to 9"},
	} {
		dir := t.TempDir()
		put(t, dir, c.file, c.content)
		if _, err := CIFAR10(dir, Test); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want %q", name, err, c.text)
		}
	}
}

func TestSet(t *testing.T) {
	s := &Set{C: 1, H: 1, W: 2, Pixels: []byte{0, 255, 51, 102}, Labels: []uint8{4, 7}}
	want := [][]float32{{0, 1}, {0.2, 0.4}}
	var img image.Planar
	for b := range data.NewLoader(s, data.LoaderConfig{}).Batches() {
		label, err := s.Load(b.Step, &img)
		if err != nil || !slices.Equal(img.Pix, want[b.Step]) || !slices.Equal(b.X.Float32s(), want[b.Step]) ||
			int64(label) != b.Y.Int64s()[0] {
			t.Errorf("image %d: %v, %v, label %d, %v", b.Step, img.Pix, b.X, label, err)
		}
	}
}
