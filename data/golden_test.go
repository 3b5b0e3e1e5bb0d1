package data_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
)

// TestPyTorchOrder runs passes and draws by turns from one generator, as testdata/torch/data.py did with PyTorch's default one.
func TestPyTorchOrder(t *testing.T) {
	b, err := os.ReadFile("../testdata/torch/data/order.json")
	if err != nil {
		t.Fatal(err)
	}
	var programs []struct {
		Seed  uint64
		Steps []struct {
			Draw              []int64
			N, Batch, Workers int
			Shuffle, Drop     bool
			Stop              int
			Batches           [][]int64
		}
	}
	if err := json.Unmarshal(b, &programs); err != nil {
		t.Fatal(err)
	}
	if len(programs) == 0 {
		t.Fatal("no programs")
	}
	for _, p := range programs {
		for _, workers := range []int{-1, 0, 2} { // -1: as PyTorch had them
			g := rng.NewTorch(p.Seed)
			loaders := map[any]*data.Loader{}
			for i, s := range p.Steps {
				if s.Draw != nil {
					got := make([]int64, len(s.Draw))
					g.Randint(got, 0, 1<<20)
					if !reflect.DeepEqual(got, s.Draw) {
						t.Fatalf("seed %d, step %d: drew %v, want %v", p.Seed, i, got, s.Draw)
					}
					continue
				}
				c := data.LoaderConfig{BatchSize: s.Batch, Shuffle: s.Shuffle, DropLast: s.Drop, Workers: s.Workers, RNG: g}
				if workers >= 0 {
					c.Workers = workers
				}
				type key struct {
					n int
					c data.LoaderConfig
				}
				l := loaders[key{s.N, c}]
				if l == nil {
					l = data.NewLoader(numbered(s.N), c)
					loaders[key{s.N, c}] = l
				}
				got := [][]int64{}
				for b := range l.Batches() {
					check(t, b)
					got = append(got, append([]int64(nil), b.Indices...))
					if len(got) == s.Stop {
						break
					}
				}
				if !reflect.DeepEqual(got, s.Batches) {
					t.Fatalf("seed %d, step %d: batches %v, want %v", p.Seed, i, got, s.Batches)
				}
			}
		}
	}
}
