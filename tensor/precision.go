package tensor

import (
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
)

// Precision is how exactly products of float32 matrices are computed on a processor that has a faster way than float32
// arithmetic: a CPU with AMX or AVX-512 BF16, which multiply bfloat16 numbers (8 significant bits). A float32 is the sum
// of three bfloat16 numbers; a product is as exact as the number of them that is used. AVX-512 BF16 serves Medium alone.
// Everywhere else all precisions equal Highest. If a matrix holds infinities, NaN or numbers near the largest float32,
// float32 arithmetic is used. Precision has no effect on other types and other operations.
//
// A training in Medium is what torch.autocast does with bfloat16 where it pays: weights, their gradients and all other
// operations stay float32, and products take half the time.
//
// The names and their meaning are those of torch.set_float32_matmul_precision.
type Precision device.Precision

const (
	// Highest is the precision of float32 arithmetic.
	Highest = Precision(device.Highest)
	// High splits each number into two bfloat16 components (16 bits) and adds three products of components. The
	// relative error of a product of two numbers is at most 3·2⁻¹⁶. Components below 2⁻¹²⁶ count as zero.
	High = Precision(device.High)
	// Medium rounds each number to bfloat16 (8 bits). The relative error of a product of two numbers is at most 2⁻⁷.
	// Numbers below 2⁻¹²⁶ count as zero. Sums are computed in float32.
	Medium = Precision(device.Medium)
)

// String returns PyTorch's name: highest, high or medium.
func (p Precision) String() string {
	if p > Medium {
		return "invalid"
	}
	return device.Precision(p).String()
}

var float32Matmul atomic.Int32

// SetFloat32MatmulPrecision sets the precision of float32 matrix products in this process; the default is Highest. A
// scope may have another one ([Scope.SetFloat32MatmulPrecision]). It panics if p is not Highest, High or Medium.
//
//	torch.set_float32_matmul_precision("high")
func SetFloat32MatmulPrecision(p Precision) {
	p.check()
	float32Matmul.Store(int32(p))
}

// Float32MatmulPrecision returns the process's precision.
//
//	torch.get_float32_matmul_precision()
func Float32MatmulPrecision() Precision { return Precision(float32Matmul.Load()) }

// SetFloat32MatmulPrecision sets the precision of float32 matrix products whose result belongs to s, instead of the
// process's; Recycle keeps it. The setting at the time of the computation counts: the products of Backward and inside
// NoGrad have the precision of s when these are called. Only the goroutine that uses s may call it. It panics if p is
// not Highest, High or Medium.
func (s *Scope) SetFloat32MatmulPrecision(p Precision) {
	p.check()
	s.precision = int8(p) + 1
}

// Float32MatmulPrecision returns the precision of products whose result belongs to s: the one set for s, else the
// process's. A nil s is the Go heap.
func (s *Scope) Float32MatmulPrecision() Precision {
	if s != nil && s.precision > 0 {
		return Precision(s.precision - 1)
	}
	return Float32MatmulPrecision()
}

func (p Precision) check() {
	if p > Medium {
		fail("SetFloat32MatmulPrecision", "the precision must be Highest, High or Medium")
	}
}
