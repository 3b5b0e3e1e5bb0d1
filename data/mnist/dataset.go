package mnist

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tensor"
)

// Set is MNIST's training or test set as a [data.Dataset]: x is float32 (784,), the pixels in row-major order from 0
// (background) to 1 (ink); y is int64 (), the digit. Images changes x's shape, and Normalize its values.
type Set struct {
	digits *Digits
	shape  tensor.Shape
	level  [256]float32 // x for each gray value
}

// TrainSet returns the 60,000 training digits.
func TrainSet() (*Set, error) { return newSet(Train) }

// TestSet returns the 10,000 test digits.
func TestSet() (*Set, error) { return newSet(Test) }

func newSet(load func() (*Digits, error)) (*Set, error) {
	d, err := load()
	if err != nil {
		return nil, err
	}
	s := &Set{digits: d, shape: tensor.ShapeOf(d.Rows * d.Cols)}
	for i := range s.level {
		s.level[i] = float32(i) / 255
	}
	return s, nil
}

// Images returns the set with x of shape (1, 28, 28), for layers that take channels.
func (s *Set) Images() *Set {
	c := *s
	c.shape = tensor.ShapeOf(1, s.digits.Rows, s.digits.Cols)
	return &c
}

// Normalize returns the set with x replaced by (x − mean)/std, as torchvision's Normalize does. The training digits
// have mean 0.1307 and standard deviation 0.3081.
func (s *Set) Normalize(mean, std float32) *Set {
	c := *s
	for i, v := range s.level {
		c.level[i] = (v - mean) / std
	}
	return &c
}

// Digits returns the images and labels of the set.
func (s *Set) Digits() *Digits { return s.digits }

// Len returns the number of digits.
func (s *Set) Len() int { return s.digits.Len() }

// Fields returns the types and shapes of x and y.
func (s *Set) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: s.shape}, {DType: tensor.Int64}}
}

// Read writes digit i. Its error is always nil.
func (s *Set) Read(i int, dst *data.Sample) error {
	x := dst.Float32(0)
	pixels := s.digits.Images[i*len(x):][:len(x)]
	for j, p := range pixels {
		x[j] = s.level[p]
	}
	dst.Int64(1)[0] = int64(s.digits.Labels[i])
	return nil
}
