package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

func newData() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List, inspect and check data",
		Example: `  lamina data list
  lamina data inspect mnist
  lamina data lint houses.csv --set data.target=price`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use:     "list",
		Short:   "List the data that the program contains, and what each task trains on",
		Example: `  lamina data list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := cmd.OutOrStdout()
			for _, t := range tasks().Tasks() {
				e, _ := tasks().Registry.Lookup("task", t.Name(), "")
				fmt.Fprintf(w, "%s: %s\n", t.Name(), e.Doc)
				if x, ok := t.(task.Sampled); ok {
					for _, s := range x.Samples() {
						fmt.Fprintf(w, "  %-10s %s\n", s.Name, s.Text)
					}
				}
			}
			return nil
		},
	}
	cmd.AddCommand(list, newDataConvert(), newDataCommand("inspect", "Describe the data of a training",
		`Read the data as "lamina train" would, and describe it: sizes, columns, classes, splits.`),
		newDataCommand("lint", "Look for mistakes in the data of a training",
			`Read the data as "lamina train" would, and report what looks wrong: unreadable samples, contradictory or missing
labels, classes with few samples. Notes are about what the training takes care of itself, such as a column of
ids, which it leaves out. The exit code is 1 if something looks wrong.`))
	return cmd
}

// newDataCommand returns inspect or lint.
func newDataCommand(name, short, long string) *cobra.Command {
	var d describing
	cmd := &cobra.Command{
		Use: name + " TARGET", Short: short, Long: long,
		Example: "  lamina data " + name + " mnist",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, _, err := d.recipe(cmd, args)
			if err != nil {
				return err
			}
			graceful.Store(true)
			t, err := tasks().Task(r.Task)
			if err != nil {
				return err
			}
			opening := task.Opening{Recipe: r, Log: io.Discard, Count: newCounter(cmd.ErrOrStderr())}
			i, ok := t.(task.Inspector)
			switch {
			case ok && name == "lint":
				faults, notes, err := i.Lint(cmd.Context(), opening)
				if err != nil {
					return typed(err)
				}
				if len(faults) == 0 {
					faults = []string{"nothing looks wrong"}
				} else {
					err = message.ErrReported
				}
				for _, text := range faults {
					fmt.Fprintln(cmd.OutOrStdout(), text)
				}
				for _, text := range notes {
					fmt.Fprintln(cmd.OutOrStdout(), "note:", text)
				}
				return err
			case ok:
				return typed(i.Inspect(cmd.Context(), cmd.OutOrStdout(), opening))
			case name == "lint":
				return fmt.Errorf("the task %s has no checks of its data besides those of train", t.Name())
			}
			p, err := tasks().Open(cmd.Context(), task.Config{Recipe: r})
			if err != nil {
				return typed(err)
			}
			for _, l := range p.Lines {
				fmt.Fprintf(cmd.OutOrStdout(), "%-9s %s\n", l.Name+":", l.Text)
			}
			return p.Close()
		},
	}
	d.add(cmd)
	return cmd
}
