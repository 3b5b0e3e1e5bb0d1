//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// hangups returns SIGHUP, the signal for a closed terminal, unless the program was started with nohup, which ignores
// it.
func hangups() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return nil
	}
	return []os.Signal{syscall.SIGHUP}
}
