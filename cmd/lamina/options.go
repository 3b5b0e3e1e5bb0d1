package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/internal/spelling"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task/message"
)

// kinds lists what a configuration chooses.
var kinds = []recipe.Kind{recipe.Tasks, recipe.Models, recipe.Layers, recipe.Losses, recipe.Optimizers,
	recipe.Schedules, recipe.Metrics, recipe.Callbacks}

func newConfigOptions() *cobra.Command {
	names := []string{"training"}
	for _, k := range kinds {
		names = append(names, string(k))
	}
	cmd := &cobra.Command{
		Use:   "options [KIND [NAME]]",
		Short: "List what a configuration can choose, and the options",
		Long: `List what a configuration can choose: the tasks, models, layers, losses, optimizers, schedules, metrics
and callbacks. With a kind and a name: the options, their defaults and what they accept.`,
		Example: `  lamina config options
  lamina config options optimizer
  lamina config options optimizer adamw
  lamina config options training`,
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, r := cmd.OutOrStdout(), tasks().Registry
			if len(args) == 0 {
				for _, k := range kinds {
					printEntries(w, r, k)
				}
				fmt.Fprintln(w,
					"The options of one: lamina config options optimizer adamw. Those of the training loop: lamina config options training")
				return nil
			}
			if args[0] == "training" && len(args) == 1 {
				printOptions(w, &recipe.Training{})
				return nil
			}
			kind := recipe.Kind(args[0])
			if !slices.Contains(kinds, kind) {
				return message.Usagef("no kind %q%s; want %s", args[0], spelling.DidYouMean(args[0], names), strings.Join(names, ", "))
			}
			if len(args) == 1 {
				printEntries(w, r, kind)
				return nil
			}
			found := false
			for _, e := range r.Entries(kind, "") {
				if e.Name == args[1] {
					found = true
					printEntry(w, e)
				}
			}
			if !found {
				_, err := r.Choose(kind, args[1], "")
				return &message.UsageError{Err: err}
			}
			return nil
		},
	}
	return cmd
}

// printEntries prints the entries of a kind.
func printEntries(w io.Writer, r *recipe.Registry, kind recipe.Kind) {
	list := r.Entries(kind, "")
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "%s\n", kind)
	for _, e := range list {
		doc := e.Doc
		if e.For != nil {
			doc += " (" + strings.Join(e.For, ", ") + ")"
		}
		fmt.Fprintf(w, "  %-18s %s\n", e.Name, doc)
	}
	fmt.Fprintln(w)
}

// printEntry prints the options of an entry.
func printEntry(w io.Writer, e recipe.Entry) {
	fmt.Fprintf(w, "%s: %s\n", e.Name, e.Doc)
	if e.For != nil {
		fmt.Fprintf(w, "for %s\n", strings.Join(e.For, ", "))
	}
	if len(recipe.Options(e.Options)) == 0 {
		fmt.Fprintln(w, "no options")
	}
	printOptions(w, e.Options)
	if preset := strings.TrimSpace(e.Recipe); preset != "" {
		fmt.Fprintf(w, "\nunless they are set:\n  %s\n", strings.ReplaceAll(preset, "\n", "\n  "))
	}
	fmt.Fprintln(w)
}

// printOptions prints the options of a struct.
func printOptions(w io.Writer, pointer any) {
	for _, o := range recipe.Options(pointer) {
		text := o.Doc
		if o.Default != "" {
			text += " (default " + o.Default + ")"
		}
		fmt.Fprintf(w, "  %-16s %s\n  %-16s %s\n", o.Name, text, "", o.Wants())
	}
}
