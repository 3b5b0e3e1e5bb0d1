package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

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
				fmt.Fprintf(cmd.OutOrStdout(), "%-*s  %d  (%.1f%%; next %d, %.1f%%)\n", width, path, first,
					100*p[first], second, 100*p[second])
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
