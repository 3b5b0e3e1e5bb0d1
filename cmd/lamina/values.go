package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task/message"
)

// valueFlag is a flag of train that sets a value of the configuration.
type valueFlag struct {
	name, short, path string
	meanings          []meaning
	wants             string
	boolean, enum     bool
	list              bool // a flag that is given twice has the values of both
	given             bool
	value             string
}

// meaning is what a flag means for some tasks.
type meaning struct {
	doc   string
	tasks []string // nil means all
}

// isFor reports whether the flag has a meaning for a task.
func (x *valueFlag) isFor(name string) bool {
	return slices.ContainsFunc(x.meanings, func(m meaning) bool { return m.isFor(name) })
}

func (m meaning) isFor(name string) bool { return m.tasks == nil || slices.Contains(m.tasks, name) }

// meaningless returns an error if a flag was given that has no meaning for a task, and has one for others.
func (v *values) meaningless(cmd *cobra.Command, name string) error {
	for _, x := range v.flags {
		if name == "" || !cmd.Flags().Changed(x.name) || x.isFor(name) {
			continue
		}
		var others []string
		for _, m := range x.meanings {
			others = append(others, m.tasks...)
		}
		slices.Sort(others)
		return message.Usagef("--%s has no meaning for the task %s, only for %s", x.name, name, strings.Join(slices.Compact(others), ", "))
	}
	return nil
}

// usage returns the documentation of the flag for a task; for all tasks if name is "".
func (x *valueFlag) usage(name string) string {
	var parts []string
	for _, m := range x.meanings {
		if name != "" && !m.isFor(name) {
			continue
		}
		part := m.doc
		if name == "" && m.tasks != nil && len(m.tasks) < len(tasks().Tasks()) {
			part = strings.Join(m.tasks, ", ") + ": " + part
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ";\n")
}

// values holds the flags that set values of the configuration.
type values struct {
	flags []*valueFlag
	set   []string // of --set
	trial []string // names and values that a search chose
}

// add adds the flags: one for each option of the registry that names one, and --set.
func (v *values) add(f *pflag.FlagSet, r *recipe.Registry) {
	v.options(recipe.Options(&recipe.Recipe{}), "", nil)
	v.options(recipe.Options(&recipe.Training{}), "training", nil)
	for _, k := range []recipe.Kind{recipe.Tasks, recipe.Models, recipe.Losses, recipe.Optimizers, recipe.Schedules} {
		for _, e := range r.Entries(k, "") {
			path, tasks := string(k), e.For
			if k == recipe.Tasks {
				path, tasks = "data", []string{e.Name}
			}
			v.options(recipe.Options(e.Options), path, tasks)
		}
	}
	for _, x := range v.flags {
		f.VarPF(x, x.name, x.short, x.usage("")).NoOptDefVal = map[bool]string{true: "true"}[x.boolean]
	}
	f.StringArrayVar(&v.set, "set", nil, "set any `value` of the configuration, such as --set optimizer.weight_decay=0.1; may be repeated")
}

// options adds the flags of the options of a struct.
func (v *values) options(list []recipe.Option, path string, tasks []string) {
	for _, o := range list {
		if o.Flag == "" {
			continue
		}
		doc := o.Doc
		if len(o.Enum) > 0 {
			doc += ": " + o.Wants()
		}
		i := slices.IndexFunc(v.flags, func(x *valueFlag) bool { return x.name == o.Flag })
		if i < 0 {
			x := &valueFlag{name: o.Flag, short: o.Short, path: strings.TrimPrefix(path+"."+o.Name, "."),
				meanings: []meaning{{doc, tasks}}, wants: o.Wants()}
			x.boolean, x.enum = o.Type.Kind() == reflect.Bool, len(o.Enum) > 0
			x.list = o.Type.Kind() == reflect.Slice
			v.flags = append(v.flags, x)
			continue
		}
		v.flags[i].list = v.flags[i].list || o.Type.Kind() == reflect.Slice
		v.flags[i].add(doc, tasks)
	}
}

// add adds what the flag means for some tasks, nil for all.
func (x *valueFlag) add(doc string, tasks []string) {
	same := slices.IndexFunc(x.meanings, func(m meaning) bool { return m.doc == doc })
	switch {
	case same < 0:
		x.meanings = append(x.meanings, meaning{doc, tasks})
	case tasks == nil:
		x.meanings[same].tasks = nil
	case x.meanings[same].tasks != nil:
		all := slices.Concat(x.meanings[same].tasks, tasks)
		slices.Sort(all)
		x.meanings[same].tasks = slices.Compact(all)
	}
}

// String, Set and Type are the methods of pflag.Value. A value is checked when the configuration is decoded.
func (x *valueFlag) String() string { return x.value }
func (x *valueFlag) Set(s string) error {
	if x.list && x.given {
		s = strings.Trim(x.value, "[]") + "," + strings.Trim(s, "[]")
	}
	x.value, x.given = s, true
	return nil
}
func (x *valueFlag) Type() string {
	switch {
	case x.boolean:
		return "bool"
	case strings.HasPrefix(x.wants, "whole numbers"):
		return "numbers"
	case strings.HasPrefix(x.wants, "a whole number"), strings.HasPrefix(x.wants, "a number"):
		return "number"
	case strings.HasPrefix(x.wants, "a time"):
		return "time"
	}
	return "text"
}

// assignment is a value of the configuration that the command line sets.
type assignment struct{ path, value, origin string }

// assignments returns what the command line sets: the flags, values of choices first, then --set in its order.
func (v *values) assignments(cmd *cobra.Command) ([]assignment, error) {
	var out []assignment
	for _, x := range v.flags {
		if cmd.Flags().Changed(x.name) {
			origin := "--" + x.name
			if !x.boolean {
				origin += " " + x.value
			}
			out = append(out, assignment{x.path, x.value, origin})
		}
	}
	slices.SortStableFunc(out, func(a, b assignment) int { return strings.Count(a.path, ".") - strings.Count(b.path, ".") })
	for i, s := range slices.Concat(v.set, v.trial) {
		path, value, ok := strings.Cut(s, "=")
		if !ok || path == "" {
			return nil, message.Usagef("--set %s: want a name, = and a value, such as --set optimizer.lr=0.01", s)
		}
		flag := "--set "
		if i >= len(v.set) {
			flag = "--search "
		}
		out = append(out, assignment{path, value, flag + s})
	}
	return out, nil
}

// apply sets the values in a document.
func apply(d *recipe.Document, list []assignment) error {
	for _, a := range list {
		if err := d.Set(a.path, a.value, a.origin); err != nil {
			return err
		}
	}
	return nil
}

// addTaskOptions adds the flags of a command: the options of all tasks that have it. An option that means the same for all
// tasks is documented once, else for each task.
func addTaskOptions(f *pflag.FlagSet, command string) {
	var options []recipe.Option
	meanings := map[string]*valueFlag{} // by the option's name
	for _, t := range tasks().Tasks() {
		c, err := commandOf(t, command)
		if err != nil || c.Options == nil {
			continue
		}
		for _, o := range recipe.Options(c.Options) {
			x := meanings[o.Name]
			if x == nil {
				x = &valueFlag{}
				meanings[o.Name], options = x, append(options, o)
			}
			x.add(o.Doc, []string{t.Name()})
		}
	}
	for _, o := range options {
		name, usage := strings.ReplaceAll(o.Name, "_", "-"), meanings[o.Name].usage("")
		if o.Type.Kind() == reflect.Bool {
			f.Bool(name, false, usage)
		} else {
			f.String(name, o.Default, usage)
		}
	}
}

// fill returns a new struct of the type that pointer points to, with the values of the flags that were given. The error
// is about a flag that the struct does not have, or about its value.
func fill(cmd *cobra.Command, known []string, pointer any, what string) (any, error) {
	var given []string
	d := map[string]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(known, f.Name) {
			given = append(given, f.Name)
			d[strings.ReplaceAll(f.Name, "-", "_")] = f.Value.String()
		}
	})
	var names []string
	for _, x := range recipe.Options(pointer) {
		names = append(names, x.Name)
	}
	for _, g := range given {
		if !slices.Contains(names, strings.ReplaceAll(g, "-", "_")) {
			return nil, message.Usagef("--%s has no meaning for %s", g, what)
		}
	}
	if pointer == nil {
		return nil, nil
	}
	out, err := recipe.DecodeOptions(pointer, d, func(name string) string {
		return fmt.Sprintf("--%s %s", strings.ReplaceAll(name, "_", "-"), d[name])
	})
	if err != nil {
		err = &message.UsageError{Err: err}
	}
	return out, err
}

// settingOf returns how --set sets the option that a user took for a flag: "data.balanced=true" for balanced. It returns ""
// if the command has no --set, or no setting has that name.
func settingOf(cmd *cobra.Command, flag string) string {
	if cmd.Flags().Lookup("set") == nil {
		return ""
	}
	lists := []struct {
		prefix  string
		options []recipe.Option
	}{{"", recipe.Options(&recipe.Recipe{})}, {"training.", recipe.Options(&recipe.Training{})}}
	for _, k := range []recipe.Kind{recipe.Tasks, recipe.Models, recipe.Losses, recipe.Optimizers, recipe.Schedules} {
		prefix := string(k) + "."
		if k == recipe.Tasks {
			prefix = "data."
		}
		for _, e := range tasks().Registry.Entries(k, "") {
			if e.Options != nil {
				lists = append(lists, struct {
					prefix  string
					options []recipe.Option
				}{prefix, recipe.Options(e.Options)})
			}
		}
	}
	for _, l := range lists {
		for _, o := range l.options {
			if path := l.prefix + o.Name; o.Name == strings.ReplaceAll(flag, "-", "_") || path == flag {
				if o.Type.Kind() == reflect.Bool {
					return path + "=true"
				}
				return path + "=VALUE"
			}
		}
	}
	return ""
}
