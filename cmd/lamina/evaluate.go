package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

func newEvaluate() *cobra.Command {
	var where computing
	var folder, picture string
	var report bool
	var photos int
	cmd := &cobra.Command{
		Use:   "evaluate RUN",
		Short: "Evaluate the network of a run on the test data",
		Long: `Evaluate the network of a run on the test data: accuracy, loss, and the expected calibration error, which
says how much the probabilities that predict prints differ from the accuracy. For a language model: the
loss and the perplexity on the held-out part of its text.

--report adds precision, recall and F1 of each digit, as scikit-learn's classification_report, and
the confusion matrix: how often each digit was predicted as which.
--confusion draws that matrix: correct predictions in blue, wrong ones in red, darker for higher
frequencies.`,
		Example: `  lamina evaluate runs/mnist-001
  lamina evaluate runs/mnist-001 --report --confusion confusion.png
  lamina evaluate runs/mnist-001 --data mydigits
  lamina evaluate runs/mnist-001 --photos 500`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isLanguage(args[0]) {
				if err := notLanguage(cmd, args[0], "report", "confusion", "data", "photos"); err != nil {
					return err
				}
				return evaluateLanguage(cmd, &where, args[0])
			}
			draw := cmd.Flags().Changed("confusion")
			if photos < 0 {
				return usagef("--photos is %d, want at least 0", photos)
			}
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
			set, err := openDigits(folder, "t10k")
			if err != nil {
				return err
			}
			if set.Rows != c.Model.Size {
				return fmt.Errorf("the images have %d×%d pixels, want %d×%d as the network takes", set.Rows, set.Cols,
					c.Model.Size, c.Model.Size)
			}
			if photos > 0 && set.Rows != digitphotos.DigitSide {
				return fmt.Errorf("photographs are drawn with digits of %d×%d pixels, not of %d×%d", digitphotos.DigitSide, digitphotos.DigitSide,
					set.Rows, set.Cols)
			}
			matrix := metrics.NewConfusionMatrix(mnist.Classes)
			temperature, err := temperatureOf(args[0])
			if err != nil {
				return err
			}
			calibrated := calibration{temperature: temperature}
			r, err := train.Evaluate(cmd.Context(), model, testLoader(set, device), train.LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
				matrix.Add(pred.Narrow(1, 0, mnist.Classes), y)
				return calibrated.Forward(pred, y)
			}))
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\nloss %.4f\nexpected calibration error %.2f%% (15 bins, temperature %.2f)\n", verdict(r), r.Loss,
				100*calibrated.error.Value(), temperature)
			if report {
				fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n%s", matrix.Report(4), matrix)
			}
			if draw {
				graceful.Store(true) // let WriteFile remove its temporary file
				p := plots.Confusion{Title: "Confusion matrix", Note: verdict(r), Matrix: matrix}.Picture()
				if err := p.WriteFile(picture); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "\nconfusion matrix written to %s\n", picture)
			}
			if photos > 0 {
				r, err := openRecognizer(args[0], device)
				if err != nil {
					return err
				}
				if err := evaluatePhotos(cmd.Context(), cmd.OutOrStdout(), r, set.Digits, photos); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&report, "report", false, "print precision, recall and F1 of each digit, and the confusion matrix")
	cmd.Flags().StringVar(&picture, "confusion", "", "draw the confusion matrix to this PNG file")
	cmd.Flags().StringVar(&folder, "data", "", "folder with IDX files for the test (default: the run's data)")
	cmd.Flags().IntVar(&photos, "photos", 0, "also draw this many photographs of each kind with the test digits and read them as predict does")
	where.add(cmd.Flags())
	return cmd
}

// openClassifier reads the configuration and the model of a finished run. It returns an error if the network does not
// classify digits.
func openClassifier(folder string, d tensor.Device) (config, nn.Sequential, error) {
	c, model, err := openRun(folder, d)
	if n := c.Model.Classes; err == nil && n != mnist.Classes && n != noDigit+1 {
		err = fmt.Errorf("the network of %s has %d classes, want the %d digits, with or without the class of no digit", folder, n,
			mnist.Classes)
	}
	return c, model, err
}
