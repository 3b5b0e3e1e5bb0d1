package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train/checkpoint"
)

// net has a dropout layer with its own generator and another that shares the loader's.
type net struct {
	FC1   *nn.Linear
	Drop1 *nn.Dropout
	FC2   *nn.Linear
	Drop2 *nn.Dropout
	FC3   *nn.Linear
}

func (m *net) Forward(x tensor.Tensor) tensor.Tensor {
	x = m.Drop1.Forward(m.FC1.Forward(x).ReLU())
	x = m.Drop2.Forward(m.FC2.Forward(x).ReLU())
	return m.FC3.Forward(x)
}

const samples, features, nclasses = 37, 6, 3

// newTraining returns a small training with every kind of state. It has 10 steps per epoch, the last with a smaller
// batch.
func newTraining() (*net, Config) {
	g, own := rng.NewTorch(1), rng.NewTorch(2)
	model := &net{
		nn.NewLinear(g, features, 16), nn.NewDropout(own, 0.3), nn.NewLinear(g, 16, 8), nn.NewDropout(g, 0.2), nn.NewLinear(g, 8, nclasses),
	}
	ds := someData()
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	return model, Config{
		Train:         data.NewLoader(ds, data.LoaderConfig{BatchSize: 4, Shuffle: true, RNG: g}),
		Validation:    data.NewLoader(ds, data.LoaderConfig{BatchSize: 10, RNG: g}),
		Optimizer:     opt,
		Loss:          nn.CrossEntropyLoss{},
		Epochs:        3,
		Schedule:      sched.NewStepLR(opt, 1, 0.9),
		BatchSchedule: sched.NewExponentialLR(opt, 0.99),
	}
}

func someData() *data.TensorDataset {
	g := rng.NewTorch(3)
	x, y := make([]float32, samples*features), make([]int64, samples)
	g.Normal32(x, 0, 1)
	g.Randint(y, 0, nclasses)
	return data.NewTensorDataset(tensor.From(x, samples, features), tensor.From(y))
}

// bits returns all parameters of a model.
func bits(model any) []float32 {
	var out []float32
	for _, p := range nn.StateDict(model) {
		out = append(out, p.Tensor.Float32s()...)
	}
	return out
}

// TestFitIsTheLoop compares Fit with the loop that its documentation shows.
func TestFitIsTheLoop(t *testing.T) {
	fitted, c := newTraining()
	h, err := Fit(context.Background(), fitted, c)
	if err != nil {
		t.Fatal(err)
	}
	model, c := newTraining()
	var losses []float64
	for epoch := range c.Epochs {
		nn.Train(model)
		sum := 0.0
		for batch := range c.Train.Batches() {
			loss := c.Loss.Forward(model.Forward(batch.X), batch.Y)
			c.Optimizer.ZeroGrad()
			loss.Backward()
			c.Optimizer.Step()
			c.BatchSchedule.Step()
			losses = append(losses, loss.Item())
			sum += loss.Item() * float64(len(batch.Indices))
		}
		nn.Eval(model)
		var test, correct float64
		for batch := range c.Validation.Batches(data.NoGrad) {
			pred := model.Forward(batch.X)
			test += c.Loss.Forward(pred, batch.Y).Item() * float64(len(batch.Indices)) / samples
			correct += pred.ArgMax(1).Equal(batch.Y).Sum().Item()
		}
		c.Schedule.Step()
		e := h.Epochs[epoch]
		if e.Epoch != epoch+1 || e.Loss != sum/samples || math.Abs(e.Validation.Loss-test) > 1e-12 ||
			e.Validation.Correct != int(correct) || e.Validation.Total != samples {
			t.Errorf("epoch %d: Fit says %+v with %+v; the loop has loss %v, validation loss %v, %v correct", epoch+1,
				e, *e.Validation, sum/samples, test, correct)
		}
	}
	if !slices.Equal(h.Losses, losses) {
		t.Error("the losses differ from those of the loop")
	}
	if !slices.Equal(bits(fitted), bits(model)) {
		t.Error("the weights differ from those of the loop")
	}
}

// stopper cancels a context after a number of steps.
type stopper struct {
	after int
	stop  context.CancelFunc
}

func (s *stopper) Step(Progress) {
	if s.after--; s.after == 0 {
		s.stop()
	}
}
func (s *stopper) Epoch(Epoch, int) {}

// TestResumeAfterEveryStep stops a training after each of its steps and resumes it from the checkpoint with new
// objects.
func TestResumeAfterEveryStep(t *testing.T) {
	whole, c := newTraining()
	want, err := Fit(context.Background(), whole, c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	for stop := 1; stop <= 30; stop++ {
		os.Remove(path)
		ctx, cancel := context.WithCancel(context.Background())
		model, c := newTraining()
		c.Checkpoint, c.Resume, c.Reporter = path, true, &stopper{stop, cancel}
		h, err := Fit(ctx, model, c)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after step %d: error is %v", stop, err)
		}
		if len(h.Losses) != stop {
			t.Fatalf("stopped after step %d: there are %d losses", stop, len(h.Losses))
		}
		model, c = newTraining()
		c.Checkpoint, c.Resume = path, true
		if h, err = Fit(ctx, model, c); !errors.Is(err, context.Canceled) || len(h.Losses) != stop {
			t.Fatalf("resuming with a cancelled context: %d losses, error %v", len(h.Losses), err)
		}
		model, c = newTraining()
		c.Checkpoint, c.Resume = path, true
		if h, err = Fit(context.Background(), model, c); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(model), bits(whole)) {
			t.Errorf("stopped after step %d: the weights differ", stop)
		}
		if !slices.Equal(h.Losses, want.Losses) {
			t.Errorf("stopped after step %d: the losses differ", stop)
		}
		for i, e := range h.Epochs {
			e.Seconds, want.Epochs[i].Seconds = 0, 0
			got := fmt.Sprintf("%+v %+v", e.Loss, *e.Validation)
			if want := fmt.Sprintf("%+v %+v", want.Epochs[i].Loss, *want.Epochs[i].Validation); got != want {
				t.Errorf("stopped after step %d: epoch %d is %s, want %s", stop, i+1, got, want)
			}
		}
		cancel()
	}
}

// TestStopDuringEvaluation cancels the context during an evaluation whose loader draws from the same generator.
func TestStopDuringEvaluation(t *testing.T) {
	whole, c := newTraining()
	if _, err := Fit(context.Background(), whole, c); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	model, c := newTraining()
	c.Checkpoint, c.Resume = path, true
	calls := 0
	c.Loss = LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
		if calls++; calls == 10+2 { // the second batch of the first evaluation
			cancel()
		}
		return nn.CrossEntropy(pred, y)
	})
	if _, err := Fit(ctx, model, c); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "evaluation") {
		t.Fatalf("error is %v", err)
	}
	model, c = newTraining()
	c.Checkpoint, c.Resume = path, true
	if _, err := Fit(context.Background(), model, c); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(model), bits(whole)) {
		t.Error("the weights differ")
	}
}

// mallocs records the number of allocations after chosen steps.
type mallocs struct {
	from, to uint64
	steps    int
	memory   runtime.MemStats
}

func (m *mallocs) Step(Progress) {
	m.steps++
	switch m.steps {
	case 40:
		runtime.ReadMemStats(&m.memory)
		m.from = m.memory.Mallocs
	case 70:
		runtime.ReadMemStats(&m.memory)
		m.to = m.memory.Mallocs
	}
}
func (m *mallocs) Epoch(Epoch, int) {}

func TestStepAllocatesNothing(t *testing.T) {
	least := uint64(math.MaxUint64)
	for range 5 { // the runtime's goroutines sometimes allocate too, so take the least count
		g := rng.NewTorch(1)
		model := nn.Sequential{nn.NewLinear(g, features, 8), &nn.ReLU{}, nn.NewLinear(g, 8, nclasses)}
		m := &mallocs{}
		_, err := Fit(context.Background(), model, Config{
			Train: data.NewLoader(someData(), data.LoaderConfig{Shuffle: true,
				RNG: g}), // 37 steps an epoch: 40 to 70 are in the second
			Optimizer: optim.NewAdam(nn.Parameters(model), optim.AdamConfig{}),
			Loss:      nn.CrossEntropyLoss{},
			Epochs:    2,
			Reporter:  m,
		})
		if err != nil {
			t.Fatal(err)
		}
		least = min(least, m.to-m.from)
	}
	if least != 0 {
		t.Errorf("%d allocations in 30 steps", least)
	}
}

// errorOf returns the error of a training that c changes.
func errorOf(t *testing.T, change func(*net, *Config)) (string, *History) {
	t.Helper()
	model, c := newTraining()
	change(model, &c)
	h, err := Fit(context.Background(), model, c)
	if err == nil {
		t.Fatal("there is no error")
	}
	return err.Error(), h
}

func mustContain(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q\ndoes not contain %q", text, p)
		}
	}
}

func TestNaNErrorNamesLayerAndStep(t *testing.T) {
	steps := 0
	msg, h := errorOf(t, func(m *net, c *Config) {
		c.Loss = LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
			if steps++; steps == 10+4+3 { // a batch of the second epoch, after the first evaluation
				m.FC2.Weight.Data().FillInPlace(math.Inf(1))
				pred = m.Forward(pred.NewOnes(4, features))
			}
			return nn.CrossEntropy(pred, y)
		})
	})
	mustContain(t, msg, "epoch 2, step 3", "the loss is NaN", "model.fc2", "weight")
	if len(h.Losses) != 12 || len(h.Epochs) != 1 {
		t.Errorf("the history has %d losses and %d epochs", len(h.Losses), len(h.Epochs))
	}

	msg, _ = errorOf(t, func(m *net, c *Config) {
		c.Loss = LossFunc(func(pred, y tensor.Tensor) tensor.Tensor { return nn.CrossEntropy(pred, y).Log().Log() })
	})
	mustContain(t, msg, "epoch 1, step ", "the loss is NaN", "the model's output is finite")

	x := make([]float32, samples*features)
	x[5*features+2] = float32(math.NaN())
	msg, _ = errorOf(t, func(m *net, c *Config) {
		ds := data.NewTensorDataset(tensor.From(x, samples, features), tensor.From(make([]int64, samples)))
		c.Train = data.NewLoader(ds, data.LoaderConfig{BatchSize: 4})
	})
	mustContain(t, msg, "epoch 1, step 2", "sample 5 of the data set")
}

func TestInfiniteLossLeavesTheWeights(t *testing.T) {
	model, c := newTraining()
	c.Loss = LossFunc(func(pred, y tensor.Tensor) tensor.Tensor { return nn.CrossEntropy(pred, y).MulScalar(math.Inf(1)) })
	before := bits(model)
	if _, err := Fit(context.Background(), model, c); err == nil {
		t.Fatal("there is no error")
	}
	if !slices.Equal(bits(model), before) {
		t.Error("the optimizer made a step for an infinite loss")
	}
}

// brokenData is a dataset with a sample that cannot be read.
type brokenData struct{ *data.TensorDataset }

var errBroken = errors.New("the disk is broken")

func (d brokenData) Read(i int, s *data.Sample) error {
	if i == 9 {
		return errBroken
	}
	return d.TensorDataset.Read(i, s)
}

func TestLoaderError(t *testing.T) {
	model, c := newTraining()
	c.Train = data.NewLoader(brokenData{someData()}, data.LoaderConfig{BatchSize: 4})
	h, err := Fit(context.Background(), model, c)
	if !errors.Is(err, errBroken) {
		t.Fatalf("error is %v", err)
	}
	mustContain(t, err.Error(), "epoch 1, step 2", "9")
	if len(h.Losses) != 2 {
		t.Errorf("the history has %d losses", len(h.Losses))
	}
	model, c = newTraining()
	c.Validation = data.NewLoader(brokenData{someData()}, data.LoaderConfig{BatchSize: 4})
	if _, err := Fit(context.Background(), model, c); !errors.Is(err, errBroken) {
		t.Fatalf("error is %v", err)
	}
}

func TestPanicNamesTheLayer(t *testing.T) {
	for name, f := range map[string]func(*net, Config){
		"Fit":           func(m *net, c Config) { Fit(context.Background(), m, c) },
		"Evaluate":      func(m *net, c Config) { Evaluate(context.Background(), m, c.Validation, c.Loss) },
		"Predict":       func(m *net, c Config) { Predict(m, tensor.Ones(2, features)) },
		"Probabilities": func(m *net, c Config) { Probabilities(m, tensor.Ones(2, features)) },
	} {
		model, c := newTraining()
		model.FC2 = nn.NewLinear(rng.NewTorch(1), 17, 8)
		c.Optimizer, c.Schedule, c.BatchSchedule = optim.NewSGD(nn.Parameters(model), optim.SGDConfig{}), nil, nil
		err := tensor.Try(func() { f(model, c) })
		if err == nil {
			t.Fatalf("%s: no panic", name)
		}
		mustContain(t, err.Error(), "in model.fc2")
	}
}

func TestConfigMistakesPanic(t *testing.T) {
	for field, change := range map[string]func(*Config){
		"Train":      func(c *Config) { c.Train = nil },
		"Optimizer":  func(c *Config) { c.Optimizer = nil },
		"Loss":       func(c *Config) { c.Loss = nil },
		"Checkpoint": func(c *Config) { c.Resume = true },
	} {
		model, c := newTraining()
		change(&c)
		err := tensor.Try(func() { Fit(context.Background(), model, c) })
		if err == nil || !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("%s: error is %v", field, err)
		}
	}
}

func TestResumeRefusesAnotherTraining(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.safetensors")
	model, c := newTraining()
	c.Checkpoint, c.Settings, c.Epochs = path, "seed 1", 1
	if _, err := Fit(context.Background(), model, c); err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	resumed := func(change func(*net, *Config)) string {
		var before []float32
		var model *net
		msg, _ := errorOf(t, func(m *net, cc *Config) {
			cc.Checkpoint, cc.Settings, cc.Resume = path, "seed 1", true
			change(m, cc)
			model, before = m, bits(m)
		})
		if !slices.Equal(bits(model), before) {
			t.Error("a refused checkpoint changed the model")
		}
		return msg
	}
	mustContain(t, resumed(func(_ *net, c *Config) { c.Settings = "seed 2" }), "belongs to another training", "seed 1", "seed 2")
	mustContain(t, resumed(func(_ *net, c *Config) {
		c.Train = data.NewLoader(someData(), data.LoaderConfig{BatchSize: 5})
	}), "batches of 4", "batches of 5")
	mustContain(t, resumed(func(m *net, _ *Config) { m.FC2 = nn.NewLinear(rng.NewTorch(1), 16, 9) }), "fc2.weight", "fc2.bias")
	mustContain(t, resumed(func(_ *net, c *Config) { c.Schedule = nil }), "schedule.")
	mustContain(t, resumed(func(_ *net, c *Config) { c.Generators = []*rng.Torch{rng.NewTorch(9)} }), "random generators")
	mustContain(t, resumed(func(_ *net, c *Config) { os.WriteFile(path, saved[:len(saved)-1], 0o666) }), path)
	mustContain(t, resumed(func(_ *net, c *Config) { os.WriteFile(path, nil, 0o666) }), path)
	os.WriteFile(path, saved, 0o666)
	m, c := newTraining()
	c.Checkpoint, c.Settings, c.Resume, c.Epochs = path, "seed 1", true, 2
	if h, err := Fit(context.Background(), m, c); err != nil || len(h.Epochs) != 2 {
		t.Errorf("the same training does not resume: %v", err)
	}
}

func TestSaveFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sub")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "c.safetensors")
	model, c := newTraining()
	c.Checkpoint, c.CheckpointEvery = path, 3
	steps := 0
	c.Loss = LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
		if steps++; steps == 5 {
			os.RemoveAll(dir)
		}
		return nn.CrossEntropy(pred, y)
	})
	h, err := Fit(context.Background(), model, c)
	var ce *CheckpointError
	if !errors.As(err, &ce) || ce.Path != path {
		t.Fatalf("error is %v", err)
	}
	mustContain(t, err.Error(), "epoch 1, step 6")
	if len(h.Losses) != 6 {
		t.Errorf("the history has %d losses", len(h.Losses))
	}
}

func TestEvaluateRegression(t *testing.T) {
	g := rng.NewTorch(1)
	model := nn.NewLinear(g, features, 1)
	ds := data.NewTensorDataset(tensor.Ones(10, features), tensor.Zeros(10, 1))
	r, err := Evaluate(context.Background(), model, data.NewLoader(ds, data.LoaderConfig{BatchSize: 3}), nn.MSELoss{})
	if err != nil {
		t.Fatal(err)
	}
	y := model.Forward(tensor.Ones(1, features)).Item()
	if math.Abs(r.Loss-y*y) > 1e-6 || r.Total != 0 || !math.IsNaN(r.Accuracy()) {
		t.Errorf("result is %+v, want loss %v and no classes", r, y*y)
	}
}

func TestPredict(t *testing.T) {
	model, _ := newTraining()
	g := rng.NewTorch(5)
	x := make([]float32, 9*features)
	g.Normal32(x, 0, 1)
	X := tensor.From(x, 9, features)
	p := Probabilities(model, X)
	if p.Shape() != tensor.ShapeOf(9, nclasses) {
		t.Fatalf("shape is %v", p.Shape())
	}
	classes := Predict(model, X)
	for i, c := range classes {
		row := p.Float32s()[i*nclasses:][:nclasses]
		sum := 0.0
		for _, v := range row {
			sum += float64(v)
			if v > row[c] {
				t.Errorf("row %d: class %d is predicted with probabilities %v", i, c, row)
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("row %d: probabilities add up to %v", i, sum)
		}
	}
}

// TestPredictConcurrently lets many goroutines use one model, for the race detector.
func TestPredictConcurrently(t *testing.T) {
	model, _ := newTraining()
	nn.Eval(model)
	want := Predict(model, tensor.Ones(3, features))
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 20 {
				if got := Predict(model, tensor.Ones(3, features)); !slices.Equal(got, want) {
					t.Errorf("predicted %v, want %v", got, want)
				}
			}
		}()
	}
	group.Wait()
}

func TestBest(t *testing.T) {
	tested := func(loss float64, correct, total int) Epoch {
		return Epoch{Loss: 1, Validation: &Result{Loss: loss, Correct: correct, Total: total}}
	}
	for _, c := range []struct {
		epochs []Epoch
		want   int
	}{
		{nil, -1},
		{[]Epoch{{Loss: 3}, {Loss: 1}, {Loss: 2}}, 1},
		{[]Epoch{tested(3, 0, 0), tested(2, 0, 0), tested(4, 0, 0)}, 1},
		{[]Epoch{tested(1, 5, 10), tested(2, 7, 10), tested(3, 7, 10)}, 1},
		{[]Epoch{tested(1, 5, 10), tested(3, 7, 10), tested(2, 7, 10)}, 2},
	} {
		if got := (&History{Epochs: c.epochs}).Best(); got != c.want {
			t.Errorf("best of %v is %d, want %d", c.epochs, got, c.want)
		}
	}
}

// TestCheckpointHasEverything checks that a checkpoint holds every part of the state.
func TestCheckpointHasEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.safetensors")
	model, c := newTraining()
	c.Checkpoint, c.Epochs = path, 2
	if _, err := Fit(context.Background(), model, c); err != nil {
		t.Fatal(err)
	}
	at, err := checkpoint.ReadPosition(path)
	if err != nil {
		t.Fatal(err)
	}
	if at.Epoch != 2 || at.Step != 0 || len(at.Losses) != 20 || len(at.Started) != 2 {
		t.Errorf("position is epoch %d, step %d with %d losses and %d generators", at.Epoch, at.Step, len(at.Losses), len(at.Started))
	}
}

func TestLines(t *testing.T) {
	var out strings.Builder
	model, c := newTraining()
	c.Epochs, c.Reporter = 2, Lines(&out)
	if _, err := Fit(context.Background(), model, c); err != nil {
		t.Fatal(err)
	}
	mustContain(t, out.String(), "epoch 1/2: loss ", ", accuracy ", "epoch 2/2: ")
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines for 2 short epochs", n)
	}
}
