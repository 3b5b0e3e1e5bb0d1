package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// normed has a batch norm, whose buffers belong to the state, and a dropout.
type normed struct {
	FC1  *nn.Linear
	Norm *nn.BatchNorm1d
	Drop *nn.Dropout
	FC2  *nn.Linear
}

func (m *normed) Forward(x tensor.Tensor) tensor.Tensor {
	return m.FC2.Forward(m.Drop.Forward(m.Norm.Forward(m.FC1.Forward(x)).ReLU()))
}

// mixed mixes each sample with the one before it, by a number that depends on the epoch and the step.
func mixed(b data.Batch) data.Batch {
	w := 0.1 + 0.05*float64((3*b.Epoch+b.Step)%5)
	b.X = b.X.Lerp(b.X.Roll(1, 0), w)
	one := b.Y.OneHot(nclasses).Cast(tensor.Float32)
	b.Y = one.Lerp(one.Roll(1, 0), w)
	return b
}

// newExtras returns a training with all that Config offers. It has 9 batches per epoch in 5 steps; the last step has
// one batch.
func newExtras() (*normed, Config) {
	g := rng.NewTorch(1)
	model := &normed{nn.NewLinear(g, features, 16), nn.NewBatchNorm1d(16), nn.NewDropout(g, 0.2), nn.NewLinear(g, 16, nclasses)}
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.3, Momentum: 0.9})
	ds := someData()
	return model, Config{
		Train:          data.NewLoader(ds, data.LoaderConfig{BatchSize: 4, Shuffle: true, DropLast: true, RNG: g}),
		Validation:     data.NewLoader(ds, data.LoaderConfig{BatchSize: 10}),
		Optimizer:      opt,
		Loss:           nn.CrossEntropyLoss{LabelSmoothing: 0.1},
		ValidationLoss: nn.CrossEntropyLoss{},
		Epochs:         6,
		BatchSchedule:  sched.NewLinearLR(opt, 0.1, 1, 7), // a warm-up
		Plateau:        sched.NewReduceLROnPlateau(opt, sched.PlateauConfig{Patience: -1, Factor: 0.5}),
		Transform:      mixed,
		Accumulate:     2,
		ClipValue:      0.5,
		ClipNorm:       0.2,
		EMA:            0.7,
	}
}

// TestExtrasAreTheLoop compares Fit with a loop written by hand.
func TestExtrasAreTheLoop(t *testing.T) {
	fitted, c := newExtras()
	h, err := Fit(context.Background(), fitted, c)
	if err != nil {
		t.Fatal(err)
	}
	model, c := newExtras()
	params := nn.Parameters(model)
	var state, average []tensor.Tensor
	for _, p := range nn.StateDict(model) {
		if p.Tensor.DType().IsFloat() {
			state, average = append(state, p.Tensor), append(average, p.Tensor.Keep())
		}
	}
	steps := 0
	swap := func() {
		for i, p := range state {
			was := p.Data().Keep()
			p.Data().CopyFrom(average[i])
			average[i].CopyFrom(was)
		}
	}
	for epoch := range c.Epochs {
		nn.Train(model)
		batches := 0
		step := func() {
			for _, p := range params {
				p.Grad().MulScalarInPlace(1 / float64(4*batches))
			}
			optim.ClipGradValue(params, c.ClipValue)
			optim.ClipGradNorm(params, c.ClipNorm)
			c.Optimizer.Step()
			for i, p := range state {
				if steps == 0 {
					average[i].CopyFrom(p)
				} else {
					average[i].LerpInPlace(p.Data(), 1-min(c.EMA, float64(1+steps)/float64(10+steps)))
				}
			}
			c.BatchSchedule.Step()
			batches = 0
			steps++
		}
		for batch := range c.Train.Batches() {
			batch = mixed(batch)
			if batches == 0 {
				c.Optimizer.ZeroGrad()
			}
			c.Loss.Forward(model.Forward(batch.X), batch.Y).MulScalar(4).Backward()
			if batches++; batches == 2 {
				step()
			}
		}
		step() // of one batch
		test := func() Result {
			r, err := Evaluate(context.Background(), model, c.Validation, c.ValidationLoss)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		plain := test()
		swap()
		smooth := test()
		swap()
		c.Plateau.Step(smooth.Loss)
		if e := h.Epochs[epoch]; !reflect.DeepEqual(*e.Validation, plain) || !reflect.DeepEqual(*e.Average, smooth) {
			t.Errorf("epoch %d: Fit has %v and %v, the loop %v and %v", epoch+1, *e.Validation, *e.Average, plain, smooth)
		}
	}
	if lr := c.Optimizer.LR(); lr >= 0.3 {
		t.Errorf("the plateau did not reduce the learning rate %v", lr)
	}
	swap()
	if !slices.Equal(bits(fitted), bits(model)) {
		t.Error("the weights differ from those of the loop")
	}
}

// Several batches of a step are like one batch.
func TestAccumulateIsALargeBatch(t *testing.T) {
	train := func(size, accumulate int, loss Loss) []float32 {
		model := nn.Sequential{nn.NewLinear(rng.NewTorch(1), features, nclasses)}
		ds := someData()
		_, err := Fit(context.Background(), model, Config{Train: data.NewLoader(ds, data.LoaderConfig{BatchSize: size}),
			Optimizer: optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.1}), Loss: loss, Epochs: 2, Accumulate: accumulate})
		if err != nil {
			t.Fatal(err)
		}
		return bits(model)
	}
	for _, loss := range []Loss{nn.CrossEntropyLoss{}, nn.CrossEntropyLoss{Reduction: nn.Sum},
		nn.CrossEntropyLoss{Weight: tensor.From([]float32{1, 2, 5})}} {
		large, small := train(15, 0, loss), train(5, 3, loss)
		for i := range large {
			if math.Abs(float64(large[i]-small[i])) > 1e-5*math.Max(1, math.Abs(float64(large[i]))) {
				t.Errorf("%v: parameter %d is %v with large batches, %v with several small ones", loss, i, large[i], small[i])
			}
		}
	}
}

// TestExtrasResume stops a training after some step and resumes it, with the best weights kept and without.
func TestExtrasResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	for _, keep := range []bool{false, true} {
		whole, c := newExtras()
		c.KeepBest = keep
		if _, err := Fit(context.Background(), whole, c); err != nil {
			t.Fatal(err)
		}
		for _, stop := range []int{1, 4, 9, 10, 26, 40} {
			os.Remove(path)
			ctx, cancel := context.WithCancel(context.Background())
			part, c := newExtras()
			c.KeepBest, c.Checkpoint, c.CheckpointEvery, c.Reporter = keep, path, 3, &stopper{stop, cancel}
			if _, err := Fit(ctx, part, c); !errors.Is(err, context.Canceled) {
				t.Fatalf("stopped after batch %d: error is %v", stop, err)
			}
			again, c := newExtras()
			c.KeepBest, c.Checkpoint, c.Resume = keep, path, true
			if _, err := Fit(context.Background(), again, c); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(bits(again), bits(whole)) {
				t.Errorf("KeepBest %v, stopped after batch %d: the weights differ", keep, stop)
			}
		}
	}
}

// A complete training continues with more epochs.
func TestMoreEpochs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	whole, c := newExtras()
	if _, err := Fit(context.Background(), whole, c); err != nil {
		t.Fatal(err)
	}
	for _, epochs := range []int{2, 6} {
		model, c := newExtras()
		c.Epochs, c.Checkpoint, c.Resume = epochs, path, true
		h, err := Fit(context.Background(), model, c)
		if err != nil || len(h.Epochs) != epochs {
			t.Fatalf("%d epochs, want %d: %v", len(h.Epochs), epochs, err)
		}
		if same := slices.Equal(bits(model), bits(whole)); same != (epochs == 6) {
			t.Errorf("after %d epochs the weights are those of 6: %v", epochs, same)
		}
	}
}

// Patience ends a training after epochs without a better one; with more patience it continues.
func TestPatience(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	whole, c := worsening()
	h, err := Fit(context.Background(), whole, c)
	if err != nil {
		t.Fatal(err)
	}
	want := 0 // epochs until two in a row are no better
	for i := range h.Epochs {
		part := History{Epochs: h.Epochs[:i+1]}
		if i-part.Best() >= 2 {
			want = i + 1
			break
		}
	}
	if want == 0 || want == len(h.Epochs) {
		t.Fatalf("the training does not stall early: %v", h.Epochs)
	}
	for _, run := range []struct{ patience, epochs int }{{2, want}, {2, want}, {0, len(h.Epochs)}} {
		model, c := worsening()
		c.Patience, c.Checkpoint, c.Resume = run.patience, path, true
		h, err := Fit(context.Background(), model, c)
		if err != nil || len(h.Epochs) != run.epochs {
			t.Errorf("with patience %d there are %d epochs, want %d (%v)", run.patience, len(h.Epochs), run.epochs, err)
		}
		if run.patience == 0 && !slices.Equal(bits(model), bits(whole)) {
			t.Error("the weights differ from those of a training without patience")
		}
	}
}

// recorder is a callback that stops after a step or an epoch.
type recorder struct {
	steps, epochs       int
	stopStep, stopEpoch int
	err                 error
}

func (r *recorder) AfterStep(Progress) error {
	if r.steps++; r.steps == r.stopStep {
		return r.err
	}
	return nil
}

func (r *recorder) AfterEpoch(Epoch) error {
	if r.epochs++; r.epochs == r.stopEpoch {
		return r.err
	}
	return nil
}

func TestCallbacks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	broken := errors.New("broken")
	for _, r := range []*recorder{
		{}, {stopStep: 7, err: ErrStop}, {stopEpoch: 2, err: ErrStop}, {stopStep: 7, err: broken}, {stopEpoch: 2, err: broken},
	} {
		os.Remove(path)
		model, c := newExtras()
		c.Callbacks, c.Checkpoint = []Callback{r}, path
		h, err := Fit(context.Background(), model, c)
		switch {
		case r.err == broken && !errors.Is(err, broken), r.err != broken && err != nil:
			t.Errorf("%+v: the error is %v", r, err)
		case r.stopStep == 7 && (r.steps != 7 || len(h.Epochs) != 1), r.stopEpoch == 2 && (r.epochs != 2 || len(h.Epochs) != 2),
			r.err == nil && (r.steps != 30 || r.epochs != 6):
			t.Errorf("%+v: %d epochs", r, len(h.Epochs))
		}
		if r.err != ErrStop {
			continue
		}
		whole, c := newExtras()
		if _, err := Fit(context.Background(), whole, c); err != nil {
			t.Fatal(err)
		}
		again, c := newExtras()
		c.Checkpoint, c.Resume = path, true
		if _, err := Fit(context.Background(), again, c); err != nil || !slices.Equal(bits(again), bits(whole)) {
			t.Errorf("%+v: resumed, the weights differ (%v)", r, err)
		}
	}
}

func TestExtrasRefuse(t *testing.T) {
	for text, change := range map[string]func(*Config){
		"Config.EMA is 1":         func(c *Config) { c.EMA = 1 },
		"Config.Accumulate is -1": func(c *Config) { c.Accumulate = -1 },
		"Config.ClipNorm is -1":   func(c *Config) { c.ClipNorm = -1 },
	} {
		model, c := newExtras()
		change(&c)
		err := tensor.Try(func() { Fit(context.Background(), model, c) })
		if err == nil {
			t.Errorf("no error for %s", text)
			continue
		}
		mustContain(t, err.Error(), text)
	}
	model, c := newExtras()
	_, other := newExtras()
	c.Plateau = other.Plateau
	if _, err := Fit(context.Background(), model, c); err == nil {
		t.Error("a plateau schedule of another optimizer is accepted")
	} else {
		mustContain(t, err.Error(), "Config.Plateau belongs to another optimizer")
	}
}

func TestClassWeights(t *testing.T) {
	if got, want := ClassWeights([]int64{0, 0, 0, 1}, 3).Float32s(), []float32{4. / 9, 4. / 3, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	err := tensor.Try(func() { ClassWeights([]int64{0, 3}, 3) })
	if err == nil {
		t.Fatal("no error for a target that is no class")
	}
	mustContain(t, err.Error(), "target 1 is 3, which is not one of 3 classes")
}
