// Package safetensors reads and writes .safetensors files: named tensors as raw
// bytes behind a JSON header, with nothing in them that can run. PyTorch, JAX
// and the Hugging Face hub keep weights in this form.
//
// A file is
//
//	8 bytes   N, the length of the header, little-endian
//	N bytes   the header, a JSON object padded with spaces:
//	          {"__metadata__": {"key": "value", …},
//	           "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
//	the rest  the tensors' elements, little-endian, the last dimension fastest;
//	          data_offsets count from the first byte after the header
//
// The tensors cover the data exactly: no overlap, no hole, nothing after the
// last one. [Open] and [NewReader] check this and everything else that the
// header claims before they return, and no claim makes them allocate more than
// a small multiple of the header that is really there. What they refuse, they
// refuse with an error that wraps [ErrFormat].
//
// They are stricter than the Python package in this: keys that occur twice,
// keys of a tensor other than the three above, a null __metadata__, a header
// that does not begin with "{", and tensors of more than 64 dimensions or whose
// strides overflow are errors. Every file that they accept is accepted there.
//
// [Write] gives the bytes that the Python package gives for the same tensors
// and metadata. Only the order of several metadata keys may differ: there it is
// random, here the keys are sorted.
//
// This package moves bytes, and bytes are in the file's order on every
// processor; whoever turns them into numbers on a big-endian one must swap them.
//
// Source: https://huggingface.co/docs/safetensors and the format section of
// https://github.com/huggingface/safetensors.
package safetensors

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Limits of the format. The header's is the Python package's, the dimensions'
// is NumPy's.
const (
	maxHeader = 100_000_000
	maxDims   = 64
)

const metadataKey = "__metadata__"

// A DType is the type of a tensor's elements, by its name in the file.
type DType string

// The types that the format knows. F8E4M3 and F8E5M2 are the 8-bit floats of
// https://arxiv.org/abs/2209.05433 (PyTorch's float8_e4m3fn and float8_e5m2),
// those with FNUZ have no infinities and no negative zero
// (https://arxiv.org/abs/2206.02915), and F8E8M0, F6E2M3, F6E3M2 and F4 are of
// the OCP microscaling specification. C64 is two float32, real part first.
const (
	Bool       DType = "BOOL"
	F4         DType = "F4"
	F6E2M3     DType = "F6_E2M3"
	F6E3M2     DType = "F6_E3M2"
	U8         DType = "U8"
	I8         DType = "I8"
	F8E5M2     DType = "F8_E5M2"
	F8E4M3     DType = "F8_E4M3"
	F8E8M0     DType = "F8_E8M0"
	F8E4M3FNUZ DType = "F8_E4M3FNUZ"
	F8E5M2FNUZ DType = "F8_E5M2FNUZ"
	I16        DType = "I16"
	U16        DType = "U16"
	F16        DType = "F16"
	BF16       DType = "BF16"
	I32        DType = "I32"
	U32        DType = "U32"
	F32        DType = "F32"
	C64        DType = "C64"
	F64        DType = "F64"
	I64        DType = "I64"
	U64        DType = "U64"
)

// dtypes is in the order in which the Python package ranks the types: it lays
// out a file from the last to the first, so that every tensor is aligned.
var dtypes = []struct {
	dtype DType
	bits  int
}{
	{Bool, 8}, {F4, 4}, {F6E2M3, 6}, {F6E3M2, 6},
	{U8, 8}, {I8, 8}, {F8E5M2, 8}, {F8E4M3, 8}, {F8E8M0, 8}, {F8E4M3FNUZ, 8}, {F8E5M2FNUZ, 8},
	{I16, 16}, {U16, 16}, {F16, 16}, {BF16, 16},
	{I32, 32}, {U32, 32}, {F32, 32}, {C64, 64},
	{F64, 64}, {I64, 64}, {U64, 64},
}

// Bits returns the size of one element in bits, or 0 for an unknown type.
func (d DType) Bits() int {
	if r := d.rank(); r >= 0 {
		return dtypes[r].bits
	}
	return 0
}

// rank returns d's place in dtypes, or -1.
func (d DType) rank() int {
	for i, t := range dtypes {
		if t.dtype == d {
			return i
		}
	}
	return -1
}

// Info describes one tensor of a file.
type Info struct {
	Name  string
	DType DType
	Shape []int // empty for a scalar
	// Start and End are where the tensor's bytes begin and end, counted from
	// the first byte after the header.
	Start, End int64
}

// ErrFormat is wrapped by every error about a file, or about tensors to be
// written, that break a rule of the format. Errors of the disk don't wrap it.
var ErrFormat error = formatError("not valid safetensors")

// formatError is its own text, so that messages need not end in ErrFormat's.
type formatError string

func (e formatError) Error() string        { return string(e) }
func (e formatError) Is(target error) bool { return target == ErrFormat }

func errorf(format string, args ...any) error { return formatError(fmt.Sprintf(format, args...)) }

// size returns how many bytes a tensor holds: the product of its shape × the
// size of an element.
func size(d DType, shape []int) (int64, error) {
	width := d.Bits()
	if width == 0 {
		return 0, errorf("unknown dtype %s", quote(string(d)))
	}
	if len(shape) > maxDims {
		return 0, errorf("%d dimensions, at most %d are allowed", len(shape), maxDims)
	}
	// Empty dimensions count as 1 at first: strides, which are products of the
	// dimensions, must not overflow in an empty tensor either.
	n, empty := uint64(width), false
	for _, dim := range shape {
		if dim < 0 {
			return 0, errorf("shape %v has a negative dimension", shape)
		}
		empty = empty || dim == 0
		hi, lo := bits.Mul64(n, uint64(max(dim, 1)))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, errorf("shape %v × %d bits overflows", shape, width)
		}
		n = lo
	}
	if empty {
		return 0, nil
	}
	if n%8 != 0 {
		return 0, errorf("shape %v × %d bits is not a whole number of bytes", shape, width)
	}
	return int64(n / 8), nil
}

// quote quotes a text from a file for a message, and shortens it: it may be
// 100 MB long.
func quote(s string) string {
	const most = 100
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", strconv.Quote(s[:cut]), len(s))
}
