package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func newSummary() *cobra.Command {
	hidden := []int{}
	cmd := &cobra.Command{
		Use:   "summary [RUN]",
		Short: "List the layers of a network, their shapes and parameters",
		Example: `  lamina summary runs/mnist-001
  lamina summary --hidden 512,256`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed("hidden")
			if given == (len(args) == 1) {
				return usagef("want either a run, or --hidden with the hidden layers of a network for MNIST")
			}
			a := architecture{Size: 28, Hidden: hidden, Classes: mnist.Classes}
			var model nn.Sequential
			if given {
				if _, err := a.parameters(); err != nil {
					return usageError{err}
				}
				model = a.build(rng.NewTorch(0))
			} else if isLanguage(args[0]) {
				c, _, m, err := openLanguageRun(args[0], tensor.CPU())
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), nn.SummaryOf(m, tensor.Zeros(1, c.Model.Context).Cast(tensor.Int64)))
				return nil
			} else {
				c, m, err := openRun(args[0], tensor.CPU())
				if err != nil {
					return err
				}
				a, model = c.Model, m
			}
			fmt.Fprintln(cmd.OutOrStdout(), nn.Summary(model, 1, a.Size*a.Size))
			return nil
		},
	}
	cmd.Flags().IntSliceVar(&hidden, "hidden", hidden, "features of each hidden layer")
	return cmd
}
