package tensor_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// The tests of this file put scopes and the tape to the test as users meet them: through models, optimizers and
// loaders.

func samples(o tensor.Options, n, in, classes int) (x, y tensor.Tensor) {
	g := rng.NewTorch(7)
	labels := make([]int64, n)
	g.Randint(labels, 0, int64(classes))
	return o.RandN(g, n, in), tensor.From(labels)
}

func TestUnusedLayerUnderWeightDecay(t *testing.T) {
	g := rng.NewTorch(1)
	model := &struct{ Used, Unused *nn.Linear }{nn.NewLinear(g, 3, 2), nn.NewLinear(g, 3, 2)}
	before := model.Unused.Weight.Float32s()
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.1, WeightDecay: 0.5, Momentum: 0.9})
	x, y := samples(tensor.Options{}, 8, 3, 2)
	for range 3 {
		loss := nn.CrossEntropy(model.Used.Forward(x), y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}
	for i, v := range model.Unused.Weight.Float32s() {
		if v != before[i] {
			t.Fatal("a layer without a gradient was decayed")
		}
	}
}

func TestUnexportedFieldPanics(t *testing.T) {
	model := &struct {
		FC1 *nn.Linear
		fc2 *nn.Linear
	}{nn.NewLinear(rng.NewTorch(1), 2, 2), nn.NewLinear(rng.NewTorch(1), 2, 2)}
	wantPanic(t, func() { nn.Parameters(model) }, "fc2")
}

func TestOptimizerStepBetweenTwoBackwards(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewLinear(g, 3, 4), &nn.Tanh{}, nn.NewLinear(g, 4, 2)}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
	x, y := samples(tensor.Options{}, 8, 3, 2)
	s := tensor.NewScope(tensor.CPU())
	loss := nn.CrossEntropy(model.Forward(x.InScope(s)), y)
	loss.Backward()
	loss.Backward() // twice is fine: gradients add up
	opt.Step()
	wantPanic(t, func() { loss.Backward() }, "changed in place")
}

func TestBreakAndReadTheLoss(t *testing.T) {
	x, y := samples(tensor.Options{}, 64, 5, 3)
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 16})
	model := nn.NewLinear(rng.NewTorch(1), 5, 3)
	var loss tensor.Tensor
	for batch := range loader.Batches() {
		loss = nn.CrossEntropy(model.Forward(batch.X), batch.Y)
		if batch.Step == 1 {
			break
		}
	}
	if v := loss.Item(); !(v > 0) {
		t.Errorf("loss after break: %v", v)
	}
	for range loader.Batches() {
		wantPanic(t, func() { loss.Item() }, "Keep")
		break
	}
}

func TestTwoLoaders(t *testing.T) {
	x, y := samples(tensor.Options{}, 64, 5, 3)
	inner := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 8})
	outer := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 32})
	model := nn.NewLinear(rng.NewTorch(1), 5, 3)
	steps := 0
	for a := range outer.Batches() {
		for b := range inner.Batches() {
			loss := nn.CrossEntropy(model.Forward(a.X), a.Y).Add(nn.CrossEntropy(model.Forward(b.X), b.Y))
			model.Weight.ZeroGrad()
			loss.Backward()
			steps++
		}
		if a.X.Dim(0) != 32 { // the outer batch outlives the inner loop
			t.Error(a.X.Shape())
		}
	}
	if steps != 2*8 {
		t.Errorf("%d steps", steps)
	}
	// Training and evaluation batches do not mix.
	for a := range outer.Batches() {
		for b := range inner.Batches(data.NoGrad) {
			wantPanic(t, func() { a.X.Sum().Add(b.X.Sum()) }, "records")
			break
		}
		break
	}
}

// brokenDataset cannot read sample 21.
type brokenDataset struct{ *data.TensorDataset }

var errBroken = errors.New("the disk is gone")

func (d brokenDataset) Read(i int, s *data.Sample) error {
	if i == 21 {
		return errBroken
	}
	return d.TensorDataset.Read(i, s)
}

func TestWorkersError(t *testing.T) {
	x, y := samples(tensor.Options{}, 64, 5, 3)
	for _, workers := range []int{0, 3} {
		loader := data.NewLoader(brokenDataset{data.NewTensorDataset(x, y)}, data.LoaderConfig{BatchSize: 8, Workers: workers})
		seen := 0
		for range loader.Batches() {
			seen++
		}
		if seen != 2 {
			t.Errorf("%d workers: %d batches before the error, want 2", workers, seen)
		}
		if err := loader.Err(); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "21") {
			t.Errorf("%d workers: error %v", workers, err)
		}
	}
}

func TestOneModelManyGoroutines(t *testing.T) {
	g := rng.NewTorch(3)
	model := nn.Sequential{nn.NewLinear(g, 5, 16), &nn.ReLU{}, nn.NewDropout(g, 0.5), nn.NewLinear(g, 16, 3)}
	nn.Eval(model)
	x, _ := samples(tensor.Options{}, 32, 5, 3)
	want := tensor.NoGrad(x, model.Forward).Float32s()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got := tensor.NoGrad(x, model.Forward).Float32s()
				for i := range got {
					if got[i] != want[i] {
						t.Errorf("element %d: %v, want %v", i, got[i], want[i])
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestThreadsGiveTheSameBits trains a network large enough for every kernel to be shared among threads.
func TestThreadsGiveTheSameBits(t *testing.T) {
	defer tensor.SetThreads(tensor.Threads())
	x, y := samples(tensor.Options{}, 256, 784, 10)
	var want [][]byte
	counts, steps := []int{1, 2, 3, 4, 5, 6, 7, 8}, 2
	if testing.Short() {
		counts, steps = []int{1, 2, 3, 8}, 1
	}
	for _, threads := range counts {
		tensor.SetThreads(threads)
		g := rng.NewTorch(1)
		model := nn.Sequential{nn.NewLinear(g, 784, 512), &nn.ReLU{}, nn.NewLinear(g, 512, 300), &nn.Tanh{}, nn.NewLinear(g, 300, 10)}
		opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
		for range steps {
			loss := nn.CrossEntropy(model.Forward(x), y)
			opt.ZeroGrad()
			loss.Backward()
			opt.Step()
		}
		for i, p := range nn.Parameters(model) {
			if threads == 1 {
				want = append(want, p.Bytes())
			} else if !bytes.Equal(p.Bytes(), want[i]) {
				t.Errorf("%d threads give other bits in parameter %d than one", threads, i)
			}
		}
	}
}

var steadySteps = flag.Int("steady.steps", 500, "how many steps TestLongTrainingIsSteady takes")

// TestLongTrainingIsSteady is the loop of the README: after a warm-up, full and partial batches in turn make no
// allocation, and the process does not grow by a hundredth.
func TestLongTrainingIsSteady(t *testing.T) {
	x, y := samples(tensor.Options{}, 40, 784, 10) // batches of 32 and 8
	g := rng.NewTorch(1)
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 32, Shuffle: true, RNG: g})
	model := nn.Sequential{nn.NewLinear(g, 784, 1024), &nn.ReLU{}, nn.NewLinear(g, 1024, 1024), &nn.ReLU{}, nn.NewLinear(g, 1024, 10)}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
	train := func(steps int) {
		for done := 0; done < steps; {
			for batch := range loader.Batches() {
				loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
				opt.ZeroGrad()
				loss.Backward()
				opt.Step()
				done++
			}
		}
	}
	warm, steps := 100, *steadySteps
	if testing.Short() {
		warm, steps = 10, min(steps, 10)
	}
	mallocs(func() { train(warm) }) // together with what counts
	before := resident(t)
	n := mallocs(func() { train(steps) })
	if n > 0 {
		t.Errorf("%d mallocs in %d steps", n, steps)
	}
	after := resident(t)
	if float64(after) > 1.01*float64(before) {
		t.Errorf("resident memory grew from %d to %d KiB in %d steps", before, after, steps)
	}
	t.Logf("%d mallocs; resident memory from %d to %d KiB in %d steps", n, before, after, steps)
}

// resident returns the process's resident memory in KiB, but for pages of the program's file, which come as code is
// first run.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("this system does not tell a process's memory in /proc")
	}
	for _, line := range strings.Split(string(status), "\n") {
		if kb, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(kb, "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}
