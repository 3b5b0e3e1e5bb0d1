// Package gguf reads GGUF files, in which llama.cpp and its kin store language models: metadata, among it the
// tokenizer, and named tensors, most of them in blocks of few bits.
//
// A file of version 2 or 3 is, little-endian,
//
//	"GGUF", uint32 version, uint64 number of tensors, uint64 number of metadata entries
//	the metadata: for each entry its key, its type and its value
//	the list of tensors: for each its name, its shape (the last dimension first), its type and the offset of its data
//	the data, aligned to the entry general.alignment or 32 bytes
//
// [Open] and [NewReader] read and check everything but the data before they return, and refuse what they do not
// understand. Whatever a file claims, they allocate at most a small multiple of the bytes that they read, and read at
// most 256 MiB. Errors about the format wrap [ErrFormat].
//
// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
package gguf

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tensor"
)

// Type is the element type of a tensor. Its value is ggml's number.
type Type uint32

// The types that [File.Tensor] reads. Q8_0 to Q6_K are formats of blocks: see [tensor.BlockFormat].
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q8_0 Type = 8
	Q4_K Type = 12
	Q6_K Type = 14
	I8   Type = 24
	I16  Type = 25
	I32  Type = 26
	I64  Type = 27
	F64  Type = 28
	BF16 Type = 30
)

// A layout is how the elements of a type are stored.
type layout struct {
	name          string
	count, bytes  int // of a block: its elements and its bytes
	dtype, blocks int // tensor's type or format; −1 for none
}

func plain(name string, dt tensor.DType) layout { return layout{name, 1, dt.Size(), int(dt), -1} }

func block(f tensor.BlockFormat) layout {
	return layout{f.String(), f.Weights(), f.Bytes(), -1, int(f)}
}

func other(name string, count, bytes int) layout { return layout{name, count, bytes, -1, -1} }

// layouts has all types of ggml, because the size of a tensor must be known to check a file.
var layouts = map[Type]layout{
	F32:  plain("F32", tensor.Float32),
	F16:  plain("F16", tensor.Float16),
	BF16: plain("BF16", tensor.BFloat16),
	F64:  plain("F64", tensor.Float64),
	I8:   plain("I8", tensor.Int8),
	I16:  plain("I16", tensor.Int16),
	I32:  plain("I32", tensor.Int32),
	I64:  plain("I64", tensor.Int64),
	Q4_0: block(tensor.Q4_0),
	Q4_1: block(tensor.Q4_1),
	Q8_0: block(tensor.Q8_0),
	Q4_K: block(tensor.Q4_K),
	Q6_K: block(tensor.Q6_K),
	6:    other("Q5_0", 32, 22), 7: other("Q5_1", 32, 24), 9: other("Q8_1", 32, 36),
	10: other("Q2_K", 256, 84), 11: other("Q3_K", 256, 110), 13: other("Q5_K", 256, 176), 15: other("Q8_K", 256, 292),
	16: other("IQ2_XXS", 256, 66), 17: other("IQ2_XS", 256, 74), 18: other("IQ3_XXS", 256, 98), 19: other("IQ1_S", 256, 50),
	20: other("IQ4_NL", 32, 18), 21: other("IQ3_S", 256, 110), 22: other("IQ2_S", 256, 82), 23: other("IQ4_XS", 256, 136),
	29: other("IQ1_M", 256, 56), 34: other("TQ1_0", 256, 54), 35: other("TQ2_0", 256, 66), 39: other("MXFP4", 32, 17),
}

// String returns ggml's name of the type, such as "Q4_1".
func (t Type) String() string {
	if l, ok := layouts[t]; ok {
		return l.name
	}
	return fmt.Sprintf("gguf.Type(%d)", uint32(t))
}

// BlockFormat returns the format of the blocks that a type stores; ok is false if [tensor.QuantizedLinear] does not
// compute with it.
func (t Type) BlockFormat() (f tensor.BlockFormat, ok bool) {
	l, known := layouts[t]
	if !known || l.blocks < 0 {
		return 0, false
	}
	return tensor.BlockFormat(l.blocks), true
}

// Info describes one tensor of a file.
type Info struct {
	Name  string
	Type  Type
	Shape []int // in PyTorch's order: rows before the elements of a row
	// Offset is where the data begin, counted from the beginning of all data, and Size how many bytes they have.
	Offset, Size int64
}

// ErrFormat is wrapped by all errors about a file that breaks a rule of the format. Errors of the file system do not
// wrap it.
var ErrFormat error = errFormat

var errFormat = inputfile.NewFormatError("not valid GGUF")

func errorf(format string, args ...any) error { return errFormat.Errorf(format, args...) }

// size returns the size of a tensor in bytes.
func (t Type) size(shape []int) (int64, error) {
	l, ok := layouts[t]
	if !ok {
		return 0, errorf("unknown type number %d", uint32(t))
	}
	row := 1
	if len(shape) > 0 {
		row = shape[len(shape)-1]
	}
	if row%l.count != 0 {
		return 0, errorf("rows of %d elements, want a multiple of %d for the type %s", row, l.count, l.name)
	}
	n, empty := uint64(l.bytes), false
	for i, dim := range shape {
		if i == len(shape)-1 {
			dim /= l.count
		}
		empty = empty || dim == 0
		hi, lo := bits.Mul64(n, uint64(max(dim, 1)))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, errorf("the size of shape %v overflows", shape)
		}
		n = lo
	}
	if empty {
		n = 0
	}
	return int64(n), nil
}
