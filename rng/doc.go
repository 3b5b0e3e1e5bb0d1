// Package rng provides the random streams of PyTorch and NumPy, and a keyed stream.
//
//   - [Torch] is PyTorch's generator on the CPU: after NewTorch(42) it draws what PyTorch draws after
//     torch.manual_seed(42).
//   - [NumPy] is NumPy's legacy generator: after NewNumPy(42) it draws what NumPy draws after np.random.seed(42).
//   - [Keyed] is a counter-based stream, a pure function of (seed, epoch, index), for results that must not depend
//     on the worker that draws them: augmentation of samples, dropout masks.
//
// A generator is an explicit object: there is no global one. No generator is safe for concurrent use. Methods that fill
// slices allocate nothing. A programmer's mistake, such as a negative standard deviation, panics.
package rng
