package tensor_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestSetIndex writes to tensors of every layout, also from values that share memory with the destination.
func TestSetIndex(t *testing.T) {
	base := func() tensor.Tensor { return tensor.Options{DType: tensor.Int64}.Arange(0, 24, 1).Reshape(4, 6) }
	for name, c := range map[string]struct {
		view  func(b tensor.Tensor) tensor.Tensor // part of b
		write func(x tensor.Tensor)
		place [][2]int // elements of b that become −1, −2, …
	}{
		"a transposed tensor": {
			func(b tensor.Tensor) tensor.Tensor { return b.T() },
			func(x tensor.Tensor) { x.SetIndex(tensor.From([]int{-1, -2}), []int{5, 0}, []int{3, 1}) }, [][2]int{{3, 5}, {1, 0}},
		},
		"every other column, joined dimensions that no stride describes": {
			func(b tensor.Tensor) tensor.Tensor { return b.Index(tensor.All, step(2)) },
			func(x tensor.Tensor) { x.SetIndex(tensor.From([]int{-1, -2}), []int{0, 3}, []int{-1, 1}) }, [][2]int{{0, 4}, {3, 2}},
		},
		"a reversed range beside places": {
			func(b tensor.Tensor) tensor.Tensor { return b },
			func(x tensor.Tensor) { x.SetIndex(tensor.From([]int{-1, -2}, 2, 1), step(-3), []int{2}) }, [][2]int{{3, 2}, {0, 2}},
		},
		"float64 values into int64": {
			func(b tensor.Tensor) tensor.Tensor { return b },
			func(x tensor.Tensor) { x.SetIndex(tensor.Scalar(-1.0), 2, 3) }, [][2]int{{2, 3}},
		},
		"of equal places the last stays": {
			func(b tensor.Tensor) tensor.Tensor { return b },
			func(x tensor.Tensor) { x.SetIndex(tensor.From([]int{-7, -1}), 0, []int{2, 2}) }, [][2]int{{0, 2}},
		},
	} {
		b := base()
		want := b.Int64s()
		for i, p := range c.place {
			want[p[0]*6+p[1]] = int64(-1 - i)
		}
		c.write(c.view(b))
		if got := b.Int64s(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	x := base()
	x.SetIndex(x.Index(tensor.Slice(tensor.None, -1)), tensor.Slice(1, tensor.None)) // each row to the next one
	if got := x.Select(1, 0).Int64s(); !slices.Equal(got, []int64{0, 0, 6, 12}) {
		t.Errorf("a write from its own memory gives %v", got)
	}
	x = base()
	x.SetIndex(x, []int{3, 2, 1, 0})
	if got := x.Select(1, 0).Int64s(); !slices.Equal(got, []int64{18, 12, 6, 0}) {
		t.Errorf("a write from its own memory by places gives %v", got)
	}
	w := tensor.Ones(3).SetRequiresGrad(true)
	for want, f := range map[string]func(){
		"index_put_: the tensor requires a gradient":        func() { w.SetIndex(tensor.Zeros(1), 0) },
		"index_put_: the tensor was computed by a recorded": func() { w.MulScalar(2).SetIndex(tensor.Zeros(1), 0) },
		"index_put_: the tensor was expanded":               func() { tensor.Zeros(1).Expand(3).SetIndex(tensor.Ones(1), 0) },
		"index: index 0 is of type string: an index is an":  func() { w.Index("all") },
		"index: index 0 is of type float64":                 func() { w.Index(1.0) },
		"index: there is more than one Ellipsis":            func() { w.Index(tensor.Ellipsis, tensor.Ellipsis) },
		"slice: the step must be one number other than 0":   func() { tensor.Slice(1, 2, 0) },
		"index: index -4 of dimension 0 does not exist":     func() { w.Index(-4) },
	} {
		if text := panics(t, f); !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	w.Data().SetIndex(tensor.Scalar(5), -1)
	if w.At(2) != 5 {
		t.Error("a parameter's data were not written")
	}
}

func step(n int) tensor.Range { return tensor.Slice(tensor.None, tensor.None, n) }

// Indices need not be a step's own: what is computed from them takes the step's memory, not the heap's.
func TestIndexMemory(t *testing.T) {
	const n = 1 << 16
	s := tensor.NewScope(tensor.CPU())
	rows, cols := tensor.Zeros(n).Cast(tensor.Int64), tensor.Ones(n).Neg().Cast(tensor.Int64)
	step := func() {
		tensor.Ones(4, 4).InScope(s).Index(rows, cols)
		s.Recycle()
	}
	step()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 4 {
		step()
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got >= 8*n {
		t.Errorf("%d bytes on the heap in 4 steps, want less than one index", got)
	}
}
