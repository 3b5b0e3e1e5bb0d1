package tensor

// Written notes that a kernel outside this package writes t's memory, before it does: it raises the storage's version, so that a
// Backward that still needs the old elements panics. It panics where t may not be written, as the methods of writes in place do.
func (t Tensor) Written() { t.writable("Written") }
