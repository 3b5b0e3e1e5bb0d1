package task_test

import (
	"runtime"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// many is a dataset of many samples: sample i is i.
type many int

func (m many) Len() int                         { return int(m) }
func (m many) Fields() []data.Field             { return []data.Field{{DType: tensor.Float32}} }
func (m many) Read(i int, s *data.Sample) error { s.Float32(0)[0] = float32(i); return nil }

// TestFirst reads the first sample of a long dataset: the memory for it must not grow with the dataset.
func TestFirst(t *testing.T) {
	for _, n := range []int{0, 1, 1 << 20} {
		p := &task.Problem{Train: data.NewLoader(many(n), data.LoaderConfig{BatchSize: 1 << 10})}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		called := 0
		found := p.First(func(b data.Batch) {
			called++
			if x := b.X.Float32s(); len(x) != 1 || x[0] != 0 {
				t.Errorf("the first batch is %v, want [0]", x)
			}
		})
		runtime.ReadMemStats(&after)
		if found != (n > 0) || called != min(n, 1) {
			t.Errorf("%d samples: found %v, called %d times", n, found, called)
		}
		if size := after.TotalAlloc - before.TotalAlloc; size > 1<<20 {
			t.Errorf("the first of %d samples takes %d bytes", n, size)
		}
	}
}
