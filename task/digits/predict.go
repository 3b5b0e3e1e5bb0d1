package digits

import (
	"context"
	"errors"
	"fmt"
	stdimage "image"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/predicted"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision/digits"
)

type predictOptions struct {
	Show  bool   `yaml:"show" doc:"print the network's input for each digit"`
	Draw  string `yaml:"draw" doc:"draw what was found in the image to this PNG file"`
	Out   string `yaml:"out" doc:"write the predictions to this file, in the format that the end of its name says: .csv, .tsv or .jsonl, each also with .gz, or .parquet"`
	Force bool   `yaml:"force" doc:"replace the file of --out if it exists"`
}

// predict is the command predict.
func predict(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*predictOptions)
	var err error
	if c.Args, err = predicted.Pictures(c.Args); err != nil {
		return err
	}
	switch {
	case o.Draw != "" && !strings.EqualFold(filepath.Ext(o.Draw), ".png"):
		return message.Usagef("--draw is %q, want a file name that ends in .png", o.Draw)
	case o.Draw != "" && len(c.Args) > 1:
		return message.Usagef("--draw takes one image, not %d", len(c.Args))
	}
	if o.Draw != "" {
		if err := predicted.CheckInputs(o.Draw, c.Args...); err != nil {
			return err
		}
	}
	width := 0
	for _, path := range c.Args {
		width = max(width, len(path))
	}
	if o.Out == "" {
		return m.predictEach(ctx, c, func(path string, r digits.Reading) error {
			_, err := fmt.Fprintf(c.Out, "%-*s  %s\n", width, path, describe(r))
			return err
		})
	}
	if err := predicted.CheckOut(o.Out, o.Force, c.Args...); err != nil {
		return err
	}
	n := 0
	var failed error // a picture that was refused does not keep the others from being written
	err = atomicfile.Write(o.Out, func(w io.Writer) (err error) {
		out, err := predicted.New(ctx, w, o.Out, nil, nil, numberColumns)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, out.Close()) }()
		err = m.predictEach(ctx, c, func(path string, r digits.Reading) error {
			n++
			return out.Write(path, r.Number, predicted.Probability(probability(r), predicted.IsTyped(o.Out)))
		})
		if errors.Is(err, message.ErrReported) {
			failed, err = err, nil
		}
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Err, "%s written to %s\n", readable.Count(n, "prediction"), o.Out)
	return failed
}

// numberColumns are the columns of the file of --out.
var numberColumns = []parquet.Column{{Name: "file"}, {Name: "predicted_number"}, {Name: "probability", Type: parquet.Double}}

// probability returns that of a number: the product of those of its digits.
func probability(r digits.Reading) float64 {
	p := 1.0
	for _, m := range r.Marks {
		p *= m.Probability
	}
	return p
}

// predictEach reads each picture, calls f for those that it could read, and shows and draws what it found. It prints the
// errors of the others.
func (m *Model) predictEach(ctx context.Context, c task.Call, f func(path string, r digits.Reading) error) error {
	o := c.Options.(*predictOptions)
	failed := false
	for _, path := range c.Args {
		if err := ctx.Err(); err != nil {
			return err
		}
		picture, reading, err := m.read(path)
		if err != nil {
			fmt.Fprintf(c.Err, "lamina: %s\n", message.Text(err))
			failed = true
		} else if err := f(path, reading); err != nil {
			return err
		}
		if picture == nil {
			continue
		}
		for _, mark := range reading.Marks {
			if o.Show {
				fmt.Fprint(c.Out, blocks(mark.Pixels, m.Size()))
			}
		}
		if o.Draw != "" {
			err := atomicfile.Write(o.Draw, func(w io.Writer) error { return png.Encode(w, digits.Draw(picture, reading)) })
			if err != nil {
				return err
			}
		}
	}
	if failed {
		return message.ErrReported
	}
	return nil
}

// Classify returns the probabilities of the classes of n pictures; see [digits.Reader].
func (m *Model) Classify(pictures []float32, n int) []float32 {
	x := tensor.From(pictures, n, len(pictures)/n).To(m.device)
	return train.ProbabilitiesAt(m.network, x, m.temperature).Float32s()
}

// Reader returns a reader of the digits in photographs.
func (m *Model) Reader() digits.Reader { return digits.Reader{Side: m.Size(), Classify: m.Classify} }

// Read reads a picture as the run's preparation says: it finds the digits, or scales the whole picture.
func (m *Model) Read(picture stdimage.Image) digits.Reading {
	if m.preparation.Prepare == preparedResize {
		return digits.ReadPixels(picture.Bounds(), image.Gray(picture, m.Size()), m.Classify)
	}
	return m.Reader().Read(picture)
}

// read reads the picture in a file. The picture is nil if it cannot be read; the error may also be a refusal.
func (m *Model) read(path string) (stdimage.Image, digits.Reading, error) {
	picture, err := image.ReadFile(path)
	if err != nil {
		return nil, digits.Reading{}, err
	}
	reading := m.Read(picture)
	if reading.Refusal != "" {
		return picture, reading, errors.New(path + ": " + reading.Refusal)
	}
	return picture, reading, nil
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
