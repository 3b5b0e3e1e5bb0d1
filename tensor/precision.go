package tensor

import (
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
)

// Precision says how exactly products of float32 matrices are computed, where a processor has a faster way than float32 arithmetic: on
// a CPU with AMX, which multiplies numbers of 8 bits (bfloat16). A float32 is the sum of three of these, and its product as exact as
// the number of them that is used. Elsewhere all precisions are Highest. Where there are infinities, NaN or numbers near the largest float32,
// float32 arithmetic does the work. Other types, and all operations but products, know one precision only.
//
// Names and meaning are those of torch.set_float32_matmul_precision.
type Precision device.Precision

const (
	// Highest is the precision of float32 arithmetic.
	Highest = Precision(device.Highest)
	// High splits each number into two bfloat16 components, 16 bits in total, and adds up three products of components: a product of
	// two numbers is off by at most 3·2⁻¹⁶ of it. Components below 2⁻¹²⁶ count as zero.
	High = Precision(device.High)
	// Medium rounds each number to bfloat16, 8 bits: a product of two numbers is off by at most 2⁻⁷ of it. Numbers below 2⁻¹²⁶ count as
	// zero. Sums are float32's.
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

// SetFloat32MatmulPrecision sets the precision of float32 matrix products in this process: at first Highest. A scope may have its own
// ([Scope.SetFloat32MatmulPrecision]). It panics if p is none of the three.
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

// SetFloat32MatmulPrecision sets the precision of float32 matrix products whose result belongs to s, whatever the process's is, until it
// is set anew; recycling keeps it. It counts when a product is computed: Backward's products, and those inside NoGrad, have the
// precision that s has when these are called. Like the rest of s, it concerns one goroutine only.
func (s *Scope) SetFloat32MatmulPrecision(p Precision) {
	p.check()
	s.precision = int8(p) + 1
}

// Float32MatmulPrecision returns the precision of products whose result belongs to s: its own, else the process's. A nil s is the Go
// heap.
func (s *Scope) Float32MatmulPrecision() Precision {
	if s != nil && s.precision > 0 {
		return Precision(s.precision - 1)
	}
	return Float32MatmulPrecision()
}

func (p Precision) check() {
	if p > Medium {
		fail("SetFloat32MatmulPrecision", "the precisions are Highest, High and Medium")
	}
}
