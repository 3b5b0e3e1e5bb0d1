package main

import (
	"slices"
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
