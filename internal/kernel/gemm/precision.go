package gemm

import (
	"fmt"
	"os"
	"sync/atomic"
)

// Precision is the precision of a product of float32 matrices. A lower one allows a faster, less exact computation if
// the processor has one. The names are those of torch.set_float32_matmul_precision.
type Precision uint8

const (
	// Highest is the precision of float32 arithmetic: an error of at most (k+2)·2⁻²⁴·Σ|a·b| (N. Higham, "Accuracy and
	// Stability of Numerical Algorithms", section 3.1).
	Highest Precision = iota
	// High may drop from each number what is below 2⁻¹⁶ of it, and may read bfloat16 components below 2⁻¹²⁶ as zero.
	High
	// Medium may round each number to bfloat16, which has 8 bits, and may read numbers below 2⁻¹²⁶ as zero.
	Medium
)

var precisions = [...]string{"highest", "high", "medium"}

// String returns PyTorch's name of the precision.
func (p Precision) String() string { return precisions[p] }

// defaultSplitHighest says whether Highest is computed as six bfloat16 products (see split.go) on processors with AMX.
// That is more exact than a chain of FMAs and, according to a prototype, 1.6 times as fast.
//
// It is off, because it has never run on a processor with AMX; emulation verifies the bits, not the speed. Before it is
// turned on, on such a processor go test ./internal/kernel/... ./tensor/... ./examples/... must pass with
// LAMINA_AMX_HIGHEST=1, and BenchmarkPrecision must show at least 1.4 times the speed of the AVX-512 kernel at 1024³,
// and no lower speed at the smallest products that schemes allows.
const defaultSplitHighest = false

// EnvHighest names the environment variable that overrides defaultSplitHighest: 1 is on, 0 is off, any other value
// panics at start.
const EnvHighest = "LAMINA_AMX_HIGHEST"

var splitHighest atomic.Bool

func init() { splitHighest.Store(parseSplitHighest(os.Getenv(EnvHighest))) }

// parseSplitHighest parses a value of EnvHighest. An empty one means defaultSplitHighest.
func parseSplitHighest(value string) bool {
	switch value {
	case "":
		return defaultSplitHighest
	case "0", "1":
		return value == "1"
	}
	panic(fmt.Sprintf("gemm: %s is %q, want 0 or 1", EnvHighest, value))
}

// SplitHighest sets whether Highest may be computed as six bfloat16 products, until restore is called.
func SplitHighest(on bool) (restore func()) {
	old := splitHighest.Swap(on)
	return func() { splitHighest.Store(old) }
}

// A scheme is a way of computing a product of float32 matrices from products of bfloat16 matrices.
type scheme struct {
	components int      // bfloat16 components of each float32
	products   [][2]int // the component of A and the component of B of each product, the smallest product first
	kc         int      // maximum number of terms per chunk of the sum: a multiple of 32
	chunks     int      // number of chunks of B that are packed at a time
	minSize    int      // the smallest m, n and k for which the scheme is used
	omitted    float64  // upper bound of the omitted products of components, relative to |a·b|
	exact      bool     // the float32 kernels compute tiles in which a component or a product of components would be denormal
}

// A panel of 32 rows of A and one of 32 columns of B, with all components of kc terms, should fit the L1 cache
// together; the packed chunks of B and a block of C, the L2 cache. minSize follows from a prototype's speeds. kc,
// chunks and minSize have yet to be tuned with BenchmarkPrecision on a processor with AMX. Medium's suit Zen 4, too.
var schemes = [...]scheme{
	Highest: {
		components: 3, products: [][2]int{{0, 2}, {2, 0}, {1, 1}, {1, 0}, {0, 1}, {0, 0}},
		kc: 128, chunks: 4, minSize: 128, omitted: 0x1p-23, exact: true,
	},
	High:   {components: 2, products: [][2]int{{1, 0}, {0, 1}, {0, 0}}, kc: 192, chunks: 3, minSize: 64, omitted: 3 * 0x1p-16},
	Medium: {components: 1, products: [][2]int{{0, 0}}, kc: 512, chunks: 1, minSize: 32, omitted: 0x1p-7},
}

// minSplitSize replaces scheme.minSize unless it is 0.
var minSplitSize atomic.Int32

// SplitMinSize makes split products compute all products whose m, n and k are at least size, until restore is called.
// It is for tests, whose networks are small.
func SplitMinSize(size int) (restore func()) {
	old := minSplitSize.Swap(int32(size))
	return func() { minSplitSize.Store(old) }
}

// float32Only reports whether the float32 kernels compute all products of a precision, whatever the sizes. It is
// inlined, because each nanosecond counts in small products.
func float32Only(p Precision) bool { return p == Highest && !splitHighest.Load() }

// HasFaster reports whether products of a precision are computed faster than float32 products here, if they are large.
func HasFaster(p Precision) bool {
	pk := currentSplitKernels()
	return pk != nil && p >= pk.highest && !float32Only(p)
}

// schemeFor returns the scheme for a product and the kernels, or nil if the float32 kernels compute it.
func schemeFor(p Precision, m, n, k int) (*scheme, *splitKernels) {
	s := &schemes[p]
	least := s.minSize
	if size := minSplitSize.Load(); size != 0 {
		least = int(size)
	}
	if float32Only(p) || m < least || n < least || k < least {
		return nil, nil
	}
	pk := currentSplitKernels()
	if pk != nil && p < pk.highest {
		pk = nil
	}
	return s, pk
}
