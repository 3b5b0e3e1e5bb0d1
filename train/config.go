package train

import (
	"math"
	"slices"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Config says how Fit trains. Train, Optimizer, Loss and Epochs are required. The loaders may read streams.
type Config struct {
	Train      *data.Loader
	Validation *data.Loader // evaluated after each epoch; nil means no evaluation
	Optimizer  optim.Optimizer
	Loss       Loss
	Epochs     int

	Schedule      sched.Scheduler // stepped after each epoch; nil means none
	BatchSchedule sched.Scheduler // stepped after each step of the optimizer; nil means none

	// Plateau is stepped after each epoch with its validation loss, or with its validation accuracy if the schedule is for
	// a measure that is to be large; without Validation with the training loss. Nil means none.
	Plateau *sched.ReduceLROnPlateau

	// ValidationLoss is the loss of evaluations; nil means Loss. Set it if Loss smooths labels or Transform mixes them.
	ValidationLoss Loss

	// Metrics are measured in each evaluation.
	Metrics []Metric

	// Monitor is the name of the one of Metrics that decides which epoch is the best; see History.Best. "" means
	// accuracy or loss, "loss" the loss alone.
	Monitor string

	// Transform returns the batch that the model is trained with, such as one whose samples are mixed (MixUp). Its
	// random numbers must depend on Batch.Epoch and Batch.Step or on Generators, or the training does not resume bit
	// for bit. Nil means no change.
	Transform func(b data.Batch) data.Batch

	// Accumulate is the number of batches whose gradients make one step of the optimizer, as if they were one batch
	// (except that batch norms see each alone). The last step of an epoch may have fewer. 0 means 1.
	Accumulate int

	ClipValue float64 // limits every element of the gradients to ±ClipValue; 0 means no limit
	ClipNorm  float64 // limits the norm of all gradients together, as [optim.ClipGradNorm] does; 0 means no limit

	// Precision of the products of float32 matrices in the training's steps: with [tensor.Medium] those of the forward
	// and the backward pass are computed in bfloat16, where the processor can, while weights, gradients and all other
	// results stay float32. Evaluations keep the precision of the process. 0 means no change.
	Precision tensor.Precision

	// EMA is the decay of an exponential moving average of the weights and floating-point buffers, such as 0.999; 0
	// means none. The decay grows to that value ([optim.NewWarmEMA]), so that the average is useful after the first
	// epoch. After each epoch both the model and the average are evaluated, and the average decides which epoch is
	// the best. In the end the model has the averages.
	EMA float64

	// Patience ends the training after so many epochs without a better one (see History.Best); 0 means never.
	Patience int

	// KeepBest makes the model end with the weights and buffers of the best epoch (see History.Best) instead of the
	// last one. Fit keeps them in a copy of the model and in the checkpoint.
	KeepBest bool

	Reporter  Reporter   // called after each batch and epoch; nil means none
	Callbacks []Callback // called after each step and epoch, in order

	// Begin is called before the first step, after a checkpoint was loaded, with the history so far. Fit appends to
	// it. Nil means nothing.
	Begin func(h *History) error

	// Weights is called after each epoch and its evaluation, before the checkpoint is saved, while the model has the
	// weights that the epoch was evaluated with: the averages, if there are any. It may save them. best says that no epoch
	// before was better. Nil means nothing.
	Weights func(e Epoch, best bool) error

	// Checkpoint is the file in which Fit saves the training: after each epoch, after every CheckpointEvery steps if
	// that is not 0, and when the context ends.
	Checkpoint      string
	CheckpointEvery int

	// Rollbacks is how often Fit goes back to the last checkpoint, with half the learning rate, when a loss is
	// infinite or NaN, instead of returning the error. It needs Checkpoint. OnRollback is called each time with the
	// error and the factor of the learning rate; nil means nothing.
	Rollbacks  int
	OnRollback func(err error, factor float64)

	// Resume continues from Checkpoint if that file exists. The result is bit for bit that of an uninterrupted
	// training. Model, optimizer and loaders must be constructed as in the first run.
	Resume bool

	// Settings is a text that identifies this training. Fit refuses to resume a checkpoint with another text. It always
	// compares the size and batches of the data.
	Settings string

	// Generators are random generators that the training uses in addition to those of the loaders and of the model's
	// layers.
	Generators []*rng.Torch
}

// History holds the results of a training.
type History struct {
	Epochs []Epoch
	Losses []float64 // the loss of every step

	// Planned is Config.Epochs of the training that wrote the checkpoint from which this one resumed; 0 for a new one. Where
	// it differs, a schedule that depends on the number of epochs has other rates: see Config.Begin.
	Planned int

	monitor   string // Config.Monitor
	maximizes bool
}

// Best returns the index, in Epochs, of the epoch with the highest validation accuracy; with the lowest validation loss if
// there is no accuracy or if several have the highest; with the lowest training loss if nothing was evaluated. Config.Monitor
// names another measure; an epoch in which it has no value is worse than each in which it has one. Where a moving average
// of the weights was evaluated, its results count. It returns −1 if there is no epoch.
func (h *History) Best() int {
	best := -1
	for i, e := range h.Epochs {
		if best < 0 || h.better(e, h.Epochs[best]) {
			best = i
		}
	}
	return best
}

// better reports whether epoch a is better than b.
func (h *History) better(a, b Epoch) bool {
	x, y := h.rank(a), h.rank(b)
	return slices.Compare(x[:], y[:]) > 0 // NaN is less than every number
}

// rank returns the numbers by which epochs are compared, the most important first. A larger one is better; one that the
// epoch does not have is NaN.
func (h *History) rank(e Epoch) [4]float64 {
	none := math.NaN()
	r := e.result()
	if r == nil {
		return [4]float64{none, none, none, -e.Loss}
	}
	monitored, ok := r.Metrics[h.monitor]
	switch {
	case !ok:
		monitored = none
	case !h.maximizes:
		monitored = -monitored
	}
	accuracy := r.Accuracy()
	if h.monitor == "loss" {
		accuracy = none
	}
	return [4]float64{monitored, accuracy, -r.Loss, none}
}
