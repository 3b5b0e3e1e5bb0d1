package text

import (
	"slices"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/tensor"
)

// Windows is a dataset for language models: a sample is X, T ids that follow each other, and Y, the ids after each of
// them: both (T), int64.
type Windows struct {
	tokens  TokenSource
	length  int
	samples int
	inOrder bool
	scratch freeInts
}

// WindowsConfig holds the settings of NewWindows.
type WindowsConfig struct {
	Samples int // in a pass; 0 means as many as cover the text once

	// With InOrder, sample i begins at i·T, for evaluation. Otherwise it begins at a random place, which depends on the
	// loader's seed, the epoch and i.
	InOrder bool
}

// NewWindows returns a dataset of windows of length ids. It panics for a length below 1, for negative Samples, for a
// text with fewer than length+1 ids, and for more Samples in order than the text has.
func NewWindows(tokens TokenSource, length int, c WindowsConfig) *Windows {
	if length < 1 || c.Samples < 0 || tokens.Len() < length+1 {
		fail("NewWindows", "length %d, Samples %d, %d ids: want a length ≥ 1, Samples ≥ 0 and at least length+1 ids",
			length, c.Samples, tokens.Len())
	}
	whole := (tokens.Len() - 1) / length
	if c.Samples == 0 {
		c.Samples = whole
	}
	if c.InOrder && c.Samples > whole {
		fail("NewWindows", "%d Samples in order, the text has %d", c.Samples, whole)
	}
	return &Windows{tokens: tokens, length: length, samples: c.Samples, inOrder: c.InOrder}
}

// Len returns the number of samples in a pass.
func (w *Windows) Len() int { return w.samples }

// Fields returns the fields of X and Y.
func (w *Windows) Fields() []data.Field {
	f := data.Field{DType: tensor.Int64, Shape: tensor.ShapeOf(w.length)}
	return []data.Field{f, f}
}

// Read writes window i.
func (w *Windows) Read(i int, s *data.Sample) error {
	start := i * w.length
	if !w.inOrder {
		g := s.Random()
		start = g.IntN(w.tokens.Len() - w.length)
	}
	buf := w.scratch.get(w.length + 1)
	defer w.scratch.put(buf)
	if err := w.tokens.ReadIDs(*buf, start); err != nil {
		return err
	}
	copy(s.Int64(0), (*buf)[:w.length])
	copy(s.Int64(1), (*buf)[1:])
	return nil
}

// freeInts keeps slices of ids for reuse.
type freeInts struct{ list freelist.List[[]int64] }

func (f *freeInts) get(n int) *[]int64 {
	s := f.list.Get()
	*s = slices.Grow((*s)[:0], n)[:n]
	return s
}

func (f *freeInts) put(s *[]int64) { f.list.Put(s) }
