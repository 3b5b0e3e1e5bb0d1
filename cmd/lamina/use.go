package main

import (
	"errors"
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func newEvaluate() *cobra.Command {
	var where computing
	var folder, picture string
	var report bool
	cmd := &cobra.Command{
		Use:   "evaluate RUN",
		Short: "Evaluate the network of a run on the test data",
		Long: `Evaluate the network of a run on the test data: accuracy and loss.

--report adds precision, recall and F1 of each digit, as scikit-learn's classification_report, and
the confusion matrix: how often each digit was predicted as which.
--confusion draws that matrix: correct predictions in blue, wrong ones in red, darker for higher
frequencies.`,
		Example: `  lamina evaluate runs/mnist-001
  lamina evaluate runs/mnist-001 --report --confusion confusion.png
  lamina evaluate runs/mnist-001 --data mydigits`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			draw := cmd.Flags().Changed("confusion")
			if draw && !strings.EqualFold(filepath.Ext(picture), ".png") {
				return usagef("--confusion is %q, want a file name that ends in .png", picture)
			}
			device, err := where.open()
			if err != nil {
				return err
			}
			c, model, err := openClassifier(args[0], device)
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("data") {
				folder = c.Training.Data
			}
			set, err := digits(folder, "t10k")
			if err != nil {
				return err
			}
			if set.Rows != c.Model.Size {
				return fmt.Errorf("the images have %d×%d pixels, want %d×%d as the network takes", set.Rows, set.Cols, c.Model.Size, c.Model.Size)
			}
			matrix := metrics.NewConfusionMatrix(mnist.Classes)
			r, err := train.Evaluate(cmd.Context(), model, testLoader(set, device), train.LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
				matrix.Add(pred, y)
				return nn.CrossEntropy(pred, y)
			}))
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\nloss %.4f\n", verdict(r), r.Loss)
			if report {
				fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n%s", matrix.Report(4), matrix)
			}
			if draw {
				graceful.Store(true) // let atomicfile.Write remove its temporary file
				if err := atomicfile.Write(picture, func(w io.Writer) error { return png.Encode(w, drawConfusion(matrix)) }); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "\nconfusion matrix written to %s\n", picture)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&report, "report", false, "print precision, recall and F1 of each digit, and the confusion matrix")
	cmd.Flags().StringVar(&picture, "confusion", "", "draw the confusion matrix to this PNG file")
	cmd.Flags().StringVar(&folder, "data", "", "folder with IDX files for the test (default: the run's data)")
	where.add(cmd.Flags())
	return cmd
}

func newPredict() *cobra.Command {
	var where computing
	var show bool
	cmd := &cobra.Command{
		Use:   "predict RUN IMAGE...",
		Short: "Classify the digits in images",
		Long: `Classify the digit in each image: PNG, JPEG or GIF of any size, dark on light or light on dark.

The command finds the digit in the image and normalizes it as MNIST's digits are; --show prints the
result, which is the network's input.`,
		Example: `  lamina predict runs/mnist-001 photo.png
  lamina predict --show runs/mnist-001 *.jpg`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			device, err := where.open()
			if err != nil {
				return err
			}
			c, model, err := openClassifier(args[0], device)
			if err != nil {
				return err
			}
			width := 0
			for _, path := range args[1:] {
				width = max(width, len(path))
			}
			failed := false
			for _, path := range args[1:] {
				x, err := readDigit(path, c.Model.Size)
				if err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "lamina: %v\n", err)
					failed = true
					continue
				}
				p := train.Probabilities(model, tensor.From(x, 1, len(x)).To(device)).Float32s()
				first, second := twoLargest(p)
				fmt.Fprintf(cmd.OutOrStdout(), "%-*s  %d  (%.1f%%; next %d, %.1f%%)\n", width, path, first, 100*p[first], second, 100*p[second])
				if show {
					fmt.Fprint(cmd.OutOrStdout(), blocks(x, c.Model.Size))
				}
			}
			if failed {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, "print the network's input for each image")
	where.add(cmd.Flags())
	return cmd
}

// openClassifier reads the configuration and the model of a finished run. It returns an error if the network does not
// classify digits.
func openClassifier(folder string, d tensor.Device) (config, nn.Sequential, error) {
	c, model, err := openRun(folder, d)
	if err == nil && c.Model.Classes != mnist.Classes {
		err = fmt.Errorf("the network of %s has %d classes, want %d", folder, c.Model.Classes, mnist.Classes)
	}
	return c, model, err
}

// readDigit reads an image and normalizes its digit to size×size pixels.
func readDigit(path string, size int) ([]float32, error) {
	m, err := image.ReadFile(path)
	if err != nil {
		return nil, err
	}
	x, err := image.Digit(m, size)
	if errors.Is(err, image.ErrBlank) {
		return nil, fmt.Errorf("%s: found no digit: all pixels of the image are similar to the background", path)
	}
	return x, err
}

// twoLargest returns the indices of the largest and the second largest of at least two numbers.
func twoLargest(p []float32) (first, second int) {
	first, second = 0, 1
	if p[1] > p[0] {
		first, second = 1, 0
	}
	for i := 2; i < len(p); i++ {
		switch {
		case p[i] > p[first]:
			first, second = i, first
		case p[i] > p[second]:
			second = i
		}
	}
	return first, second
}

// blocks returns n×n gray values from 0 to 1 as text, with two characters per pixel, which look square.
func blocks(x []float32, n int) string {
	shades := []rune(" ░▒▓█")
	var b strings.Builder
	for y := range n {
		var line strings.Builder
		for _, v := range x[y*n : (y+1)*n] {
			r := shades[min(max(int(v*float32(len(shades))), 0), len(shades)-1)]
			line.WriteRune(r)
			line.WriteRune(r)
		}
		b.WriteString("  " + strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func newSummary() *cobra.Command {
	hidden := []int{}
	cmd := &cobra.Command{
		Use:   "summary [RUN]",
		Short: "List the layers of a network, their shapes and parameters",
		Example: `  lamina summary runs/mnist-001
  lamina summary --hidden 512,256`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed("hidden")
			if given == (len(args) == 1) {
				return usagef("want either a run, or --hidden with the hidden layers of a network for MNIST")
			}
			a := architecture{Size: 28, Hidden: hidden, Classes: mnist.Classes}
			var model nn.Sequential
			if given {
				if _, err := a.parameters(); err != nil {
					return usageError{err}
				}
				model = a.build(rng.NewTorch(0))
			} else {
				c, m, err := openRun(args[0], tensor.CPU())
				if err != nil {
					return err
				}
				a, model = c.Model, m
			}
			fmt.Fprintln(cmd.OutOrStdout(), nn.Summary(model, 1, a.Size*a.Size))
			return nil
		},
	}
	cmd.Flags().IntSliceVar(&hidden, "hidden", hidden, "features of each hidden layer")
	return cmd
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "lamina %s, %s, %s\n", version(), runtime.Version(), system())
		},
	}
}
