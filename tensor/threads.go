package tensor

import "github.com/lamina-ml/lamina/internal/pool"

// SetThreads sets the largest number of goroutines that share the work of the CPU's kernels; the default is
// GOMAXPROCS. Results do not depend on it, bit for bit. It panics if n is less than 1.
//
//	torch.set_num_threads(n)
func SetThreads(n int) { pool.SetThreads(n) }

// Threads returns the largest number of goroutines that share the work of the CPU's kernels.
func Threads() int { return pool.Threads() }
