// Command vec times the loops of internal/kernel/vec on one goroutine, as peer.py does PyTorch's, and prints a line for each:
// name, elements, shortest and median nanoseconds a call.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

func main() {
	pool.SetThreads(1)
	only := ""
	if len(os.Args) > 1 {
		only = os.Args[1]
	}
	for _, n := range []int{1 << 16, 1 << 24} {
		r := rand.New(rand.NewPCG(1, 2))
		x, y, dy := make([]float32, n), make([]float32, n), make([]float32, n)
		positive := make([]float32, n)
		for i := range n {
			x[i], dy[i] = float32(3*r.NormFloat64()), float32(r.NormFloat64())
			positive[i] = max(x[i], -x[i]) + 0.01
		}
		run := func(name string, f func()) {
			if strings.Contains(name, only) {
				measure(name, n, f)
			}
		}
		run("copy", func() { copy(y, x) })
		run("add", func() { vec.Add(y, x, dy) })
		run("mul", func() { vec.Mul(y, x, dy) })
		run("div", func() { vec.Div(y, x, positive) })
		run("axpy", func() { vec.AXPY(y, 0.5, x, y) })
		run("scale", func() { vec.Scale(y, x, 0.5) })
		run("relu", func() { vec.ReLU(y, x) })
		run("relu_grad", func() { vec.ReLUGrad(y, dy, x) })
		run("sum", func() { vec.Sum(x) })
		run("max", func() { vec.MaxOf(x) })
		if n > 1<<16 {
			continue
		}
		run("sqrt", func() { vec.Sqrt(y, positive) })
		run("exp", func() { vec.Exp(y, x) })
		run("log", func() { vec.Log(y, positive) })
		run("tanh", func() { vec.Tanh(y, x) })
		run("sigmoid", func() { vec.Sigmoid(y, x) })
		run("gelu", func() { vec.GELU(y, x) })
		run("gelu_tanh", func() { vec.GELUTanh(y, x) })
		run("silu", func() { vec.SiLU(y, x) })
		run("elu", func() { vec.ELU(y, x, 1) })
		run("softplus", func() { vec.Softplus(y, x, 1, 20) })
		run("gelu_grad", func() { vec.GELUGrad(y, dy, x) })
		run("gelu_tanh_grad", func() { vec.GELUTanhGrad(y, dy, x) })
		run("silu_grad", func() { vec.SiLUGrad(y, dy, x) })
		run("argmax", func() { vec.ArgMax(x) })
		run("softmax", func() { vec.Softmax(y, x, 1024) })
		run("log_softmax", func() { vec.LogSoftmax(y, x, 1024) })
		small := make([]float32, 1024)
		run("column_sums", func() { vec.ColumnSums(small, x) })
		mean, rstd := make([]float32, 64), make([]float32, 64)
		gamma, beta := x[:1024], dy[:1024]
		run("layer_norm", func() { vec.LayerNorm(y, mean, rstd, x, gamma, beta, 1024, 1e-5) })
		p, m, v := slices.Clone(dy), make([]float32, n), make([]float32, n)
		step := vec.AdamStep{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 0.1, Correction2: 0.001}
		run("adam", func() { vec.Adam(p, x, m, v, nil, step) })
		run("sgd_momentum", func() { vec.SGD(p, x, m, vec.SGDStep{LR: 1e-3, Momentum: 0.9}) })
		run("rmsprop", func() { vec.RMSprop(p, x, v, nil, nil, vec.RMSpropStep{LR: 1e-3, Alpha: 0.99, Eps: 1e-8}) })
	}
}

// measure times single calls for 60 milliseconds, after as long a warm-up.
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
