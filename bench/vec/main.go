// Command vec times the loops of internal/kernel/vec on one goroutine, as peer.py times PyTorch's. It prints a line
// for each: name, elements, shortest and median nanoseconds per call.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

func main() {
	threads := flag.Int("threads", 1, "goroutines")
	elements := flag.Int("elements", 0, "elements of an array; 0 means 65,536, then 16,777,216")
	flag.Parse()
	pool.SetThreads(*threads)
	only := flag.Arg(0)
	sizes := []int{1 << 16, 1 << 24}
	if *elements > 0 {
		sizes = []int{*elements}
	}
	for _, n := range sizes {
		r := rand.New(rand.NewPCG(1, 2))
		x, y, dy := make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range n {
			x[i], dy[i] = float32(3*r.NormFloat64()), float32(r.NormFloat64())
		}
		run := func(name string, f func()) {
			if name == only || strings.HasSuffix(only, "*") && strings.HasPrefix(name, only[:len(only)-1]) || only == "" {
				measure(name, n, f)
			}
		}
		run("copy", func() { copy(y, x) })
		rows(n, run)
		matrices(n, run)
		run("sum", func() { vec.Sum(x) })
		run("max", func() { vec.MaxOf(x) })
		run("argmax", func() { vec.ArgMax(x) })
		run("softmax", func() { vec.Softmax(y, x, 1024) })
		run("log_softmax", func() { vec.LogSoftmax(y, x, 1024) })
		small := make([]float32, 1024)
		run("column_sums", func() { vec.ColumnSums(small, x) })
		mean, rstd := make([]float32, n/1024), make([]float32, n/1024)
		gamma, beta := x[:1024], dy[:1024]
		run("layer_norm", func() { vec.LayerNorm(y, mean, rstd, x, gamma, beta, 1024, 1e-5) })
		dgamma, dbeta := make([]float32, 1024), make([]float32, 1024)
		run("layer_norm_grad", func() { vec.LayerNormGrad(y, dgamma, dbeta, dy, x, mean, rstd, gamma, 1024) })
		if n > 1<<16 {
			continue
		}
		p, m, v := slices.Clone(dy), make([]float32, n), make([]float32, n)
		step := &vec.Step{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 0.1, Correction2: 0.001}
		run("adam", func() { vec.Adam(p, x, m, v, nil, step) })
		run("sgd_momentum", func() { vec.SGD(p, x, m, &vec.Step{LR: 1e-3, Momentum: 0.9}) })
		run("rmsprop", func() { vec.RMSprop(p, x, v, nil, nil, &vec.Step{LR: 1e-3, Beta2: 0.99, Eps: 1e-8}) })
	}
}

// measure times single calls for 60 milliseconds, after a warm-up of the same length.
func measure(name string, n int, f func()) {
	var times []time.Duration
	for _, keep := range []bool{false, true} {
		for end := time.Now().Add(60 * time.Millisecond); time.Now().Before(end) || len(times) < 5; {
			start := time.Now()
			f()
			if d := time.Since(start); keep || len(times) < 5 {
				times = append(times, d)
			}
		}
	}
	times = times[5:]
	slices.Sort(times)
	fmt.Println(name, n, times[0].Nanoseconds(), times[len(times)/2].Nanoseconds())
}
