package tensor

import (
	"strings"

	"github.com/lamina-ml/lamina/internal/device"
)

// Error is what a programmer's mistake panics with: a wrong shape, type or device, or a tensor used after its memory was
// recycled.
type Error struct {
	Op     string  // the operation, such as "matmul"
	Msg    string  // what is wrong
	Shapes []Shape // the shapes involved
	Path   string  // where in the model, such as "model.fc2"; empty where unknown
	Layer  any     // the layer that found the mistake; package nn finds its path by walking the model
}

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

// Try runs f and returns the *Error that it panicked with, if it did; a kernel that a device lacks for a type is one, too. Other
// panics go on.
func Try(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			switch r := r.(type) {
			case *Error:
				err = r
			case *device.Unsupported:
				err = &Error{Op: r.Op, Msg: "the device " + r.Device + " has no kernel for " + r.DType.String()}
			default:
				panic(r)
			}
		}
	}()
	f()
	return nil
}

// fail panics with an Error. Shapes are copied here, so that naming them in a call costs the caller no allocation.
func fail(op, msg string, shapes ...Shape) {
	panic(&Error{Op: op, Msg: strings.Clone(msg), Shapes: append([]Shape(nil), shapes...)})
}
