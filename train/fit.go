package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train/checkpoint"
)

// Fit trains model and returns its history; on an error, the history so far. Each step is
//
//	loss := c.Loss.Forward(model.Forward(batch.X), batch.Y)
//	c.Optimizer.ZeroGrad()
//	loss.Backward()
//	c.Optimizer.Step()
//
// with what the other fields of Config add; all of it resumes bit for bit. A training that is complete continues if
// it is resumed with more Epochs. A warm-up is a BatchSchedule, such as sched.NewLinearLR.
//
// Fit trains every parameter that is not frozen, also if SetRequiresGrad was never called on it. It returns an error if
// nothing would be trained: Epochs below 1, a loader without batches, an optimizer without the model's parameters, a
// schedule of another optimizer. It also returns an error if the optimizer lacks a parameter that is not frozen.
//
// Errors name the epoch and the step, counted from 1:
//
//   - When ctx ends, Fit finishes the step, saves the checkpoint and returns ctx's error, joined with a [*CheckpointError] if
//     saving failed.
//   - A loss that is infinite or NaN ends the training before the optimizer's step. The error names the first layer whose
//     output is not finite, if there is one.
//   - A sample that cannot be read, or a checkpoint that cannot be written, ends the training. The model is in the state after
//     the last step, and an older checkpoint is unchanged.
//
// A programmer's mistake, such as a wrong shape, panics with a [*tensor.Error] that names the layer.
func Fit(ctx context.Context, model nn.Module, c Config) (*History, error) {
	defer nn.LocatePanic(model)
	f := newFit(model, c)
	err := f.begin()
	if err == nil && c.Begin != nil {
		err = c.Begin(&f.history)
	}
	if err != nil {
		return &f.history, fmt.Errorf("train: %w", err)
	}
	for f.at.Epoch < c.Epochs && !f.stalled() {
		err := ctx.Err()
		if err == nil {
			err = f.epoch(ctx)
		}
		if errors.Is(err, ErrStop) {
			if err = f.save(); err == nil {
				break
			}
		}
		if again, e := f.rollback(err); again {
			continue
		} else if e != nil {
			err = errors.Join(err, e)
		}
		switch {
		case err == nil:
			continue
		case f.at.Step == 0 && f.at.Epoch > 0:
			err = fmt.Errorf("train: after epoch %d: %w", f.at.Epoch, err)
		default:
			err = fmt.Errorf("train: epoch %d, step %d: %w", f.at.Epoch+1, f.at.Step, err)
		}
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			err = errors.Join(err, f.save())
		}
		return &f.history, err
	}
	if f.KeepBest && f.history.Best() >= 0 {
		f.copyWeights(f.model, f.training.Best)
	} else if f.training.Average != nil {
		f.training.Average.Swap()
	}
	return &f.history, nil
}

// fit is the state of a running training.
type fit struct {
	Config
	model    nn.Module
	training checkpoint.Training
	history  History
	at       checkpoint.Position // the next step
	steps    int                 // per epoch, −1 if unknown
	loss     mean                // of the epoch's steps so far
	rate     rate                // of the epoch's steps so far
	group    group               // the batches since the optimizer's last step
	saved    int                 // the epoch's step of the last checkpoint
	scale    float64             // of the learning rates, reduced by rollbacks
	rolled   int                 // rollbacks so far
	began    time.Time           // the start of the epoch, shifted by the time of an interruption

	// The generators' states for the next step, if Fit resumed in the middle of an epoch. They are set after the loader
	// has drawn the epoch's order from the states at the start of the epoch.
	states [][]byte
}

func newFit(model nn.Module, c Config) *fit {
	switch {
	case c.Train == nil:
		fail("Config.Train is nil: set it to a *data.Loader")
	case c.Optimizer == nil:
		fail("Config.Optimizer is nil: set it to an optimizer, such as optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})")
	case c.Loss == nil:
		fail("Config.Loss is nil: set it to nn.CrossEntropyLoss{} or another loss")
	case c.Resume && c.Checkpoint == "":
		fail("Config.Resume is set and Config.Checkpoint is empty: set it to the file to resume from")
	}
	c.checkSettings()
	if c.ValidationLoss == nil {
		c.ValidationLoss = c.Loss
	}
	f := &fit{Config: c, model: model, steps: c.Train.Len(), scale: 1}
	f.history.monitor = c.Monitor
	for _, m := range c.Metrics {
		if m.Name() == c.Monitor {
			f.history.maximizes = m.Maximizes()
		}
	}
	f.training = checkpoint.Training{Model: model, Optimizer: c.Optimizer, Plateau: c.Plateau}
	if c.EMA > 0 {
		f.training.Average = optim.NewWarmEMA(floats(model), c.EMA)
	}
	if c.KeepBest {
		f.training.Best = nn.Clone(model)
	}
	for _, s := range []sched.Scheduler{c.Schedule, c.BatchSchedule} {
		if s != nil {
			f.training.Schedules = append(f.training.Schedules, s)
		}
	}
	generators := []*rng.Torch{c.Train.Config().RNG}
	if c.Validation != nil {
		generators = append(generators, c.Validation.Config().RNG)
	}
	for _, g := range slices.Concat(generators, nn.Generators(model), c.Generators) {
		if g != nil && !slices.Contains(f.training.Generators, g) {
			f.training.Generators = append(f.training.Generators, g)
		}
	}
	return f
}

func fail(msg string) { panic(&tensor.Error{Op: "train.Fit", Msg: msg}) }

// check returns an error if nothing would be trained, or if the optimizer lacks a parameter that is not frozen.
func (f *fit) check() error {
	if f.Epochs < 1 {
		return fmt.Errorf("Config.Epochs must be at least 1, not %d", f.Epochs)
	}
	for _, s := range f.training.Schedules {
		if !drives(s, f.Optimizer) {
			return errors.New("a schedule belongs to another optimizer: create it with Config.Optimizer")
		}
	}
	if f.Plateau != nil && !drives(f.Plateau, f.Optimizer) {
		return errors.New("the schedule in Config.Plateau belongs to another optimizer: create it with Config.Optimizer")
	}
	inOptimizer := map[tensor.Tensor]bool{}
	for _, p := range f.Optimizer.Params() {
		inOptimizer[p] = true
	}
	named := nn.NamedParameters(f.model)
	var trained int
	var missing []string
	for _, p := range named {
		switch {
		case p.Tensor.Frozen() || !p.Tensor.DType().IsFloat():
		case !inOptimizer[p.Tensor]:
			missing = append(missing, p.Name)
		default:
			p.Tensor.SetRequiresGrad(true)
			trained++
		}
	}
	switch {
	case len(named) == 0:
		return errors.New("the model has no parameters: they must be tensors or layers in exported fields")
	case trained == 0 && len(missing) == 0:
		return errors.New("nothing would be trained: all parameters are frozen")
	case trained == 0:
		return errors.New("the optimizer holds none of the model's parameters: create it with nn.Parameters(model)")
	case len(missing) > 0:
		return fmt.Errorf("the optimizer does not hold %s: create it with nn.Parameters(model), freeze parameters that should not "+
			`change with nn.Freeze, or tag tensors that are not parameters nn:",buffer"`, strings.Join(missing, ", "))
	}
	return nil
}

// drives reports whether s changes the learning rate of a group of opt.
func drives(s interface{ LRs() []float64 }, opt optim.Optimizer) bool {
	for _, g := range opt.Groups() {
		lr, before := g.LR(), slices.Clone(s.LRs())
		g.SetLR(-1 - lr) // differs from lr for any lr
		after := s.LRs()
		same := slices.Equal(before, after)
		g.SetLR(lr)
		if !same {
			return true
		}
	}
	return false
}

// maxLosses returns how many losses there will be, as far as known, so that steps need not grow the history.
func (f *fit) maxLosses() int { return min(f.Epochs*max(f.steps, 0), 1<<20) }

// notes is the part of a checkpoint that Fit itself writes.
type notes struct {
	Settings string  `json:"settings"`
	Epochs   []Epoch `json:"epochs"`
	Seconds  float64 `json:"seconds"` // spent in the current epoch
	Loss     mean    `json:"loss"`    // of its steps so far
	Rate     rate    `json:"rate"`    // of the steps so far
	Scale    float64 `json:"scale,omitempty"`
	Planned  int     `json:"planned,omitempty"`
}

// settings returns the text that must be equal in a checkpoint and the training that resumes it.
func (f *fit) settings() string {
	c := f.Train.Config()
	samples := "a stream of samples"
	if ds := f.Train.Dataset(); ds != nil {
		samples = fmt.Sprintf("%d samples", ds.Len())
	}
	extra := ""
	if f.KeepBest {
		extra += ", best weights kept"
	}
	if f.accumulate() > 1 {
		extra += fmt.Sprintf(", %d batches a step", f.Accumulate)
	}
	if f.EMA > 0 {
		extra += fmt.Sprintf(", averaged with decay %v", f.EMA)
	}
	if f.Plateau != nil {
		extra += ", rate reduced on a plateau"
	}
	return fmt.Sprintf("%s in batches of %d, shuffled: %v, last batch dropped: %v%s; %s",
		samples, c.BatchSize, c.Shuffle, c.DropLast, extra, f.Settings)
}

// begin loads the checkpoint to resume, if there is one, or starts the first epoch.
func (f *fit) begin() error {
	if err := f.check(); err != nil {
		return err
	}
	f.history.Losses = make([]float64, 0, f.maxLosses())
	if f.Checkpoint != "" { // before training, so that no work is lost
		if err := checkpoint.Check(f.Checkpoint); err != nil {
			return &CheckpointError{f.Checkpoint, err}
		}
	}
	if !f.Resume {
		return f.beginAnew()
	}
	err := f.load()
	if errors.Is(err, fs.ErrNotExist) {
		return f.beginAnew()
	}
	return err
}

// beginAnew starts the first epoch.
func (f *fit) beginAnew() error {
	err := f.startEpoch(0)
	if err == nil && f.Rollbacks > 0 {
		err = f.save() // what a rollback in the first epoch goes back to
	}
	return err
}

// load continues from the checkpoint.
func (f *fit) load() error {
	at, err := checkpoint.ReadPosition(f.Checkpoint)
	if err != nil {
		return err
	}
	var n notes
	if err := json.Unmarshal(at.Notes, &n); err != nil {
		return fmt.Errorf("checkpoint %s: its notes: %w", f.Checkpoint, err)
	}
	if own := f.settings(); n.Settings != own {
		return fmt.Errorf("checkpoint %s belongs to another training: it has the settings\n\t%s\nand this one has\n\t%s",
			f.Checkpoint, n.Settings, own)
	}
	fits := len(at.Losses) >= at.Step
	if f.steps >= 0 {
		fits = at.Step <= f.steps && len(at.Losses) == at.Epoch*f.steps+at.Step
	}
	if !fits || len(n.Epochs) != at.Epoch {
		return fmt.Errorf("checkpoint %s: it has %d losses and %d epochs, which does not match epoch %d, step %d", f.Checkpoint,
			len(at.Losses), len(n.Epochs), at.Epoch, at.Step)
	}
	if at, err = checkpoint.Load(f.Checkpoint, &f.training); err != nil {
		return err
	}
	f.at, f.saved = at, at.Step
	f.history.Losses = append(f.history.Losses[:0], at.Losses...)
	f.history.Epochs, f.loss, f.rate, f.history.Planned = n.Epochs, n.Loss, n.Rate, n.Planned
	if n.Scale > 0 {
		f.scale = min(f.scale, n.Scale)
	}
	f.began = time.Now().Add(-time.Duration(n.Seconds * float64(time.Second)))
	f.Train.Resume(at.Epoch, at.Step)
	if at.Step == 0 {
		return nil
	}
	if f.states, err = f.training.States(); err != nil {
		return err
	}
	return f.training.SetStates(at.Started)
}

// startEpoch records the generators' states before the loader draws the epoch's order.
func (f *fit) startEpoch(epoch int) (err error) {
	f.Train.Resume(epoch, 0)
	f.at.Epoch, f.at.Step, f.loss, f.rate, f.saved = epoch, 0, mean{}, rate{}, 0
	f.began = time.Now()
	f.at.Started, err = f.training.States()
	return err
}

// epoch makes the steps of an epoch and evaluates the model.
func (f *fit) epoch(ctx context.Context) error {
	nn.Train(f.model)
	for batch := range f.Train.Batches() {
		if err := f.restoreGenerators(); err != nil {
			return err
		}
		scope := batch.X.Scope()
		precision := scope.Float32MatmulPrecision()
		if f.Precision != 0 {
			scope.SetFloat32MatmulPrecision(f.Precision)
		}
		batch = f.transformed(batch)
		pred := forward(f.model, batch)
		loss := f.Loss.Forward(pred, batch.Y)
		weight, averaged := divisorOf(f.Loss, pred, batch)
		f.backward(loss, weight, averaged)
		if f.Precision != 0 {
			scope.SetFloat32MatmulPrecision(precision)
		}
		if err := f.recordLoss(batch, loss.Item()); err != nil {
			return err
		}
		f.loss.add(loss.Item(), weight, averaged)
		if f.group.batches == f.accumulate() {
			f.step()
		}
		if err := f.afterBatch(ctx, batch); err != nil {
			return err
		}
	}
	if err := errors.Join(f.restoreGenerators(), f.Train.Err()); err != nil {
		return err
	}
	if f.at.Step == 0 {
		return errors.New("the loader in Config.Train has no batches")
	}
	if f.group.batches > 0 {
		f.step()
		if err := f.afterStep(ctx); err != nil {
			return err
		}
	}
	return f.finishEpoch(ctx)
}

// restoreGenerators sets the generators to the checkpoint's states after the loader has drawn the epoch's order again.
func (f *fit) restoreGenerators() error {
	if f.states == nil {
		return nil
	}
	states := f.states
	f.states = nil
	return f.training.SetStates(states)
}

// recordLoss appends the loss to the history before the optimizer's step. It returns an error if the loss is not finite.
func (f *fit) recordLoss(batch data.Batch, loss float64) error {
	f.at.Step = batch.Step + 1
	if !finite(loss) {
		return &LossError{loss, notFinite(f.model, batch)}
	}
	f.history.Losses = append(f.history.Losses, loss)
	return nil
}

// afterBatch calls the reporter and, if the optimizer made a step, afterStep.
func (f *fit) afterBatch(ctx context.Context, batch data.Batch) error {
	if f.Reporter != nil {
		f.Reporter.Step(f.progress(len(batch.Indices)))
	}
	if f.group.batches > 0 {
		return nil
	}
	return f.afterStep(ctx)
}

func (f *fit) progress(samples int) Progress {
	return Progress{
		Epoch: f.at.Epoch + 1, Epochs: f.Epochs, Step: f.at.Step, Steps: f.steps,
		Samples: samples, Loss: f.history.Losses[len(f.history.Losses)-1],
	}
}

// afterStep calls the callbacks and saves a checkpoint if one is due. Between steps there are no gradients that a
// checkpoint would have to hold.
func (f *fit) afterStep(ctx context.Context) error {
	for _, c := range f.Callbacks {
		if err := c.AfterStep(f.progress(0)); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if every := f.CheckpointEvery; every > 0 && f.at.Step/every > f.saved/every {
		f.saved = f.at.Step
		return f.save()
	}
	return nil
}

// finishEpoch evaluates the model, records the epoch and saves a checkpoint.
func (f *fit) finishEpoch(ctx context.Context) error {
	e := Epoch{Epoch: f.at.Epoch + 1, Loss: f.loss.value(), LR: f.rate.Mean, Seconds: time.Since(f.began).Seconds()}
	before, err := f.training.States()
	if err != nil {
		return err
	}
	best, err := f.recordEpoch(ctx, &e)
	if err != nil { // a checkpoint saved now repeats the evaluation
		return errors.Join(err, f.training.SetStates(before))
	}
	if f.KeepBest && best {
		f.averaged(func() { f.copyWeights(f.training.Best, f.model) })
	}
	if f.Schedule != nil {
		f.Schedule.Step()
	}
	if f.Plateau != nil {
		f.Plateau.Step(f.measure(e))
	}
	var stop, failed error
	for _, c := range f.Callbacks {
		if err := c.AfterEpoch(e); errors.Is(err, ErrStop) {
			stop = err
		} else if err != nil {
			failed = err
			break
		}
	}
	if err := f.startEpoch(e.Epoch); err != nil { // also after a callback's error: the epoch is in the history
		return errors.Join(failed, err)
	}
	if failed != nil {
		return failed
	}
	if err := f.save(); err != nil {
		return err
	}
	if f.Reporter != nil {
		f.Reporter.Epoch(e, f.Epochs)
	}
	return stop
}

// recordEpoch evaluates the model after an epoch and adds the epoch to the history, if Weights returns no error. It reports
// whether the epoch is the best.
func (f *fit) recordEpoch(ctx context.Context, e *Epoch) (best bool, err error) {
	if f.Validation != nil {
		if e.Validation, err = f.validate(ctx); err == nil && f.training.Average != nil {
			f.averaged(func() { e.Average, err = f.validate(ctx) })
		}
		if err != nil {
			return false, err
		}
	}
	n := len(f.history.Epochs)
	f.history.Epochs = append(f.history.Epochs, *e)
	best = f.history.Best() == n
	if f.Weights != nil {
		if f.averaged(func() { err = f.Weights(*e, best) }); err != nil {
			f.history.Epochs = f.history.Epochs[:n]
		}
	}
	return best, err
}

// validate evaluates the model.
func (f *fit) validate(ctx context.Context) (*Result, error) {
	f.Validation.Resume(f.at.Epoch, 0)
	r, err := Evaluate(ctx, f.model, f.Validation, f.ValidationLoss, f.Metrics...)
	return &r, err
}

// averaged calls do while the model has the averaged weights, if there are any.
func (f *fit) averaged(do func()) {
	if a := f.training.Average; a != nil {
		a.Swap()
		defer a.Swap()
	}
	do()
}

// measure returns what Plateau follows.
func (f *fit) measure(e Epoch) float64 {
	switch r := e.result(); {
	case r == nil:
		return e.Loss
	case f.Plateau.Maximizes():
		return r.Accuracy()
	default:
		return r.Loss
	}
}

// copyWeights copies the weights and buffers of src, a clone of dst, to dst.
func (f *fit) copyWeights(dst, src any) {
	if err := nn.LoadStateDict(dst, nn.StateDict(src)); err != nil {
		fail(fmt.Sprintf("Config.KeepBest: the model's parameters were changed during the training: %v", err))
	}
}

// save writes the checkpoint if Checkpoint is set and a step was made since resuming. Between the batches of a step it
// writes none: a checkpoint has no gradients.
func (f *fit) save() error {
	if f.Checkpoint == "" || f.states != nil || f.group.batches > 0 {
		return nil
	}
	seconds := time.Since(f.began).Seconds()
	text, err := json.Marshal(notes{Settings: f.settings(), Epochs: f.history.Epochs, Seconds: seconds, Loss: f.loss,
		Rate: f.rate, Scale: f.scale, Planned: f.Epochs})
	if err != nil {
		return err
	}
	f.at.Notes, f.at.Losses = text, f.history.Losses
	if err := checkpoint.Save(f.Checkpoint, &f.training, f.at); err != nil {
		return &CheckpointError{f.Checkpoint, err}
	}
	return nil
}

// CheckpointError says that a checkpoint could not be saved. The training in memory is in the state after the last
// step, and an older checkpoint at Path is unchanged.
type CheckpointError struct {
	Path string
	Err  error
}

func (e *CheckpointError) Error() string {
	return fmt.Sprintf("the checkpoint could not be saved: %v", e.Err)
}

func (e *CheckpointError) Unwrap() error { return e.Err }
