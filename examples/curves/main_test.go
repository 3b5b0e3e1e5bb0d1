package main

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/internal/kernel/cpu"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// golden holds a program's results in PyTorch: each number in float32 and in float64.
type golden struct {
	Name   string
	Losses [][2]float64
	Final  map[string][2]float64
	Norms  map[string][2]float64
	Masks  []string // of dropout, in base64: one bit per element of a layer's output, 1 for kept elements
}

func readGolden(t *testing.T) map[string]golden {
	t.Helper()
	m := map[string]golden{}
	for _, name := range []string{"curves.json", "curves_transformers.json"} {
		text, err := os.ReadFile("../../testdata/torch/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Programs []golden }
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		for _, g := range file.Programs {
			m[g.Name] = g
		}
	}
	if len(m) != len(programs) {
		t.Fatalf("%d golden curves for %d programs", len(m), len(programs))
	}
	return m
}

// minTolerance is the smallest tolerance. A loss of 1 has an error of up to 1.2e-7 in float32; about three hundred
// such errors with random signs add up to 2e-6.
const minTolerance = 2e-6

// comparison compares numbers with PyTorch's in the same type. In float32 the tolerance is four times the largest
// difference between PyTorch's float32 and float64 in this program so far. It is the largest so far, not the
// difference of the same step: diverged weights stay diverged, although the losses of single steps may agree. float64
// rounds 2²⁹ times as finely; its tolerance is the same divided by 2²⁹, plus four units in the last place of the
// number itself, which may be a sum of many squares and far above 1. (In float32 the norms are summed in float64.)
type comparison struct {
	t              *testing.T
	column         int     // of PyTorch's numbers: 0 in float32, 1 in float64
	unit           float64 // 1 or 2⁻²⁹
	last           float64 // 0 or 2⁻⁵⁰
	drift          float64 // PyTorch's largest difference so far
	worst, allowed float64 // the largest difference, and its tolerance
}

func (c *comparison) compare(what string, got float64, want [2]float64) {
	c.t.Helper()
	c.drift = max(c.drift, math.Abs(want[0]-want[1]))
	allowed, d := max(minTolerance, 4*c.drift)*c.unit+c.last*math.Abs(got), math.Abs(got-want[c.column])
	if !(d <= allowed) {
		c.t.Errorf("%s: %v, PyTorch %v: a difference of %.2g, allowed are %.2g", what, got, want[c.column], d, allowed)
	}
	if c.allowed == 0 || d/allowed > c.worst/c.allowed {
		c.worst, c.allowed = d, allowed
	}
}

func (c *comparison) compareNamed(got []Number, want map[string][2]float64) {
	c.t.Helper()
	for _, n := range got {
		if _, ok := want[n.Name]; !ok {
			c.t.Errorf("PyTorch's program has no number %q", n.Name)
		}
		c.compare(n.Name, n.Value, want[n.Name])
	}
}

// check trains p on the device and in the type of c, and compares all results.
func check(t *testing.T, p program, want golden, c Curve) {
	t.Helper()
	p.train(&c)
	if len(c.Losses) != len(want.Losses) || len(c.Final) != len(want.Final) || len(c.Norms) != len(want.Norms) {
		t.Fatalf("%d losses, %d numbers and %d parameters, want %d, %d and %d",
			len(c.Losses), len(c.Final), len(c.Norms), len(want.Losses), len(want.Final), len(want.Norms))
	}
	all := comparison{t: t, unit: 1}
	if c.DType == tensor.Float64 {
		all.column, all.unit, all.last = 1, 0x1p-29, 0x1p-50
	}
	if p.name == "recurrent" {
		all.unit = 1 // its initial orthogonal matrix is computed in float32 in another order of operations than LAPACK's
	}
	for i, loss := range c.Losses {
		all.compare("step "+strconv.Itoa(i), loss, want.Losses[i])
	}
	all.compareNamed(c.Final, want.Final)
	all.compareNamed(c.Norms, want.Norms)
	t.Logf("%d losses from %.4f to %.4f, %d other numbers: largest difference %.1e, allowed %.1e",
		len(c.Losses), c.Losses[0], c.Losses[len(c.Losses)-1], len(c.Final)+len(c.Norms), all.worst, all.allowed)
}

// TestGolden checks that each program's losses, results and parameter norms equal PyTorch's.
func TestGolden(t *testing.T) { each(t, tensor.CPU(), 0, 1) }

// each checks every n-th program, starting with program first, in both types.
func each(t *testing.T, device tensor.Device, first, n int) {
	want := readGolden(t)
	for i := first; i < len(programs); i += n {
		p := programs[i]
		for _, dt := range []tensor.DType{tensor.Float32, tensor.Float64} {
			t.Run(p.name+" "+dt.String(), func(t *testing.T) { check(t, p, want[p.name], Curve{Device: device, DType: dt}) })
		}
	}
}

// TestEveryPath trains the programs on every instruction set of this processor and on the test device. With -short
// each runs a different fourth of the programs.
func TestEveryPath(t *testing.T) {
	n := 1
	if testing.Short() {
		n = 4
	}
	for i, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			defer cpu.Force(level)()
			each(t, tensor.CPU(), i%n, n)
		})
	}
	t.Run("async", func(t *testing.T) { each(t, devicetest.Async(), 3%n, n) })
}

// given is a dropout layer with a sequence of given masks.
type given struct {
	nn.Mode
	p     float64
	masks []string
}

func (l *given) Forward(x tensor.Tensor) tensor.Tensor {
	if !l.Training() {
		return x
	}
	bits, err := base64.StdEncoding.DecodeString(l.masks[0])
	if err != nil {
		panic(err)
	}
	l.masks = l.masks[1:]
	factors := make([]float32, x.Len())
	for i := range factors {
		if bits[i/8]>>(i%8)&1 == 1 {
			factors[i] = 1 / float32(1-l.p)
		}
	}
	return x.Mul(tensor.From(factors, x.Shape().Dims()...).To(x.Device()))
}

// TestMasks trains the program with dropout on PyTorch's masks. TestGolden uses masks that Lamina draws, and so also
// checks that both draw the same masks; this test checks the other operations even if the masks differed.
func TestMasks(t *testing.T) {
	want := readGolden(t)["dropout"]
	var masks [2][]string
	for i, m := range want.Masks {
		masks[i%2] = append(masks[i%2], m)
	}
	check(t, program{train: func(c *Curve) {
		dropoutWith(c, rng.NewTorch(31), &given{p: 0.3, masks: masks[0]}, &given{p: 0.5, masks: masks[1]})
	}}, want, Curve{})
}

// between lists the programs that do something else in each pass, such as an evaluation: the number of steps in a
// pass, and the number of steps that allocate.
var between = map[string]struct{ pass, allocate int }{
	"plateau":         {6, 1}, // evaluates
	"label-smoothing": {4, 1}, // starts its workers
	"dropout":         {6, 2}, // draws from a second sampler, evaluates
	"fit":             {7, 2}, // Fit begins and ends a pass
	"lbfgs":           {6, 6}, // LBFGS keeps a history
}

// TestAllocations checks that a steady step of each program allocates nothing on Go's heap. The runtime allocates in
// the background, so a step that allocates gets two further runs; the minimum counts. With -short each program runs in
// one of the two types.
func TestAllocations(t *testing.T) {
	types := []tensor.DType{tensor.Float32, tensor.Float64}
	for i, p := range programs {
		b, ok := between[p.name]
		if !ok {
			b.pass = 8
		}
		for j, dt := range types {
			if testing.Short() && j != i%len(types) {
				continue
			}
			var least []uint64 // objects allocated at each step, the minimum of the runs
			allocating := 0    // steps of the last pass
			for run := 0; run == 0 || run < 3 && allocating > b.allocate; run++ {
				counts := allocated(p, dt)
				if run == 0 {
					least = counts
				}
				allocating = 0
				for k, n := range counts {
					least[k] = min(least[k], n)
					if k >= len(counts)-b.pass && least[k] > 0 {
						allocating++
					}
				}
			}
			if allocating > b.allocate {
				t.Errorf("%s %s: %d of the last %d steps allocate, %d may: %d", p.name, dt, allocating, b.pass, b.allocate, least)
			}
		}
	}
}

// allocated trains a program and returns the number of objects that each step allocated.
func allocated(p program, dt tensor.DType) []uint64 {
	c := &Curve{DType: dt, Losses: make([]float64, 0, 100)}
	counts := make([]uint64, 0, 100)
	var m runtime.MemStats
	var before uint64
	c.watch = func() {
		runtime.ReadMemStats(&m)
		counts = append(counts, m.Mallocs-before)
		before = m.Mallocs
	}
	p.train(c)
	return counts
}

// TestRun checks the output of the command.
func TestRun(t *testing.T) {
	var b strings.Builder
	if err := run(&b, "svm"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines) != 7 || len(strings.Fields(lines[0])) != 12 || !strings.HasPrefix(lines[4], "loss: 0.") ||
		!strings.HasPrefix(lines[5], "correct: ") {
		t.Errorf("48 losses in lines of twelve, a loss and a count of right answers are wanted; got\n%s", b.String())
	}
	if err := run(&b, "sgd"); err == nil || err.Error() != `there is no program "sgd"; run curves without arguments for a list` {
		t.Error(err)
	}
}
