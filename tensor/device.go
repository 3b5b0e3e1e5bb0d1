package tensor

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// Device is where a tensor's elements lie and are computed: a comparable value. The zero value is the CPU.
type Device struct{ impl device.Device }

var theCPU device.Device

func init() {
	theCPU = cpu.New()
	device.Register("cpu", processor{})
}

// processor is the driver of the CPU, of which there is one.
type processor struct{}

func (processor) Count() int                      { return 1 }
func (processor) Open(int) (device.Device, error) { return theCPU, nil }

// CPU returns the processor that the program runs on.
func CPU() Device { return Device{} }

// OpenDevice returns the device called name: "cpu", "cuda" or, with a number, "cuda:1". A program has the devices whose packages it
// imports; the error lists them.
func OpenDevice(name string) (Device, error) {
	d, err := device.Open(name)
	if err != nil {
		return Device{}, err
	}
	return NewDevice(d), nil
}

// BestDevice returns the first of the accelerators in this program that works, else the CPU:
//
//	device = "cuda" if torch.cuda.is_available() else "cpu"
func BestDevice() Device {
	if d, err := OpenDevice("cuda"); err == nil {
		return d
	}
	return CPU()
}

// NewDevice returns the handle of a device that a package of this module made.
func NewDevice(d device.Device) Device {
	if d == theCPU {
		return Device{}
	}
	return Device{d}
}

// Synchronize waits for all work on the device. Work is done in the background there, so a value that an operation must not have (an index
// that does not exist) may be found late: a call that waits, such as this one or one that reads a tensor's elements, panics with the
// *Error of the operation. On a CPU the operation itself does.
//
//	torch.cuda.synchronize()
func (d Device) Synchronize() { waited(d.Impl().Sync()) }

// CheckRange demands that the values of x lie in a range, for ops that this module writes outside package tensor. It panics with c's error
// where the device knows the values, and reports whether it does; else a later wait panics.
func CheckRange(x Tensor, c device.Check) (known bool) {
	h := x.header()
	r := h.store.dev.Check(&h.Array, c)
	if r.Failed {
		waited(r.Err(&h.Array, c))
	}
	return r.Known
}

// waited panics with the error of a check, if there is one, as the operation would that demanded it.
func waited(err error) {
	e, ok := err.(*device.RangeError)
	if !ok {
		if err != nil {
			fail("device", err.Error())
		}
		return
	}
	out := &Error{Op: e.Op, Msg: e.Message(), Layer: e.Layer}
	for _, s := range e.Shapes {
		if s.Rank >= 0 {
			out.Shapes = append(out.Shapes, Shape{rank: s.Rank, dims: s.Dims})
		}
	}
	panic(out)
}

// extent is the form that a device keeps a shape in, for an error.
func (s Shape) extent() device.Extent { return device.Extent{Rank: s.rank, Dims: s.dims} }

// checkIndex demands that an index into dimension dim of x, of size n, is not negative and below n.
func checkIndex(op string, index Tensor, dim, n int, x Shape) {
	CheckRange(index, device.Check{Op: op, Hi: float64(n - 1), Format: outsideDimension, Args: [2]int{dim, n},
		Shapes: [2]device.Extent{x.extent(), index.Shape().extent()}})
}

const outsideDimension = "index %d at element %d is outside dimension %d of size %[4]d"

// String returns the device's name.
func (d Device) String() string { return d.Impl().Name() }

// Impl returns the device's kernels, for ops that this module writes outside package tensor.
func (d Device) Impl() device.Device {
	if d.impl == nil {
		return theCPU
	}
	return d.impl
}
