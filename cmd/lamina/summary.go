package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

func newSummary() *cobra.Command {
	return &cobra.Command{
		ValidArgsFunction: completeRuns,
		Use:               "summary RUN",
		Short:             "List the layers of a network, their shapes and parameters",
		Example:           `  lamina summary runs/mnist-001`,
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, call, err := tasks().Load(cmd.Context(), args[0], "", tensor.CPU())
			if err != nil {
				return advised(err)
			}
			w := cmd.OutOrStdout()
			if x, ok := m.(interface{ Example() []any }); ok {
				fmt.Fprintln(w, nn.SummaryOf(m.Module(), x.Example()...))
			} else {
				fmt.Fprintf(w, "%d parameters\n", nn.Count(m.Module()))
			}
			status, err := call.Run.Status()
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "\n%s: task %s, model %s, %s, epoch %d of %d, best epoch %d\n", args[0], call.Recipe.Task, call.Recipe.Model.Name, status.State,
				status.Epoch, status.Epochs, status.BestEpoch)
			if status.Verdict != "" {
				fmt.Fprintln(w, status.Verdict)
			}
			return nil
		},
	}
}
