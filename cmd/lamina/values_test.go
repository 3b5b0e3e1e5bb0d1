package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestTasksOnce looks for a flag whose documentation names a task more than once, as many models of a task have it.
func TestTasksOnce(t *testing.T) {
	v := &values{}
	v.add(pflag.NewFlagSet("train", pflag.ContinueOnError), tasks().Registry)
	for _, x := range v.flags {
		for _, m := range x.meanings {
			if once := slices.Compact(slices.Sorted(slices.Values(m.tasks))); len(once) != len(m.tasks) {
				t.Errorf("--%s: tasks %v", x.name, m.tasks)
			}
		}
	}
}

// TestOptionsOfAllTasks reads the help of a command whose option --data means something else for each task.
func TestOptionsOfAllTasks(t *testing.T) {
	out := must(t, t.TempDir(), "evaluate", "--help")
	says(t, out, "digits: folder with IDX files", "texts: a table with texts and their classes",
		"table: a file with rows and their targets, or -",
		"images: a folder with a folder of pictures for each class")
	if strings.Count(out, "draw the confusion matrix to this PNG file") != 1 {
		t.Errorf("what is the same for all tasks stands there more than once:\n%s", out)
	}
}
