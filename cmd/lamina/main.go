// Lamina trains networks, evaluates them and lets them predict, from the command line.
//
//	go run ./cmd/lamina train mnist
//	go run ./cmd/lamina evaluate runs/mnist-001
//	go run ./cmd/lamina predict runs/mnist-001 photo.png
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/train"
)

// The exit codes of the tool.
const (
	exitOK          = 0
	exitFailed      = 1   // something did not work
	exitUsage       = 2   // the command line cannot be understood
	exitInterrupted = 130 // Ctrl-C, as shells have it: 128 + SIGINT; other signals have codes of their own
)

func main() {
	os.Exit(run(untilSignal(), os.Args[1:], os.Stdout, os.Stderr))
}

// run executes a command line and returns the exit code: when the command has ended, or, for a command that is not graceful, as soon as
// ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	interrupted := sync.OnceFunc(func() { fmt.Fprintln(stderr, "lamina: interrupted") })
	ended := make(chan int, 1)
	go func() { ended <- execute(ctx, args, stdout, stderr, interrupted) }()
	select {
	case code := <-ended:
		return code
	case <-ctx.Done():
	}
	if graceful.Load() {
		return <-ended
	}
	interrupted()
	return stopCode(ctx)
}

// execute executes a command line and returns the exit code. It calls interrupted for a command that ended because ctx did.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer, interrupted func()) int {
	out := &output{w: stdout}
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	var known errorWithHint
	var unsaved *train.CheckpointError
	switch {
	case err == nil && out.err() == nil:
		return exitOK
	case err == nil:
		fmt.Fprintf(stderr, "lamina: standard output: %v\n", out.err())
		return exitFailed
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "lamina: %v\nSee '%s --help'.\n", err, cmd.CommandPath())
		return exitUsage
	case errors.Is(err, context.Canceled) && !errors.As(err, &unsaved):
		interrupted()
		if errors.As(err, &known) {
			fmt.Fprintln(stderr, known.hint)
		}
		return stopCode(ctx)
	}
	fmt.Fprintf(stderr, "lamina: %v\n", err)
	if errors.As(err, &known) {
		fmt.Fprintln(stderr, known.hint)
	}
	return exitFailed
}

// errReported stands for errors that have been printed already.
var errReported = errors.New("reported")

// A usageError is a mistake in the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// An errorWithHint says what to do next.
type errorWithHint struct {
	error
	hint string
}

func (e errorWithHint) Unwrap() error { return e.error }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "lamina",
		Short: "Train neural networks, evaluate them and let them predict",
		Long: `Lamina trains neural networks, evaluates them and lets them predict.

A training makes a run: a folder with the weights, the settings and the results.
The other commands take such a folder.`,
		Example: `  lamina train mnist                           train a network that reads handwritten digits
  lamina evaluate runs/mnist-001               how many of the test digits it reads correctly
  lamina predict runs/mnist-001 photo.png      read a digit from a picture
  lamina summary runs/mnist-001                its layers, shapes and parameters`,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newTrain(), newEvaluate(), newPredict(), newSummary(), newBench(), newVersion())
	mendArgs(root)
	return root
}

// mendArgs makes wrong arguments usage errors, in every command.
func mendArgs(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			if strings.Contains(cmd.Use, " ") { // which names what it takes
				err = fmt.Errorf("%w; usage: %s", err, cmd.UseLine())
			}
			return usageError{err}
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		mendArgs(sub)
	}
}
