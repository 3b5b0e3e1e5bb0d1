package vision

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/tensor"
)

// From returns the samples of a dataset as a source of pictures: x must be float32 or uint8 (0 to 255) of shape
// (C, H, W) or (H, W), and y an int64 (). It panics for other fields.
//
//	digits, err := mnist.TrainSet()
//	…
//	ds, err := vision.NewDataset(vision.From(digits.Images()), augment)
func From(ds data.Dataset) Source {
	f := ds.Fields()
	if len(f) < 2 || f[0].DType != tensor.Float32 && f[0].DType != tensor.Uint8 || f[1].DType != tensor.Int64 ||
		f[1].Shape.Size() != 1 {
		fail("From", fmt.Sprintf("a dataset with the fields %v, want float32 or uint8 (C, H, W) and an int64 ()", f))
	}
	s := &samples{ds: ds, c: 1, levels: f[0].DType == tensor.Uint8}
	switch dims := f[0].Shape.Dims(); len(dims) {
	case 3:
		s.c, s.h, s.w = dims[0], dims[1], dims[2]
	case 2:
		s.h, s.w = dims[0], dims[1]
	default:
		fail("From", fmt.Sprintf("a dataset with x of shape %v, want (C, H, W) or (H, W)", f[0].Shape))
	}
	return s
}

// samples are the samples of a dataset as pictures.
type samples struct {
	ds      data.Dataset
	c, h, w int
	levels  bool // x is 0 to 255
	idle    freelist.List[row]
}

// row is the memory of one call of Load.
type row struct{ sample *data.Sample }

func (s *samples) Len() int { return s.ds.Len() }

func (s *samples) Load(i int, dst *Image) (label int, err error) {
	r := s.idle.Get()
	if r.sample == nil {
		r.sample = data.NewSample(s.ds)
	}
	defer s.idle.Put(r)
	sample := r.sample
	clear(sample.Bytes(0))
	clear(sample.Bytes(1))
	if err := s.ds.Read(i, sample); err != nil {
		return 0, err
	}
	dst.Replace(s.c, s.h, s.w)
	if s.levels {
		for j, v := range sample.Uint8(0) {
			dst.Pix[j] = float32(v) / 255
		}
	} else {
		copy(dst.Pix, sample.Float32(0))
	}
	return int(sample.Int64(1)[0]), nil
}
