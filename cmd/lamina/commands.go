package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/language"
	"github.com/lamina-ml/lamina/task/message"
)

// newTaskCommand returns a command that does with a run what its task's [task.Command] does. Its flags are those of all
// tasks.
func newTaskCommand(name, use, short, long, example string) *cobra.Command {
	var where computing
	var weights string
	cmd := &cobra.Command{
		Use: name + " " + use, Short: short, Long: long, Example: example,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			device, err := where.open()
			if err != nil {
				return err
			}
			run, err := runs.Open(args[0])
			if err != nil {
				return advised(err)
			}
			r, t, err := tasks().ReadRecipe(run)
			if err != nil {
				return err
			}
			c, err := commandOf(t, name)
			if err != nil {
				var others []string
				for _, c := range t.Commands() {
					others = append(others, message.CommandLine(c.Name, message.PathArgument(args[0])))
				}
				if _, ok := t.(language.Task); ok {
					others = append(others, message.CommandLine("generate", message.PathArgument(args[0])))
				}
				return message.Advise(fmt.Errorf("%s %w", args[0], err), "There are: %s", strings.Join(others, ", "))
			}
			if err := checkArgs(c, cmd, args); err != nil {
				return err
			}
			options, err := fill(cmd, []string{"device", "threads", "weights"}, c.Options, "a run of the task "+t.Name())
			if err != nil {
				return err
			}
			graceful.Store(true) // the commands end soon after their context, and remove temporary files
			var models []task.Model
			var call task.Call
			if tasks().Folds(r) > 0 && c.Folds != nil {
				models, call, err = tasks().LoadFolds(cmd.Context(), args[0], weights, device)
			} else {
				models = make([]task.Model, 1)
				models[0], call, err = tasks().Load(cmd.Context(), args[0], weights, device)
			}
			if err != nil {
				return advised(err)
			}
			call.Args, call.Options = args[1:], options
			call.In, call.Out, call.Err = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			call.Count = newCounter(cmd.ErrOrStderr())
			if tasks().Folds(r) > 0 {
				return c.Folds(cmd.Context(), models, call)
			}
			return c.Run(cmd.Context(), models[0], call)
		},
	}
	cmd.ValidArgsFunction = completeRuns
	where.add(cmd.Flags())
	cmd.Flags().StringVar(&weights, "weights", "", "the run's weights: best or last (default: those that its report is about)")
	addTaskOptions(cmd.Flags(), name)
	return cmd
}

// commandOf returns what a task does for a command.
func commandOf(t task.Task, name string) (task.Command, error) {
	list := t.Commands()
	i := slices.IndexFunc(list, func(c task.Command) bool { return c.Name == name })
	if i < 0 {
		return task.Command{}, fmt.Errorf("is a run of the task %s, for which there is no %s", t.Name(), name)
	}
	return list[i], nil
}

// checkArgs returns an error if the number of arguments after the run does not fit a task's command.
func checkArgs(c task.Command, cmd *cobra.Command, args []string) error {
	least, most := 0, 0
	switch {
	case strings.HasPrefix(c.Args, "["):
		most = 1
	case c.Args != "":
		least, most = 1, 1
	}
	if strings.Contains(c.Args, "...") {
		most = 1 << 30
	}
	if n := len(args) - 1; n < least || n > most {
		use := strings.TrimSpace("lamina " + c.Name + " RUN " + c.Args)
		if n > most {
			return message.Usagef("there are too many arguments, from %q on; usage: %s", args[1+most], use)
		}
		return message.Usagef("an argument is missing after the run; usage: %s", use)
	}
	return nil
}

// firstRun returns the first run in a folder, such as a trial in that of a search, "" if there is none.
func firstRun(folder string) string {
	if list, err := runs.List(folder); err == nil && len(list) > 0 {
		return list[0].Folder
	}
	return ""
}

// advised adds what to do to the errors of package runs.
func advised(err error) error {
	var notRun *runs.NotRunError
	var unfinished *task.UnfinishedError
	var exists *runs.ExistsError
	var used *runs.InUseError
	var finished *task.FinishedError
	var folds *task.FoldsError
	switch {
	case errors.As(err, &folds):
		return message.Advise(err, "Name one of them: %s\nWhat all together can do stands in %s.",
			message.PathArgument(task.FoldFolder(folds.Folder, 1, folds.Folds)),
			filepath.Join(folds.Folder, runs.ReportFile))
	case errors.As(err, &notRun) && !notRun.Old && firstRun(notRun.Folder) != "":
		return message.Advise(err, "The folder holds runs. Name one of them, such as %s.", message.PathArgument(firstRun(notRun.Folder)))
	case errors.As(err, &notRun) && !notRun.Old:
		return message.Advise(err, "A run is a folder that 'lamina train' has written, such as runs/mnist-001.")
	case errors.As(err, &unfinished) && unfinished.Cause != "":
		return message.Advise(err,
			"Start a new run. If neither its data nor its settings were the cause, but such as a full disk: %s",
			resumeCommand(unfinished.Folder))
	case errors.As(err, &unfinished):
		return message.Advise(err, "Resume its training: %s", resumeCommand(unfinished.Folder))
	case errors.As(err, &exists) && exists.State == runs.Failed:
		return message.Advise(err,
			"Choose another folder with --out.\nIf neither its data nor its settings were the cause, but such as a full disk: %s", resumeCommand(exists.Folder))
	case errors.As(err, &exists) && exists.State == runs.Stopped:
		return message.Advise(err, "Resume it: %s\nOr choose another folder with --out.", resumeCommand(exists.Folder))
	case errors.As(err, &exists):
		return message.Advise(err, "Choose another folder with --out, a new or an empty one.")
	case errors.As(err, &used):
		return message.Advise(err, "Wait until it has ended, or choose another folder with --out.")
	case errors.As(err, &finished):
		run := message.PathArgument(finished.Folder)
		advice := "Evaluate it: " + message.CommandLine("evaluate", run)
		switch {
		case finished.Ended == runs.EndedByTimeLimit || finished.Ended == runs.EndedByCallback:
			advice += "\nContinue it: " + message.CommandLine("resume", run)
		case finished.Ended == "" && finished.Epochs > 0:
			advice += "\nTrain it for more epochs: " + message.CommandLine("resume", run, "--epochs", strconv.Itoa(2*finished.Epochs))
		}
		return message.Advise(err, "%s", advice)
	}
	return err
}

// resumeCommand returns the command line that resumes the run in folder.
func resumeCommand(folder string) string {
	return message.CommandLine("resume", message.PathArgument(folder))
}

func newEvaluate() *cobra.Command {
	return newTaskCommand("evaluate", "RUN", "Evaluate the network of a run on its test data",
		`Evaluate the network of a run on its test data.

Digits: accuracy, loss, and the expected calibration error, which says how much the probabilities that
predict prints differ from the accuracy. --report adds precision, recall and F1 of each class, as
scikit-learn's classification_report, and the confusion matrix. --confusion draws that matrix: correct
predictions in blue, wrong ones in red, darker for higher frequencies.

Tables: for classes the accuracy, for numbers the root mean squared error and R². Pictures and texts: accuracy and loss.

--data evaluates on other data with known answers: a file with rows (- reads CSV from the standard input), a table with
texts and their classes, a folder with a folder of pictures for each class, or a folder of IDX files.

A language model: the loss and the perplexity on the validation part of its text.`, `  lamina evaluate runs/mnist-001
  lamina evaluate runs/mnist-001 --report --confusion confusion.png
  lamina evaluate runs/mnist-001 --data mydigits
  lamina evaluate runs/mnist-001 --photos 500
  lamina evaluate runs/houses-001 --report --data later.csv`)
}

func newPredict() *cobra.Command {
	return newTaskCommand("predict", "RUN INPUT...", "Predict with the network of a run",
		`Predict with the network of a run. What the inputs are depends on what it was trained on.

Tables: a file with rows, or - for standard input. They are written as CSV, row by row, with the columns of the
file as they are and the predictions after them: predicted_TARGET and, for classes, probability_CLASS. --columns
id writes some of the file's columns, --columns none the predictions alone. --out writes them to a file, in the
format that the end of its name says: .csv, .tsv or .jsonl, each also with .gz, or .parquet. A file that exists is
replaced only with --force, and the file that is read never. The run of a cross-validation predicts the mean of what
its networks predict.

Pictures: images, or folders with images, also in folders below them; --out writes a table with the file, the class
and the probabilities of the classes. Texts: texts in quotation marks, files with a text in each line, - for lines of
the standard input, or tables with a column of texts, which are written as above.

Digits: read the number in each image, also of folders: PNG, JPEG, GIF, WebP, BMP or TIFF of any size. The images may be
photographs of paper, with shadows, rules, squares or a table beside it, turned by up to 20 degrees, dark
on light or light on dark. The command finds the digits, normalizes each as MNIST's digits are, and prints
the number with the probability of each digit; --out writes a table with the file, the number and its
probability. It refuses an image without digits and says why. --show
prints the network's input; --draw draws the image with boxes around the digits. A run that was trained on
other pictures than digits scales the whole image instead, as its training did (data.prepare).

Language models write instead: lamina generate.`, `  lamina predict runs/mnist-001 photo.png
  lamina predict --show runs/mnist-001 *.jpg
  lamina predict --draw seen.png runs/mnist-001 photo.jpg
  lamina predict runs/houses-001 new.csv --out prices.csv
  lamina predict runs/houses-001 new.csv --columns id
  lamina predict runs/pets-001 holiday/
  lamina predict runs/reviews-001 "a film that I shall see again"`)
}

func newShow() *cobra.Command {
	return newTaskCommand("show", "RUN [INPUT]",
		"Draw a run's training and mistakes, and how its network sees an input", `Draw pictures of a run as PNG files.

Digits: the training curves, the confusion matrix on the test digits and the most confident mistakes. With
an image, also what the network sees in it: the result of each layer, the first layer's weights, and which
pixels the answer depends on. The image is a file, or the number of a test digit, counted from 0. --class
asks why the network did not answer that digit; without it the pictures explain the network's answer.

Pictures: the training curves, the confusion matrix and the most confident mistakes or, with an image, which
pixels its answer depends on.

Tables: the training curves, how much each column matters, and the confusion matrix or, for numbers, the
predictions over the true values.

Texts: the training curves and the confusion matrix or, with a text, which of its words speak for its class.

A language model: the training curves and, with a text, which of its tokens each attention head reads.`, `  lamina show runs/mnist-001
  lamina show runs/mnist-001 18
  lamina show runs/mnist-001 photo.png --class 7 --out pictures
  lamina show runs/houses-001
  lamina show runs/reviews-001 "a film that I shall see again"
  lamina show runs/mytext-001 "To be, or not to be"`)
}

var _ pflag.Value = (*valueFlag)(nil)
