package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
)

// completeRuns completes the first argument with the runs in the folder runs.
func completeRuns(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var names []string
	list, _ := runs.List(runs.DefaultFolder)
	for _, r := range list {
		names = append(names, r.Folder)
	}
	return names, cobra.ShellCompDirectiveDefault
}

// sampleNames returns the names of the data that the program contains.
func sampleNames() []string {
	var names []string
	for _, t := range tasks().Tasks() {
		if x, ok := t.(task.Sampled); ok {
			for _, s := range x.Samples() {
				names = append(names, s.Name+"\t"+s.Text)
			}
		}
	}
	return names
}

// complete completes the values of flags: the entries of the registry, and the texts that an option accepts.
func (v *values) complete(cmd *cobra.Command) {
	kinds := map[string]recipe.Kind{"model": recipe.Models, "optimizer": recipe.Optimizers, "schedule": recipe.Schedules}
	for _, x := range v.flags {
		var words []string
		if k, ok := kinds[x.name]; ok {
			for _, e := range tasks().Registry.Entries(k, "") {
				words = append(words, e.Name+"\t"+e.Doc)
			}
		} else if x.enum {
			words = strings.Split(strings.ReplaceAll(x.wants, " or ", ", "), ", ")
		}
		if words != nil {
			cmd.RegisterFlagCompletionFunc(x.name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
		}
	}
}
