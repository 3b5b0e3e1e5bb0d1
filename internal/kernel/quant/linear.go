package quant

import (
	"fmt"
	"unsafe"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/kernel/gemm"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
	"github.com/lamina-ml/lamina/internal/pool"
)

// A few vectors are multiplied by rows that stay in the caches. For more, panels of rows are dequantized and multiplied
// as matrices.
const (
	fewVectors   = 4
	fewRounded   = 128       // of inputs rounded to 8 bits, which are multiplied faster
	fewBFloat16  = 32        // of these, if products of bfloat16 are faster, too
	prepareRange = 16 << 10  // inputs that a thread prepares, at least
	panelBytes   = 256 << 10 // of dequantized weights
	widePanel    = 768 << 10 // the same for products of bfloat16: each packs all inputs again
	rangeBytes   = 32 << 10  // of blocks for a thread, at least
)

// Linear computes y = x·wᵀ + bias for m vectors x of k numbers and n rows of w. bias may be nil. With rounded it may
// round the inputs of up to 128 vectors to 8 bits, in groups of 32, where the processor has instructions for products of
// bytes, and inputs and weights of 32 or more to bfloat16, where these are multiplied faster.
//
// A result depends on the shapes and on the instruction set, not on the number of threads. Linear panics if a length
// does not fit, or if k is not a multiple of the weights of a block.
func Linear(f Format, y []float32, m, n, k int, x []float32, w []byte, bias []float32, rounded bool) {
	if k%formats[f].weights != 0 || len(y) != m*n || len(x) != m*k || len(w) != n*f.RowBytes(k) || bias != nil && len(bias) != n {
		panic(fmt.Sprintf("quant: %d vectors of %d by %d rows: %d results, %d inputs, %d bytes, %d biases", m, k, n,
			len(y), len(x), len(w), len(bias)))
	}
	if m == 0 || n == 0 {
		return
	}
	if k == 0 {
		clear(y)
		for i := range m {
			if bias != nil {
				copy(y[i*n:], bias)
			}
		}
		return
	}
	t := tasks.Get()
	defer tasks.Put(t)
	t.f, t.y, t.m, t.n, t.k, t.x, t.w, t.bias, t.stride = f, y, m, n, k, x, w, bias, f.RowBytes(k)
	t.kernel = kernelFor(f, rounded)
	few := fewVectors
	if t.kernel != nil && t.kernel.runSeveral != nil {
		few = fewRounded
	}
	panel := panelBytes
	t.precision = gemm.Highest
	if rounded && gemm.HasFaster(gemm.Medium) {
		t.precision, few, panel = gemm.Medium, min(few, fewBFloat16), widePanel
	}
	if m > few {
		t.phase = dequantizing
		pool.For(n, max(16, panel/4/k/16*16), t)
	} else {
		if t.kernel != nil {
			t.buf, t.prepared = aligned(t.buf, m*t.kernel.prepared(k))
			t.phase = preparing
			pool.For(m, max(1, prepareRange/k), t)
		}
		t.phase = multiplying
		pool.For(n, max(4, rangeBytes/t.stride), t)
	}
	t.y, t.x, t.w, t.bias = nil, nil, nil, nil
}

// A task is a call of Linear. Its ranges are vectors while it prepares them, then rows of w.
type task struct {
	f       Format
	kernel  *kernel
	phase   phase
	y, x    []float32
	m, n, k int
	w       []byte
	stride  int // bytes of a row
	bias    []float32

	precision gemm.Precision // of products of dequantized panels

	buf      []float32
	prepared []float32 // the prepared vectors, in buf, aligned for the kernels' loads
}

var tasks freelist.List[task]

// A phase is what a task does.
type phase uint8

const (
	preparing    phase = iota // brings vectors into the kernel's order
	multiplying               // with the kernel, or the plain loop
	dequantizing              // and multiplying panels
)

// aligned returns n numbers of buf, which it replaces if it is too short, at an address that is a multiple of 64.
func aligned(buf []float32, n int) (whole, part []float32) {
	const extra = 16
	if len(buf) < n+extra {
		buf = make([]float32, n+extra)
	}
	skip := int(-uintptr(unsafe.Pointer(&buf[0]))%64) / 4
	return buf, buf[skip:][:n]
}

// Run does vectors or rows i0 to i1 of the current phase.
func (t *task) Run(i0, i1 int) {
	switch t.phase {
	case preparing:
		size := t.kernel.prepared(t.k)
		clear(t.prepared[i0*size : i1*size])
		for i := i0; i < i1; i++ {
			t.kernel.prepare(t.prepared[i*size:][:size], t.x[i*t.k:][:t.k])
		}
		return
	case dequantizing:
		t.product(i0, i1, t.w[i0*t.stride:i1*t.stride])
		return
	}
	w := t.w[i0*t.stride : i1*t.stride]
	for v, count := 0, 0; v < t.m; v += count {
		count = 1
		if t.kernel != nil && t.kernel.runSeveral != nil && t.m-v >= several {
			count = several
		}
		t.multiply(v, count, i0, i1, w)
	}
}

// multiply computes rows i0 to i1 of w for a number of vectors from v on: one, or several if the kernel can.
func (t *task) multiply(v, count, i0, i1 int, w []byte) {
	y := t.y[v*t.n:][i0:i1]
	if t.kernel == nil {
		buf := weights.Get()
		for i := range y {
			y[i] = dotRow(t.f, w[i*t.stride:][:t.stride], t.x[v*t.k:][:t.k], buf)
		}
		weights.Put(buf)
	} else {
		d := arguments.Get()
		d.y, d.w, d.rows, d.stride = &y[0], &w[0], len(y), t.stride
		size := t.kernel.prepared(t.k)
		d.x, d.xStride, d.yStride = &t.prepared[v*size], 4*size, 4*t.n
		d.groups, d.tail = t.kernel.groups(t.k)
		if count == 1 {
			t.kernel.run(d)
		} else {
			t.kernel.runSeveral(d)
		}
		*d = dots{}
		arguments.Put(d)
	}
	if t.bias != nil {
		for c := range count {
			y := t.y[(v+c)*t.n:][i0:i1]
			vec.Add(y, y, t.bias[i0:i1])
		}
	}
}

var (
	arguments freelist.List[dots]
	weights   freelist.List[[256]float32]
)

// product computes rows i0 to i1 by dequantizing them.
func (t *task) product(i0, i1 int, w []byte) {
	p := panels.Get()
	defer panels.Put(p)
	rows := i1 - i0
	p.buf, p.w = aligned(p.buf, rows*t.k)
	Dequantize(t.f, p.w, w)
	e := gemm.Epilogue[float32]{Precision: t.precision}
	if t.bias != nil {
		e.Bias = t.bias[i0:i1]
	}
	gemm.Float32(t.y[i0:], t.n, t.m, rows, t.k, t.x, t.k, 1, p.w, 1, t.k, e)
}

// A panel holds dequantized rows.
type panel struct{ buf, w []float32 }

var panels freelist.List[panel]
