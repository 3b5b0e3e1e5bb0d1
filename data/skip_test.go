package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// flawed is a dataset of the numbers 0 to n−1, of which some cannot be read. Reading one of these writes a part of it.
type flawed struct {
	n   int
	bad []int
}

func (d flawed) Len() int { return d.n }

func (d flawed) Fields() []Field { return []Field{{DType: tensor.Int64, Shape: tensor.ShapeOf(2)}} }

func (d flawed) Read(i int, s *Sample) error {
	s.Int64(0)[0] += int64(i) // the memory is 0 before
	if slices.Contains(d.bad, i) {
		return fmt.Errorf("file-%d is broken", i)
	}
	s.Int64(0)[1] += int64(i)
	return nil
}

func TestMaxSkipped(t *testing.T) {
	ds := flawed{20, []int{3, 8, 9, 10, 11, 19}} // the third batch of four has no good sample
	for _, workers := range []int{0, 1, 3, 8} {
		l := NewLoader(ds, LoaderConfig{BatchSize: 4, Workers: workers, MaxSkipped: 6})
		for range 2 {
			var got, sizes []int
			for b := range l.Batches() {
				sizes = append(sizes, b.X.Dim(0))
				for row, v := range b.Indices {
					x := b.X.Select(0, row).Int64s()
					if x[0] != v || x[1] != v {
						t.Fatalf("%d workers: sample %d is %v", workers, v, x)
					}
					got = append(got, int(v))
				}
			}
			if err := l.Err(); err != nil {
				t.Fatalf("%d workers: %v", workers, err)
			}
			if !slices.Equal(sizes, []int{3, 4, 4, 3}) || len(got) != 14 {
				t.Errorf("%d workers: sizes %v, samples %v", workers, sizes, got)
			}
			var skipped []int
			for _, e := range l.Skipped() {
				skipped = append(skipped, e.Index)
			}
			if !slices.Equal(skipped, ds.bad) {
				t.Errorf("%d workers: skipped %v", workers, skipped)
			}
		}
	}
}

func TestTooManySkipped(t *testing.T) {
	ds := flawed{20, []int{3, 8, 9, 10, 11, 19}}
	for _, workers := range []int{0, 2, 8} {
		l := NewLoader(ds, LoaderConfig{BatchSize: 4, Workers: workers, MaxSkipped: 3})
		batches := 0
		for range l.Batches() {
			batches++
		}
		var bad *SampleError
		if err := l.Err(); batches != 2 || !errors.As(err, &bad) || bad.Index != 10 ||
			!strings.Contains(err.Error(), "file-10 is broken; 3 other samples") {
			t.Errorf("%d workers: %v after %d batches", workers, err, batches)
		}
		if len(l.Skipped()) != 3 {
			t.Errorf("%d workers: skipped %v", workers, l.Skipped())
		}
	}
	all := NewLoader(flawed{3, []int{0, 1, 2}}, LoaderConfig{MaxSkipped: 5, Shuffle: true, RNG: rng.NewTorch(0)})
	for range all.Batches() {
		t.Error("a batch without samples")
	}
	if all.Err() != nil || len(all.Skipped()) != 3 {
		t.Errorf("all samples: %v, %v", all.Err(), all.Skipped())
	}
}
