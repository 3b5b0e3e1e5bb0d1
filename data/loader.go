package data

import (
	"fmt"
	"iter"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// LoaderConfig says how a loader makes batches. The zero value is PyTorch's default: one sample a batch, in order.
type LoaderConfig struct {
	BatchSize int  // samples in a batch; 0 means 1
	Shuffle   bool // take the samples in a new random order in each pass
	DropLast  bool // leave out the last batch where it would be smaller than the others

	// RNG stands for PyTorch's default generator. Each pass draws from it what a pass over torch.utils.data.DataLoader draws:
	// a base seed and, where it shuffles, the sampler's seed. Shuffle needs one.
	RNG *rng.Torch

	Device tensor.Device // where the batches' tensors lie
}

// Loader hands out the samples of a dataset in batches. It is used by one goroutine at a time.
type Loader struct {
	ds      Dataset
	sampler Sampler
	config  LoaderConfig
	scope   *tensor.Scope
	err     error

	running bool
	epoch   int // the pass under way, or the next one
	step    int // the next batch
	batches int // in the pass under way
	order   []int64
	slot    slot
	tensors []tensor.Tensor
	dims    [tensor.MaxRank]int // of the tensor being made
}

// Batch is what a loop body gets. Its tensors live until the next batch is asked for; [tensor.Tensor.Keep] makes a copy that
// stays.
type Batch struct {
	X, Y    tensor.Tensor   // fields 0 and 1, (B, …); Y is no tensor where the dataset has one field
	Fields  []tensor.Tensor // all fields
	Indices []int64         // the samples' numbers in the dataset, (B)
	Epoch   int             // the pass, counted from 0
	Step    int             // the batch in its pass, counted from 0
}

// Option changes one pass over a loader.
type Option uint8

// NoGrad makes batches for evaluation: what is computed from them is not recorded for gradients.
const NoGrad Option = 1

// NewLoader returns a loader of ds. It panics on a negative BatchSize, on Shuffle without RNG, and on a dataset without
// fields.
func NewLoader(ds Dataset, c LoaderConfig) *Loader {
	if c.BatchSize < 0 {
		fail("NewLoader", fmt.Sprintf("a batch cannot have %d samples", c.BatchSize))
	}
	if c.Shuffle && c.RNG == nil {
		fail("NewLoader", "Shuffle needs a random generator: set RNG")
	}
	c.BatchSize = max(c.BatchSize, 1)
	l := &Loader{ds: ds, sampler: sequential{ds}, config: c, scope: tensor.NewScope(c.Device)}
	if c.Shuffle {
		l.sampler = &shuffled{ds: ds}
	}
	l.slot.sample.columns = newColumns(ds.Fields(), 0)
	l.tensors = make([]tensor.Tensor, len(l.slot.sample.columns))
	if len(l.tensors) == 0 {
		fail("NewLoader", "the dataset has no fields")
	}
	return l
}

// Dataset returns the dataset that l was made for.
func (l *Loader) Dataset() Dataset { return l.ds }

// Config returns the configuration of l.
func (l *Loader) Config() LoaderConfig { return l.config }

// Len returns the number of batches in a pass.
func (l *Loader) Len() int {
	n, size := l.sampler.Len(), l.config.BatchSize
	if n%size == 0 || l.config.DropLast {
		return n / size
	}
	return n/size + 1
}

// Err returns why the last pass ended before its end, usually a [*SampleError]; nil where it did not.
func (l *Loader) Err() error { return l.err }

// Resume makes the next pass the one of that epoch, and has it begin at batch step: how a training goes on from a checkpoint
// once RNG is back in the state that it had when that pass began.
func (l *Loader) Resume(epoch, step int) {
	if l.running {
		fail("Resume", "a loop over the loader is running")
	}
	if epoch < 0 || step < 0 || step > l.Len() {
		fail("Resume", fmt.Sprintf("there is no epoch %d with a batch %d of %d", epoch, step, l.Len()))
	}
	l.epoch, l.step = epoch, step
}

// Batches returns a pass over the dataset, for a range loop:
//
//	for batch := range loader.Batches() { … }
//
// When the next batch is asked for, and when the pass runs out, the memory of the batch and of all that was computed from it is
// recycled; after a break or a panic the last batch stays readable until the loader is used again. The loop ends early where a
// sample cannot be read: see [Loader.Err].
func (l *Loader) Batches(options ...Option) iter.Seq[Batch] {
	// The compiler inlines this closure into the loop and so sees that pass lets nothing escape: the loop's body and its
	// variables stay on the stack.
	return func(yield func(Batch) bool) { l.pass(options, yield) }
}

func (l *Loader) pass(options []Option, yield func(Batch) bool) {
	l.begin(options)
	defer l.end()
	for l.next() {
		if !yield(l.batch()) {
			return
		}
	}
}

// begin opens a pass and decides its order.
func (l *Loader) begin(options []Option) {
	if l.running {
		fail("Loader", "a loop over the loader is running already; a loop inside it needs a loader of its own")
	}
	l.scope.Recycle()
	l.scope.SetRecording(true)
	for _, o := range options {
		if o == NoGrad {
			l.scope.SetRecording(false)
		}
	}
	l.err = nil
	n := l.sampler.Len()
	if cap(l.order) < n {
		l.order = make([]int64, n)
	}
	l.order = l.order[:n]
	l.batches = l.Len()
	seed := uint64(0)
	if g := l.config.RNG; g != nil {
		seed = uint64(g.Int63())
	}
	l.sampler.Order(l.order, l.config.RNG)
	l.slot.open(min(l.config.BatchSize, n), l.epoch, seed)
	l.running = true
}

// end closes a pass, however it ended.
func (l *Loader) end() {
	l.running = false
	l.epoch++
	l.step = 0
}

// next brings batch l.step into the slot, and reports whether there is one.
func (l *Loader) next() bool {
	l.scope.Recycle()
	if l.step >= l.batches {
		return false
	}
	l.slot.gather(l.ds, l.indices(l.step))
	l.err = l.slot.err
	return l.err == nil
}

// indices returns the samples of a batch.
func (l *Loader) indices(step int) []int64 {
	from := step * l.config.BatchSize
	return l.order[from:min(from+l.config.BatchSize, len(l.order))]
}

// batch copies the slot's samples into the step's memory.
func (l *Loader) batch() Batch {
	b := Batch{Fields: l.tensors, Indices: l.slot.indices, Epoch: l.epoch, Step: l.step}
	n := len(b.Indices)
	for i := range l.slot.sample.columns {
		c := &l.slot.sample.columns[i]
		rank := c.Shape.Rank()
		if rank == tensor.MaxRank {
			fail("Loader", fmt.Sprintf("field %d leaves no dimension for the batch", i))
		}
		l.dims[0] = n
		for d := range rank {
			l.dims[1+d] = c.Shape.Dim(d)
		}
		t := l.scope.New(c.DType, l.dims[:1+rank]...)
		tensor.SetBytes(t, c.raw[:n*c.size])
		l.tensors[i] = t
	}
	b.X = l.tensors[0]
	if len(l.tensors) > 1 {
		b.Y = l.tensors[1]
	}
	l.step++
	return b
}
