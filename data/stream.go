package data

import (
	"fmt"
	"io"
	"math"
)

// Stream is an iterable-style dataset, torch.utils.data.IterableDataset: its samples have no index and can only be
// read in order. Examples are the lines of a file that does not fit into memory, and the messages of a queue. See
// [NewStreamLoader].
type Stream interface {
	// Fields returns the type and shape of each array in a sample, as [Dataset].Fields does.
	Fields() []Field
	// Open begins a pass. epoch is its number, from 0.
	Open(epoch int) (StreamReader, error)
}

// StreamReader is one pass over a [Stream]. A loader calls it from one goroutine at a time.
type StreamReader interface {
	// Read writes the next sample into s, whose memory is filled with zeros before the call. At the end of the stream
	// it returns io.EOF.
	Read(s *Sample) error
	// Close ends the pass, at the end of the stream or before it.
	Close() error
}

// NewStreamLoader returns a loader that reads a stream in its order. With Workers > 0 a single goroutine reads ahead,
// up to Workers batches. A pass draws a base seed from RNG, as PyTorch's does. Errors of Open, Read and Close end a
// pass; see [Loader.Err]. It panics for a negative BatchSize or Workers, for Shuffle or a sampler, and for a stream
// without fields.
func NewStreamLoader(s Stream, c LoaderConfig) *Loader {
	if s == nil {
		fail("NewStreamLoader", "the stream is nil")
	}
	if c.Shuffle || c.Sampler != nil || c.BatchSampler != nil {
		fail("NewStreamLoader", "a stream can only be read in its order: Shuffle, Sampler and BatchSampler must be unset")
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
	s := &l.prefetch.buffers[0]
	for range l.step { // after Resume: read and drop the earlier batches
		if q.gather(s, 0); s.err != nil || s.end {
			return l.step, s.err
		}
	}
	return math.MaxInt, nil
}

func (q *streamSource) readers(buffers int) int { return 1 }

// gather reads up to q.size samples. The buffer grows as samples are read, since a short stream may end long before
// q.size.
func (q *streamSource) gather(s *batchBuffer, _ int) {
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
