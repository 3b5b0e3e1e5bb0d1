// Package device is the contract between tensors and the hardware that computes them.
//
// A device owns memory that nobody above it sees as a Go slice, and runs kernels on strided arrays in that memory. The
// contract is small on purpose: memory, copy and cast, elementwise, reduce, matrix product, gather and scatter. Fused
// kernels are optional interfaces (see fused.go), found by type assertion; the composite of ops that they replace stays as
// fallback and as oracle.
//
// Kernels take the destination first and may work asynchronously; Download waits. A destination never overlaps an input
// unless it is exactly that input. Inputs of elementwise kernels broadcast against the destination, aligned at the last
// dimension.
package device

// MaxRank is the largest number of dimensions of an array.
const MaxRank = 10

// Memory is a block of a device's memory. Only its device looks inside.
type Memory interface{ Bytes() int }

// Array is a strided view of device memory: element (i, j, …) lies at Offset + i·Strides[0] + j·Strides[1] + …, counted
// in elements.
type Array struct {
	Mem     Memory
	Offset  int
	Size    int // number of elements
	Rank    int
	DType   DType
	Dense   bool // row-major without gaps
	Dims    [MaxRank]int
	Strides [MaxRank]int
}

// SetDense gives a the dims, with row-major strides.
func (a *Array) SetDense(dims []int) {
	a.Rank = len(dims)
	a.Dims = [MaxRank]int{} // what lies beyond the rank is 0, so that shapes compare
	copy(a.Dims[:], dims)
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		a.Strides[i] = n
		n *= dims[i]
	}
	a.Size = n
	a.Dense = true
}

// Refresh recomputes Size and Dense after Dims and Strides were set.
func (a *Array) Refresh() {
	n, dense := 1, true
	for i := a.Rank - 1; i >= 0; i-- {
		if a.Dims[i] != 1 && a.Strides[i] != n {
			dense = false
		}
		n *= a.Dims[i]
	}
	a.Size = n
	a.Dense = dense || n == 0
}

// Device computes on arrays in its own memory. Methods may be called from several goroutines as long as no two touch the
// same memory while one of them writes it.
type Device interface {
	// Name is what a user types to choose the device, such as "cpu".
	Name() string

	// Alloc returns a block whose contents are undefined, or an error if the device has not so much memory; Free gives it back once all
	// work given to the device before that call is done.
	Alloc(bytes int) (Memory, error)
	Free(m Memory)

	// Upload copies host bytes into a dense array; Download waits for src's work and copies out of a dense array.
	Upload(dst *Array, src []byte)
	Download(dst []byte, src *Array) error
	// Sync waits for all work.
	Sync() error

	// Check demands that the values of x lie in a range. A device that has the values at hand says whether they do. Another returns at once, and
	// the next wait (Download, Sync or CountNonZero) returns the *RangeError of the first check that failed since the wait before. Of the
	// work given between the check and that wait, any part may have been left undone; memory that this work was not to write is
	// as before, and the device goes on working.
	Check(x *Array, c Check) Checked

	// Copy copies src, broadcast, into dst, converting elements. Strides of src may be negative where the types are the same.
	Copy(dst, src *Array)
	// Fill sets every element.
	Fill(dst *Array, value float64)

	// Draw fills dst, dense and of type d.DrawType(), with random numbers in row-major order. state is a dense uint8 array of
	// GeneratorBytes: the generator's state before, and once the numbers are drawn, the state after.
	Draw(dst, state *Array, d Draw)

	// Unary and Binary apply a row of the elementwise table.
	Unary(op *UnaryOp, dst, x *Array, p Params)
	Binary(op *BinaryOp, dst, x, y *Array, p Params)
	// Where picks x where cond is true, else y.
	Where(dst, cond, x, y *Array)

	// Reduce joins the elements of x over the dimensions that have size 1 in dst (dst has x's rank). For ArgMax and
	// ArgMin exactly one dimension is reduced and dst holds int64 positions along it. Sum and Prod of integers and booleans go to int64.
	Reduce(op Reduction, dst, x *Array)

	// MatMul computes dst = a·b over the last two dimensions; leading dimensions broadcast as in elementwise kernels. p concerns
	// float32 only.
	MatMul(dst, a, b *Array, p Precision)

	// Gather sets dst[i…] = x[i… with i[dim] = index[i…]]; ScatterAdd adds src the other way round, in a fixed order.
	// The caller has demanded through Check that indices are in range.
	Gather(dst, x, index *Array, dim int)
	ScatterAdd(dst, index, src *Array, dim int)
	// Scatter sets dst[i… with i[dim] = index[i…]] = src[i…], in row-major order: the last of equal places wins.
	Scatter(dst, index, src *Array, dim int)

	// Range sets element i of dst, in row-major order, to start + i·step: computed in float64, but in int64 where dst holds integers and
	// both are whole.
	Range(dst *Array, start, step float64)
	// Scan joins each element with all before it along dim (Sum or Prod), or in reverse with all behind it.
	Scan(op Reduction, dst, x *Array, dim int, reverse bool)
	// Recur computes yᵢ = bᵢ + aᵢ·yᵢ₋₁ along dim, or in reverse yᵢ = bᵢ + aᵢ·yᵢ₊₁. All have one shape.
	Recur(dst, a, b *Array, dim int, reverse bool)
	// ArgSort sets index to the positions along dim that put x's elements in order; where index is shorter along dim, to the first of
	// them. Equal elements keep their order, and NaN counts as the largest.
	ArgSort(index, x *Array, dim int, descending bool)
	// CountNonZero waits for x's values, and returns how many elements are not 0.
	CountNonZero(x *Array) (int, error)
	// NonZero writes the places of x's nonzero elements, in row-major order, to the rows of dst, int64 (count, rank of x).
	NonZero(dst, x *Array)
}

// Poisoner is implemented by devices that want to know when a block went back to a free list: a device for tests
// overwrites it, so that a read of stale memory shows.
type Poisoner interface{ Poison(m Memory) }

// Wrapper is implemented by devices that compute in the host's memory: they can take it as it is.
type Wrapper interface {
	// Wrap returns the memory of raw, which is aligned to 64 bytes, as a block; old is a block from an earlier Wrap that may be
	// used again, or nil.
	Wrap(old Memory, raw []byte) Memory
}

// Unsupported is what a device panics with where it has no kernel for an operation on a type.
type Unsupported struct {
	Device, Op string
	DType      DType
}

// Error says what is missing.
func (e *Unsupported) Error() string {
	return e.Op + ": the device " + e.Device + " has no kernel for " + e.DType.String()
}
