// Package tensor holds arrays of numbers, the operations on them, and their gradients.
//
// A [Tensor] is a small value, passed like a slice. Its elements lie on a device (the CPU unless said otherwise) and belong
// either to the Go heap (parameters, anything made by [From], [Zeros] and the like) or to a [Scope], which owns the memory
// and the record of one training step and is recycled as a whole. The result of an operation belongs to the most recently
// opened scope among those of its inputs, so memory follows the data and a steady step allocates nothing.
//
// A programmer's mistake (a wrong shape, a tensor used after its step) panics with an [*Error]; [Try] turns that into an
// error.
//
// # Gradients
//
// Operations on tensors that need a gradient are recorded. [Tensor.Backward] walks the record backwards and adds to the
// gradient of every leaf that asked for one through []; [Gradient] returns gradients instead, and can
// record its own work, which gives second derivatives.
//
// An operation is a small struct with a Forward and a Backward method, given to [Apply1], [Apply2], [Apply3] or [ApplyN];
// those of this package and a user's own are written the same way.
package tensor
