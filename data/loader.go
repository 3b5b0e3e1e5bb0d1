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

	// Workers is how many goroutines read ahead, a batch each: with 1 the next batch is prepared while this one trains. 0 reads
	// a batch when it is asked for. Batches are the same for any number. The goroutines end with the loop; a break waits for the
	// samples that they are reading.
	Workers int

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
	crew    crew
	tensors []tensor.Tensor
	dims    [tensor.MaxRank + 1]int // of the tensor being made
	batch   Batch
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

// NewLoader returns a loader of ds. It panics on a negative BatchSize or number of Workers, on Shuffle without RNG, and on a
// dataset without fields.
func NewLoader(ds Dataset, c LoaderConfig) *Loader {
	if c.BatchSize < 0 || c.Workers < 0 {
		fail("NewLoader", fmt.Sprintf("batches of %d samples by %d workers are not possible", c.BatchSize, c.Workers))
	}
	if c.Shuffle && c.RNG == nil {
		fail("NewLoader", "Shuffle needs a random generator: set RNG")
	}
	c.BatchSize = max(c.BatchSize, 1)
	l := &Loader{ds: ds, sampler: sequential{ds}, config: c, scope: tensor.NewScope(c.Device)}
	if c.Shuffle {
		l.sampler = &shuffled{ds: ds}
	}
	fields := ds.Fields()
	if len(fields) == 0 {
		fail("NewLoader", "the dataset has no fields")
	}
	l.crew.slots = make([]slot, max(c.Workers, 1))
	for i := range l.crew.slots {
		l.crew.slots[i].sample.columns = newColumns(fields, 0)
	}
	l.tensors = make([]tensor.Tensor, len(fields))
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
		if !yield(l.batch) {
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
	for i := range min(len(l.crew.slots), l.batches) {
		l.crew.slots[i].open(min(l.config.BatchSize, n), l.epoch, seed)
	}
	if l.config.Workers > 0 {
		l.crew.start(l, l.step)
	}
	l.running = true
}

// end closes a pass, however it ended.
func (l *Loader) end() {
	if l.config.Workers > 0 {
		l.crew.end()
	}
	l.running = false
	l.epoch++
	l.step = 0
}

// next makes l.batch the next one, and reports whether there is one.
func (l *Loader) next() bool {
	l.scope.Recycle()
	if l.step >= l.batches {
		return false
	}
	var s *slot
	if l.config.Workers > 0 {
		s = l.crew.wait(l.step)
	} else {
		s = &l.crew.slots[0]
		s.gather(l.ds, l.indices(l.step), &l.crew.quit)
	}
	if s.err != nil {
		l.err = s.err
		return false
	}
	l.batch = Batch{Fields: l.tensors, Indices: s.indices, Epoch: l.epoch, Step: l.step}
	for i := range s.sample.columns {
		l.tensors[i] = l.upload(&s.sample.columns[i], len(s.indices))
	}
	l.batch.X = l.tensors[0]
	if len(l.tensors) > 1 {
		l.batch.Y = l.tensors[1]
	}
	l.step++
	if l.config.Workers > 0 {
		s.free <- struct{}{}
	}
	return true
}

// indices returns the samples of a batch.
func (l *Loader) indices(step int) []int64 {
	from := step * l.config.BatchSize
	return l.order[from:min(from+l.config.BatchSize, len(l.order))]
}

// upload copies the first rows of a column into the step's memory.
func (l *Loader) upload(c *column, rows int) tensor.Tensor {
	l.dims[0] = rows
	rank := c.Shape.Rank()
	for d := range rank {
		l.dims[1+d] = c.Shape.Dim(d)
	}
	t := l.scope.New(c.DType, l.dims[:1+rank]...)
	tensor.SetBytes(t, c.raw[:rows*c.size])
	return t
}
