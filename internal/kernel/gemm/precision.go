package gemm

import (
	"fmt"
	"os"
	"sync/atomic"
)

// Precision says how exactly a product of float32 matrices is computed where the processor has a faster, less exact way. The names are
// those of torch.set_float32_matmul_precision.
type Precision uint8

const (
	// Highest is the precision of float32 arithmetic: an error of at most (k+2)·2⁻²⁴·Σ|a·b| (N. Higham, "Accuracy and Stability of
	// Numerical Algorithms", section 3.1).
	Highest Precision = iota
	// High may leave out of each number what is below 2⁻¹⁶ of it, and counts parts of numbers below 2⁻¹²⁶ as zero.
	High
	// Medium may round each number to bfloat16, to 8 bits, and counts numbers below 2⁻¹²⁶ as zero.
	Medium
)

var precisions = [...]string{"highest", "high", "medium"}

// String returns PyTorch's name of the precision.
func (p Precision) String() string { return precisions[p] }

// highestInParts says whether Highest, where the processor has AMX, is computed as six products of parts (see parts.go), which is more
// exact than a chain of FMAs and, a prototype says, 1.6 times as fast.
//
// It is off, because nobody has run it on a processor with AMX yet; emulation proves the bits, not the speed. Before it is
// turned on, on such a processor: go test ./internal/kernel/... ./tensor/... ./examples/... must pass with LAMINA_AMX_HIGHEST=1, and
// BenchmarkPrecision must show at least 1.4 times the speed of the AVX-512 kernel at 1024³, and not less than its speed at the
// smallest products that schemes lets through.
const highestInParts = false

// EnvHighest names the environment variable that overrides highestInParts: 1 is on, 0 off, anything else panics at start.
const EnvHighest = "LAMINA_AMX_HIGHEST"

var sixProducts atomic.Bool

func init() { sixProducts.Store(wantsParts(os.Getenv(EnvHighest))) }

// wantsParts returns what a value of EnvHighest, empty where there is none, makes of highestInParts.
func wantsParts(value string) bool {
	switch value {
	case "":
		return highestInParts
	case "0", "1":
		return value == "1"
	}
	panic(fmt.Sprintf("gemm: %s=%s is neither 0 nor 1", EnvHighest, value))
}

// HighestInParts says whether Highest may be computed as six products of parts, until restore is called.
func HighestInParts(on bool) (restore func()) {
	old := sixProducts.Swap(on)
	return func() { sixProducts.Store(old) }
}

// A scheme is a way of computing a product of float32 matrices from products of bfloat16 matrices.
type scheme struct {
	parts    int      // bfloat16 numbers that a float32 is cut into
	products [][2]int // which part of A times which part of B, the smallest first
	kc       int      // most terms of a sum done at a time: a multiple of 32
	chunks   int      // so many chunks of B are packed at a time
	least    int      // the smallest m, n and k for which it is used
	leftOut  float64  // of |a·b|, at most, from a product: what the other products of parts would give
	exact    bool     // numbers so small that parts or products of parts would count as zero are left to the float32 kernels
}

// A panel of 32 rows of A and one of 32 columns of B, all parts of kc terms, are to fit the first cache together; the packed
// chunks of B and a block of C, the second. From which size on parts pay follows from a prototype's speeds; kc, chunks and least are to
// be measured on a processor with AMX, by BenchmarkPrecision.
var schemes = [...]scheme{
	Highest: {parts: 3, products: [][2]int{{0, 2}, {2, 0}, {1, 1}, {1, 0}, {0, 1}, {0, 0}}, kc: 128, chunks: 4, least: 128, leftOut: 0x1p-23, exact: true},
	High:    {parts: 2, products: [][2]int{{1, 0}, {0, 1}, {0, 0}}, kc: 192, chunks: 3, least: 64, leftOut: 3 * 0x1p-16},
	Medium:  {parts: 1, products: [][2]int{{0, 0}}, kc: 512, chunks: 1, least: 32, leftOut: 0x1p-7},
}

// leastSize, unless 0, takes the place of scheme.least.
var leastSize atomic.Int32

// PartsFrom makes products of parts serve all products whose sizes are at least least, until restore is called. It is for tests, whose
// networks are small.
func PartsFrom(least int) (restore func()) {
	old := leastSize.Swap(int32(least))
	return func() { leastSize.Store(old) }
}

// inFloat32 reports whether a precision is the float32 kernels' business, whatever the sizes. It is inlined: small products feel each
// nanosecond.
func inFloat32(p Precision) bool { return p == Highest && !sixProducts.Load() }

// schemeFor returns the scheme for a product, and the kernels; nil where the float32 kernels are to compute it.
func schemeFor(p Precision, m, n, k int) (*scheme, *partKernels) {
	s := &schemes[p]
	least := s.least
	if l := leastSize.Load(); l != 0 {
		least = int(l)
	}
	if inFloat32(p) || m < least || n < least || k < least {
		return nil, nil
	}
	return s, partKernelsNow()
}
