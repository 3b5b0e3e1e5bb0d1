package device

// Precision is the precision of float32 matrix products. A device without a faster method computes in float32.
type Precision uint8

// The precisions, with torch.set_float32_matmul_precision's names.
const (
	// Highest is the precision of float32 arithmetic.
	Highest Precision = iota
	// High may use only the first 16 bits of each number's significand.
	High
	// Medium may round each number to bfloat16.
	Medium
)

var precisions = [...]string{"highest", "high", "medium"}

// String returns PyTorch's name of the precision.
func (p Precision) String() string { return precisions[p] }
