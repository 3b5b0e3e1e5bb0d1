package tensor

import "github.com/lamina-ml/lamina/internal/device"

// Written notes that a kernel outside this package writes t's memory, before it does: it raises the storage's version, so that a
// Backward that still needs the old elements panics. It panics where t may not be written, as the methods of writes in place do.
func (t Tensor) Written() { t.writable("Written") }

// ClampInPlace limits t's elements to [lo, hi]; NaN stays NaN.
func (t Tensor) ClampInPlace(lo, hi float64) {
	h := t.writable("ClampInPlace")
	h.store.dev.Unary(clampRow, &h.Array, &h.Array, device.Params{lo, hi})
}
