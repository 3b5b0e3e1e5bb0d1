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
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/lamina-ml/lamina/train"
)

// The exit codes of the tool.
const (
	exitOK          = 0
	exitFailed      = 1   // something did not work
	exitUsage       = 2   // the command line cannot be understood
	exitInterrupted = 130 // Ctrl-C, as shells have it: 128 + SIGINT
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // from now on Ctrl-C ends the program at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	var known errorWithHint
	var unsaved *train.CheckpointError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "lamina: %v\nSee '%s --help'.\n", err, cmd.CommandPath())
		return exitUsage
	case errors.Is(err, context.Canceled) && !errors.As(err, &unsaved):
		fmt.Fprintln(stderr, "lamina: interrupted")
		if errors.As(err, &known) {
			fmt.Fprintln(stderr, known.hint)
		}
		return exitInterrupted
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

// isTerminal reports whether w is one, so that a line on it may be written over.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
