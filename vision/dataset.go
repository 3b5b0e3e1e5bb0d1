package vision

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Source is a list of pictures with labels. Package data/folder has one; [From] makes one of a dataset.
type Source interface {
	// Len returns the number of pictures.
	Len() int
	// Load reads picture i, 0 ≤ i < Len(), into dst and returns its label. A loader with workers calls it from several
	// goroutines concurrently.
	Load(i int, dst *Image) (label int, err error)
}

// Dataset is a data.Dataset of transformed pictures: x is float32 (C, H, W), y is int64 (), the label. A loader's
// workers read and transform the pictures.
type Dataset struct {
	source    Source
	transform Transform
	c, h, w   int
	idle      freelist.List[reader]
}

// reader is the memory of one call of Read.
type reader struct {
	img Image
	r   rng.Keyed
}

// maxIdle is the size in bytes of the largest image memory that is kept for the next picture. A photograph of 12
// million pixels takes 288 MB while it is resized.
const maxIdle = 64 << 20

// NewDataset returns the pictures of source, each transformed by t; nil leaves them as they are. All pictures must
// have the same shape after the transforms. It reads the first pictures, up to ten until one is readable, to find
// that shape, and returns the first error if there is none, and an error if source has no pictures.
func NewDataset(source Source, t Transform) (*Dataset, error) {
	if t == nil {
		t = Compose{}
	}
	d := &Dataset{source: source, transform: t}
	var first error
	for i := range min(source.Len(), 10) {
		w := reader{r: rng.NewKeyed(0, 0, uint64(i))}
		_, err := source.Load(i, &w.img)
		if err == nil {
			t.Apply(&w.img, &w.r)
			d.c, d.h, d.w = w.img.C, w.img.H, w.img.W
			return d, nil
		}
		if first == nil {
			first = fmt.Errorf("vision: picture %d: %w", i, err)
		}
	}
	if first == nil {
		first = fmt.Errorf("vision: the source has no pictures, want at least one")
	}
	return nil, first
}

// Len returns the number of pictures.
func (d *Dataset) Len() int { return d.source.Len() }

// Source returns the source of the pictures.
func (d *Dataset) Source() Source { return d.source }

// Transform returns the transform of the pictures.
func (d *Dataset) Transform() Transform { return d.transform }

// Fields returns the types and shapes of x and y.
func (d *Dataset) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(d.c, d.h, d.w)}, {DType: tensor.Int64}}
}

// Read reads picture i and transforms it with the random numbers of (seed, epoch, index). It returns an error if the
// picture cannot be read, or if its shape after the transforms is not that of the others.
func (d *Dataset) Read(i int, s *data.Sample) error {
	w := d.idle.Get()
	label, err := d.source.Load(i, &w.img)
	if err != nil {
		return err
	}
	w.r = s.Random()
	d.transform.Apply(&w.img, &w.r)
	img := &w.img
	if img.C != d.c || img.H != d.h || img.W != d.w {
		return fmt.Errorf("vision: picture %d has the shape (%d, %d, %d) after the transforms, want (%d, %d, %d) as the others have: "+
			"end with a transform that gives one size, such as Resize with Height and Width or CenterCrop", i, img.C,
			img.H, img.W, d.c, d.h, d.w)
	}
	copy(s.Float32(0), img.Pix)
	s.Int64(1)[0] = int64(label)
	if img.Memory() <= maxIdle {
		d.idle.Put(w)
	}
	return nil
}
