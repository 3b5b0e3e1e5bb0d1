//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// hangups returns SIGHUP, which says that the terminal is gone, unless the program was started to go on without one (nohup).
func hangups() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return nil
	}
	return []os.Signal{syscall.SIGHUP}
}
