package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/train"
)

// describing holds the flags that describe a training: a configuration and values that change it.
type describing struct {
	config string
	file   *recipe.Document // the contents of config, once they are read
	values
}

func (d *describing) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&d.config, "config", "", "read the configuration from this YAML `file`; see lamina config init")
	d.values.add(cmd.Flags(), tasks().Registry)
	d.complete(cmd)
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.FixedCompletions(sampleNames(), cobra.ShellCompDirectiveDefault)
	}
}

// targets says what can be trained on.
const targets = "mnist, iris, penguins, cars, a table (.csv, .tsv, .jsonl, .parquet), a text (.txt), a folder with a folder of pictures\nfor each class, a folder of IDX files, or --config FILE.yaml"

// recipe returns the configuration that the command line describes, and a name for the run.
func (d *describing) recipe(cmd *cobra.Command, args []string) (*recipe.Recipe, string, error) {
	set, err := d.assignments(cmd)
	if err != nil {
		return nil, "", err
	}
	doc, name := recipe.NewDocument(), ""
	if d.config != "" {
		if d.file == nil {
			if d.file, err = recipe.ReadFile(d.config); err != nil {
				return nil, "", err
			}
		}
		doc = d.file.Clone()
	}
	if len(args) == 1 {
		given := func(path string) bool {
			for _, a := range set {
				if a.path == path || strings.HasPrefix(a.path, path+".") {
					return true
				}
			}
			return doc.Get(path) != ""
		}
		if err := recognize(doc, args[0], given); err != nil {
			return nil, "", err
		}
		name = args[0]
	}
	if err := doc.SetEnviron(); err != nil {
		return nil, "", &message.UsageError{Err: err}
	}
	if err := apply(doc, set); err != nil {
		return nil, "", &message.UsageError{Err: err}
	}
	if doc.Get("task") == "" && doc.Get("data.path") != "" { // of a configuration or a flag
		if err := recognize(doc, doc.Get("data.path"), func(path string) bool { return doc.Get(path) != "" }); err != nil {
			return nil, "", err
		}
	}
	if err := d.meaningless(cmd, doc.Get("task")); err != nil {
		return nil, "", err
	}
	r, err := doc.Decode(tasks().Registry)
	if err != nil {
		return nil, "", typed(err)
	}
	if name == "" {
		if name = doc.Get("data.path"); name == "" {
			name = r.Task
		}
	}
	return r, runName(name, r.Task), nil
}

// runName returns the name of the runs of a target: that of its file or folder without the ending, also for the folder
// "."; that of the task if there is none.
func runName(target, task string) string {
	if name := filepath.Base(target); name == "." || name == ".." {
		if abs, err := filepath.Abs(target); err == nil {
			target = abs
		}
	}
	name := filepath.Base(target)
	if name = strings.TrimSuffix(name, filepath.Ext(name)); name == "" || name == string(filepath.Separator) {
		return task
	}
	return name
}

// typed makes an error about a value that was typed, not read from a file, a usage error.
func typed(err error) error {
	var e *recipe.Error
	if errors.As(err, &e) && e.Origin.Line == 0 {
		return &message.UsageError{Err: err}
	}
	return err
}

// recognize sets the task and the data of a target.
func recognize(doc *recipe.Document, target string, given func(path string) bool) error {
	info, err := os.Stat(target)
	t := task.Target{Path: target, Exists: err == nil, Folder: err == nil && info.IsDir(), Given: given}
	for _, x := range tasks().Tasks() {
		if name := doc.Get("task"); name != "" && name != x.Name() {
			continue
		}
		values, ok := x.Recognize(t)
		if !ok {
			continue
		}
		if !t.Exists && filepath.Ext(target) != "" {
			return fmt.Errorf("there is no file %q", target)
		}
		for path, value := range values {
			if err := doc.Set(path, value, target); err != nil {
				return err
			}
		}
		return doc.Set("task", x.Name(), target)
	}
	if !t.Exists {
		return message.Usagef("there is no task and no file %q; want %s", target, targets)
	}
	if t.Folder {
		return noPictures(target)
	}
	return message.Usagef("no task trains on %s; want %s; or --target COLUMN if a table is in it", target, targets)
}

// noPictures returns the error for a folder on which no task trains: it says what is in the folder, and what should be.
func noPictures(folder string) error {
	advice := fmt.Sprintf("Put the pictures of each class into a folder with the name of the class, such as %s and %s, or\nIDX files with MNIST's names into %s.",
		filepath.Join(folder, "cats"), filepath.Join(folder, "dogs"), folder)
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return message.Advise(fmt.Errorf("the folder %s is empty: there is nothing to train on", folder), "%s", advice)
	}
	for _, f := range files {
		path := filepath.Join(folder, f.Name())
		if !f.IsDir() && recognize(recipe.NewDocument(), path, func(string) bool { return false }) == nil {
			advice += "\nTo train on the file in it: " + message.CommandLine("train", message.PathArgument(path))
			break
		}
	}
	return message.Advise(fmt.Errorf("the folder %s has no folders with pictures", folder), "%s", advice)
}

func newTrain() *cobra.Command {
	var d describing
	var where computing
	var out, resume string
	cmd := &cobra.Command{
		Use:   "train TARGET",
		Short: "Train a network",
		Long: `Train a network. The target says on what:

  mnist       handwritten digits, which the program contains
  iris        a table that the program contains; also penguins and cars
  FILE.csv    a table (also .tsv, .jsonl, .parquet): --target names the column to predict. With --text, the column
              that holds texts, a classifier of texts
  FOLDER      pictures, in a folder for each class; or IDX files with MNIST's names
  FILE.txt    a language model that writes texts like the one in the file

All settings form a configuration. "lamina config init TARGET" writes it to a YAML file, --config reads
it, and --set, the other flags and the environment (LAMINA_SET_optimizer__lr=0.01) change single values.
"lamina config explain" says where each value comes from.

The run is a folder with the configuration, the weights of the best and of the last epoch, a table of the
results and a report. Ctrl-C (also SIGTERM, and closing the terminal) finishes the step, saves the training
and prints the command that resumes it; a second Ctrl-C ends the program at once.`,
		Example: `  lamina train mnist
  lamina train mnist --model cnn
  lamina train mnist --hidden 512,256 --batch 128 --epochs 10
  lamina train mnist --optimizer sgd --lr 0.05 --set optimizer.nesterov=true --out runs/sgd
  lamina train houses.csv --target price
  lamina train houses.csv --target price --folds 5       cross-validation: each row is tested once
  lamina train reviews.csv --text body --target label
  lamina train photos
  lamina train mytext.txt
  lamina train mytext.txt --tokens bpe --layers 6 --width 384 --heads 6 --context 256 --dropout 0.2
  lamina train --config mnist.yaml
  lamina train mnist --help        the flags that have a meaning for mnist`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("resume"):
				return message.Usagef("to resume a training: %s", resumeCommand(resume))
			case len(args) == 0 && d.config == "":
				return message.Usagef("train needs to know what to train on: %s; try: lamina train mnist", targets)
			}
			r, name, err := d.recipe(cmd, args)
			if err != nil {
				return err
			}
			return where.train(cmd, func(ctx context.Context, c task.Config) (*task.Result, error) {
				c.Recipe, c.Out, c.Name = r, out, name
				return tasks().Train(ctx, c)
			})
		},
	}
	f := cmd.Flags()
	f.StringVarP(&out, "out", "o", "", "folder for the run (default runs/NAME-001, or the next unused number)")
	f.StringVar(&resume, "resume", "", "")
	f.MarkHidden("resume")
	d.add(cmd)
	where.add(f)
	cmd.SetHelpFunc(d.help(cmd.HelpFunc()))
	return cmd
}

// help returns a help function that shows the flags that have a meaning for the target.
func (d *describing) help(all func(*cobra.Command, []string)) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		if target := cmd.Flags().Arg(0); target != "" && cmd.Flags().NArg() == 1 {
			doc := recipe.NewDocument()
			if recognize(doc, target, func(string) bool { return false }) == nil {
				for _, x := range d.flags {
					if f := cmd.Flags().Lookup(x.name); x.isFor(doc.Get("task")) {
						f.Usage = x.usage(doc.Get("task"))
					} else {
						f.Hidden = true
					}
				}
			}
		}
		all(cmd, args)
	}
}

func newResume() *cobra.Command {
	var where computing
	var epochs string
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Continue a training",
		Long: `Continue the training in a run's folder where it stopped: the result is bit for bit that of a training
that was not interrupted. --epochs trains a finished run for more epochs.`,
		Example: `  lamina resume runs/mnist-001
  lamina resume runs/mnist-001 --epochs 20`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n := 0
			if epochs != "" {
				var err error
				if n, err = strconv.Atoi(epochs); err != nil || n < 1 {
					return message.Usagef("--epochs %s: want a whole number of at least 1", epochs)
				}
			}
			return where.train(cmd, func(ctx context.Context, c task.Config) (*task.Result, error) {
				return tasks().Resume(ctx, args[0], n, c)
			})
		},
	}
	cmd.Flags().StringVarP(&epochs, "epochs", "e", "", "the new number of epochs, for a finished run more than it has")
	where.add(cmd.Flags())
	cmd.ValidArgsFunction = completeRuns
	return cmd
}

// train runs a training and prints what to do next.
func (c *computing) train(cmd *cobra.Command, do func(ctx context.Context, c task.Config) (*task.Result, error)) error {
	device, err := c.open()
	if err != nil {
		return err
	}
	graceful.Store(true)
	w := cmd.OutOrStdout()
	reporter, done := newReporter(w, cmd.ErrOrStderr())
	res, err := do(cmd.Context(), task.Config{
		Device: device, Describe: c.describe(device), Writer: w, Reporter: reporter,
		Count: newCounter(cmd.ErrOrStderr()),
	})
	done()
	if err != nil {
		if res == nil || res.Run == nil {
			return advised(typed(err))
		}
		var known *message.AdvisedError
		if errors.As(err, &known) {
			return err
		}
		return message.Advise(err, "%s", trainingAdvice(err, res.Run.Folder))
	}
	fmt.Fprintf(w, "\n%s\nNext:\n", res.Report.Summary())
	for _, next := range res.Report.Next {
		fmt.Fprintf(w, "  %s\n", message.CommandLine(task.Replace(next, res.Run.Folder)...))
	}
	if len(res.Report.Files) > 0 {
		fmt.Fprintln(w, "\nFiles:")
	}
	for _, f := range res.Report.Files {
		fmt.Fprintf(w, "  %s: %s\n", filepath.Join(res.Run.Folder, f.Name), f.Text)
	}
	return nil
}

// trainingAdvice returns the advice for a training that ended with err.
func trainingAdvice(err error, folder string) string {
	var unsaved *train.CheckpointError
	var broken *nn.NotFinite
	var loss *train.LossError
	again := resumeCommand(folder)
	switch {
	case errors.As(err, &unsaved):
		return "The last saved checkpoint is unchanged. When the folder is writable and has space: " + again
	case errors.Is(err, context.Canceled):
		return "The training is saved. To resume it: " + again
	case errors.As(err, &broken) || errors.As(err, &loss):
		return "The training diverged. Start a new run with a smaller --lr."
	}
	return "When this is fixed: " + again + "\nIf the fix changes the data, start a new run instead."
}
