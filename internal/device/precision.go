package device

// Precision is how exactly products of float32 matrices are computed. A device without a faster way computes in
// float32.
type Precision uint8

// The precisions, with torch.set_float32_matmul_precision's names.
const (
	// Highest is the precision of float32 arithmetic.
	Highest Precision = iota
	// High may drop the bits of each number beyond the first 16.
	High
	// Medium may round each number to bfloat16.
	Medium
)

var precisions = [...]string{"highest", "high", "medium"}

// String returns PyTorch's name of the precision.
func (p Precision) String() string { return precisions[p] }
