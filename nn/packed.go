package nn

import (
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// PackedSequence holds sequences of different lengths without padding, for recurrent layers: first the first elements
// of all sequences, the longest sequence's first, then the second elements of those that have one, and so on.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html)
type PackedSequence struct {
	Data       tensor.Tensor // (N, …), N elements in all
	BatchSizes []int         // how many sequences have an element at each step

	// SortedIndices (B,) of int64 has the original numbers of the sequences in their order here, and UnsortedIndices
	// the places here of the original ones. Both are undefined if the sequences are in their original order.
	SortedIndices, UnsortedIndices tensor.Tensor

	rows, order, inverse []int64 // memory that Pack reuses
}

// PackConfig holds the options of [PackPaddedSequence] and [PackSequence]. The zero value is PyTorch's default.
type PackConfig struct {
	BatchFirst      bool // x is (B, T, …) instead of (T, B, …); PackSequence does not read it
	NoEnforceSorted bool // the lengths may increase: sort the sequences
}

// PadConfig holds the options of [PadPackedSequence] and [PadSequence]. The zero value is PyTorch's default.
type PadConfig struct {
	BatchFirst   bool    // the result is (B, T, …) instead of (T, B, …)
	PaddingValue float64 // the elements after the end of a sequence
	TotalLength  int     // T; 0 means that of the longest sequence
	// the padding comes before a sequence, not after it (PadSequence's padding_side="left" in PyTorch)
	Left bool
}

// PackPaddedSequence packs the first lengths[b] elements of each sequence of x, (T, B, …). It panics if a length is
// not from 1 to T, or if the lengths increase and cfg does not allow that.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html)
func PackPaddedSequence(x tensor.Tensor, lengths []int, cfg PackConfig) PackedSequence {
	var p PackedSequence
	p.Pack(x, lengths, cfg)
	return p
}

// Pack makes p what [PackPaddedSequence] returns. It reuses p's memory, so that packing in every step allocates
// nothing; what was packed in p before must not be used any more, nor be waiting for Backward.
func (p *PackedSequence) Pack(x tensor.Tensor, lengths []int, cfg PackConfig) {
	const op = "pack_padded_sequence"
	if x.Rank() < 2 {
		fail(op, nil, "the input must have a dimension of steps and one of sequences", x.Shape())
	}
	steps, batch, shape := x.Dim(0), x.Dim(1), x.Shape()
	stepStride, seqStride := batch, 1 // in rows of x
	if cfg.BatchFirst {
		steps, batch = batch, steps
		stepStride, seqStride = 1, steps
	}
	if len(lengths) != batch || batch == 0 {
		fail(op, nil, fmt.Sprintf("%d lengths do not fit %d sequences; at least one of each is needed", len(lengths),
			batch), shape)
	}
	p.order = p.order[:0]
	for b, n := range lengths {
		if n < 1 || n > steps {
			fail(op, nil, fmt.Sprintf("the length of sequence %d is %d; 1 to %d are possible", b, n, steps), shape)
		}
		if b > 0 && n > lengths[b-1] && !cfg.NoEnforceSorted {
			fail(op, nil, fmt.Sprintf("the lengths %d and %d of sequences %d and %d increase: sort them, or set NoEnforceSorted", lengths[b-1], n, b-1, b))
		}
		p.order = append(p.order, int64(b))
	}
	slices.SortStableFunc(p.order, func(a, b int64) int { return lengths[b] - lengths[a] }) // the longest first
	p.BatchSizes, p.rows = p.BatchSizes[:0], p.rows[:0]
	for t := range lengths[p.order[0]] {
		n := 0
		for n < batch && lengths[p.order[n]] > t {
			p.rows = append(p.rows, int64(t*stepStride+int(p.order[n])*seqStride))
			n++
		}
		p.BatchSizes = append(p.BatchSizes, n)
	}
	dims := append(make([]int, 0, tensor.MaxRank), steps*batch)
	for i := 2; i < shape.Rank(); i++ {
		dims = append(dims, shape.Dim(i))
	}
	p.Data = x.Reshape(dims...).IndexSelect(0, indexFor(x, p.rows))
	p.SortedIndices, p.UnsortedIndices = tensor.Tensor{}, tensor.Tensor{}
	if cfg.NoEnforceSorted {
		p.inverse = append(p.inverse[:0], p.order...)
		for i, b := range p.order {
			p.inverse[b] = int64(i)
		}
		p.SortedIndices, p.UnsortedIndices = indexFor(x, p.order), indexFor(x, p.inverse)
	}
}

// PackSequence packs sequences (T_b, …). It panics if their lengths increase and cfg does not allow that.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_sequence.html)
func PackSequence(cfg PackConfig, sequences ...tensor.Tensor) PackedSequence {
	lengths := lengthsOf("pack_sequence", sequences)
	cfg.BatchFirst = false // that of the padded sequences
	return PackPaddedSequence(PadSequence(PadConfig{}, sequences...), lengths, cfg)
}

// PadPackedSequence returns the sequences in their original order as (T, B, …), with padding after each or before it,
// and their lengths. It panics if TotalLength is less than the longest sequence.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_packed_sequence.html)
func PadPackedSequence(p PackedSequence, cfg PadConfig) (x tensor.Tensor, lengths []int) {
	const op = "pad_packed_sequence"
	p.check(op, nil)
	steps := len(p.BatchSizes)
	if cfg.TotalLength != 0 && cfg.TotalLength < steps {
		fail(op, nil, fmt.Sprintf("the total length is %d; %d or more are possible", cfg.TotalLength, steps),
			p.Data.Shape())
	}
	steps = max(steps, cfg.TotalLength)
	batch := p.BatchSizes[0]
	place := func(i int) int { return i } // of the sequence that is the i-th here
	if p.SortedIndices.Defined() {
		order := p.SortedIndices.Int64s()
		for _, b := range order {
			if b < 0 || int(b) >= batch {
				fail(op, nil, fmt.Sprintf("SortedIndices has %d; 0 to %d are possible", b, batch-1))
			}
		}
		place = func(i int) int { return int(order[i]) }
	}
	lengths = make([]int, batch)
	rows := make([]int64, steps*batch)
	first := 0
	for i := range rows {
		rows[i] = int64(p.Data.Dim(0)) // the row of padding
	}
	for _, n := range p.BatchSizes {
		for i := range n {
			lengths[place(i)]++
		}
	}
	for t, n := range p.BatchSizes {
		for i := range n {
			b, at := place(i), t
			if cfg.Left {
				at += steps - lengths[b]
			}
			if cfg.BatchFirst {
				rows[b*steps+at] = int64(first + i)
			} else {
				rows[at*batch+b] = int64(first + i)
			}
		}
		first += n
	}
	shape := p.Data.Shape()
	padding := p.Data.NewFull(cfg.PaddingValue, shape.With(0, 1).Dims()...)
	x = tensor.Cat(0, p.Data, padding).IndexSelect(0, indexFor(p.Data, rows))
	dims := append([]int{steps, batch}, shape.Dims()[1:]...)
	if cfg.BatchFirst {
		dims[0], dims[1] = batch, steps
	}
	return x.Reshape(dims...), lengths
}

// check panics if the fields of p do not fit: they may have been set without [PackedSequence.Pack].
func (p *PackedSequence) check(op string, layer any) {
	if len(p.BatchSizes) == 0 {
		const msg = "the packed sequences have no batch sizes: make them with PackPaddedSequence or PackSequence"
		if !p.Data.Defined() { // the zero value
			fail(op, layer, msg)
		}
		fail(op, layer, msg, p.Data.Shape())
	}
	rows, batch := 0, p.BatchSizes[0]
	last := batch
	for t, n := range p.BatchSizes {
		if n < 1 || n > last {
			fail(op, layer, fmt.Sprintf("step %d of packed sequences has %d rows; 1 to %d are possible", t, n, last))
		}
		rows, last = rows+n, n
	}
	if s := p.Data.Shape(); s.Rank() == 0 || s.Dim(0) != rows {
		fail(op, layer, fmt.Sprintf("packed sequences of %d rows in all need as many in Data", rows), s)
	}
	for _, index := range [...]tensor.Tensor{p.SortedIndices, p.UnsortedIndices} {
		if index.Defined() && (index.DType() != tensor.Int64 || index.Shape() != tensor.ShapeOf(batch)) {
			fail(op, layer, fmt.Sprintf("the indices of %d packed sequences must be int64 and (%d,), not %s", batch, batch,
				index.DType()), index.Shape())
		}
	}
}

// UnpackSequence returns the sequences of p in their original order.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpack_sequence.html)
func UnpackSequence(p PackedSequence) []tensor.Tensor {
	x, lengths := PadPackedSequence(p, PadConfig{BatchFirst: true})
	return UnpadSequence(x, lengths, true)
}

// PadSequence joins sequences (T_b, …) to (T, B, …), with padding after each or before it.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pad_sequence.html)
func PadSequence(cfg PadConfig, sequences ...tensor.Tensor) tensor.Tensor {
	const op = "pad_sequence"
	lengths := lengthsOf(op, sequences)
	steps := slices.Max(lengths)
	if cfg.TotalLength != 0 && cfg.TotalLength < steps {
		fail(op, nil, fmt.Sprintf("the total length is %d; %d or more are possible", cfg.TotalLength, steps),
			sequences[0].Shape())
	}
	steps = max(steps, cfg.TotalLength)
	padded := make([]tensor.Tensor, len(sequences))
	for b, s := range sequences {
		padded[b] = s
		if n := steps - lengths[b]; n > 0 {
			padding := s.NewFull(cfg.PaddingValue, s.Shape().With(0, n).Dims()...)
			if cfg.Left {
				padded[b] = tensor.Cat(0, padding, s)
			} else {
				padded[b] = tensor.Cat(0, s, padding)
			}
		}
	}
	if cfg.BatchFirst {
		return tensor.Stack(0, padded...)
	}
	return tensor.Stack(1, padded...)
}

// UnpadSequence returns the first lengths[b] elements of each sequence of x, (T, B, …), or (B, T, …) with batchFirst.
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.rnn.unpad_sequence.html)
func UnpadSequence(x tensor.Tensor, lengths []int, batchFirst bool) []tensor.Tensor {
	const op = "unpad_sequence"
	if x.Rank() < 2 {
		fail(op, nil, "the input must have a dimension of steps and one of sequences", x.Shape())
	}
	if !batchFirst {
		x = x.Transpose(0, 1)
	}
	if len(lengths) != x.Dim(0) {
		fail(op, nil, fmt.Sprintf("%d lengths do not fit %d sequences", len(lengths), x.Dim(0)), x.Shape())
	}
	out := make([]tensor.Tensor, len(lengths))
	for b, n := range lengths {
		if n < 0 || n > x.Dim(1) {
			fail(op, nil, fmt.Sprintf("the length of sequence %d is %d; 0 to %d are possible", b, n, x.Dim(1)),
				x.Shape())
		}
		out[b] = x.Select(0, b).Narrow(0, 0, n)
	}
	return out
}

// lengthsOf returns the lengths of sequences. It panics unless there is one and their other dimensions are equal.
func lengthsOf(op string, sequences []tensor.Tensor) []int {
	if len(sequences) == 0 {
		fail(op, nil, "at least one sequence is needed")
	}
	lengths := make([]int, len(sequences))
	for b, s := range sequences {
		if s.Rank() == 0 || s.Rank() != sequences[0].Rank() ||
			s.Shape().With(0, 0) != sequences[0].Shape().With(0, 0) || s.DType() != sequences[0].DType() {
			fail(op, nil, fmt.Sprintf("sequence %d must be (T, …) of the first one's type, with its dimensions behind T", b), s.Shape(), sequences[0].Shape())
		}
		lengths[b] = s.Dim(0)
	}
	return lengths
}

// indexFor returns an index in x's scope and on its device.
func indexFor(x tensor.Tensor, index []int64) tensor.Tensor {
	s := x.Scope()
	if s == nil {
		return tensor.FromAs(tensor.Options{DType: tensor.Int64, Device: x.Device()}, index)
	}
	t := s.Empty(tensor.Int64, len(index))
	tensor.SetFrom(t, index)
	return t
}
