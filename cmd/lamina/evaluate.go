package main

import (
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
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
				return fmt.Errorf("the images have %d×%d pixels, want %d×%d as the network takes", set.Rows, set.Cols,
					c.Model.Size, c.Model.Size)
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

// openClassifier reads the configuration and the model of a finished run. It returns an error if the network does not
// classify digits.
func openClassifier(folder string, d tensor.Device) (config, nn.Sequential, error) {
	c, model, err := openRun(folder, d)
	if err == nil && c.Model.Classes != mnist.Classes {
		err = fmt.Errorf("the network of %s has %d classes, want %d", folder, c.Model.Classes, mnist.Classes)
	}
	return c, model, err
}
