package data

import (
	"fmt"
	"iter"
	"slices"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// LoaderConfig holds a loader's settings. The zero value is PyTorch's default: batches of one sample, in order.
type LoaderConfig struct {
	BatchSize int  // samples per batch; 0 means 1
	Shuffle   bool // read the samples in a new random order in each pass
	DropLast  bool // drop the last batch if it is smaller than the others

	// Workers is the number of goroutines that read ahead, one batch each: with 1 the next batch is read while the
	// current one trains. 0 reads each batch in the calling goroutine. Batches do not depend on the number. The
	// goroutines end with the loop; a break waits until they have finished the samples that they are reading.
	Workers int

	// Sampler sets the order of samples; it replaces Shuffle. BatchSampler sets the samples of each batch; it replaces
	// BatchSize, Shuffle, Sampler and DropLast.
	Sampler      Sampler
	BatchSampler BatchSampler

	// RNG plays the role of PyTorch's default generator. Each pass draws the same numbers as a pass over
	// torch.utils.data.DataLoader: a base seed and, if it shuffles, the sampler's seed. Shuffle requires RNG.
	RNG *rng.Torch

	// MaxSkipped is the number of samples that may be unreadable, such as broken image files. The loader leaves such a
	// sample out of its batch, which is smaller then; all other samples stay the same. Loader.Skipped lists them. One
	// more ends the pass with an error. 0 accepts none. A Collator's errors are never skipped.
	MaxSkipped int

	Device tensor.Device // of the batches' tensors
}

// Loader iterates over a dataset in batches: torch.utils.data.DataLoader. It must not be used by two goroutines
// concurrently.
type Loader struct {
	source source
	config LoaderConfig
	scope  *tensor.Scope
	err    error

	skipped  []*SampleError // without repetition
	running  bool
	epoch    int // the current pass, or the next one
	step     int // the next batch
	batches  int // in the current pass
	prefetch prefetcher
	batch    Batch
}

// Batch is one batch of a pass. Its tensors are valid until the next iteration; [tensor.Tensor.Keep] makes a copy
// that stays valid. The loader reuses its slices for the next batch: copy them to keep them.
type Batch struct {
	X, Y    tensor.Tensor   // fields 0 and 1, (B, …); Y is the zero Tensor if the dataset has one field
	Fields  []tensor.Tensor // all fields
	Indices []int64         // the samples' indices in the dataset, (B); in a stream, their positions in the pass
	Epoch   int             // number of the pass, from 0
	Step    int             // number of the batch in its pass, from 0
}

// Option changes one pass over a loader.
type Option uint8

// NoGrad is the option of a pass for evaluation: operations on its batches are not recorded for gradients
// (torch.no_grad).
const NoGrad Option = 1

// NewLoader returns a loader of ds. It panics for a negative BatchSize or Workers, for Shuffle without RNG, for Sampler
// together with Shuffle, for BatchSampler together with BatchSize, Shuffle, Sampler or DropLast, and for a dataset
// without fields.
func NewLoader(ds Dataset, c LoaderConfig) *Loader {
	if ds == nil {
		fail("NewLoader", "the dataset is nil")
	}
	if c.Shuffle && c.RNG == nil {
		fail("NewLoader", "Shuffle needs a random number generator: set RNG")
	}
	if c.Shuffle && c.Sampler != nil ||
		c.BatchSampler != nil && (c.Shuffle || c.Sampler != nil || c.BatchSize != 0 || c.DropLast) {
		fail("NewLoader", "Sampler excludes Shuffle, and BatchSampler excludes BatchSize, Shuffle, Sampler and DropLast")
	}
	custom := c.Sampler != nil || c.BatchSampler != nil
	q := &datasetSource{ds: ds, collator: collatorOf(ds), sampler: c.BatchSampler, custom: custom,
		skip: c.MaxSkipped > 0}
	if q.sampler == nil {
		s := c.Sampler
		if c.Shuffle {
			s = &RandomSampler{Dataset: ds}
		} else if s == nil {
			s = &SequentialSampler{ds}
		}
		q.sampler = &fixedBatches{s, max(c.BatchSize, 1), c.DropLast}
	}
	return newLoader("NewLoader", ds.Fields(), q, c)
}

func newLoader(op string, fields []Field, q source, c LoaderConfig) *Loader {
	if c.BatchSize < 0 || c.Workers < 0 || c.MaxSkipped < 0 {
		fail(op, fmt.Sprintf("BatchSize %d, Workers %d, MaxSkipped %d: want numbers ≥ 0", c.BatchSize, c.Workers,
			c.MaxSkipped))
	}
	if len(fields) == 0 {
		fail(op, "the dataset has no fields, want at least one")
	}
	if c.BatchSampler == nil {
		c.BatchSize = max(c.BatchSize, 1)
	}
	l := &Loader{source: q, config: c, scope: tensor.NewScope(c.Device)}
	l.prefetch.buffers = make([]batchBuffer, max(c.Workers, 1))
	for i := range l.prefetch.buffers {
		l.prefetch.buffers[i] = newBatchBuffer(fields, &l.prefetch.quit)
	}
	l.batch.Fields = make([]tensor.Tensor, len(fields))
	return l
}

// Dataset returns the loader's dataset, nil for a stream.
func (l *Loader) Dataset() Dataset {
	if q, ok := l.source.(*datasetSource); ok {
		return q.ds
	}
	return nil
}

// Config returns the configuration of l.
func (l *Loader) Config() LoaderConfig { return l.config }

// Len returns the number of batches in a pass, -1 for a stream.
func (l *Loader) Len() int { return l.source.len() }

// Err returns the error that ended the last pass early, usually a [*SampleError], or nil.
func (l *Loader) Err() error { return l.err }

// Skipped returns the errors of the samples that were skipped in all passes, each sample once, in the order in which
// they were met; see [LoaderConfig].MaxSkipped.
func (l *Loader) Skipped() []*SampleError { return slices.Clone(l.skipped) }

// Resume makes the next pass start at the given epoch and batch, to resume a training from a checkpoint. RNG must
// have the state that it had when that pass began. A stream is read and dropped up to that batch. It panics during a
// loop, and for a batch beyond the end of the pass.
func (l *Loader) Resume(epoch, step int) {
	if l.running {
		fail("Resume", "a loop over the loader is running, want a call outside the loop")
	}
	if n := l.Len(); epoch < 0 || step < 0 || n >= 0 && step > n {
		fail("Resume", fmt.Sprintf("epoch %d, batch %d: want an epoch ≥ 0 and a batch of 0 to %d", epoch, step, n))
	}
	l.epoch, l.step = epoch, step
}

// Batches returns an iterator over one pass, for a range loop:
//
//	for batch := range loader.Batches() { … }
//
// Results computed from a batch belong to the batch's scope. The next iteration and the end of the pass recycle that
// scope's memory. After a break or a panic the last batch stays readable until the loader's next use. The loop ends
// early if a sample cannot be read: see [Loader.Err]. It panics for a loop over the loader inside another loop over
// it.
func (l *Loader) Batches(options ...Option) iter.Seq[Batch] {
	// The compiler inlines this closure into the loop and sees that pass does not retain yield: the loop's body and its
	// variables stay on the stack.
	return func(yield func(Batch) bool) { l.pass(options, yield) }
}

func (l *Loader) pass(options []Option, yield func(Batch) bool) {
	if l.running {
		fail("Loader", "a loop over the loader is already running; a nested loop needs a second loader")
	}
	defer l.end()
	l.begin(options)
	for l.next() {
		if !yield(l.batch) {
			return
		}
	}
}

// begin starts a pass and sets its order.
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
	for i := range l.prefetch.buffers {
		l.prefetch.buffers[i].open(l.epoch, seed)
	}
	l.prefetch.first = l.step
	if l.batches, l.err = l.source.open(l); l.err == nil && l.config.Workers > 0 {
		l.prefetch.start(l)
	}
}

// end finishes a pass, also after a break, a panic or an error.
func (l *Loader) end() {
	l.prefetch.end()
	if err := l.source.close(); l.err == nil {
		l.err = err
	}
	l.running = false
	l.epoch++
	l.step = 0
}

// next sets l.batch to the next batch, and reports whether there is one.
func (l *Loader) next() bool {
	l.scope.Recycle()
	for l.err == nil && l.step < l.batches {
		s := l.prefetch.at(l.step)
		if l.config.Workers > 0 {
			l.prefetch.wait(s)
		} else {
			l.source.gather(s, l.step)
		}
		if l.err = s.err; l.err != nil || s.end {
			return false
		}
		if l.err = l.skip(s.skipped); l.err != nil {
			return false
		}
		empty := len(s.indices) == 0
		if !empty {
			l.setBatch(s)
		}
		l.step++
		if l.config.Workers > 0 {
			s.free <- struct{}{}
		}
		if !empty {
			return true
		}
	}
	return false
}

// skip adds samples to those skipped, and returns an error if they are too many.
func (l *Loader) skip(bad []*SampleError) error {
	for _, e := range bad {
		if slices.ContainsFunc(l.skipped, func(old *SampleError) bool { return old.Index == e.Index }) {
			continue
		}
		if len(l.skipped) == l.config.MaxSkipped {
			return fmt.Errorf("%w; %d other samples were skipped, and MaxSkipped is %d", e, len(l.skipped),
				l.config.MaxSkipped)
		}
		l.skipped = append(l.skipped, e)
	}
	return nil
}

// setBatch sets l.batch to the samples in s.
func (l *Loader) setBatch(s *batchBuffer) {
	b := &l.batch
	b.Indices, b.Epoch, b.Step = append(b.Indices[:0], s.indices...), l.epoch, l.step
	for i := range s.raw.columns {
		c := &s.raw.columns[i]
		n := c.DType.Size()
		for _, d := range c.dims[:c.rank] {
			n *= d
		}
		if l.config.Workers == 0 {
			b.Fields[i] = l.scope.WrapBytes(c.raw[:n], c.DType, c.dims[:c.rank]...)
			continue
		}
		// The worker refills the buffer while the loop uses the batch, so the batch gets a copy.
		b.Fields[i] = l.scope.Empty(c.DType, c.dims[:c.rank]...)
		tensor.SetBytes(b.Fields[i], c.raw[:n])
	}
	b.X = b.Fields[0]
	if len(b.Fields) > 1 {
		b.Y = b.Fields[1]
	}
}

// SampleError is the error of a sample that could not be read.
type SampleError struct {
	Index int // in the loader's dataset; in a stream, the number of samples before it
	Err   error
}

func (e *SampleError) Error() string { return fmt.Sprintf("data: sample %d: %v", e.Index, e.Err) }

func (e *SampleError) Unwrap() error { return e.Err }
