//go:build !amd64 || noasm

package peak

import "runtime"

// lanes returns the number of float32 numbers in a vector: plain Go uses scalars.
func lanes() int { return 1 }

func run(iterations int) { runtime.KeepAlive(generic(iterations)) }
