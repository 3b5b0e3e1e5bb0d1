package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

func newSummary() *cobra.Command {
	var d describing
	cmd := &cobra.Command{
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			names, directive := completeRuns(cmd, args, typed)
			if len(args) == 0 {
				names = append(names, sampleNames()...)
			}
			return names, directive
		},
		Use:   "summary RUN|TARGET",
		Short: "List the layers of a network, their shapes and parameters",
		Long: `List the layers of a network, the shapes of their results and their parameters: the network of a run, or the one
that "lamina train TARGET" would train, with the same flags.`,
		Example: `  lamina summary runs/mnist-001
  lamina summary mnist --model cnn
  lamina summary houses.csv --target price --hidden 64,64`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && d.config == "" {
				return message.Usagef("an argument is missing; usage: lamina summary RUN|TARGET")
			}
			if len(args) == 0 || isTarget(args[0]) {
				r, _, err := d.recipe(cmd, args)
				if err != nil {
					return err
				}
				graceful.Store(true)
				return summarizeRecipe(cmd.Context(), cmd.OutOrStdout(), r, strings.Join(append(args, d.config), ""))
			}
			if _, err := runs.Open(args[0]); err != nil {
				return advised(err)
			}
			for _, x := range d.flags {
				if cmd.Flags().Changed(x.name) {
					return message.Usagef("--%s has no meaning for %s: a run has its configuration", x.name, args[0])
				}
			}
			return summarizeRun(cmd.Context(), cmd.OutOrStdout(), args[0])
		},
	}
	d.add(cmd)
	return cmd
}

// isTarget reports whether train takes an argument, which is no run.
func isTarget(arg string) bool {
	var notRun *runs.NotRunError
	if _, err := runs.Open(arg); !errors.As(err, &notRun) || notRun.Old {
		return false
	}
	return recognize(recipe.NewDocument(), arg, func(string) bool { return false }) == nil
}

// summarizeRun lists the layers of a run's network.
func summarizeRun(ctx context.Context, w io.Writer, folder string) error {
	m, call, err := tasks().Load(ctx, folder, "", tensor.CPU())
	if err != nil {
		return advised(err)
	}
	if x, ok := m.(interface{ Example() []any }); ok {
		fmt.Fprintln(w, nn.SummaryOf(m.Module(), x.Example()...))
	} else {
		fmt.Fprintf(w, "%d parameters\n", nn.Count(m.Module()))
	}
	status, err := call.Run.Status()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s: task %s, model %s, %s, epoch %d of %d, best epoch %d\n", folder, call.Recipe.Task,
		call.Recipe.Model.Name, status.State,
		status.Epoch, status.Epochs, status.BestEpoch)
	if status.Verdict != "" {
		fmt.Fprintln(w, status.Verdict)
	}
	return nil
}

// summarizeRecipe lists the layers of the network that a training would train.
func summarizeRecipe(ctx context.Context, w io.Writer, r *recipe.Recipe, name string) error {
	p, err := tasks().Open(ctx, task.Config{Recipe: r})
	if err != nil {
		return typed(err)
	}
	nn.Eval(p.Model)
	if !p.First(func(b data.Batch) { fmt.Fprintln(w, nn.SummaryOf(p.Model, b.X)) }) {
		fmt.Fprintf(w, "%d parameters\n", nn.Count(p.Model))
	}
	fmt.Fprintf(w, "\nbefore a training on %s: task %s, model %s\n", name, r.Task, r.Model.Name)
	return p.Close()
}
