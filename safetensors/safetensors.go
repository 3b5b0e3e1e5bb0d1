// Package safetensors reads and writes .safetensors files: a JSON header and named tensors as raw bytes. Unlike a
// pickle, a file contains no code. PyTorch, JAX and the Hugging Face Hub store weights in this format.
//
// A file is
//
//	8 bytes   N, the length of the header, little-endian
//	N bytes   the header, a JSON object padded with spaces:
//	          {"__metadata__": {"key": "value", …},
//	           "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}
//	the rest  the tensors' elements, little-endian, in row-major order;
//	          data_offsets count from the first byte after the header
//
// The tensors cover the data exactly: without overlaps, gaps or trailing bytes. [Open] and [NewReader] check this and
// all other claims of the header before they return. Whatever a header claims, they allocate at most a small multiple
// of its actual length. Their errors about the format wrap [ErrFormat].
//
// They are stricter than the Python package: duplicate keys, unknown keys of a tensor, a null __metadata__, a header
// that does not begin with "{", more than 64 dimensions and overflowing strides are errors. The Python package
// accepts every file that they accept.
//
// [Write] writes the same bytes as the Python package for the same tensors and metadata, except for the order of
// metadata keys: the Python package writes them in random order, this package sorts them.
//
// [File.ReadAt] and [Write] transfer bytes in the file's little-endian order on every processor.
//
// Source: https://huggingface.co/docs/safetensors and the format section of
// https://github.com/huggingface/safetensors.
package safetensors

import (
	"math"
	"math/bits"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// Limits of the format. maxHeader is the Python package's, maxDims is NumPy's.
const (
	maxHeader = 100_000_000
	maxDims   = 64
)

const metadataKey = "__metadata__"

// DType is the element type of a tensor. Its value is the type's name in the file.
type DType string

// The element types of the format. F8E4M3 and F8E5M2 are the 8-bit floats of https://arxiv.org/abs/2209.05433
// (PyTorch's float8_e4m3fn and float8_e5m2), the types with FNUZ have no infinities and no negative zero
// (https://arxiv.org/abs/2206.02915), and F8E8M0, F6E2M3, F6E3M2 and F4 are types of the OCP microscaling
// specification. C64 is two float32, real part first.
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

// dtypes has the Python package's order of types. A file stores the tensors of the last type first, so that every
// tensor is aligned.
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

// rank returns d's index in dtypes, or -1.
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
	// Start and End are the offsets of the tensor's bytes, counted from the first byte after the header.
	Start, End int64
}

// ErrFormat is wrapped by all errors about a file, or about entries for Write, that break a rule of the format.
// Errors of the file system do not wrap it.
var ErrFormat error = errFormat

var errFormat = inputfile.NewFormatError("not valid safetensors")

func errorf(format string, args ...any) error { return errFormat.Errorf(format, args...) }

// size returns the size of a tensor in bytes: product of its shape × element size.
func size(d DType, shape []int) (int64, error) {
	width := d.Bits()
	if width == 0 {
		return 0, errorf("unknown dtype %s, want one of the format's such as \"F32\"", inputfile.Quote(string(d)))
	}
	if len(shape) > maxDims {
		return 0, errorf("%d dimensions, want at most %d", len(shape), maxDims)
	}
	// A dimension of 0 counts as 1 here: the strides of an empty tensor, products of its other dimensions, must not
	// overflow either.
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
