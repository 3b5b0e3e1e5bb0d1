package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/pool"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func newTrain() *cobra.Command {
	language := newLanguageFlags()
	cmd := &cobra.Command{
		Use:   "train FILE.txt",
		Short: "Train a network",
		Long: `Train a network: "lamina train mnist" a classifier of handwritten digits, "lamina train FILE.txt" a language
model that writes texts like the one in the file.

The language model is a transformer. It learns to predict each token of the text, by default each
character, from those before it. The last tenth of the text is held out. After each epoch the
command prints the loss on it, the perplexity, and a sample of what the network writes.

The run is a folder with model.safetensors (the weights), tokenizer.json, config.json (the settings) and
results.json. Ctrl-C saves a checkpoint and prints the command that resumes the training.`,
		Example: `  lamina train mnist
  lamina train mnist --help        its settings
  lamina train mytext.txt
  lamina train mytext.txt --tokens bpe --layers 6 --width 384 --heads 6 --context 256 --dropout 0.2
  lamina train --resume runs/mytext-001`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			resume := cmd.Flags().Changed("resume")
			switch {
			case resume && len(args) > 0:
				return usagef("--resume uses the text of the run; omit %s", args[0])
			case resume:
				return language.resumeRun(cmd)
			case len(args) == 0:
				return usagef("train needs a task; use: lamina train mnist, or lamina train FILE.txt")
			}
			return language.start(cmd, args[0])
		},
	}
	language.add(cmd.Flags())
	cmd.AddCommand(newTrainMNIST())
	return cmd
}

// computing holds the flags for device and threads.
type computing struct {
	device  string
	threads int
}

func (c *computing) add(flags *pflag.FlagSet) {
	flags.StringVar(&c.device, "device", "auto", "device: auto (cuda if available, else cpu), cpu or cuda")
	flags.IntVar(&c.threads, "threads", 0, "number of threads; 0 means one per processor")
}

// maxThreads limits the threads, so that a typing error does not exhaust the memory.
const maxThreads = 4096

// open sets the number of threads and returns the device.
func (c *computing) open() (tensor.Device, error) {
	switch {
	case c.threads < 0 || c.threads > maxThreads:
		return tensor.Device{}, usagef("--threads is %d, want 0 to %d", c.threads, maxThreads)
	case c.threads > 0:
		pool.SetThreads(c.threads)
	}
	switch c.device {
	case "auto":
		return tensor.BestDevice(), nil
	case "cpu", "cuda":
	default:
		return tensor.Device{}, usagef("--device is %q, want auto, cpu or cuda", c.device)
	}
	d, err := tensor.OpenDevice(c.device)
	if err != nil {
		err = errorWithAdvice{err, "Omit --device to use the best available device."}
	}
	return d, err
}

// describe returns a text such as "cpu, 2 threads".
func (c *computing) describe(d tensor.Device) string {
	text := fmt.Sprintf("%v, %d threads", d, pool.Threads())
	if pool.Threads() == 1 {
		text = fmt.Sprintf("%v, 1 thread", d)
	}
	if c.device == "auto" && d == tensor.CPU() {
		text += " (no cuda in this program)"
	}
	return text
}

// optimizers maps the values of --optimizer to constructors.
var optimizers = map[string]func(params []tensor.Tensor, lr float64) optim.Optimizer{
	"adam": func(p []tensor.Tensor, lr float64) optim.Optimizer { return optim.NewAdam(p, optim.AdamConfig{LR: lr}) },
	"adamw": func(p []tensor.Tensor, lr float64) optim.Optimizer {
		return optim.NewAdamW(p, optim.AdamWConfig{LR: lr})
	},
	"rmsprop": func(p []tensor.Tensor, lr float64) optim.Optimizer {
		return optim.NewRMSprop(p, optim.RMSpropConfig{LR: lr})
	},
	"sgd": func(p []tensor.Tensor, lr float64) optim.Optimizer {
		return optim.NewSGD(p, optim.SGDConfig{LR: lr, Momentum: 0.9})
	},
}

func newTrainMNIST() *cobra.Command {
	s := presets[mlp]
	hidden := []int{256, 128}
	model := mlp
	var where computing
	var out, resume, prepare string
	cmd := &cobra.Command{
		Use:   "mnist",
		Short: "Train a classifier of handwritten digits",
		Long: `Train a classifier of handwritten digits.

The program contains MNIST: 60,000 training and 10,000 test digits. --data uses your own IDX
files instead, with MNIST's file names. A twelfth of the training digits is not trained on: it
calibrates the probabilities that predict prints. The network takes pixels from 0 to 1 and gives a
score for each of the ten digits.

--model mlp has fully connected hidden layers with ReLU and trains in seconds. --model cnn has three
convolutional layers with batch normalization and pooling, learns from randomly turned, moved and
scaled digits, averages its weights, and makes a fifth of the mistakes.

The run is a folder with model.safetensors (the weights), config.json (the settings) and
results.json. A checkpoint is saved after each epoch. Ctrl-C (also SIGTERM, and closing the
terminal) finishes the step, saves a checkpoint and prints the command that resumes the
training; a second Ctrl-C ends the program at once. Two trainings cannot use the same folder.`,
		Example: `  lamina train mnist
  lamina train mnist --model cnn
  lamina train mnist --hidden 512,256 --batch 128 --epochs 10
  lamina train mnist --optimizer sgd --lr 0.05 --out runs/sgd
  lamina train mnist --resume runs/mnist-001`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("resume") {
				return resumeMNIST(cmd, &where, resume)
			}
			if _, ok := presets[model]; !ok {
				return usagef("--model: no model %q, want %s or %s", model, mlp, cnn)
			}
			a := architecture{Name: model, Hidden: hidden, Classes: mnist.Classes}
			if model != mlp {
				if cmd.Flags().Changed("hidden") {
					return usagef("--hidden is for --model %s", mlp)
				}
				a.Hidden = nil
			}
			s.applyPreset(presets[model], cmd.Flags())
			if s.Photos > 0 {
				a.Classes = noDigit + 1
			}
			return startMNIST(cmd, &where, out, prepare, s, a)
		},
	}
	f := cmd.Flags()
	c := presets[cnn]
	f.StringVar(&model, "model", model, "network: mlp (fully connected) or cnn (convolutional)")
	f.IntVar(&s.Epochs, "epochs", s.Epochs, fmt.Sprintf("passes over the training digits (cnn: default %d)", c.Epochs))
	f.IntVar(&s.Batch, "batch", s.Batch, fmt.Sprintf("digits per step (cnn: default %d)", c.Batch))
	f.Float64Var(&s.LR, "lr", s.LR, fmt.Sprintf("learning rate, with one-cycle the highest (cnn: default %v)", c.LR))
	f.StringVar(&s.Optimizer, "optimizer", s.Optimizer, "adam, adamw, rmsprop or sgd (with momentum 0.9)")
	f.StringVar(&s.Schedule, "schedule", s.Schedule, "learning rate schedule: cosine (to 0 at the end), one-cycle (up,\n"+
		"then down to 0; default of cnn) or constant")
	f.Float64Var(&s.Average, "average", s.Average, fmt.Sprintf("test and save a moving average of the weights with this decay; 0 means none\n(cnn: default %v)", c.Average))
	f.Float64Var(&s.Smoothing, "smoothing", s.Smoothing, fmt.Sprintf("label smoothing: the part of the probability that is spread over all classes\n(cnn: default %v)", c.Smoothing))
	f.StringVar(&s.Augment, "augment", s.Augment, "random changes of the training digits: none, or affine (turns, moves and\n"+
		"scales them; default of cnn)")
	f.Uint64Var(&s.Seed, "seed", s.Seed, "seed of the random numbers: the same seed gives the same network, bit for bit")
	f.IntSliceVar(&hidden, "hidden", hidden, "features of each hidden layer")
	f.StringVar(&s.Data, "data", "", "folder with IDX files to use instead of MNIST")
	f.IntVar(&s.Photos, "photos", 0, "also train on what predict finds in this many drawn photographs of digits, in close-ups,\n"+
		"and in pictures without a digit: an eleventh class, so that predict refuses them")
	f.StringVar(&prepare, "prepare", "", "how predict prepares a picture: digit (finds the digits in a photograph) or resize\n"+
		"(scales the whole picture); default digit, and resize with --data")
	f.StringVar(&out, "out", "", "folder for the run (default runs/mnist-001, or the next unused number)")
	f.StringVar(&resume, "resume", "", "resume the unfinished run in this folder, with its settings")
	where.add(f)
	return cmd
}

// maxPhotos limits the memory of a training: each photograph gives about two marks of 784 bytes.
const maxPhotos = 1_000_000

// check returns an error if a setting from the flags, or from the file of a resumed run, is invalid.
func (s settings) check() error {
	switch {
	case s.Epochs < 1:
		return fmt.Errorf("%d epochs, want at least 1", s.Epochs)
	case s.Photos < 0 || s.Photos > maxPhotos:
		return fmt.Errorf("%d photographs, want 0 to %d", s.Photos, maxPhotos)
	case s.Photos > 0 && s.Data != "":
		return fmt.Errorf("photographs are drawn from MNIST's digits only, not from those in %s", s.Data)
	case s.Batch < 1:
		return fmt.Errorf("batches of %d digits, want at least 1", s.Batch)
	case !(s.LR > 0 && s.LR < 1e6):
		return fmt.Errorf("learning rate %v, want a number above 0 and below 1e6", s.LR)
	case optimizers[s.Optimizer] == nil:
		return fmt.Errorf("no optimizer %q, want adam, adamw, rmsprop or sgd", s.Optimizer)
	case s.Schedule != "cosine" && s.Schedule != "one-cycle" && s.Schedule != "constant":
		return fmt.Errorf("no schedule %q, want cosine, one-cycle or constant", s.Schedule)
	}
	if !(s.Average >= 0 && s.Average < 1) {
		return fmt.Errorf("the average's decay is %v, want 0 (none) or a number below 1", s.Average)
	}
	if !(s.Smoothing >= 0 && s.Smoothing < 1) {
		return fmt.Errorf("label smoothing is %v, want 0 (none) or a number below 1", s.Smoothing)
	}
	if _, ok := augmentations[s.Augment]; !ok && s.Augment != "" {
		return fmt.Errorf("no augmentation %q, want one of %s", s.Augment, names(augmentations))
	}
	return nil
}

// startMNIST starts a new run.
func startMNIST(cmd *cobra.Command, where *computing, out, prepare string, s settings, a architecture) error {
	if prepare == "" {
		prepare = preparedDigit
		if s.Data != "" {
			prepare = preparedResize
		}
	}
	if err := checkPrepared(prepare); err != nil {
		return usageError{fmt.Errorf("--prepare: %w", err)}
	}
	if err := s.check(); err != nil {
		return usageError{err}
	}
	a.Size = 28 // MNIST's size, before the data is read
	if _, err := a.parameters(); err != nil {
		return usageError{err}
	}
	device, err := where.open()
	if err != nil {
		return err
	}
	if s.Data != "" { // a resumed run must find it from another working directory too
		if s.Data, err = filepath.Abs(s.Data); err != nil {
			return err
		}
	}
	trainSet, testSet, err := mnistSets(s.Data)
	if err != nil {
		return err
	}
	if s.Data != "" {
		s.Digest = digest(trainSet, testSet)
	}
	a.Size = trainSet.Rows
	if _, err := a.parameters(); err != nil {
		return err
	}
	graceful.Store(true)
	folder, lock, err := newRunFolder(out, "mnist")
	if err != nil {
		return err
	}
	defer lock.Release()
	s.HeldOut = trainSet.Len() / heldOutPart
	c := config{Format: configFormat, Task: "mnist", Model: a, Pixels: pixelScale, Prepared: prepare, Training: s}
	if err := writeJSON(filepath.Join(folder, configFile), c); err != nil {
		return err
	}
	return trainMNIST(cmd, where, device, folder, c, trainSet, testSet)
}

// resumeMNIST resumes a run.
func resumeMNIST(cmd *cobra.Command, where *computing, folder string) error {
	if err := checkResume(cmd, folder); err != nil {
		return err
	}
	c, lock, err := openUnfinished(folder)
	if err != nil {
		return err
	}
	defer lock.Release()
	device, err := where.open()
	if err != nil {
		return err
	}
	trainSet, testSet, err := mnistSets(c.Training.Data)
	if err != nil {
		return err
	}
	if d := c.Training.Digest; d != "" && d != digest(trainSet, testSet) {
		return errorWithAdvice{fmt.Errorf("the digits in %s are not those that the run %s started with", c.Training.Data,
			folder),
			"Restore the files, or start a new run."}
	}
	if trainSet.Rows != c.Model.Size {
		return fmt.Errorf("the images have %d×%d pixels, want %d×%d as the network takes", trainSet.Rows,
			trainSet.Cols, c.Model.Size, c.Model.Size)
	}
	graceful.Store(true)
	return trainMNIST(cmd, where, device, folder, c, trainSet, testSet)
}

// checkResume returns an error if flags change the settings of the run that is to be resumed.
func checkResume(cmd *cobra.Command, folder string) error {
	var other []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"resume", "device", "threads"}, f.Name) {
			other = append(other, "--"+f.Name)
		}
	})
	if len(other) > 0 {
		return usagef("--resume uses the settings of the run; omit %s", strings.Join(other, ", "))
	}
	if folder == "" { // such as an unset variable in a script: do not start a new run
		return usagef("--resume needs the folder of a run")
	}
	return nil
}

// mnistSets returns the training and the test digits.
func mnistSets(folder string) (trainSet, testSet digitSet, err error) {
	if trainSet, err = openDigits(folder, "train"); err != nil {
		return
	}
	if testSet, err = openDigits(folder, "t10k"); err != nil {
		return
	}
	if trainSet.Rows != testSet.Rows {
		err = fmt.Errorf("%s: the training images have %d×%d pixels, the test images %d×%d, want equal sizes",
			folder, trainSet.Rows, trainSet.Cols, testSet.Rows, testSet.Cols)
	}
	return
}

// trainMNIST trains the run in folder, from its checkpoint if there is one, and writes its results.
func trainMNIST(cmd *cobra.Command, where *computing, device tensor.Device, folder string, c config, trainSet, testSet digitSet) error {
	w, s := cmd.OutOrStdout(), c.Training
	g := rng.NewTorch(s.Seed)
	model := c.Model.build(g)
	nn.To(model, device)
	fitSet, heldOut := trainSet.split(min(s.HeldOut, trainSet.Len()-1))
	own := fitSet.Len()
	if s.Photos > 0 {
		fmt.Fprintf(w, "drawing %d photographs and the close-ups\n", s.Photos+(s.Photos+1)/2)
		marks, err := drawnMarks(cmd.Context(), cmd.ErrOrStderr(), fitSet.Digits, s.Photos, s.Seed)
		if err != nil {
			return errorWithAdvice{err, advice(err, folder)}
		}
		fitSet = fitSet.join(marks)
	}
	dataset, err := augment(fitSet, s.Augment)
	if err != nil {
		return err
	}
	trainLoader := data.NewLoader(dataset, data.LoaderConfig{BatchSize: s.Batch, Shuffle: true, RNG: g, Device: device})
	optimizer := optimizers[s.Optimizer](nn.Parameters(model), s.LR)
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	fit := train.Config{
		Train:      trainLoader,
		Test:       testLoader(testSet, device),
		Optimizer:  optimizer,
		Loss:       nn.CrossEntropyLoss{LabelSmoothing: s.Smoothing},
		Epochs:     s.Epochs,
		EMA:        s.Average,
		Checkpoint: filepath.Join(folder, checkpointFile),
		Resume:     true,
		Settings:   string(text),
	}
	reporter, done := newReporter(w, cmd.ErrOrStderr())
	fit.Reporter = reporter
	switch steps := s.Epochs * trainLoader.Len(); s.Schedule {
	case "cosine":
		fit.BatchSchedule = sched.NewCosineAnnealingLR(optimizer, steps, 0)
	case "one-cycle":
		fit.BatchSchedule = sched.NewOneCycleLR(optimizer, s.LR, steps, sched.OneCycleConfig{})
	}
	fmt.Fprintf(w, "network:  %v, %d parameters\n", c.Model, nn.Count(model))
	fmt.Fprintf(w, "data:     %d training digits, %d to calibrate the probabilities, %d test digits\n", own, heldOut.Len(),
		testSet.Len())
	if s.Photos > 0 {
		fmt.Fprintf(w, "photos:   %d marks in drawn photographs\n", fitSet.Len()-own)
	}
	fmt.Fprintf(w, "training: %d epochs, batches of %d, %s with learning rate %v (%s), seed %d%s\n",
		s.Epochs, s.Batch, s.Optimizer, s.LR, s.Schedule, s.Seed, map[bool]string{true: ", digits changed at random"}[augmentations[s.Augment] != nil])
	fmt.Fprintf(w, "device:   %s\n", where.describe(device))
	fmt.Fprintf(w, "run:      %s\n\n", folder)

	history, err := train.Fit(cmd.Context(), model, fit)
	done()
	if err != nil {
		return errorWithAdvice{err, advice(err, folder)}
	}
	temperature, ece, err := calibrate(cmd.Context(), model, heldOut, testSet, device)
	if err != nil {
		return errorWithAdvice{err, advice(err, folder)}
	}
	r := resultsOf(history, device)
	r.Temperature, r.Calibration = temperature, ece
	if err := finishRun(folder, model, r); err != nil {
		return err
	}
	run := pathArgument(folder)
	fmt.Fprintf(w, "\n%s\n\nNext:\n  %s\n  %s\n", verdict(r.Test), commandLine("evaluate", run),
		commandLine("predict", run, "picture.png"))
	return nil
}

// advice returns the advice for a training that ended with err.
func advice(err error, folder string) string {
	var unsaved *train.CheckpointError
	var broken *nn.NotFinite
	again := resumeCommand(folder)
	switch {
	case errors.As(err, &unsaved):
		return "The last saved checkpoint is unchanged. When the folder is writable and has space: " + again
	case errors.Is(err, context.Canceled):
		return "The training is saved. To resume it: " + again
	case errors.As(err, &broken):
		return "The training diverged. Start a new run with a smaller --lr."
	}
	return "When this is fixed: " + again
}

func testLoader(set digitSet, device tensor.Device) *data.Loader {
	return data.NewLoader(set, data.LoaderConfig{BatchSize: 500, Device: device})
}

// verdict returns a line such as "9771 of 10000 test digits correct: 97.71%".
func verdict(r train.Result) string {
	return fmt.Sprintf("%d of %d test digits correct: %.2f%%", r.Correct, r.Total, 100*r.Accuracy())
}
