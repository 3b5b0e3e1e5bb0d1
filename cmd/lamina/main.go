// Lamina trains and evaluates neural networks and predicts with them, from the command line.
//
//	lamina train mnist
//	lamina evaluate runs/mnist-001
//	lamina predict runs/mnist-001 photo.png
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
	"github.com/spf13/pflag"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/internal/spelling"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
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
	out := &output{w: stdout, terminal: isTerminal(stdout)}
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	cmd := root
	err := task.WithinMemory(func() (err error) {
		cmd, err = root.ExecuteContextC(ctx)
		return err
	})
	var usage *message.UsageError
	var unsaved *train.CheckpointError
	switch {
	case err == nil && out.err() == nil:
		return exitOK
	case err == nil:
		fmt.Fprintf(stderr, "lamina: standard output: %v\n", out.err())
		return exitFailed
	case errors.Is(err, message.ErrReported):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "lamina: %s\nSee '%s --help'.\n", message.Text(err), cmd.CommandPath())
		return exitUsage
	case errors.Is(err, context.Canceled) && !errors.As(err, &unsaved):
		interrupted()
		advise(stderr, err)
		return stopCode(ctx)
	}
	fmt.Fprintf(stderr, "lamina: %s\n", message.Text(err))
	advise(stderr, err)
	return exitFailed
}

// advise prints the advice that comes with an error.
func advise(w io.Writer, err error) {
	var advised *message.AdvisedError
	if errors.As(err, &advised) {
		fmt.Fprintln(w, readable.Message(advised.Advice))
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "lamina",
		Short: "Train and evaluate neural networks and predict with them",
		Long: `Lamina trains and evaluates neural networks and predicts with them.

A training writes a run: a folder with the weights, the settings and the results.
The other commands take such a folder.`,
		Example: `  lamina train mnist                           train a classifier of handwritten digits
  lamina evaluate runs/mnist-001               its accuracy on the test digits
  lamina predict runs/mnist-001 photo.png      read the digits in a photograph
  lamina show runs/mnist-001 photo.png         pictures of its training and of what it sees
  lamina train houses.csv --target price       learn a column of a table from the others
  lamina train FOLDER                          sort pictures: a folder of them for each class
  lamina train mytext.txt                      train a language model
  lamina generate runs/mytext-001              let it write
  lamina ui                                    a page with all of this`,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &message.UsageError{Err: flagError(cmd, err)} })
	root.AddCommand(newTrain(), newResume(), newTune(), newLRFind(), newEvaluate(), newPredict(), newGenerate(),
		newSummary(), newShow(), newExport(), newConfig(), newData(),
		newDevices(), newBench(), newUI(), newVersion())
	usageArgs(root)
	return root
}

// usageArgs makes errors about arguments usage errors in plain words, in every command.
func usageArgs(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err == nil {
			return nil
		}
		_, takes, _ := strings.Cut(cmd.Use, " ") // Use lists the arguments
		var text string
		switch {
		case takes == "" && cmd.HasSubCommands():
			var names []string
			for _, sub := range cmd.Commands() {
				names = append(names, sub.Name())
			}
			text = fmt.Sprintf("unknown command %q", args[0]) + spelling.DidYouMean(args[0], names)
		case takes == "":
			text = fmt.Sprintf("%s takes no arguments, and got %q", cmd.CommandPath(), args[0])
		case len(args) < len(strings.Fields(takes)):
			text = "an argument is missing"
		case len(args) > len(strings.Fields(takes)):
			text = fmt.Sprintf("there are too many arguments, from %q on", args[len(strings.Fields(takes))])
		default:
			text = fmt.Sprintf("the arguments %s do not fit", strings.Join(args, ", "))
		}
		if takes != "" {
			text += "; usage: " + cmd.CommandPath() + " " + takes
		}
		return &message.UsageError{Err: errors.New(text)}
	}
	for _, sub := range cmd.Commands() {
		usageArgs(sub)
	}
}

// synonyms are names of flags in other programs, and those of the same flags here.
var synonyms = map[string]string{"batch-size": "batch", "host": "addr", "img-size": "size", "imgsz": "size", "label": "target",
	"learning-rate": "lr", "logdir": "runs", "lr0": "lr", "max-epochs": "epochs", "max-new-tokens": "length", "max-tokens": "length",
	"num-epochs": "epochs", "output": "out", "output-dir": "out", "port": "addr", "pretrained": "weights", "random-state": "seed",
	"save-dir": "out"}

// flagError returns a flag's error in plain words.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var required *pflag.ValueRequiredError
	switch {
	case errors.As(err, &invalid):
		want := map[string]string{"int": "a whole number", "uint64": "a whole number of at least 0",
			"float64": "a number", "bool": "true or false", "duration": "a time such as 10s or 5m",
			"intSlice": "whole numbers separated by commas"}[invalid.GetFlag().Value.Type()]
		if want == "" {
			want = "a " + invalid.GetFlag().Value.Type()
		}
		return fmt.Errorf("--%s %s: want %s", invalid.GetFlag().Name, invalid.GetValue(), want)
	case errors.As(err, &required):
		return fmt.Errorf("--%s needs a value", required.GetFlag().Name)
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("there is no flag -%s", name)
		}
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		text := "there is no flag --" + name
		if flag := synonyms[name]; cmd.Flags().Lookup(flag) != nil {
			text += " (did you mean --" + flag + "?)"
		} else if set := settingOf(cmd, name); set != "" {
			text += "; the setting is --set " + set
		} else if s := spelling.Similar(name, names); s != "" {
			text += " (did you mean --" + s + "?)"
		}
		return errors.New(text)
	}
	return err
}
