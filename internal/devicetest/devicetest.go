// Package devicetest opens devices for tests that are not part of the program's list of devices.
package devicetest

import (
	"fmt"
	"sync/atomic"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/async"
	"github.com/lamina-ml/lamina/tensor"
)

var opened atomic.Int64

// Open returns the handle of d. d does not appear in the program's list of devices afterwards.
func Open(d device.Device) tensor.Device {
	name := fmt.Sprintf("test%d", opened.Add(1))
	device.Register(name, driver{d})
	defer device.Register(name, nil)
	handle, err := tensor.OpenDevice(name)
	if err != nil {
		panic(err)
	}
	return handle
}

// Async returns a new device that works asynchronously and has no fused kernels.
func Async() tensor.Device { return Open(async.New()) }

// driver is the driver of one device.
type driver struct{ device.Device }

func (driver) Count() int                        { return 1 }
func (d driver) Open(int) (device.Device, error) { return d.Device, nil }
