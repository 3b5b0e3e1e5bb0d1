package tabular

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tensor"
)

// LoadConfig says where prepared rows are kept.
type LoadConfig struct {
	// Memory is the size of prepared rows that are kept in memory, in bytes, for all parts together; 0 means 256 MiB.
	// Further rows are written to temporary files in Dir ("" means os.TempDir()), which Close removes.
	Memory int64
	Dir    string

	Parts int // the number of datasets that Load returns; 0 means up to the largest number in parts

	// NoTargets loads features alone, for predictions. Then no row is left out, and the targets need not be in the table.
	NoTargets bool
}

// Load prepares the rows of src. It returns one dataset for each part, from 0 on; parts nil is one part with all rows.
// Rows without a value of a target are left out.
//
// It returns an error for a column that p needs and src does not have, and for a cell that does not fit its column.
func (p *Preparation) Load(ctx context.Context, src Source, parts Parts, c LoadConfig) ([]*Rows, error) {
	e, err := p.encoder(src, !c.NoTargets)
	if err != nil {
		return nil, err
	}
	count := max(c.Parts, 1)
	for _, k := range parts {
		if k != Unused {
			count = max(count, int(k)+1)
		}
	}
	sets := make([]*Rows, count)
	for k := range sets {
		sets[k] = newRows(p, e)
	}
	limit := c.Memory
	if limit == 0 {
		limit = 256 << 20
	}
	size := int64(0)
	merge := func(b *Block, rows *[]float32) error {
		if parts != nil && b.First+b.Rows > len(parts) {
			return &Error{Row: len(parts) - b.First + 1,
				Msg: fmt.Sprintf("the table has more rows than the %d that were split", len(parts))}
		}
		for from := 0; from < b.Rows; {
			k, to := e.run(b, *rows, parts, from)
			switch part := (*rows)[from*e.stride : to*e.stride]; {
			case k == Unused:
			case e.incomplete(part[:e.stride]):
				sets[k].missing += to - from
			default:
				sets[k].append(part)
			}
			from = to
		}
		size += int64(4 * len(*rows))
		if size > limit {
			for _, set := range sets {
				if set.spill == nil {
					if err := set.spillTo(c.Dir); err != nil {
						return err
					}
				}
				if err := set.write(false); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err = scan(ctx, src, e.encode, merge)
	for _, set := range sets {
		if set.spill != nil && err == nil {
			err = set.write(true)
		}
		set.spare = nil
	}
	if err != nil {
		for _, set := range sets {
			err = errors.Join(err, set.Close())
		}
		return nil, err
	}
	return sets, nil
}

// run returns the part of the row from of b, and the end of the rows from there on that are in the same part and complete,
// or incomplete, as it is. rows are the prepared rows of b.
func (e *encoder) run(b *Block, rows []float32, parts Parts, from int) (part uint8, to int) {
	if parts != nil {
		part = parts[b.First+from]
	}
	incomplete := e.incomplete(rows[from*e.stride:][:e.stride])
	for to = from + 1; to < b.Rows; to++ {
		if parts != nil && parts[b.First+to] != part || e.incomplete(rows[to*e.stride:][:e.stride]) != incomplete {
			break
		}
	}
	return part, to
}

// incomplete reports whether a target of a prepared row is missing.
func (e *encoder) incomplete(row []float32) bool {
	for _, v := range row[e.targets:] {
		if v != v {
			return true
		}
	}
	return false
}

// Rows is a dataset of prepared rows: x is float32 (d+c), the d numeric features and the c codes of a row; y is the class,
// int64 (), if there is one target, a class; otherwise float32 (t) with the targets, standardized numbers and numbers of
// classes. Without targets there is no y.
//
// Rows that do not fit into memory are in a temporary file, which Close removes. A loader reads a file fastest in the order of the
// sampler that Shuffle returns, or in its own order.
type Rows struct {
	width   int // features and codes
	targets int
	class   bool // y is a class
	fields  []data.Field
	n       int
	missing int // rows without a target, which were left out

	chunks [][]float32 // of chunkRows rows; nil while a chunk is in the file alone
	spare  [][]float32 // chunks that append may use

	mu    sync.Mutex
	spill *spill // nil if all rows are in memory
}

// chunkRows is the number of rows that are read and written together.
const chunkRows = 1024

func newRows(p *Preparation, e *encoder) *Rows {
	r := &Rows{width: e.targets, targets: e.stride - e.targets}
	r.class = r.targets == 1 && p.Classes() != nil
	r.fields = []data.Field{{DType: tensor.Float32, Shape: tensor.ShapeOf(r.width)}}
	switch {
	case r.class:
		r.fields = append(r.fields, data.Field{DType: tensor.Int64})
	case r.targets > 0:
		r.fields = append(r.fields, data.Field{DType: tensor.Float32, Shape: tensor.ShapeOf(r.targets)})
	}
	return r
}

func (r *Rows) stride() int { return r.width + r.targets }

// append adds prepared rows.
func (r *Rows) append(rows []float32) {
	for stride := r.stride(); len(rows) > 0; {
		if r.n%chunkRows == 0 {
			var chunk []float32
			if n := len(r.spare); n > 0 {
				chunk, r.spare = r.spare[n-1], r.spare[:n-1]
			} else if r.n > 0 {
				chunk = make([]float32, 0, chunkRows*stride)
			}
			r.chunks = append(r.chunks, chunk)
		}
		n := min(len(rows), (chunkRows-r.n%chunkRows)*stride)
		last := len(r.chunks) - 1
		r.chunks[last] = append(r.chunks[last], rows[:n]...)
		rows = rows[n:]
		r.n += n / stride
	}
}

// Len returns the number of rows.
func (r *Rows) Len() int { return r.n }

// Fields returns the types and shapes of x and y.
func (r *Rows) Fields() []data.Field { return r.fields }

// MissingTargets returns the number of rows that were left out because a target is missing.
func (r *Rows) MissingTargets() int { return r.missing }

// InFile reports whether rows are in a temporary file.
func (r *Rows) InFile() bool { return r.spill != nil }

// Close removes the temporary file, if there is one.
func (r *Rows) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spill == nil {
		return nil
	}
	return r.spill.close()
}

// Read writes row i.
func (r *Rows) Read(i int, s *data.Sample) error {
	if r.spill != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
	}
	row, err := r.row(i)
	if err != nil {
		return err
	}
	copy(s.Float32(0), row)
	switch {
	case r.class:
		s.Int64(1)[0] = int64(row[r.width])
	case r.targets > 0:
		copy(s.Float32(1), row[r.width:])
	}
	return nil
}

// Collate writes rows as a batch: it is Read for many rows.
func (r *Rows) Collate(indices []int64, b *data.RawBatch) error {
	return r.collate(indices, b, Feature{Code: -1}, nil)
}

// collate is Collate with the features f of row i taken from row other[i], unless other is nil.
func (r *Rows) collate(indices []int64, b *data.RawBatch, f Feature, other []int64) error {
	n := len(indices)
	x := b.Float32(0, n, r.width)
	var classes []int64
	var targets []float32
	switch {
	case r.class:
		classes = b.Int64(1, n)
	case r.targets > 0:
		targets = b.Float32(1, n, r.targets)
	}
	if r.spill != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
	}
	for k, i := range indices {
		if k%readTogether == 0 {
			if err := r.touch(indices[k:min(k+readTogether, n)]); err != nil {
				return err
			}
		}
		row, err := r.row(int(i))
		if err != nil {
			return &data.SampleError{Index: int(i), Err: err}
		}
		copy(x[k*r.width:], row[:r.width])
		if r.class {
			classes[k] = int64(row[r.width])
		} else {
			copy(targets[k*r.targets:], row[r.width:])
		}
		if other == nil {
			continue
		}
		if row, err = r.row(int(other[i])); err != nil {
			return &data.SampleError{Index: int(i), Err: err}
		}
		f.copy(x[k*r.width:], row)
	}
	if r.spill != nil {
		return r.readAhead(indices)
	}
	return nil
}

// readTogether is the number of rows that touch reads.
const readTogether = 32

// touch reads one number of each cache line of some rows. The processor waits for many of these reads at the same time;
// copies of rows are long, and it would wait for few of them.
func (r *Rows) touch(indices []int64) error {
	const line = 16
	sum := float32(0)
	for _, i := range indices {
		row, err := r.row(int(i))
		if err != nil {
			return &data.SampleError{Index: int(i), Err: err}
		}
		for k := 0; k < len(row); k += line {
			sum += row[k]
		}
		sum += row[len(row)-1]
	}
	runtime.KeepAlive(sum)
	return nil
}

// row returns a prepared row, which is valid while r.mu is held.
func (r *Rows) row(i int) ([]float32, error) {
	chunk := r.chunks[i/chunkRows]
	if chunk == nil {
		if err := r.load(i / chunkRows); err != nil {
			return nil, err
		}
		chunk = r.chunks[i/chunkRows]
	}
	stride := r.stride()
	return chunk[i%chunkRows*stride:][:stride:stride], nil
}

// copy copies the features of f from one row to another.
func (f Feature) copy(dst, src []float32) {
	copy(dst[f.From:f.To], src[f.From:f.To])
	if f.Code >= 0 {
		dst[f.Code] = src[f.Code]
	}
}

// Permuted returns the rows of r with the features of one column taken from other rows: row i has those of row order[i].
// With a random permutation the column says nothing about the target, but is distributed as before: the difference in
// quality is the column's permutation importance.
//
// Source: Breiman, "Random forests", 2001; scikit-learn's permutation_importance.
func (r *Rows) Permuted(f Feature, order []int64) data.Dataset {
	if len(order) != r.n {
		fail("Rows.Permuted", fmt.Sprintf("an order of %d rows, want %d", len(order), r.n))
	}
	return &permuted{r, f, order}
}

type permuted struct {
	*Rows
	feature Feature
	order   []int64
}

func (p *permuted) Collate(indices []int64, b *data.RawBatch) error {
	return p.Rows.collate(indices, b, p.feature, p.order)
}

func (p *permuted) Read(i int, s *data.Sample) error {
	if err := p.Rows.Read(i, s); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	row, err := p.row(int(p.order[i]))
	if err != nil {
		return err
	}
	p.feature.copy(s.Float32(0), row)
	return nil
}
