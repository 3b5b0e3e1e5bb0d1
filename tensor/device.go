package tensor

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
)

// Device is where a tensor's elements are stored and computed: a comparable value. The zero value is the CPU.
type Device struct{ impl device.Device }

var theCPU device.Device

func init() {
	theCPU = cpu.New()
	device.Register("cpu", processor{})
}

// processor is the driver of the CPU.
type processor struct{}

func (processor) Count() int                      { return 1 }
func (processor) Open(int) (device.Device, error) { return theCPU, nil }

// CPU returns the CPU that the program runs on.
func CPU() Device { return Device{} }

// OpenDevice returns the device called name: "cpu", "cuda" or, with a number, "cuda:1". A program has the devices
// whose packages it imports; the error for an unknown name lists them.
//
//	torch.device(name)
func OpenDevice(name string) (Device, error) {
	d, err := device.Open(name)
	if err != nil {
		return Device{}, err
	}
	return deviceOf(d), nil
}

// BestDevice returns the first accelerator of this program that works, or the CPU:
//
//	device = "cuda" if torch.cuda.is_available() else "cpu"
func BestDevice() Device {
	if d, err := OpenDevice("cuda"); err == nil {
		return d
	}
	return CPU()
}

// deviceOf returns the handle of d.
func deviceOf(d device.Device) Device {
	if d == theCPU {
		return Device{}
	}
	return Device{d}
}

// Synchronize waits for all work on the device. An accelerator works asynchronously, so it may find an invalid value
// (an index out of range) late: a call that waits, such as Synchronize or one that reads a tensor's elements, then
// panics with the *Error of the operation. On a CPU the operation itself panics.
//
//	torch.cuda.synchronize()
func (d Device) Synchronize() { checkDeviceError(d.kernels().Sync()) }

// String returns the device's name.
func (d Device) String() string { return d.kernels().Name() }

// kernels returns the device's implementation.
func (d Device) kernels() device.Device {
	if d.impl == nil {
		return theCPU
	}
	return d.impl
}
