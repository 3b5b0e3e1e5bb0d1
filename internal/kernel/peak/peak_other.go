//go:build !amd64 || noasm

package peak

func lanes() int { return 1 }

func run(iterations int) { sink = generic(iterations) }
