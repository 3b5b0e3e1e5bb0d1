// Command conv benchmarks the kernels of convolutions against PyTorch.
//
//	go build -o /tmp/conv ./bench/conv && taskset -c 0 /tmp/conv [-python python3] [-threads 1] [-batch 1,8,32] [-only name] [-rounds 9]
//
// It starts PyTorch (peer.py) in a process, compares the results of each layer, and alternates the
// timings, A B A B: of the forward pass with bias, and of the forward pass with both gradients. PyTorch runs with NCHW
// and with channels-last data, and the faster one of a round counts. A row shows the best milliseconds of each and the
// median over the rounds of the ratio of their speeds. The last lines are the geometric means and the worst ratios.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/bench/internal/python"
	"github.com/lamina-ml/lamina/internal/kernel/conv"
	"github.com/lamina-ml/lamina/internal/pool"
)

var (
	interpreter = flag.String("python", "python3", "Python with PyTorch")
	threads     = flag.Int("threads", 1, "threads of each process")
	batches     = flag.String("batch", "1,8,32", "batch sizes")
	only        = flag.String("only", "", "part of the names of the layers to run")
	rounds      = flag.Int("rounds", 9, "rounds of A B")
	ms          = flag.Float64("ms", 15, "milliseconds per timing")
)

// A layer is a square convolution.
type layer struct {
	name                                           string
	in, out, kernel, stride, padding, size, groups int
}

var layers = []layer{
	{"resnet18 conv1", 3, 64, 7, 2, 3, 224, 1},
	{"resnet18 l1 3x3", 64, 64, 3, 1, 1, 56, 1},
	{"resnet18 l2 3x3", 128, 128, 3, 1, 1, 28, 1},
	{"resnet18 l3 3x3", 256, 256, 3, 1, 1, 14, 1},
	{"resnet18 l4 3x3", 512, 512, 3, 1, 1, 7, 1},
	{"resnet18 l2 down 3x3/2", 64, 128, 3, 2, 1, 56, 1},
	{"resnet50 1x1 64-256", 64, 256, 1, 1, 0, 56, 1},
	{"resnet50 1x1 1024-256", 1024, 256, 1, 1, 0, 14, 1},
	{"mobilenet dw 3x3", 144, 144, 3, 1, 1, 56, 144},
	{"mobilenet dw 3x3/2", 240, 240, 3, 2, 1, 28, 240},
	{"mobilenet 1x1 24-144", 24, 144, 1, 1, 0, 56, 1},
	{"mnist 1-32 3x3", 1, 32, 3, 1, 0, 28, 1},
	{"mnist 32-64 3x3", 32, 64, 3, 1, 0, 26, 1},
}

// A problem holds the arrays of a layer. peer.py makes the same numbers.
type problem struct {
	s                         conv.Shape
	x, w, bias, y, dy, dx, dw []float32
}

func newProblem(l layer, batch int) *problem {
	size := (l.size+2*l.padding-l.kernel)/l.stride + 1
	p := &problem{s: conv.Shape{Batch: batch, Groups: l.groups, In: l.in, Out: l.out,
		Input: [3]int{1, l.size, l.size}, Kernel: [3]int{1, l.kernel, l.kernel}, Output: [3]int{1, size, size},
		Stride: [3]int{1, l.stride, l.stride}, Padding: [3]int{0, l.padding, l.padding}, Dilation: [3]int{1, 1, 1}}}
	p.x, p.dx = numbers(p.s.InputLen()), make([]float32, p.s.InputLen())
	p.w, p.dw = numbers(p.s.WeightLen()), make([]float32, p.s.WeightLen())
	p.dy, p.y = numbers(p.s.OutputLen()), make([]float32, p.s.OutputLen())
	p.bias = numbers(l.out)
	return p
}

// numbers returns n numbers between -0.5 and 0.5.
func numbers(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i*7919%1009)/1009 - 0.5
	}
	return v
}

func (p *problem) forward() { conv.Forward(p.y, p.x, p.w, p.bias, &p.s, false) }

func (p *problem) all() {
	p.forward()
	conv.GradInput(p.dx, p.dy, p.w, &p.s)
	conv.GradWeight(p.dw, p.dy, p.x, &p.s)
}

// checks returns a weighted sum of the elements of each result, and of their absolute values.
func (p *problem) checks() (sums []float64) {
	p.all()
	for _, v := range [][]float32{p.y, p.dx, p.dw} {
		var sum, absolute float64
		for i, x := range v {
			sum += float64(x) * float64(i%101)
			absolute += math.Abs(float64(x)) * float64(i%101)
		}
		sums = append(sums, sum, absolute)
	}
	return sums
}

// measure returns the shortest time of one call in nanoseconds.
func measure(f func()) float64 {
	best := math.Inf(1)
	for end, n := time.Now().Add(time.Duration(*ms*1e6)), 0; n < 2 || time.Now().Before(end); n++ {
		start := time.Now()
		f()
		best = min(best, float64(time.Since(start).Nanoseconds()))
	}
	return best
}

//go:embed peer.py
var peerProgram string

func main() {
	log.SetFlags(0)
	flag.Parse()
	if err := compare(); err != nil {
		log.Fatal("conv: ", err)
	}
}

// compare measures all layers and prints the table.
func compare() error {
	pool.SetThreads(*threads)
	os.Setenv("OMP_NUM_THREADS", fmt.Sprint(*threads))
	torch, err := python.Start(*interpreter, peerProgram, fmt.Sprint(*threads))
	if err != nil {
		return err
	}
	fmt.Printf("%-23s %5s | %8s %8s %6s | %8s %8s %6s\n", "layer", "batch", "forward", "PyTorch", "ratio", "all", "PyTorch", "ratio")
	var ratios [2][]float64
	for _, b := range strings.Split(*batches, ",") {
		batch, err := strconv.Atoi(b)
		if err != nil {
			return err
		}
		for _, l := range layers {
			if !strings.Contains(l.name, *only) {
				continue
			}
			p := newProblem(l, batch)
			theirs, err := torch.Ask("set %d %d %d %d %d %d %d %d", batch, l.in, l.out, l.kernel, l.stride, l.padding, l.size, l.groups)
			if err != nil {
				return err
			}
			for i, sum := range p.checks() {
				// PyTorch adds up to 100,000 terms of a depthwise weight gradient in single precision, in sequence.
				if math.Abs(sum-theirs[i]) > 2e-4*theirs[i|1] {
					return fmt.Errorf("%s, batch %d: check %d is %v, PyTorch's %v", l.name, batch, i, sum, theirs[i])
				}
			}
			fmt.Printf("%-23s %5d", l.name, batch)
			for kind, pass := range []func(){p.forward, p.all} {
				ours, peers := math.Inf(1), math.Inf(1)
				var list []float64
				for range *rounds {
					x := measure(pass)
					y, err := torch.Ask("%s %g", []string{"forward", "all"}[kind], *ms)
					if err != nil {
						return err
					}
					best := min(y[0], y[1])
					ours, peers = min(ours, x), min(peers, best)
					list = append(list, best/x)
				}
				slices.Sort(list)
				ratio := list[len(list)/2]
				ratios[kind] = append(ratios[kind], ratio)
				fmt.Printf(" | %8.3f %8.3f %6.2f", ours/1e6, peers/1e6, ratio)
			}
			fmt.Println()
		}
	}
	for kind, name := range []string{"forward", "forward and both gradients"} {
		var sum float64
		for _, r := range ratios[kind] {
			sum += math.Log(r)
		}
		if n := len(ratios[kind]); n > 0 {
			fmt.Printf("%s: geometric mean %.2f, worst %.2f\n", name, math.Exp(sum/float64(n)), slices.Min(ratios[kind]))
		}
	}
	return nil
}
