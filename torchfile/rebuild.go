package torchfile

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// elementType is an element type of PyTorch: its name in torch, the tensor type (ok if Lamina has it) and its size.
type elementType struct {
	name  string
	dtype tensor.DType
	ok    bool
	size  int64
}

// elementTypes maps the first part of the names of PyTorch's storage classes to element types.
var elementTypes = map[string]elementType{
	"Float":         {"float32", tensor.Float32, true, 4},
	"Double":        {"float64", tensor.Float64, true, 8},
	"Half":          {"float16", tensor.Float16, true, 2},
	"BFloat16":      {"bfloat16", tensor.BFloat16, true, 2},
	"Long":          {"int64", tensor.Int64, true, 8},
	"Int":           {"int32", tensor.Int32, true, 4},
	"Short":         {"int16", tensor.Int16, true, 2},
	"Char":          {"int8", tensor.Int8, true, 1},
	"Byte":          {"uint8", tensor.Uint8, true, 1},
	"Bool":          {"bool", tensor.Bool, true, 1},
	"ComplexFloat":  {"complex64", 0, false, 8},
	"ComplexDouble": {"complex128", 0, false, 16},
	"QInt8":         {"qint8", 0, false, 1},
	"QUInt8":        {"quint8", 0, false, 1},
	"QInt32":        {"qint32", 0, false, 4},
	"QUInt4x2":      {"quint4x2", 0, false, 1},
	"QUInt2x4":      {"quint2x4", 0, false, 1},
	"Untyped":       {"untyped", 0, false, 1},
}

// elementTypeNamed returns the element type with the given name in torch, such as "float32".
func elementTypeNamed(name string) elementType {
	for _, t := range elementTypes {
		if t.name == name {
			return t
		}
	}
	return elementType{name: name, size: 1}
}

// rebuild returns the result of calling a class or function with args: a tensor, a dictionary or a list for those
// that PyTorch calls to rebuild them, else an Object.
func (u *unpickler) rebuild(f string, args []any) (any, error) {
	arg := func(i int) any {
		if 0 <= i && i < len(args) {
			return args[i]
		}
		return nil
	}
	switch f {
	case "torch._utils._rebuild_tensor": // storage, offset, shape, stride
		return u.view(args)
	case "torch._utils._rebuild_tensor_v2": // …, requires_grad, hooks, metadata
		v, err := u.view(args)
		if err != nil {
			return nil, err
		}
		v.negative = isNegative(arg(6))
		return v, nil
	case "torch._utils._rebuild_tensor_v3": // …, requires_grad, hooks, dtype, metadata
		dtype, _ := arg(6).(class)
		v, err := u.view(args)
		if err != nil {
			return nil, err
		}
		v.dtype = elementTypeNamed(strings.TrimPrefix(string(dtype), "torch."))
		v.check()
		v.negative = isNegative(arg(7))
		return v, nil
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter",
		"torch.nn.parameter.Buffer", "torch._tensor._rebuild_from_type":
		for _, a := range args {
			if v, ok := a.(*view); ok {
				return v, nil
			}
		}
	case "torch._tensor._rebuild_from_type_v2": // function, type, arguments, state
		inner, ok := arg(0).(class)
		innerArgs, ok2 := arg(2).(*list)
		if ok && ok2 && string(inner) != f {
			return u.rebuild(string(inner), innerArgs.items)
		}
	case "torch._utils._rebuild_qtensor", "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_nested_tensor",
		"torch._utils._rebuild_meta_tensor_no_storage", "torch._utils._rebuild_device_tensor_from_numpy",
		"torch._utils._rebuild_device_tensor_from_cpu_tensor":
		return &view{unsupported: "it is quantized, sparse or nested, or has no values in the file (" + f + ")"}, nil
	case "collections.OrderedDict", "builtins.dict", "__builtin__.dict":
		d := &Dict{}
		if pairs, ok := arg(0).(*list); ok {
			u.values += len(pairs.items)
			for _, p := range pairs.items {
				pair, ok := p.(*list)
				if !ok || len(pair.items) != 2 {
					return nil, errorf("an entry of the dictionary is not a pair")
				}
				d.set(pair.items[0], pair.items[1])
			}
		}
		return d, nil
	case "collections.defaultdict", "collections.Counter":
		if d, ok := arg(len(args) - 1).(*Dict); ok {
			return d, nil
		}
		return &Dict{}, nil
	case "torch.Size", "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset", "builtins.list", "builtins.tuple",
		"torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
		"torch.jit._pickle.build_tensorlist":
		if l, ok := arg(0).(*list); ok {
			return &list{l.items}, nil
		}
		return &list{}, nil
	}
	return &Object{Class: f, Args: args}, nil
}

// isNegative reports whether a tensor's metadata says that its elements are the negated ones of the storage, as those of
// x.conj().imag are.
func isNegative(metadata any) bool {
	d, ok := metadata.(*Dict)
	if !ok {
		return false
	}
	neg, _ := d.Get("neg")
	return neg == any(true)
}

// view returns the tensor that the arguments of _rebuild_tensor describe: storage, offset, shape, stride.
func (u *unpickler) view(args []any) (*view, error) {
	if len(args) < 4 {
		return nil, errorf("%d arguments, want storage, offset, shape and stride", len(args))
	}
	s, ok := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	shape, ok3 := integers(args[2])
	stride, ok4 := integers(args[3])
	if !ok || !ok2 || !ok3 || !ok4 {
		return nil, errorf("the arguments are not a storage, an offset, a shape and strides of at most 64 dimensions")
	}
	v := &view{of: s, dtype: elementTypes[s.kind], offset: offset, shape: shape, stride: stride}
	v.check()
	s.uses = append(s.uses, v)
	return v, nil
}

// check sets unsupported if Lamina does not have v's type or number of dimensions.
func (v *view) check() {
	v.unsupported = ""
	if !v.dtype.ok {
		v.unsupported = fmt.Sprintf("it has type %s, which Lamina does not have", v.dtype.name)
	} else if len(v.shape) > tensor.MaxRank {
		v.unsupported = fmt.Sprintf("it has %d dimensions, want at most %d", len(v.shape), tensor.MaxRank)
	}
}

// integers returns the items of a shape or of strides. PyTorch's tensors have at most 64 dimensions.
func integers(v any) ([]int64, bool) {
	const maxDims = 64
	l, ok := v.(*list)
	if !ok || len(l.items) > maxDims {
		return nil, false
	}
	out := make([]int64, len(l.items))
	for i, item := range l.items {
		if out[i], ok = item.(int64); !ok {
			return nil, false
		}
	}
	return out, true
}
