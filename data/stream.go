package data

import (
	"fmt"
	"io"
	"math"
)

// Stream is a dataset whose samples come one after the other, without numbers: lines of a file that does not fit into memory,
// messages of a queue. It is PyTorch's IterableDataset; see [NewStreamLoader].
type Stream interface {
	// Fields describes what each sample holds.
	Fields() []Field
	// Open begins a pass; epoch counts them from 0.
	Open(epoch int) (StreamReader, error)
}

// StreamReader is one pass over a [Stream]. It is used by one goroutine at a time.
type StreamReader interface {
	// Read writes the next sample into the memory of s, which arrives filled with zeros, and returns io.EOF where there is
	// none.
	Read(s *Sample) error
	// Close ends the pass, at the end of the stream or before.
	Close() error
}

// NewStreamLoader returns a loader of a stream, whose samples it takes in their order. With workers one goroutine reads ahead, as
// many batches as there are workers. A pass draws a base seed from RNG, as PyTorch's does. Errors of Open, Read and Close end a
// pass; see [Loader.Err]. It panics on a negative BatchSize or number of Workers, on Shuffle and samplers, and on a stream without
// fields.
func NewStreamLoader(s Stream, c LoaderConfig) *Loader {
	if s == nil {
		fail("NewStreamLoader", "the stream is nil")
	}
	if c.Shuffle || c.Sampler != nil || c.BatchSampler != nil {
		fail("NewStreamLoader", "a stream has an order of its own: Shuffle, Sampler and BatchSampler are not possible")
	}
	return newLoader("NewStreamLoader", s.Fields(), &streamSource{stream: s}, c)
}

// streamSource reads the batches of a loader from a stream.
type streamSource struct {
	stream  Stream
	reader  StreamReader
	size    int
	drop    bool
	samples int
	over    bool
}

func (q *streamSource) len() int { return -1 }

func (q *streamSource) open(l *Loader) (batches int, err error) {
	q.size, q.drop = l.config.BatchSize, l.config.DropLast
	q.samples, q.over = 0, false
	if q.reader, err = q.stream.Open(l.epoch); err != nil {
		return 0, fmt.Errorf("data: opening the stream: %w", err)
	}
	s := &l.crew.slots[0]
	for range l.step { // resumed: the batches before are read and dropped
		if q.gather(s, 0); s.err != nil || s.end {
			return l.step, s.err
		}
	}
	return math.MaxInt, nil
}

func (q *streamSource) readers(slots int) int { return 1 }

// gather reads up to size samples. Memory grows with them: a batch may be as large as the stream.
func (q *streamSource) gather(s *slot, _ int) {
	s.indices = s.indices[:0]
	for len(s.indices) < q.size && !q.over && !s.quit.Load() {
		row := len(s.indices)
		s.reserve(row + 1)
		for i := range s.sample.columns {
			c := &s.sample.columns[i]
			clear(c.raw[row*c.size:][:c.size])
		}
		s.sample.row, s.sample.index = row, q.samples
		err := q.reader.Read(&s.sample)
		if err == io.EOF {
			q.over = true
			break
		}
		if err != nil {
			s.err = &SampleError{q.samples, err}
			return
		}
		s.indices = append(s.indices, int64(q.samples))
		q.samples++
	}
	s.setRows(len(s.indices))
	s.end = len(s.indices) == 0 || len(s.indices) < q.size && q.drop
}

func (q *streamSource) close() error {
	if q.reader == nil {
		return nil
	}
	r := q.reader
	q.reader = nil
	if err := r.Close(); err != nil {
		return fmt.Errorf("data: closing the stream: %w", err)
	}
	return nil
}
