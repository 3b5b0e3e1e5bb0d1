package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Write and explain configurations",
		Long: `A configuration is a YAML file with all settings of a training: task, data, model, loss, optimizer, schedule,
training, metrics and callbacks. A value that a file does not have comes from the model's preset, from the
task, or is the default of its option. The command line counts more than the environment, and the
environment more than the file.`,
		Example: `  lamina config init mnist --out mnist.yaml
  lamina config explain --config mnist.yaml --set optimizer.lr=0.01
  lamina config options optimizer
  lamina config schema --out lamina.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigInit(), newConfigExplain(), newConfigOptions(), newConfigSchema())
	return cmd
}

// schemaFile is the schema beside a configuration that config init writes.
const schemaFile = "lamina.schema.json"

// schemaComment begins the line of a configuration that names its schema, for editors.
const schemaComment = "# yaml-language-server: $schema="

func newConfigInit() *cobra.Command {
	var d describing
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "init TARGET",
		Short: "Write a configuration with every value and its meaning",
		Long: `Write the configuration with which "lamina train TARGET" trains: every value, with its meaning as a comment.
TARGET is what train takes, or the name of a task, for which the data are left open. With --out, the JSON schema is written beside the file,
so that editors with a YAML language server complete and check it.`,
		Example: `  lamina config init mnist
  lamina config init mnist --model cnn --out mnist.yaml
  lamina train --config mnist.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, missing := os.Stat(args[0])
			if _, err := tasks().Task(args[0]); err == nil && missing != nil {
				d.set = append([]string{"task=" + args[0]}, d.set...)
				args = nil
			}
			r, _, err := d.recipe(cmd, args)
			if err != nil {
				return err
			}
			text := r.Outline()
			if len(args) > 0 { // with the values that depend on the data
				if err := chosen(cmd, r); err != nil {
					return err
				}
				text = r.Commented()
			}
			if out == "" || out == "-" {
				_, err := cmd.OutOrStdout().Write(text)
				return err
			}
			if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) && !force {
				if err == nil {
					err = message.Advise(fmt.Errorf("%s exists", out), "Choose another name, or replace it with --force.")
				}
				return err
			}
			text = append([]byte(schemaComment+schemaFile+"\n"), text...)
			if err := writeFile(out, text); err != nil {
				return err
			}
			schema := filepath.Join(filepath.Dir(out), schemaFile)
			if err := writeFile(schema, tasks().Registry.Schema()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "written to %s, and the schema for editors to %s\n\nNext:\n  %s\n", out,
				schema, message.CommandLine("train", "--config", out))
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this file (default: standard output)")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file")
	d.add(cmd)
	return cmd
}

// chosen sets the values that the task chooses for the data. Paths, which the task makes absolute, stay as they were.
func chosen(cmd *cobra.Command, r *recipe.Recipe) error {
	given := map[string]string{}
	for _, v := range r.Values() {
		given[v.Path] = v.Text
	}
	defer func() {
		for _, v := range r.Values() {
			if abs, err := filepath.Abs(given[v.Path]); err == nil && given[v.Path] != v.Text && abs == v.Text {
				r.Replace(v.Path, given[v.Path])
			}
		}
	}()
	p, err := tasks().Open(cmd.Context(), task.Config{Recipe: r})
	if err == nil {
		err = p.Close()
	}
	return typed(err)
}

// writeFile replaces a file.
func writeFile(path string, text []byte) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

func newConfigExplain() *cobra.Command {
	var d describing
	cmd := &cobra.Command{
		Use:   "explain [TARGET]",
		Short: "List every value of a configuration, and where it comes from",
		Example: `  lamina config explain mnist --model cnn --lr 0.01
  lamina config explain --config mnist.yaml
  LAMINA_SET_optimizer__lr=0.01 lamina config explain mnist`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && d.config == "" {
				return message.Usagef("config explain needs a target or --config")
			}
			r, _, err := d.recipe(cmd, args)
			if err != nil {
				return err
			}
			err = chosen(cmd, r)
			printValues(cmd.OutOrStdout(), r.Values())
			return err
		},
	}
	d.add(cmd)
	return cmd
}

// printValues prints a table of values and their origins.
func printValues(w io.Writer, list []recipe.Value) {
	path, text := 0, 0
	for _, v := range list {
		path, text = max(path, len(v.Path)), max(text, min(len(v.Text), 40))
	}
	for _, v := range list {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-*s  %-*s  %v", path, v.Path, text, v.Text, v.Origin), " "))
	}
}

func newConfigSchema() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of configurations",
		Long: `Print the JSON schema of configurations, with which editors complete and check them. "lamina config init" writes it
beside a configuration, which names it in its first line.`,
		Example: `  lamina config schema --out lamina.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out != "" && out != "-" {
				if err := writeFile(out, tasks().Registry.Schema()); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(),
					"The JSON schema is written to %s. Editors with a YAML language server, such as VS Code with Red Hat's extension\n"+
						"YAML, complete and check a configuration beside it that begins with the line\n\n  %s%s\n", out,
					schemaComment, filepath.Base(out))
				return nil
			}
			_, err := cmd.OutOrStdout().Write(tasks().Registry.Schema())
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this file (default: standard output)")
	return cmd
}
