package tensor

import (
	"errors"
	"strings"

	"github.com/lamina-ml/lamina/internal/device"
)

// Error is the value that a programmer's mistake panics with: a wrong shape, type or device, or the use of a tensor
// after its memory was freed.
type Error struct {
	// PyTorch's name of the operation, such as "matmul" or "add_"; the Go name if PyTorch has none, such as
	// "data.NewLoader"
	Op     string
	Msg    string  // what is wrong, and what would be accepted
	Shapes []Shape // the shapes involved
	Path   string  // the layer's path in the model, such as "model.fc2"; empty if unknown
	Layer  any     // the layer that found the mistake; nn.Locate finds its path in the model

	cause error // ErrOutOfMemory or nil
}

// ErrOutOfMemory is the cause of an [*Error] about a tensor that the device's memory does not hold. errors.Is finds it.
var ErrOutOfMemory = errors.New("out of memory")

// Unwrap returns [ErrOutOfMemory] if that is the cause, else nil.
func (e *Error) Unwrap() error { return e.cause }

// Error returns a line such as "matmul: inner dimensions differ: (32, 784) × (768, 10), in model.fc2".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	b.WriteString(": ")
	b.WriteString(e.Msg)
	for i, s := range e.Shapes {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString(" × ")
		}
		b.WriteString(s.String())
	}
	if e.Path != "" {
		b.WriteString(", in ")
		b.WriteString(e.Path)
	}
	return b.String()
}

// Try runs f and returns the *Error that it panicked with, or nil. An operation that the device has no kernel for is
// such an error too. Other panics continue.
func Try(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			switch r := r.(type) {
			case *Error:
				err = r
			case *device.Unsupported:
				err = &Error{Op: r.Op, Msg: "device " + r.Device + " has no kernel for " + r.DType.String()}
			default:
				panic(r)
			}
		}
	}()
	f()
	return nil
}

// fail panics with an Error. It copies the shapes, so that passing them costs the caller no allocation.
func fail(op, msg string, shapes ...Shape) {
	panic(&Error{Op: op, Msg: strings.Clone(msg), Shapes: append([]Shape(nil), shapes...)})
}

// failAlloc panics with an Error about memory that a device does not give.
func failAlloc(op string, err error, shapes ...Shape) {
	e := &Error{Op: op, Msg: err.Error(), Shapes: append([]Shape(nil), shapes...)}
	if _, ok := err.(*device.OutOfMemory); ok {
		e.cause = ErrOutOfMemory
	}
	panic(e)
}
