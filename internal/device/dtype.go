package device

// DType is the type of an array's elements. The zero value is Float32.
type DType uint8

// The element types.
const (
	Float32 DType = iota
	Float64
	BFloat16
	Float16
	Int64
	Int32
	Int16
	Int8
	Uint8
	Bool
	NumDTypes
)

// Kind is the kind of an element type. Type promotion chooses the higher kind.
type Kind uint8

// The kinds, from the lowest.
const (
	Boolean Kind = iota
	Integer
	Float
)

// dtypes is the table of element types: all that code other than kernels needs to know of them.
var dtypes = [NumDTypes]struct {
	name    string // PyTorch's
	size    int    // in bytes
	kind    Kind
	compute DType // see DType.Compute
}{
	Float32:  {"float32", 4, Float, Float32},
	Float64:  {"float64", 8, Float, Float64},
	BFloat16: {"bfloat16", 2, Float, Float32},
	Float16:  {"float16", 2, Float, Float32},
	Int64:    {"int64", 8, Integer, Int64},
	Int32:    {"int32", 4, Integer, Int64},
	Int16:    {"int16", 2, Integer, Int64},
	Int8:     {"int8", 1, Integer, Int64},
	Uint8:    {"uint8", 1, Integer, Int64},
	Bool:     {"bool", 1, Boolean, Int64},
}

// String returns PyTorch's name of the type, such as "float32".
func (t DType) String() string {
	if t >= NumDTypes {
		return "invalid"
	}
	return dtypes[t].name
}

// Size returns the bytes of one element.
func (t DType) Size() int { return dtypes[t].size }

// Kind returns whether t's values are floating-point numbers, integers or booleans.
func (t DType) Kind() Kind { return dtypes[t].kind }

// IsFloat reports whether t is a floating-point type.
func (t DType) IsFloat() bool { return t < NumDTypes && dtypes[t].kind == Float }

// Compute returns the type that elements of t are computed in. A result is rounded once, from there to t.
func (t DType) Compute() DType { return dtypes[t].compute }

// IsHalf reports whether t is a 16-bit floating-point type.
func (t DType) IsHalf() bool { return t.IsFloat() && t.Size() == 2 }
