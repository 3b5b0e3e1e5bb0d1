package mnist

import (
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tensor"
)

func TestSets(t *testing.T) {
	for _, part := range []struct {
		name string
		set  func() (*Set, error)
		n    int
	}{{"train", TrainSet, 60000}, {"test", TestSet, 10000}} {
		s, err := part.set()
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != part.n {
			t.Errorf("%s: %d digits", part.name, s.Len())
		}
		images := s.Images().Normalize(0.1307, 0.3081)
		level := func(i int) float32 { return float32(s.Digits().Images[i]) / 255 }
		plain := data.NewLoader(s, data.LoaderConfig{BatchSize: 1000})
		pictures := data.NewLoader(images, data.LoaderConfig{BatchSize: 1000})
		for b := range plain.Batches() {
			x, y := b.X.Float32s(), b.Y.Int64s()
			if b.X.Shape() != tensor.ShapeOf(1000, 784) || b.Y.Shape() != tensor.ShapeOf(1000) {
				t.Fatalf("%s: shapes %v, %v", part.name, b.X.Shape(), b.Y.Shape())
			}
			from := b.Step * 1000
			for i, v := range x {
				if want := level(from*784 + i); v != want {
					t.Fatalf("%s: pixel %d of digit %d is %v, want %v", part.name, i%784, from+i/784, v, want)
				}
			}
			for i, v := range y {
				if v != int64(s.Digits().Labels[from+i]) {
					t.Fatalf("%s: digit %d is called %d", part.name, from+i, v)
				}
			}
			if b.Step == 2 {
				break
			}
		}
		for b := range pictures.Batches(data.NoGrad) {
			if b.X.Shape() != tensor.ShapeOf(1000, 1, 28, 28) {
				t.Fatalf("%s: pictures have shape %v", part.name, b.X.Shape())
			}
			for i, v := range b.X.Float32s() {
				if want := (level(i) - 0.1307) / 0.3081; v != want {
					t.Fatalf("%s: normalized pixel %d is %v, want %v", part.name, i, v, want)
				}
			}
			break
		}
	}
}

// BenchmarkTestSet runs a pass over the test digits in batches of 128.
func BenchmarkTestSet(b *testing.B) {
	s, err := TestSet()
	if err != nil {
		b.Fatal(err)
	}
	l := data.NewLoader(s, data.LoaderConfig{BatchSize: 128})
	b.SetBytes(10000 * 784 * 4)
	for b.Loop() {
		for range l.Batches() {
		}
	}
}
