// Package device is the contract between tensors and the hardware that computes them.
//
// A device owns memory that its users do not see as Go slices, and runs kernels on strided arrays in that memory. The
// interface is small on purpose: memory, copy and cast, elementwise, reduce, matrix product, gather and scatter. Fused
// kernels are optional interfaces (see fused.go), found by type assertion; the composite of ops that they replace
// remains as fallback and as oracle.
//
// Kernels take the destination first and may work asynchronously; Download waits. A destination never overlaps an input
// unless it is exactly that input. Inputs of elementwise kernels broadcast against the destination, aligned at the last
// dimension.
package device

import "fmt"

// MaxRank is the largest number of dimensions of an array.
const MaxRank = 10

// Memory is a block of a device's memory. Only its device can access it.
type Memory interface{ Bytes() int }

// Array is a strided view of device memory: element (i, j, …) is stored at Offset + i·Strides[0] + j·Strides[1] + …,
// counted in elements.
type Array struct {
	Mem        Memory
	Offset     int
	Size       int // number of elements
	Rank       int
	DType      DType
	Contiguous bool // in row-major order without gaps
	Dims       [MaxRank]int
	Strides    [MaxRank]int
}

// SetContiguous gives a the sizes dims, with row-major strides.
func (a *Array) SetContiguous(dims []int) {
	a.Rank = len(dims)
	a.Dims = [MaxRank]int{} // sizes beyond the rank are 0, so that arrays of sizes can be compared
	copy(a.Dims[:], dims)
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		a.Strides[i] = n
		n *= dims[i]
	}
	a.Size = n
	a.Contiguous = true
}

// Refresh recomputes Size and Contiguous after a change of Dims or Strides.
func (a *Array) Refresh() {
	n, contiguous := 1, true
	for i := a.Rank - 1; i >= 0; i-- {
		if a.Dims[i] != 1 && a.Strides[i] != n {
			contiguous = false
		}
		n *= a.Dims[i]
	}
	a.Size = n
	a.Contiguous = contiguous || n == 0
}

// Device computes on arrays in its own memory. Methods may be called from several goroutines as long as no two touch
// the same memory while one of them writes it.
type Device interface {
	// Name returns the name by which a user chooses the device, such as "cpu".
	Name() string

	// Alloc returns a block whose contents are undefined, or an error if the device does not have enough memory. Free
	// frees a block after all work that was given to the device before.
	Alloc(bytes int) (Memory, error)
	Free(m Memory)

	// Upload copies host bytes to a contiguous array. Download waits for the work that writes src, a contiguous array,
	// and copies it to the host.
	Upload(dst *Array, src []byte)
	Download(dst []byte, src *Array) error
	// Sync waits for all work.
	Sync() error

	// Check checks that the values of x are in a range. A device that knows the values returns the result. Another one
	// returns at once, and the next wait (Download, Sync or CountNonZero) returns the *RangeError of the first check
	// that failed since the wait before. Any part of the work given between the check and that wait may have been
	// skipped; memory that this work does not write is unchanged, and the device continues to work.
	Check(x *Array, c Check) Checked

	// Copy copies src, which broadcasts, to dst and converts the elements. Strides of src may be negative if the types
	// are the same.
	Copy(dst, src *Array)
	// Fill sets every element to value.
	Fill(dst *Array, value float64)

	// Draw fills dst, contiguous and of type d.DrawType(), with random numbers in row-major order. state is a
	// contiguous uint8 array of GeneratorBytes: the generator's state before, and once the numbers are drawn, the state
	// after.
	Draw(dst, state *Array, d Draw)

	// Unary and Binary apply a row of the elementwise table.
	Unary(op *UnaryOp, dst, x *Array, p Params)
	Binary(op *BinaryOp, dst, x, y *Array, p Params)
	// Where sets dst to x where cond is true, else to y.
	Where(dst, cond, x, y *Array)

	// Reduce reduces x over the dimensions that have size 1 in dst (dst has x's rank). For ArgMax and ArgMin exactly
	// one dimension is reduced, and dst holds int64 positions along it. Sum and Prod of integers and booleans give
	// int64.
	Reduce(op Reduction, dst, x *Array)

	// MatMul computes dst = a·b over the last two dimensions; leading dimensions broadcast as in elementwise kernels.
	// p applies to float32 only.
	MatMul(dst, a, b *Array, p Precision)

	// Gather sets dst[i…] = x[i… with i[dim] = index[i…]]. ScatterAdd adds src[i…] to dst[i… with i[dim] = index[i…]],
	// in a fixed order. The caller has checked the indices with Check.
	Gather(dst, x, index *Array, dim int)
	ScatterAdd(dst, index, src *Array, dim int)
	// Scatter sets dst[i… with i[dim] = index[i…]] = src[i…], in row-major order: of equal indices the last one wins.
	Scatter(dst, index, src *Array, dim int)

	// Range sets element i of dst, in row-major order, to start + i·step. It computes in int64 if dst holds integers
	// and both numbers are whole, else in float64.
	Range(dst *Array, start, step float64)
	// Scan computes the cumulative Sum or Prod along dim, from the first element or, in reverse, from the last.
	Scan(op Reduction, dst, x *Array, dim int, reverse bool)
	// Recur computes yᵢ = bᵢ + aᵢ·yᵢ₋₁ along dim, or in reverse yᵢ = bᵢ + aᵢ·yᵢ₊₁. All arrays have the same shape.
	Recur(dst, a, b *Array, dim int, reverse bool)
	// ArgSort sets index to the positions along dim that sort x; if index is shorter along dim, to the first of them.
	// The sort is stable, and NaN counts as the largest number.
	ArgSort(index, x *Array, dim int, descending bool)
	// CountNonZero waits for x's values, and returns how many elements are not 0.
	CountNonZero(x *Array) (int, error)
	// NonZero writes the indices of x's nonzero elements, in row-major order, to the rows of dst, int64 (count, rank
	// of x).
	NonZero(dst, x *Array)
}

// Poisoner is implemented by devices that are told when a block becomes free: a test device overwrites it, so that
// tests find reads of freed memory.
type Poisoner interface{ Poison(m Memory) }

// Wrapper is implemented by devices that compute in the host's memory and can use a Go slice without a copy.
type Wrapper interface {
	// Wrap returns the memory of raw, which is aligned to 64 bytes, as a block. It may reuse old, a block from an
	// earlier Wrap or nil.
	Wrap(old Memory, raw []byte) Memory
}

// OutOfMemory is the error of an Alloc of more than the device's memory.
type OutOfMemory struct {
	Bytes int
	Limit int  // bytes that there are
	Free  bool // Limit is what other tensors and programs leave
}

// Error says how much is needed and how much there is.
func (e *OutOfMemory) Error() string {
	there := "the machine has"
	if e.Free {
		there = "are free"
	}
	return fmt.Sprintf("out of memory: %s are needed, and %s %s", bytesText(e.Bytes), bytesText(e.Limit), there)
}

// bytesText returns a text such as "1.5 GB".
func bytesText(n int) string {
	if n < 1e9 {
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// Unsupported is the value that a device panics with if it has no kernel for an operation on a type.
type Unsupported struct {
	Device, Op string
	DType      DType
}

// Error names the operation, the device and the type.
func (e *Unsupported) Error() string {
	return e.Op + ": the device " + e.Device + " has no kernel for " + e.DType.String()
}
