package data_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
)

// goldenStep is one step of a program that testdata/torch/data.py ran in PyTorch.
type goldenStep struct {
	Draw              []int64
	N, Batch, Workers int
	Shuffle, Drop     bool
	Stop              int
	Batches           [][]int64

	Own        uint64
	Split      []float64
	Stream     bool
	Sampler    string
	NumSamples int  `json:"num_samples"`
	Replace    bool `json:"replacement"`
	Indices    []int64
	Weights    []float64
}

// loader returns the loader of a step. g is the default generator, own the sampler's generator or nil.
func (s *goldenStep) loader(g, own *rng.Torch) *data.Loader {
	c := data.LoaderConfig{BatchSize: s.Batch, Shuffle: s.Shuffle, DropLast: s.Drop, Workers: s.Workers, RNG: g}
	ds := numbered(s.N)
	switch s.Sampler {
	case "random":
		c.Sampler = &data.RandomSampler{Dataset: ds, Replacement: s.Replace, NumSamples: s.NumSamples, Generator: own}
	case "subset":
		c.Sampler = &data.SubsetRandomSampler{Indices: s.Indices, Generator: own}
	case "weighted":
		c.Sampler = &data.WeightedRandomSampler{
			Weights: s.Weights, NumSamples: s.NumSamples, WithoutReplacement: !s.Replace, Generator: own,
		}
	}
	if s.Stream {
		return data.NewStreamLoader(rows{ds}, c)
	}
	return data.NewLoader(ds, c)
}

// TestPyTorchOrder alternates passes, splits and draws from one generator, as the golden programs did with PyTorch's
// default generator.
func TestPyTorchOrder(t *testing.T) {
	b, err := os.ReadFile("../testdata/torch/data/order.json")
	if err != nil {
		t.Fatal(err)
	}
	var programs []struct {
		Seed  uint64
		Steps []goldenStep
	}
	if err := json.Unmarshal(b, &programs); err != nil {
		t.Fatal(err)
	}
	if len(programs) != 9 {
		t.Fatalf("%d programs", len(programs))
	}
	for _, p := range programs {
		for _, workers := range []int{-1, 0, 2} { // -1: the number of the golden program
			g, owned := rng.NewTorch(p.Seed), map[uint64]*rng.Torch{0: nil}
			for i, s := range p.Steps {
				if s.Draw != nil {
					got := make([]int64, len(s.Draw))
					g.Randint(got, 0, 1<<20)
					if !reflect.DeepEqual(got, s.Draw) {
						t.Fatalf("seed %d, step %d: drew %v, want %v", p.Seed, i, got, s.Draw)
					}
					continue
				}
				if _, ok := owned[s.Own]; !ok {
					owned[s.Own] = rng.NewTorch(s.Own)
				}
				if workers >= 0 {
					s.Workers = workers
				}
				got := [][]int64{}
				if s.Split != nil {
					from := g
					if s.Own != 0 {
						from = owned[s.Own]
					}
					for _, part := range data.RandomSplit(numbered(s.N), from, lengths(s.N, s.Split)...) {
						got = append(got, part.Indices())
					}
				} else {
					l := s.loader(g, owned[s.Own])
					for b := range l.Batches() {
						check(t, b)
						got = append(got, append([]int64(nil), b.Indices...))
						if len(got) == s.Stop {
							break
						}
					}
					if err := l.Err(); err != nil {
						t.Fatal(err)
					}
				}
				if !reflect.DeepEqual(got, s.Batches) {
					t.Fatalf("seed %d, step %d: batches %v, want %v", p.Seed, i, got, s.Batches)
				}
			}
		}
	}
}

func lengths(n int, given []float64) []int {
	if given[0] < 1 {
		return data.Fractions(n, given...)
	}
	out := make([]int, len(given))
	for i, v := range given {
		out[i] = int(v)
	}
	return out
}
