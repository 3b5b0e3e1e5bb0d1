package text

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Texts are texts with classes: [Lines], or [TextList] in memory.
type Texts interface {
	Len() int
	// Text returns text i. Goroutines may call it concurrently.
	Text(i int) (string, error)
	// Label returns the class of text i, 0 if there are no classes.
	Label(i int) int
}

// TextList is a list of texts in memory.
type TextList struct {
	Texts  []string
	Labels []int // nil: no classes
}

// Len returns the number of texts.
func (l *TextList) Len() int { return len(l.Texts) }

// Text returns text i. Its error is nil.
func (l *TextList) Text(i int) (string, error) { return l.Texts[i], nil }

// Label returns the class of text i, 0 if there are no classes.
func (l *TextList) Label(i int) int {
	if l.Labels == nil {
		return 0
	}
	return l.Labels[i]
}

// Padded is a dataset of encoded texts. A loader pads the texts of a batch to the longest of them: its fields are the
// ids (B, T), the classes (B), the attention mask (B, T), 1 for tokens and 0 for padding, and the type ids (B, T),
// all int64.
type Padded struct {
	texts     Texts
	tokenizer *Tokenizer
	padding   Padding
}

// NewPadded returns a dataset of texts. The tokenizer says how texts are truncated, and with which token and on which
// side they are padded; without [Tokenizer.WithPadding] that is id 0 on the right.
func NewPadded(texts Texts, t *Tokenizer) *Padded {
	p := &Padded{texts: texts, tokenizer: t.WithoutPadding()}
	if t.padding != nil {
		p.padding = *t.padding
	}
	return p
}

// Len returns the number of texts.
func (p *Padded) Len() int { return p.texts.Len() }

// Fields returns the fields of a batch. Their shapes are those of an empty text: each batch has its own.
func (p *Padded) Fields() []data.Field {
	row := data.Field{DType: tensor.Int64, Shape: tensor.ShapeOf(0)}
	return []data.Field{row, {DType: tensor.Int64}, row, row}
}

// Read is for loaders that do not collate, and refuses: texts have different lengths.
func (p *Padded) Read(int, *data.Sample) error { return errNotCollated }

var errNotCollated = tensorError("Padded",
	"texts have different lengths: a loader must collate them, so a Concat of Padded is not possible")

func tensorError(op, msg string) error { return &tensor.Error{Op: "text." + op, Msg: msg} }

// Collate encodes the texts of a batch and pads them.
func (p *Padded) Collate(indices []int64, b *data.RawBatch) error {
	batch := make([]Encoding, len(indices))
	labels := b.Int64(1, len(indices))
	for k, i := range indices {
		s, err := p.texts.Text(int(i))
		if err != nil {
			return &data.SampleError{Index: int(i), Err: err}
		}
		batch[k] = p.tokenizer.Encode(s)
		labels[k] = int64(p.texts.Label(int(i)))
	}
	n := p.padding.length(batch)
	for i := range batch {
		n = max(n, batch[i].Len())
	}
	ids, mask, types := b.Int64(0, len(batch), n), b.Int64(2, len(batch), n), b.Int64(3, len(batch), n)
	for i := range batch {
		e := p.padding.padded(batch[i], n)
		for k := range n {
			ids[i*n+k], mask[i*n+k], types[i*n+k] = int64(e.IDs[k]), int64(e.AttentionMask[k]), int64(e.TypeIDs[k])
		}
	}
	return nil
}

// Lengths returns the number of tokens of each text, for a [BucketSampler]. It encodes all texts, on all processors.
// Its error is that of the first text that cannot be read.
func (p *Padded) Lengths() ([]int, error) {
	n := make([]int, p.Len())
	var wait sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Pointer[data.SampleError]
	for range min(runtime.GOMAXPROCS(0), len(n)) {
		wait.Go(func() {
			for i := int(next.Add(1) - 1); i < len(n); i = int(next.Add(1) - 1) {
				first := failed.Load()
				if first != nil && first.Index < i {
					return
				}
				s, err := p.texts.Text(i)
				if err != nil {
					found := &data.SampleError{Index: i, Err: err}
					for (first == nil || i < first.Index) && !failed.CompareAndSwap(first, found) {
						first = failed.Load()
					}
					return
				}
				e := p.tokenizer.Encode(s)
				n[i] = e.Len()
			}
		})
	}
	wait.Wait()
	if err := failed.Load(); err != nil {
		return nil, err
	}
	return n, nil
}

// BucketSampler puts samples of similar length into a batch, so that little is padded: a [data.BatchSampler]. With a
// random generator a pass shuffles the samples, sorts each bucket of Bucket batches by length, cuts it into batches
// and shuffles the batches. Without one, all samples are sorted by length.
type BucketSampler struct {
	Lengths   []int
	BatchSize int // 0 means 1
	Bucket    int // batches in a bucket; 0 means 100
	perm      []int64
}

// Len returns the number of batches.
func (s *BucketSampler) Len() int {
	size := max(s.BatchSize, 1)
	return (len(s.Lengths) + size - 1) / size
}

// Append appends the batches of a pass.
func (s *BucketSampler) Append(indices []int64, sizes []int, g *rng.Torch) ([]int64, []int) {
	n, size, bucket := len(s.Lengths), max(s.BatchSize, 1), s.Bucket
	if s.BatchSize < 0 || bucket < 0 {
		fail("BucketSampler", "BatchSize %d, Bucket %d: want numbers ≥ 0", s.BatchSize, bucket)
	}
	if bucket == 0 {
		bucket = 100
	}
	order := slices.Grow(s.perm[:0], n)[:n]
	s.perm = order
	if g != nil {
		g.Randperm(order)
	} else {
		bucket = s.Len() + 1
		for i := range order {
			order[i] = int64(i)
		}
	}
	var batches [][]int64
	for b := range slices.Chunk(order, max(bucket*size, 1)) {
		slices.SortStableFunc(b, func(i, j int64) int { return cmp.Compare(s.Lengths[i], s.Lengths[j]) })
		batches = append(batches, slices.Collect(slices.Chunk(b, size))...)
	}
	turn := make([]int64, len(batches))
	for i := range turn {
		turn[i] = int64(i)
	}
	if g != nil {
		g.Randperm(turn)
	}
	for _, i := range turn {
		indices = append(indices, batches[i]...)
		sizes = append(sizes, len(batches[i]))
	}
	return indices, sizes
}
