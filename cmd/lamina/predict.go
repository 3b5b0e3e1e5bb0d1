package main

import (
	"errors"
	"fmt"
	stdimage "image"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision/digits"
)

// The ways to prepare a picture for the network.
const (
	preparedDigit  = "digit"  // find the digits in it and frame each as MNIST does
	preparedResize = "resize" // scale the whole picture to the size of the network's input
)

func checkPrepared(p string) error {
	if p != preparedDigit && p != preparedResize {
		return fmt.Errorf("%q, want %s or %s", p, preparedDigit, preparedResize)
	}
	return nil
}

// preparation returns how the run's pictures are prepared. Runs of earlier versions do not say it.
func (c config) preparation() string {
	switch {
	case c.Prepared != "":
		return c.Prepared
	case c.Training.Data != "":
		return preparedResize
	}
	return preparedDigit
}

func newPredict() *cobra.Command {
	var where computing
	var show bool
	var drawing string
	cmd := &cobra.Command{
		Use:   "predict RUN IMAGE...",
		Short: "Read the digits in images",
		Long: `Read the number in each image: PNG, JPEG, GIF, WebP, BMP or TIFF of any size.

The images may be photographs of paper, with shadows, rules, squares or a table beside it, turned by
up to 20 degrees, dark on light or light on dark. The command finds the digits, normalizes each as
MNIST's digits are, and prints the number with the probability of each digit. It refuses an image
without digits and says why. --show prints the network's input; --draw draws the image with boxes
around the digits and the network's inputs below it.

A run that was trained with --data on other pictures than digits scales the whole image instead, as
its training did (train mnist --prepare).`,
		Example: `  lamina predict runs/mnist-001 photo.png
  lamina predict --show runs/mnist-001 *.jpg
  lamina predict --draw seen.png runs/mnist-001 photo.jpg`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			draw := cmd.Flags().Changed("draw")
			switch {
			case draw && !strings.EqualFold(filepath.Ext(drawing), ".png"):
				return usagef("--draw is %q, want a file name that ends in .png", drawing)
			case draw && len(args) > 2:
				return usagef("--draw takes one image, not %d", len(args)-1)
			}
			device, err := where.open()
			if err != nil {
				return err
			}
			r, err := openRecognizer(args[0], device)
			if err != nil {
				return err
			}
			width := 0
			for _, path := range args[1:] {
				width = max(width, len(path))
			}
			failed := false
			for _, path := range args[1:] {
				m, reading, err := r.read(path)
				if err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "lamina: %v\n", err)
					failed = true
				} else {
					fmt.Fprintf(cmd.OutOrStdout(), "%-*s  %s\n", width, path, describe(reading))
				}
				if m == nil {
					continue
				}
				for _, mark := range reading.Marks {
					if show {
						fmt.Fprint(cmd.OutOrStdout(), blocks(mark.Pixels, r.size))
					}
				}
				if draw {
					graceful.Store(true) // let atomicfile.Write remove its temporary file
					err := atomicfile.Write(drawing, func(w io.Writer) error { return png.Encode(w, digits.Draw(m, reading)) })
					if err != nil {
						return err
					}
				}
			}
			if failed {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, "print the network's input for each digit")
	cmd.Flags().StringVar(&drawing, "draw", "", "draw what was found in the image to this PNG file")
	where.add(cmd.Flags())
	return cmd
}

// recognizer reads pictures with the network of a run.
type recognizer struct {
	model       nn.Module
	device      tensor.Device
	size        int
	prepared    string
	temperature float64
}

func openRecognizer(folder string, device tensor.Device) (*recognizer, error) {
	c, model, err := openClassifier(folder, device)
	if err != nil {
		return nil, err
	}
	r := &recognizer{model: model, device: device, size: c.Model.Size, prepared: c.preparation()}
	if err := checkPrepared(r.prepared); err != nil {
		return nil, fmt.Errorf("%s: prepared is %w", filepath.Join(folder, configFile), err)
	}
	r.temperature, err = temperatureOf(folder)
	return r, err
}

// classify is a digits.Classifier.
func (r *recognizer) classify(pictures []float32, n int) []float32 {
	x := tensor.From(pictures, n, len(pictures)/n).To(r.device)
	return train.ProbabilitiesAt(r.model, x, r.temperature).Float32s()
}

func (r *recognizer) reader() digits.Reader { return digits.Reader{Side: r.size, Classify: r.classify} }

// read reads the picture in a file. If the picture is refused, it returns what was found with an error that says why.
func (r *recognizer) read(path string) (stdimage.Image, digits.Reading, error) {
	m, err := image.ReadFile(path)
	if err != nil {
		return nil, digits.Reading{}, err
	}
	if r.prepared == preparedResize {
		x := image.Gray(m, r.size)
		return m, digits.ReadPixels(m.Bounds(), x, r.classify), nil
	}
	reading := r.reader().Read(m)
	if reading.Refusal != "" {
		return m, reading, errors.New(path + ": " + reading.Refusal)
	}
	return m, reading, nil
}

// describe returns a text such as "314  (3 99.1%, 1 98.7%, 4 97.2%)", or with the second choice for a single digit.
func describe(r digits.Reading) string {
	if len(r.Marks) == 1 {
		first, second := twoLargest(r.Marks[0].Probabilities)
		p := r.Marks[0].Probabilities
		other := fmt.Sprint(second)
		if second == digits.Classes {
			other = "no digit"
		}
		return fmt.Sprintf("%d  (%.1f%%; next %s, %.1f%%)", first, 100*p[first], other, 100*p[second])
	}
	var parts []string
	for _, m := range r.Marks {
		parts = append(parts, fmt.Sprintf("%d %.1f%%", m.Digit, 100*m.Probability))
	}
	return fmt.Sprintf("%s  (%s)", r.Number, strings.Join(parts, ", "))
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
