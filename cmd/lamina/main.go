// Lamina trains and evaluates neural networks and predicts with them, from the command line.
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
	exitFailed      = 1   // the command failed
	exitUsage       = 2   // the command line is invalid
	exitInterrupted = 130 // Ctrl-C: 128 + SIGINT, as shells do; likewise for other signals
)

func main() {
	os.Exit(run(untilSignal(), os.Args[1:], os.Stdout, os.Stderr))
}

// run executes a command line and returns the exit code. It waits for the command, except that it returns as soon as
// ctx ends if the command is not graceful.
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

// execute executes a command line and returns the exit code. It calls interrupted if the command ended because ctx
// ended.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer, interrupted func()) int {
	out := &output{w: stdout}
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	var advised errorWithAdvice
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
		if errors.As(err, &advised) {
			fmt.Fprintln(stderr, advised.advice)
		}
		return stopCode(ctx)
	}
	fmt.Fprintf(stderr, "lamina: %v\n", err)
	if errors.As(err, &advised) {
		fmt.Fprintln(stderr, advised.advice)
	}
	return exitFailed
}

// errReported is returned after errors that have already been printed.
var errReported = errors.New("reported")

// usageError is an error in the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errorWithAdvice is an error with advice for the user.
type errorWithAdvice struct {
	error
	advice string
}

func (e errorWithAdvice) Unwrap() error { return e.error }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "lamina",
		Short: "Train and evaluate neural networks and predict with them",
		Long: `Lamina trains and evaluates neural networks and predicts with them.

A training writes a run: a folder with the weights, the settings and the results.
The other commands take such a folder.`,
		Example: `  lamina train mnist                           train a classifier of handwritten digits
  lamina evaluate runs/mnist-001               its accuracy on the test digits
  lamina predict runs/mnist-001 photo.png      classify a digit in an image
  lamina summary runs/mnist-001                its layers, shapes and parameters
  lamina show runs/mnist-001 photo.png         pictures of its training and of what it sees
  lamina train mytext.txt                      train a language model
  lamina generate runs/mytext-001              let it write`,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newTrain(), newEvaluate(), newPredict(), newGenerate(), newSummary(), newShow(), newBench(), newUI(), newVersion())
	usageArgs(root)
	return root
}

// usageArgs makes errors about arguments usage errors, in every command.
func usageArgs(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			if strings.Contains(cmd.Use, " ") { // Use lists the arguments
				err = fmt.Errorf("%w; usage: %s", err, cmd.UseLine())
			}
			return usageError{err}
		}
		return nil
	}
	for _, sub := range cmd.Commands() {
		usageArgs(sub)
	}
}
