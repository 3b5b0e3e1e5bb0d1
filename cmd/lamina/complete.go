package main

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
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

// completeColumns completes a column with those of the table that was typed. It leaves out JSON lines, which would be
// read whole, and names with control characters.
func completeColumns(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp
	if len(args) == 0 || !parquet.IsTable(args[0]) || jsonLines.MatchString(args[0]) {
		return nil, directive
	}
	src, err := parquet.OpenTable(args[0], tabular.Options{})
	if err != nil {
		return nil, directive
	}
	control := func(name string) bool { return strings.ContainsFunc(name, unicode.IsControl) }
	return slices.DeleteFunc(slices.Clone(src.Columns()), control), directive
}

var jsonLines = regexp.MustCompile(`(?i)\.(jsonl|ndjson)(\.gz)?$`)

// complete completes the values of flags: the entries of the registry that the target's task has, the columns of the
// target, and the texts that an option accepts.
func (v *values) complete(cmd *cobra.Command) {
	kinds := map[string]recipe.Kind{"model": recipe.Models, "optimizer": recipe.Optimizers, "schedule": recipe.Schedules}
	for _, x := range v.flags {
		if k, ok := kinds[x.name]; ok {
			cmd.RegisterFlagCompletionFunc(x.name, func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				return entryNames(k, v.taskOf(cmd, args)), cobra.ShellCompDirectiveNoFileComp
			})
		} else if x.name == "target" || x.name == "text" {
			cmd.RegisterFlagCompletionFunc(x.name, completeColumns)
		} else if x.enum {
			words := strings.Split(strings.ReplaceAll(x.wants, " or ", ", "), ", ")
			cmd.RegisterFlagCompletionFunc(x.name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
		}
	}
}

// taskOf returns the task of the target that was typed, "" if it is not known.
func (v *values) taskOf(cmd *cobra.Command, args []string) string {
	if len(args) == 0 {
		return ""
	}
	doc := recipe.NewDocument()
	given := func(path string) bool {
		return slices.ContainsFunc(v.flags, func(x *valueFlag) bool { return x.path == path && cmd.Flags().Changed(x.name) })
	}
	if recognize(doc, args[0], given) != nil {
		return ""
	}
	return doc.Get("task")
}

// entryNames returns the names of the entries of a kind that a task has, each with what it is. Tasks have models of the
// same name: of all tasks, for "", a name is there once.
func entryNames(k recipe.Kind, name string) []string {
	var words []string
	seen := map[string]bool{}
	for _, e := range tasks().Registry.Entries(k, name) {
		if !seen[e.Name] {
			seen[e.Name] = true
			words = append(words, e.Name+"\t"+e.Doc)
		}
	}
	return words
}
