// Package recurrent computes the steps of recurrent layers: simple units, gated recurrent units (GRU) and long
// short-term memory (LSTM), forward and backward.
//
// The caller multiplies the input of all steps by its weight in one product, and computes the weights' gradients from
// the results of Backward by one product each. What is left depends on the step before: a product with the recurrent
// weight, which is packed once, and the gates. Sequences do not depend on each other, so each goroutine computes all
// steps of some sequences, and the result does not depend on their number.
package recurrent

import (
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// Kind is a kind of recurrent unit.
type Kind int

// The kinds of recurrent units.
const (
	Tanh Kind = iota // h = tanh(gates)
	ReLU             // h = max(gates, 0)
	GRU              // three gates: r, z, n
	LSTM             // four gates: i, f, g, o
)

// Layer holds the arguments of Forward and Backward for one layer and direction. There are N rows in all, those of
// the first step first, and B sequences, the longest first. G is the number of gates times Hidden. All slices are
// row-major.
type Layer[T vec.Float] struct {
	Kind         Kind
	Reverse      bool // from the last step to the first
	Steps, Batch int
	Sizes        []int // rows of each step, which do not increase; nil: Batch
	Hidden, Out  int   // the sizes of c and h; they differ only with a projection

	WeightHH []T // (G, Out)
	WeightHR []T // (Out, Hidden); nil: no projection

	// Forward's.
	BiasHH       []T // (G,); nil: 0
	Gates        []T // (N, G): W_ih·x + b_ih before, the gates after Forward; Backward reads them. For Tanh and ReLU it is Y.
	Y            []T // (N, Out): every step's h
	H, C         []T // (B, Out) and (B, Hidden): the states before the first step, and after Forward the last ones; C is for LSTM
	HiddenN      []T // (N, Hidden): W_hn·h + b_hn; only for GRU
	PrevH, PrevC []T // (N, Out) and (N, Hidden): the states before each step, for Backward; nil in Forward: not stored
	M            []T // (N, Hidden): o·tanh(c); only with a projection

	// Backward's.
	DY     []T // (N, Out), the gradient of Y; nil: 0
	DGates []T // (N, G), the gradient of W_ih·x + b_ih
	DHH    []T // (N, G), the gradient of W_hh·h + b_hh; DGates except for GRU
	DH, DC []T // (B, Out) and (B, Hidden): the gradients of the last states, and after Backward those of the first
	DOut   []T // (N, Out): the gradient of every h; only with a projection

	hh, hn, hr gemm.Packed[T] // the weights by which a step multiplies
	dm         []T            // (B, Hidden), the gradient of M in a step
	backward   bool
	parallel   bool // the products of a step are parallel, and not the sequences
}

// Reset drops the references to the caller's memory.
func (l *Layer[T]) Reset() { *l = Layer[T]{hh: l.hh, hn: l.hn, hr: l.hr, dm: l.dm} }

// Forward computes all steps.
func (l *Layer[T]) Forward() {
	g, out := len(l.WeightHH)/max(1, l.Out), l.Out
	if l.Kind == GRU { // n multiplies its part of the product by r before it adds
		l.hh.Pack(out, 2*l.Hidden, l.WeightHH, 1, out)
		l.hn.Pack(out, l.Hidden, l.WeightHH[2*l.Hidden*out:], 1, out)
	} else {
		l.hh.Pack(out, g, l.WeightHH, 1, out)
	}
	if l.WeightHR != nil {
		l.hr.Pack(l.Hidden, out, l.WeightHR, 1, l.Hidden)
	}
	l.backward = false
	l.run()
}

// Backward computes the gradients from what Forward has computed.
func (l *Layer[T]) Backward() {
	l.hh.Pack(len(l.WeightHH)/max(1, l.Out), l.Out, l.WeightHH, l.Out, 1)
	if l.WeightHR != nil {
		l.hr.Pack(l.Out, l.Hidden, l.WeightHR, l.Hidden, 1)
		if n := l.Batch * l.Hidden; cap(l.dm) < n {
			l.dm = make([]T, n)
		}
	}
	l.backward = true
	l.run()
}

const (
	minParallel = 1 << 20 // the least number of operations for more than one goroutine
	minColumns  = 1 << 17 // the least number of weights for which the products of a step are parallel
)

func (l *Layer[T]) run() {
	if l.Batch == 0 {
		return
	}
	grain := l.Batch
	if len(l.Gates)*l.Out >= minParallel {
		parts := pool.Threads()
		if l.Sizes != nil {
			parts *= 2 // the first sequences are longer
		}
		grain = max((l.Batch+parts-1)/parts, 2)
	}
	l.parallel = grain >= l.Batch && len(l.WeightHH) >= minColumns
	pool.For(l.Batch, grain, l)
}

// multiply computes a product of a step.
func (l *Layer[T]) multiply(w *gemm.Packed[T], c []T, ldc, n int, a []T, lda int, accumulate bool, bias []T) {
	if l.parallel {
		w.MultiplyParallel(c, ldc, n, a, lda, accumulate, bias)
	} else {
		w.Multiply(c, ldc, n, a, lda, accumulate, bias)
	}
}

// Run computes all steps of the sequences i0 to i1-1.
func (l *Layer[T]) Run(i0, i1 int) {
	up := l.Reverse == l.backward // Backward goes from Forward's last step to its first
	row := 0
	if !up {
		row = len(l.Gates) / max(1, l.gates())
	}
	for s := range l.Steps {
		t := s
		if !up {
			t = l.Steps - 1 - s
		}
		size := l.Batch
		if l.Sizes != nil {
			size = l.Sizes[t]
		}
		if !up {
			row -= size
		}
		if n := min(i1, size) - i0; n > 0 {
			if l.backward {
				l.stepBack(row+i0, i0, n)
			} else {
				l.step(row+i0, i0, n)
			}
		}
		if up {
			row += size
		}
	}
}

// gates returns the number of columns of Gates.
func (l *Layer[T]) gates() int {
	switch l.Kind {
	case LSTM:
		return 4 * l.Hidden
	case GRU:
		return 3 * l.Hidden
	}
	return l.Hidden
}

// part returns rows i to i+n-1 of rows of size elements.
func part[T vec.Float](x []T, i, n, size int) []T { return x[i*size:][:n*size] }

// step computes n rows, from row on, of the sequences from seq on.
func (l *Layer[T]) step(row, seq, n int) {
	hidden, out, size := l.Hidden, l.Out, l.gates()
	h, y := part(l.H, seq, n, out), part(l.Y, row, n, out)
	if l.PrevH != nil {
		copy(part(l.PrevH, row, n, out), h)
	}
	gates := part(l.Gates, row, n, size)
	switch bias := l.BiasHH; l.Kind {
	case Tanh, ReLU:
		l.multiply(&l.hh, gates, size, n, h, out, true, bias)
		if l.Kind == Tanh {
			vec.Tanh(y, gates)
		} else {
			vec.ReLU(y, gates)
		}
	case GRU:
		hn := part(l.HiddenN, row, n, hidden)
		var biasN []T
		if bias != nil {
			bias, biasN = bias[:2*hidden], bias[2*hidden:]
		}
		l.multiply(&l.hh, gates, size, n, h, out, true, bias)
		l.multiply(&l.hn, hn, hidden, n, h, out, false, biasN)
		for i := range n {
			gru(part(y, i, 1, hidden), part(gates, i, 1, size), part(hn, i, 1, hidden), part(h, i, 1, hidden))
		}
	case LSTM:
		c, m := part(l.C, seq, n, hidden), y
		if l.PrevC != nil {
			copy(part(l.PrevC, row, n, hidden), c)
		}
		l.multiply(&l.hh, gates, size, n, h, out, true, bias)
		if l.WeightHR != nil {
			m = part(l.M, row, n, hidden)
		}
		for i := range n {
			lstm(part(m, i, 1, hidden), part(gates, i, 1, size), part(c, i, 1, hidden))
		}
		if l.WeightHR != nil {
			l.multiply(&l.hr, y, out, n, m, hidden, false, nil)
		}
	}
	copy(h, y)
}

// stepBack computes the gradients of n rows, from row on, of the sequences from seq on.
func (l *Layer[T]) stepBack(row, seq, n int) {
	hidden, out, size := l.Hidden, l.Out, l.gates()
	dh := part(l.DH, seq, n, out)
	if l.DY != nil {
		vec.Add(dh, dh, part(l.DY, row, n, out))
	}
	gates, d, dhh := part(l.Gates, row, n, size), part(l.DGates, row, n, size), part(l.DHH, row, n, size)
	switch l.Kind {
	case Tanh:
		vec.TanhGrad(d, dh, gates)
	case ReLU:
		vec.ReLUGrad(d, dh, gates)
	case GRU:
		hn, prev := part(l.HiddenN, row, n, hidden), part(l.PrevH, row, n, hidden)
		for i := range n {
			gruGrad(part(d, i, 1, size), part(dhh, i, 1, size), part(dh, i, 1, hidden), part(gates, i, 1, size), part(hn, i, 1, hidden),
				part(prev, i, 1, hidden))
		}
	case LSTM:
		dm := dh
		if l.WeightHR != nil {
			copy(part(l.DOut, row, n, out), dh)
			dm = part(l.dm[:cap(l.dm)], seq, n, hidden)
			l.multiply(&l.hr, dm, hidden, n, dh, out, false, nil)
		}
		dc, prev := part(l.DC, seq, n, hidden), part(l.PrevC, row, n, hidden)
		for i := range n {
			lstmGrad(part(d, i, 1, size), part(dc, i, 1, hidden), part(dm, i, 1, hidden), part(gates, i, 1, size), part(prev, i, 1, hidden))
		}
	}
	l.multiply(&l.hh, dh, out, n, dhh, size, l.Kind == GRU, nil)
}
