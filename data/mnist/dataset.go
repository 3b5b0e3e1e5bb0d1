package mnist

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tensor"
)

// Set is a part of the data set as samples for a loader: x float32 (784,), the pixels row by row from 0, background, to 1, ink;
// y int64 (), the digit. Its methods Images and Normalize return it in other forms.
type Set struct {
	digits *Digits
	shape  tensor.Shape
	level  [256]float32 // what each grey value becomes
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

// Images returns the set with x as pictures, (1, 28, 28), for layers that want channels.
func (s *Set) Images() *Set {
	c := *s
	c.shape = tensor.ShapeOf(1, s.digits.Rows, s.digits.Cols)
	return &c
}

// Normalize returns the set with x replaced by (x − mean)/std. The training digits have mean 0.1307 and standard deviation
// 0.3081.
func (s *Set) Normalize(mean, std float32) *Set {
	c := *s
	for i, v := range s.level {
		c.level[i] = (v - mean) / std
	}
	return &c
}

// Digits returns the pictures that the set was made of.
func (s *Set) Digits() *Digits { return s.digits }

// Len returns the number of digits.
func (s *Set) Len() int { return s.digits.Len() }

// Fields describes x and y.
func (s *Set) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: s.shape}, {DType: tensor.Int64}}
}

// Read writes digit i. It never fails.
func (s *Set) Read(i int, dst *data.Sample) error {
	x := dst.Float32(0)
	pixels := s.digits.Images[i*len(x):][:len(x)]
	for j, p := range pixels {
		x[j] = s.level[p]
	}
	dst.Int64(1)[0] = int64(s.digits.Labels[i])
	return nil
}
