// Package rng holds the random streams of PyTorch and NumPy, and a keyed one of Lamina's own.
//
//   - [Torch] is PyTorch's generator on the CPU: after NewTorch(42) it draws what PyTorch draws after
//     torch.manual_seed(42).
//   - [NumPy] is NumPy's legacy generator: after NewNumPy(42) it draws what NumPy draws after np.random.seed(42).
//   - [Keyed] is a counter-based stream, a pure function of (seed, epoch, index), for what must not depend on
//     which worker draws it: augmentation of samples, dropout masks.
//
// A generator is an explicit object: there is none behind the program's back, and none is safe for use by several
// goroutines at once. Fillers write into slices of the caller and allocate nothing. A programmer's mistake, such as
// a negative standard deviation, panics.
package rng
