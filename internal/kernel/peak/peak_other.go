//go:build !amd64 || noasm

package peak

import "runtime"

func lanes() int { return 1 }

func run(iterations int) { runtime.KeepAlive(generic(iterations)) }
