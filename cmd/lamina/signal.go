package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// stopped is the cause of a context that a signal ended.
type stopped struct{ signal os.Signal }

func (s stopped) Error() string { return "stopped by a signal: " + s.signal.String() }

// exitCode returns the exit code that shells report for a program ended by the signal: 128 + the signal's number.
func (s stopped) exitCode() int {
	if n, ok := s.signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return exitInterrupted
}

// untilSignal returns a context that ends at the first Ctrl-C, SIGTERM or (on Unix) SIGHUP. A second Ctrl-C or
// SIGTERM ends the program at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, append(hangups(), os.Interrupt, syscall.SIGTERM)...)
	go func() {
		s := <-signals
		signal.Reset(os.Interrupt, syscall.SIGTERM) // SIGHUP stays ignored: it may come twice, from the terminal and from the shell
		cancel(stopped{s})
	}()
	return ctx
}

// stopCode returns the exit code of a program whose context has ended.
func stopCode(ctx context.Context) int {
	var s stopped
	if errors.As(context.Cause(ctx), &s) {
		return s.exitCode()
	}
	return exitInterrupted
}

// graceful is set by commands that return soon after their context ends. The program does not wait for other
// commands, which have nothing to save.
var graceful atomic.Bool
