package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Kernels and ArrayOf show tests of this package where a tensor lies.
func Kernels(t Tensor) device.Device { return t.header().store.dev }
func ArrayOf(t Tensor) *device.Array { return t.array() }
