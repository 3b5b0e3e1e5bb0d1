// Package tensor has multi-dimensional arrays of numbers, the operations on them, and their gradients.
//
// A [Tensor] is a small value, passed like a slice. Its elements are stored on a device, the CPU by default. A tensor
// belongs either to the Go heap (parameters, and the results of [From], [Zeros] and other constructors) or to a
// [Scope], which owns the memory and the tape of one training step and is recycled as a whole. The result of an
// operation belongs to the most recently opened scope of its inputs, so results computed from a batch are freed with
// the batch, and a steady step allocates nothing.
//
// A programmer's mistake (a wrong shape, the use of a tensor after its step) panics with an [*Error]; [Try] returns it
// as an error.
//
// # Gradients
//
// Operations on tensors that need a gradient are recorded. [Tensor.Backward] goes through the tape backwards and adds
// to the Grad of every leaf for which [Tensor.SetRequiresGrad] was called; [Gradient] returns gradients instead, and
// can record its own computation for second derivatives.
//
// An operation is a small struct with a Forward and a Backward method, which [Apply1], [Apply2], [Apply3] or [ApplyN]
// computes. The operations of this package and those of a user are written the same way; [NewElementwise] is the short
// form for elementwise functions.
package tensor
