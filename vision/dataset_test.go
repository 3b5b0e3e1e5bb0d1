package vision

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// squares is a source of n gray images of size×size pixels whose values are the index; odd ones are one pixel wider if
// ragged.
type squares struct {
	n, size int
	ragged  bool
	broken  map[int]bool
}

func (s squares) Len() int { return s.n }

func (s squares) Load(i int, dst *Image) (int, error) {
	if s.broken[i] {
		return 0, fmt.Errorf("picture-%d.png is broken", i)
	}
	w := s.size
	if s.ragged {
		w += i % 2
	}
	dst.Replace(1, s.size, w)
	for j := range dst.Pix {
		dst.Pix[j] = float32(i) + float32(j)/float32(len(dst.Pix))
	}
	return i % 10, nil
}

var augment = Compose{
	Resize{Height: 9, Width: 9},
	RandomAffine{Degrees: Range{-30, 30}, Translate: [2]float64{0.2, 0.2}, Scale: Range{0.8, 1.2}, Shear: Range{-5, 5},
		Interpolation: Bilinear},
	Normalize{Mean: []float32{0.5}, Std: []float32{2}},
}

// TestDatasetWorkers checks that the pixels depend on seed, epoch and index only.
func TestDatasetWorkers(t *testing.T) {
	ds, err := NewDataset(squares{n: 50, size: 9}, augment)
	if err != nil {
		t.Fatal(err)
	}
	read := func(workers, batch int) (x []float32) {
		loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: batch, Workers: workers, Shuffle: true, RNG: rng.NewTorch(3)})
		for range 2 {
			for b := range loader.Batches() {
				x = append(x, b.X.Float32s()...)
			}
			if err := loader.Err(); err != nil {
				t.Fatal(err)
			}
		}
		return x
	}
	want := read(0, 8)
	for _, workers := range []int{1, 3, 7} {
		for _, batch := range []int{8, 50} {
			if !slices.Equal(read(workers, batch), want) {
				t.Errorf("%d workers, batches of %d: other pixels", workers, batch)
			}
		}
	}
	half := len(want) / 2
	if slices.Equal(want[:half], want[half:]) {
		t.Error("two epochs have the same pixels")
	}
}

func TestDatasetErrors(t *testing.T) {
	if _, err := NewDataset(squares{}, nil); err == nil || !strings.Contains(err.Error(), "no pictures") {
		t.Errorf("empty: %v", err)
	}
	if _, err := NewDataset(squares{n: 2, size: 3, broken: map[int]bool{0: true, 1: true}}, nil); err == nil ||
		!strings.Contains(err.Error(), "picture 0: picture-0.png is broken") {
		t.Errorf("all broken: %v", err)
	}
	ds, err := NewDataset(squares{n: 6, size: 3, broken: map[int]bool{0: true, 4: true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	loader := data.NewLoader(data.NewSubset(ds, []int64{1, 2, 4}), data.LoaderConfig{Workers: 2})
	for range loader.Batches() {
	}
	var bad *data.SampleError
	if err := loader.Err(); !errors.As(err, &bad) || bad.Index != 2 || !strings.Contains(err.Error(), "picture-4.png") {
		t.Errorf("a broken picture: %v", err)
	}
	ds, err = NewDataset(squares{n: 6, size: 3, ragged: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ds.Read(1, data.NewSample(ds)); err == nil || !strings.Contains(err.Error(), "picture 1 has the shape (1, 3, 4)") {
		t.Errorf("another shape: %v", err)
	}
}

func TestFrom(t *testing.T) {
	y := tensor.From([]int64{4, 7})
	for _, x := range []tensor.Tensor{
		tensor.From([]float32{0, 1, 0.2, 0.4}, 2, 1, 1, 2),
		tensor.From([]float32{0, 1, 0.2, 0.4}, 2, 1, 2),
		tensor.From([]uint8{0, 255, 51, 102}, 2, 1, 2),
	} {
		source := From(data.NewTensorDataset(x, y))
		var img Image
		label, err := source.Load(1, &img)
		if err != nil || label != 7 || img.C != 1 || img.H != 1 || img.W != 2 || !slices.Equal(img.Pix, []float32{0.2, 0.4}) {
			t.Errorf("%v: label %d, %+v, %v", x.Shape(), label, img, err)
		}
	}
	for _, fields := range [][]tensor.Tensor{{y}, {y, y}, {tensor.From([]float32{1, 2}), y}} {
		if err := tensor.Try(func() { From(data.NewTensorDataset(fields...)) }); err == nil {
			t.Errorf("%v: no panic", fields)
		}
	}
}

// A chain of transforms allocates nothing once the memory has grown.
func TestAllocations(t *testing.T) {
	ds, err := NewDataset(From(data.NewTensorDataset(tensor.Zeros(4, 1, 12, 12), tensor.From([]int64{1, 2, 3, 4}))), augment)
	if err != nil {
		t.Fatal(err)
	}
	s := data.NewSample(ds)
	if n := testing.AllocsPerRun(100, func() {
		if err := ds.Read(3, s); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a sample", n)
	}
}
