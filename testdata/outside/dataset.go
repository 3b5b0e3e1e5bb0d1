package outside

import (
	"math"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tensor"
)

// Spirals is a dataset of N points on two spirals, with noise that differs in each epoch.
type Spirals struct {
	N     int
	Noise float64
}

// Len returns the number of points.
func (d Spirals) Len() int { return d.N }

// Fields says that a sample is a point and the number of its spiral.
func (d Spirals) Fields() []data.Field {
	return []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(2)}, {DType: tensor.Int64}}
}

// Read writes point i.
func (d Spirals) Read(i int, s *data.Sample) error {
	class, r := i%2, float64(i)/float64(d.N)
	angle := 3*r + float64(class)*math.Pi
	noise, xy := s.Random(), s.Float32(0)
	xy[0] = float32(r*math.Cos(angle) + d.Noise*noise.Normal())
	xy[1] = float32(r*math.Sin(angle) + d.Noise*noise.Normal())
	s.Int64(1)[0] = int64(class)
	return nil
}
