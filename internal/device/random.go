package device

// GeneratorBytes is the size of a generator's state: what torch.get_rng_state() returns, little-endian.
const GeneratorBytes = 5056

// Distribution is the distribution of the random numbers that a device draws.
type Distribution uint8

// The distributions.
const (
	Uniform       Distribution = iota // in [A, B)
	Normal                            // mean A, standard deviation B
	Bernoulli                         // 1 with probability A, else 0
	Integers                          // uniform in [Lo, Hi)
	Permutation                       // 0 to n−1 in random order
	BernoulliBits                     // Bernoulli's numbers as bits: see Draw.Columns
)

// Draw describes random numbers for a tensor of type DType. They equal those of PyTorch's CPU generator, bit for bit.
type Draw struct {
	Distribution
	DType  DType // a 16-bit type is drawn as float32; Integers and Permutation are int64, BernoulliBits uint8
	A, B   float64
	Lo, Hi int64
	// Columns is the number of bits of a row for BernoulliBits, whose array (…, BitBytes(Columns)) is uint8. Bit i%8 of
	// byte i/8 is number i of the row; the bits that are left are 0.
	Columns int
}

// BitBytes returns the number of bytes of a row of n bits: whole words of 32 bits.
func BitBytes(n int) int { return (n + 31) / 32 * 4 }

// DrawType returns the type of the array that a device draws into: float32 for the 16-bit types, whose numbers are
// rounded afterwards.
func (d Draw) DrawType() DType {
	if d.DType.IsHalf() {
		return Float32
	}
	return d.DType
}
