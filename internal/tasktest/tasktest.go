// Package tasktest trains small runs for the tests and examples of tasks.
package tasktest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
)

// Decode returns the configuration with some values, such as "data.path=iris". The task is the first of the set.
func Decode(set *task.Set, values ...string) (*recipe.Recipe, error) {
	d := recipe.NewDocument()
	for _, v := range append([]string{"task=" + set.Tasks()[0].Name()}, values...) {
		path, value, _ := strings.Cut(v, "=")
		if err := d.Set(path, value, "--set "+v); err != nil {
			return nil, err
		}
	}
	return d.Decode(set.Registry)
}

// Recipe is Decode for values without a mistake; it panics.
func Recipe(set *task.Set, values ...string) *recipe.Recipe {
	r, err := Decode(set, values...)
	if err != nil {
		panic(err)
	}
	return r
}

// Train trains a run in the folder "run" of a folder.
func Train(set *task.Set, folder string, values ...string) (*task.Result, error) {
	r, err := Decode(set, values...)
	if err != nil {
		return nil, err
	}
	return set.Train(context.Background(), task.Config{Recipe: r, Out: filepath.Join(folder, "run")})
}

// Command runs a command, such as predict, on the run in a folder. It returns what the command wrote to the standard
// output and to the standard error.
func Command(set *task.Set, run, name string, options any, args ...string) (out, notes string, err error) {
	return CommandInput(set, run, name, "", options, args...)
}

// CommandInput is Command with a text as the standard input.
func CommandInput(set *task.Set, run, name, in string, options any, args ...string) (out, notes string, err error) {
	m, call, err := set.Load(context.Background(), run, "", tensor.CPU())
	if err != nil {
		return "", "", err
	}
	t, err := set.Task(call.Recipe.Task)
	if err != nil {
		return "", "", err
	}
	for _, c := range t.Commands() {
		if c.Name == name {
			var o, e strings.Builder
			call.Options, call.Args, call.In, call.Out, call.Err = options, args, strings.NewReader(in), &o, &e
			err := c.Run(context.Background(), m, call)
			return o.String(), e.String(), err
		}
	}
	return "", "", fmt.Errorf("the task %s has no command %s", t.Name(), name)
}
