// Package bench measures Lamina, family by family, and PyTorch beside it. The tables of works have Lamina's form and PyTorch's side
// by side: to add a work is to add a row. `lamina bench` is its command.
package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

type (
	// T shortens the tables.
	T = tensor.Tensor
	// A Size is the sizes of a work's inputs, in the work's own order.
	Size []int
)

// String returns 64×1024, or 4 Ki where there is one number.
func (d Size) String() string {
	if len(d) == 1 {
		return count(d[0])
	}
	parts := make([]string, len(d))
	for i, n := range d {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, "×")
}

func count(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d Mi", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d Ki", n>>10)
	}
	return fmt.Sprint(n)
}

// A Family is works of one kind. Sizes and Inputs hold for the works that name none.
type Family struct {
	Name   string
	Sizes  []Size
	Inputs func(d Size) []Input
	Works  []Work
}

// A Work is a thing to measure: a row of the tables, with both sides in it.
type Work struct {
	Name   string
	Sizes  []Size
	Inputs func(d Size) []Input // PyTorch's side calls them a, b, c, …

	// Op is Lamina's side of a work that computes one result from the inputs. Where an input is a leaf, the gradients of the leaves
	// belong to the work, given a random gradient of the result.
	Op func(in []T) T
	// Job is Lamina's side of any other work. It draws what it needs from g.
	Job func(d Size, g *rng.Torch) *Job

	// Torch is PyTorch's side of an Op, or one run of a Job: a Python expression. Its value at the run before is y (None at first), for
	// out=y; d is the size.
	Torch string
	// Setup is PyTorch's preparation of a Job, in Python. It defines check(), whose tensors are to be those of the Job's Check.
	Setup string
	// Forms are PyTorch's ways to do the same, Python statements before the setup. The fastest counts.
	Forms []string
	// Inference says that a Job needs no gradients. An Op without leaves needs none.
	Inference bool

	// FLOPs is how many floating-point operations one run takes, for works of arithmetic alone. Of other works on inputs without
	// gradients, the figure is how many bytes they read and write.
	FLOPs func(d Size) float64

	// Tolerance is how far results may lie apart, as a part of their size; 0 means 1e-5, which is a hundred roundings of float32.
	Tolerance float64
}

// A Job is work that is ready to run.
type Job struct {
	Run   func(n int) // does it n times
	Check func() []T  // what comes out, from a fresh start

	bytes int // read and written in one run; 0 where nobody counts
}

// A Case is a work of one size.
type Case struct {
	Family string
	Work   Work
	Size   Size
}

// Cases returns the works in the order of the tables: of all sizes, or each of its middle one.
func Cases(all bool) []Case {
	var cases []Case
	for _, f := range Families() {
		for _, w := range f.Works {
			if w.Sizes == nil {
				w.Sizes = f.Sizes
			}
			if w.Inputs == nil {
				w.Inputs = f.Inputs
			}
			sizes := w.Sizes
			if !all {
				sizes = sizes[len(sizes)/2:][:1]
			}
			for _, d := range sizes {
				cases = append(cases, Case{f.Name, w, d})
			}
		}
	}
	return cases
}

// Families returns the tables.
func Families() []Family {
	return []Family{
		limits, products, layers, arithmetic, transcendental, comparisons, reductions, classification, norms, activations, losses, optimizers,
		indexing, ordering, moving, contractions, conversions, random, loading, prediction, training,
	}
}

// Start prepares Lamina's side.
func (c Case) Start() *Job {
	g := rng.NewTorch(seed)
	if c.Work.Job != nil {
		return c.Work.Job(c.Size, g)
	}
	in := make([]T, 0, 4)
	var leaves []int
	for i, x := range c.Work.Inputs(c.Size) {
		in = append(in, x.make(g))
		if x.isLeaf {
			in[i] = in[i].RequireGrad()
			leaves = append(leaves, i)
		}
	}
	if leaves == nil {
		return forward(c.Work.Op, in)
	}
	return gradient(c.Work.Op, in, leaves, g)
}

// seed is that of both sides' generators.
const seed = 1

// forward is an op without gradients, in a scope that is recycled after each run, as a loop over batches does.
func forward(op func([]T) T, in []T) *Job {
	run := func(s *tensor.Scope, in, local []T) T {
		copy(local, in)
		local[0] = in[0].In(s)
		return op(local)
	}
	s, local := quiet(), make([]T, len(in))
	j := &Job{}
	j.Run = func(n int) {
		for range n {
			y := run(s, in, local)
			j.bytes = size(y)
			s.Recycle()
		}
		for _, x := range in {
			j.bytes += size(x)
		}
	}
	j.Check = func() []T { return []T{run(quiet(), in, local)} }
	return j
}

func size(x T) int { return x.Len() * x.DType().Size() }

func quiet() *tensor.Scope {
	s := tensor.NewScope(tensor.CPU())
	s.SetRecording(false)
	return s
}

// gradient is an op and the gradients of its leaves.
func gradient(op func([]T) T, in []T, leaves []int, g *rng.Torch) *Job {
	var dy T
	local, xs := make([]T, len(in)), make([]T, len(leaves))
	run := func(s *tensor.Scope) (y T, dxs []T) {
		copy(local, in)
		local[0] = in[0].In(s)
		for i, leaf := range leaves {
			xs[i] = local[leaf]
		}
		y = op(local)
		out := y
		if y.Rank() > 0 {
			if !dy.Defined() {
				dy = tensor.Options{}.RandN(g, y.Shape().Dims()...)
			}
			out = tensor.Apply1(upstream{dy: dy}, y)
		}
		return y, tensor.Gradient(out, xs, false)
	}
	s := tensor.NewScope(tensor.CPU())
	return &Job{
		Run: func(n int) {
			for range n {
				run(s)
				s.Recycle()
			}
		},
		Check: func() []T {
			y, dxs := run(tensor.NewScope(tensor.CPU()))
			return append([]T{y}, dxs...)
		},
	}
}

// upstream is a number whose gradient with respect to y is dy: what follows y in a network, and costs nothing.
type upstream struct {
	tensor.SavesNothing
	dy T
}

func (o upstream) Forward(s *tensor.Scope, y T) T { return s.Empty(y, y.DType(), tensor.Shape{}) }
func (o upstream) Backward(_, _, _ T) T           { return o.dy }

// unary and binary make an op of a method.
func unary(f func(T) T) func([]T) T       { return func(in []T) T { return f(in[0]) } }
func binary(f func(a, b T) T) func([]T) T { return func(in []T) T { return f(in[0], in[1]) } }

// A stopwatch times a job: so many runs at a stretch that a timing takes about as long as asked for.
type stopwatch struct {
	run func(n int)
	n   int
}

// time returns the seconds of one run. The first call finds the number of runs, and warms up.
func (w *stopwatch) time(each time.Duration) float64 {
	for w.n == 0 {
		w.n = runs(w.run, each)
	}
	start := time.Now()
	w.run(w.n)
	return time.Since(start).Seconds() / float64(w.n)
}

func runs(run func(n int), each time.Duration) int {
	for n := 1; ; {
		start := time.Now()
		run(n)
		took := time.Since(start)
		if took > each/2 || n > 1<<30 {
			return n
		}
		if took > each/1000 {
			n = int(float64(n)*float64(each)/float64(took)) + 1
		} else {
			n *= 100
		}
	}
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	if n := len(x); n%2 == 0 {
		return (x[n/2-1] + x[n/2]) / 2
	}
	return x[len(x)/2]
}
