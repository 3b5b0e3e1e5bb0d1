package device

// Precision says how exactly products of float32 matrices are computed. A device that has no faster way computes in float32.
type Precision uint8

// The precisions, with torch.set_float32_matmul_precision's names.
const (
	// Highest is the precision of float32 arithmetic.
	Highest Precision = iota
	// High may leave out of each number what is below 2⁻¹⁶ of it.
	High
	// Medium may round each number to bfloat16.
	Medium
)

var precisions = [...]string{"highest", "high", "medium"}

// String returns PyTorch's name of the precision.
func (p Precision) String() string { return precisions[p] }
