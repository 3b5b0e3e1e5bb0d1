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

	// Sampler decides the order of samples in place of Shuffle, BatchSampler that of whole batches, and then their size too.
	Sampler      Sampler
	BatchSampler BatchSampler

	// RNG stands for PyTorch's default generator. Each pass draws from it what a pass over torch.utils.data.DataLoader draws:
	// a base seed and, where it shuffles, the sampler's seed. Shuffle needs one.
	RNG *rng.Torch

	Device tensor.Device // where the batches' tensors lie
}

// Loader hands out the samples of a dataset in batches. It is used by one goroutine at a time.
type Loader struct {
	source source
	config LoaderConfig
	scope  *tensor.Scope
	err    error

	running bool
	epoch   int // the pass under way, or the next one
	step    int // the next batch
	batches int // in the pass under way
	crew    crew
	batch   Batch
}

// source is where a loader's batches come from.
type source interface {
	len() int                                // batches in a pass, -1 where that is not known
	open(l *Loader) (batches int, err error) // begins a pass
	readers(slots int) int                   // how many goroutines may gather at once
	gather(s *slot, step int)                // reads a batch
	close() error                            // ends a pass
}

// Batch is what a loop body gets. Its tensors live until the next batch is asked for; [tensor.Tensor.Keep] makes a copy that
// stays. Its slices are used again for the next batch: copy what is to be kept of them.
type Batch struct {
	X, Y    tensor.Tensor   // fields 0 and 1, (B, …); Y is no tensor where the dataset has one field
	Fields  []tensor.Tensor // all fields
	Indices []int64         // the samples' numbers in the dataset, (B); in a stream, their places in the pass
	Epoch   int             // the pass, counted from 0
	Step    int             // the batch in its pass, counted from 0
}

// Option changes one pass over a loader.
type Option uint8

// NoGrad makes batches for evaluation: what is computed from them is not recorded for gradients.
const NoGrad Option = 1

// NewLoader returns a loader of ds. It panics on a negative BatchSize or number of Workers, on Shuffle without RNG, on more than
// one of Shuffle, Sampler and BatchSampler, and on a dataset without fields.
func NewLoader(ds Dataset, c LoaderConfig) *Loader {
	if ds == nil {
		fail("NewLoader", "the dataset is nil")
	}
	if c.Shuffle && c.RNG == nil {
		fail("NewLoader", "Shuffle needs a random generator: set RNG")
	}
	if c.Shuffle && c.Sampler != nil || c.BatchSampler != nil && (c.Shuffle || c.Sampler != nil || c.BatchSize != 0 || c.DropLast) {
		fail("NewLoader", "Shuffle and Sampler exclude each other, and BatchSampler both, BatchSize and DropLast")
	}
	q := &tableSource{ds: ds, collator: collatorOf(ds), sampler: c.BatchSampler, foreign: c.Sampler != nil || c.BatchSampler != nil}
	if q.sampler == nil {
		s := c.Sampler
		if c.Shuffle {
			s = &RandomSampler{Dataset: ds}
		} else if s == nil {
			s = &SequentialSampler{ds}
		}
		q.sampler = &cut{s, max(c.BatchSize, 1), c.DropLast}
	}
	return newLoader("NewLoader", ds.Fields(), q, c)
}

func newLoader(op string, fields []Field, q source, c LoaderConfig) *Loader {
	if c.BatchSize < 0 || c.Workers < 0 {
		fail(op, fmt.Sprintf("batches of %d samples by %d workers are not possible", c.BatchSize, c.Workers))
	}
	if len(fields) == 0 {
		fail(op, "the dataset has no fields")
	}
	if c.BatchSampler == nil {
		c.BatchSize = max(c.BatchSize, 1)
	}
	l := &Loader{source: q, config: c, scope: tensor.NewScope(c.Device)}
	l.crew.slots = make([]slot, max(c.Workers, 1))
	for i := range l.crew.slots {
		l.crew.slots[i] = newSlot(fields, &l.crew.quit)
	}
	l.batch.Fields = make([]tensor.Tensor, len(fields))
	return l
}

// Dataset returns the dataset that l was made for, nil for a stream.
func (l *Loader) Dataset() Dataset {
	if q, ok := l.source.(*tableSource); ok {
		return q.ds
	}
	return nil
}

// Config returns the configuration of l.
func (l *Loader) Config() LoaderConfig { return l.config }

// Len returns the number of batches in a pass, -1 for a stream.
func (l *Loader) Len() int { return l.source.len() }

// Err returns why the last pass ended before its end, usually a [*SampleError]; nil where it did not.
func (l *Loader) Err() error { return l.err }

// Resume makes the next pass the one of that epoch, and has it begin at batch step: how a training goes on from a checkpoint
// once RNG is back in the state that it had when that pass began. A stream is read up to that batch.
func (l *Loader) Resume(epoch, step int) {
	if l.running {
		fail("Resume", "a loop over the loader is running")
	}
	if n := l.Len(); epoch < 0 || step < 0 || n >= 0 && step > n {
		fail("Resume", fmt.Sprintf("there is no epoch %d with a batch %d of %d", epoch, step, n))
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
	if l.running {
		fail("Loader", "a loop over the loader is running already; a loop inside it needs a loader of its own")
	}
	defer l.end()
	l.begin(options)
	for l.next() {
		if !yield(l.batch) {
			return
		}
	}
}

// begin opens a pass and decides its order.
func (l *Loader) begin(options []Option) {
	l.running, l.err = true, nil
	l.scope.Recycle()
	l.scope.SetRecording(true)
	for _, o := range options {
		if o == NoGrad {
			l.scope.SetRecording(false)
		}
	}
	seed := uint64(0)
	if g := l.config.RNG; g != nil {
		seed = uint64(g.Int63())
	}
	for i := range l.crew.slots {
		l.crew.slots[i].open(l.epoch, seed)
	}
	l.crew.first = l.step
	if l.batches, l.err = l.source.open(l); l.err == nil && l.config.Workers > 0 {
		l.crew.start(l)
	}
}

// end closes a pass, however it ended.
func (l *Loader) end() {
	l.crew.end()
	if err := l.source.close(); l.err == nil {
		l.err = err
	}
	l.running = false
	l.epoch++
	l.step = 0
}

// next makes l.batch the next one, and reports whether there is one.
func (l *Loader) next() bool {
	l.scope.Recycle()
	if l.err != nil || l.step >= l.batches {
		return false
	}
	s := l.crew.at(l.step)
	if l.config.Workers > 0 {
		l.crew.wait(s)
	} else {
		l.source.gather(s, l.step)
	}
	if l.err = s.err; l.err != nil || s.end {
		return false
	}
	b := &l.batch
	b.Indices, b.Epoch, b.Step = append(b.Indices[:0], s.indices...), l.epoch, l.step
	for i := range s.raw.columns {
		c := &s.raw.columns[i]
		n := c.DType.Size()
		for _, d := range c.dims[:c.rank] {
			n *= d
		}
		if l.config.Workers == 0 {
			b.Fields[i] = l.scope.Lend(c.raw[:n], c.DType, c.dims[:c.rank]...)
			continue
		}
		// The slot goes back to its worker at once, so the batch gets memory of its own.
		b.Fields[i] = l.scope.New(c.DType, c.dims[:c.rank]...)
		tensor.SetBytes(b.Fields[i], c.raw[:n])
	}
	b.X = b.Fields[0]
	if len(b.Fields) > 1 {
		b.Y = b.Fields[1]
	}
	l.step++
	if l.config.Workers > 0 {
		s.free <- struct{}{}
	}
	return true
}
