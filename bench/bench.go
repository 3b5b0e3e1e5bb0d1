// Package bench benchmarks Lamina and compares it with PyTorch. A benchmark is a row of a table with Lamina's and
// PyTorch's code; to add a benchmark, add a row. `lamina bench` is the command that runs them.
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
	// T is tensor.Tensor; the short name keeps the tables readable.
	T = tensor.Tensor
	// Size holds the sizes of a benchmark's inputs. Each benchmark defines their meaning.
	Size []int
)

// String returns a text such as "64×1024", or "4 Ki" for a single number.
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

// count returns n as text, with the suffix Ki or Mi if it is a multiple.
func count(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d Mi", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d Ki", n>>10)
	}
	return fmt.Sprint(n)
}

// Family is a group of benchmarks. Sizes and Inputs are the defaults of its benchmarks.
type Family struct {
	Name       string
	Sizes      []Size
	Inputs     func(d Size) []Input
	Benchmarks []Benchmark
}

// Benchmark is a benchmark: a row of the tables, with Lamina's and PyTorch's code.
type Benchmark struct {
	Name   string
	Sizes  []Size
	Inputs func(d Size) []Input // named a, b, c, … in PyTorch's code

	// Op is Lamina's code of a benchmark that computes one result from the inputs. If some inputs are leaves, the
	// benchmark also computes their gradients from a random gradient of the result.
	Op func(in []T) T
	// Job is Lamina's code of any other benchmark. It draws random numbers from g.
	Job func(d Size, g *rng.Torch) *Job

	// Torch is PyTorch's code of an Op, or of one run of a Job: a Python expression. In it, y is its value of the
	// previous run, for out=y (None in the first run), and d is the size.
	Torch string
	// Setup is PyTorch's preparation of a Job, in Python. It defines check(), which must return the same tensors as
	// the Job's Check.
	Setup string
	// Forms are PyTorch's alternatives for the same computation: Python statements before the setup. The fastest is
	// measured.
	Forms []string
	// Inference is true for a Job without gradients. An Op without leaves has none.
	Inference bool

	// FLOPs returns the floating-point operations of a run, for benchmarks limited by arithmetic. For other
	// benchmarks without gradients, the rate is in bytes read and written.
	FLOPs func(d Size) float64

	// Tolerance is the largest relative difference of the results; 0 means 1e-5, about a hundred float32 roundings.
	Tolerance float64
}

// Job is a prepared benchmark.
type Job struct {
	Run   func(n int) // runs it n times
	Check func() []T  // returns the results of a run from the initial state

	bytes int // read and written in one run; 0 if unknown
}

// Case is a benchmark with one size.
type Case struct {
	Family    string
	Benchmark Benchmark
	Size      Size
}

// Cases returns the benchmarks in the order of the tables: with all sizes, or only with their middle size.
func Cases(all bool) []Case {
	var cases []Case
	for _, f := range Families() {
		for _, w := range f.Benchmarks {
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

// Families returns all families.
func Families() []Family {
	return []Family{
		limits, products, layers, largeLayers, arithmetic, transcendental, comparisons, reductions, classification, norms, channelNorms,
		convolution, pooling, activations, losses, optimizers, indexing, bags, ordering, moving, contractions,
		attentionOp, conversions, random, loading,
		prediction, training, convNets, recurrentNets, languageModels,
	}
}

// Start prepares the case in Lamina.
func (c Case) Start() *Job {
	g := rng.NewTorch(seed)
	if c.Benchmark.Job != nil {
		return c.Benchmark.Job(c.Size, g)
	}
	in := make([]T, 0, 4)
	var leaves []int
	for i, x := range c.Benchmark.Inputs(c.Size) {
		in = append(in, x.make(g))
		if x.isLeaf {
			in[i] = in[i].SetRequiresGrad(true)
			leaves = append(leaves, i)
		}
	}
	if leaves == nil {
		return forward(c.Benchmark.Op, in)
	}
	return gradient(c.Benchmark.Op, in, leaves, g)
}

// seed is the seed of Lamina's and PyTorch's generators.
const seed = 1

// forward returns the Job of an op without gradients, in a scope that is recycled after each run, as in a loop over
// batches.
func forward(op func([]T) T, in []T) *Job {
	run := func(s *tensor.Scope, in, local []T) T {
		copy(local, in)
		local[0] = in[0].InScope(s)
		return op(local)
	}
	s, local := noGradScope(), make([]T, len(in))
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
	j.Check = func() []T { return []T{run(noGradScope(), in, local)} }
	return j
}

func size(x T) int { return x.Len() * x.DType().Size() }

func noGradScope() *tensor.Scope {
	s := tensor.NewScope(tensor.CPU())
	s.SetRecording(false)
	return s
}

// gradient returns the Job of an op and the gradients of its leaves.
func gradient(op func([]T) T, in []T, leaves []int, g *rng.Torch) *Job {
	var dy T
	local, xs := make([]T, len(in)), make([]T, len(leaves))
	run := func(s *tensor.Scope) (y T, dxs []T) {
		copy(local, in)
		local[0] = in[0].InScope(s)
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

// upstream is an op with a scalar result whose gradient with respect to y is dy. It replaces the rest of a network
// and computes nothing.
type upstream struct {
	tensor.SavesNothing
	dy T
}

func (o upstream) Forward(s *tensor.Scope, y T) T { return s.NewEmpty(y, y.DType(), tensor.Shape{}) }
func (o upstream) Backward(_, _, _ T) T           { return o.dy }

// unary and binary convert a function of one or two tensors to an Op.
func unary(f func(T) T) func([]T) T       { return func(in []T) T { return f(in[0]) } }
func binary(f func(a, b T) T) func([]T) T { return func(in []T) T { return f(in[0], in[1]) } }

// stopwatch times a job. A timing consists of as many runs as take about the given duration.
type stopwatch struct {
	run func(n int)
	n   int
}

// time returns the seconds of one run. The first call also determines the number of runs and warms up.
func (w *stopwatch) time(each time.Duration) float64 {
	for w.n == 0 {
		w.n = runs(w.run, each)
	}
	start := time.Now()
	w.run(w.n)
	return time.Since(start).Seconds() / float64(w.n)
}

// runs returns the number of runs that take about the duration each.
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

// median returns the median of x.
func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	if n := len(x); n%2 == 0 {
		return (x[n/2-1] + x[n/2]) / 2
	}
	return x[len(x)/2]
}
