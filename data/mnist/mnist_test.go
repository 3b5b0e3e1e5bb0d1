package mnist

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"image/color"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data/idx"
)

// The decompressed embedded files have the authors' checksums, which README.md lists.
func TestContent(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []struct {
		name    string
		content []byte
		sha256  string
	}{
		{"train-images-idx3-ubyte.gz", trainImages, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
		{"train-labels-idx1-ubyte.gz", trainLabels, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
		{"t10k-images-idx3-ubyte.gz", testImages, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
		{"t10k-labels-idx1-ubyte.gz", testLabels, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
	} {
		z, err := gzip.NewReader(bytes.NewReader(file.content))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, z); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sum.Sum(nil)); got != file.sha256 {
			t.Errorf("%s: sha256 %s, want %s", file.name, got, file.sha256)
		}
		if !strings.Contains(string(readme), "| "+file.name+" | "+file.sha256+" |") {
			t.Errorf("README.md lacks %s with its sum", file.name)
		}
	}
}

func TestDigits(t *testing.T) {
	for _, part := range []struct {
		name      string
		load      func() (*Digits, error)
		n         int
		first     string // the first ten labels
		histogram [Classes]int
	}{
		{"train", Train, 60000, "5041921314", [...]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
		{"test", Test, 10000, "7210414959", [...]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
	} {
		d, err := part.load()
		if err != nil {
			t.Fatal(err)
		}
		if d.Len() != part.n || d.Rows != 28 || d.Cols != 28 || len(d.Images) != part.n*28*28 {
			t.Errorf("%s: %d digits of %d×%d in %d bytes", part.name, d.Len(), d.Rows, d.Cols, len(d.Images))
		}
		var histogram [Classes]int
		for _, label := range d.Labels {
			histogram[label]++
		}
		if histogram != part.histogram {
			t.Errorf("%s: labels are distributed %v, want %v", part.name, histogram, part.histogram)
		}
		first := ""
		for _, label := range d.Labels[:10] {
			first += fmt.Sprint(label)
		}
		if first != part.first {
			t.Errorf("%s: begins %s, want %s", part.name, first, part.first)
		}
		if again, _ := part.load(); again != d {
			t.Errorf("%s: unpacked twice", part.name)
		}
	}
}

func TestImage(t *testing.T) {
	d, err := Test()
	if err != nil {
		t.Fatal(err)
	}
	x := d.Float32()
	m := d.Image(9999)
	for r := range 28 {
		for c := range 28 {
			want := d.Images[9999*784+r*28+c]
			if got := m.At(c, r); got != (color.Gray{Y: want}) {
				t.Fatalf("pixel (%d, %d) is %v, want %d", r, c, got, want)
			}
			if got := x[9999*784+r*28+c]; got != float32(want)/255 {
				t.Fatalf("pixel (%d, %d) is %v, want %d/255", r, c, got, want)
			}
		}
	}
}

// Image and label files that do not match are an error.
func TestUnpackErrors(t *testing.T) {
	file := func(dims ...int) []byte {
		n := 1
		for _, d := range dims {
			n *= d
		}
		var buf bytes.Buffer
		if err := idx.Write(&buf, idx.New(make([]uint8, n), dims...)); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	for name, files := range map[string][2][]byte{
		"more labels":    {file(2, 3, 3), file(3)},
		"flat images":    {file(2, 9), file(2)},
		"broken images":  {file(2, 3, 3)[:20], file(2)},
		"broken labels":  {file(2, 3, 3), file(2)[:3]},
		"labels of rank": {file(2, 3, 3), file(2, 1)},
	} {
		if d, err := unpack("train", files[0], files[1]); d != nil || err == nil || !strings.Contains(err.Error(), "train") {
			t.Errorf("%s: got %v, %v", name, d, err)
		}
	}
}

func BenchmarkUnpackTrain(b *testing.B) {
	for b.Loop() {
		if _, err := unpack("train", trainImages, trainLabels); err != nil {
			b.Fatal(err)
		}
	}
}
