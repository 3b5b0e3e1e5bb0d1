package tensor

import "github.com/lamina-ml/lamina/internal/pool"

// SetThreads says how many goroutines at most the CPU's kernels share large work among: at first
// GOMAXPROCS. Results do not depend on it, bit for bit. It panics if n is less than 1.
func SetThreads(n int) { pool.SetThreads(n) }

// Threads returns how many goroutines the CPU's kernels share large work among.
func Threads() int { return pool.Threads() }
