package digits

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/drawing"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision/explain"
)

type showOptions struct {
	Out   string `yaml:"out" doc:"folder for the pictures (default: show in the run's folder)"`
	Class string `yaml:"class" doc:"the digit whose score is explained (default: the network's answer)"`
	Data  string `yaml:"data" doc:"folder with IDX files for the test digits (default: the run's data)"`
}

// show is the command show.
func show(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*showOptions)
	folder := o.Data
	if folder == "" {
		folder = message.ShortPath(m.data.Path)
	}
	set, err := m.testSet(folder)
	if err != nil {
		return err
	}
	out := o.Out
	if out == "" {
		out = filepath.Join(c.Run.Folder, "show")
	}
	s := &shower{drawing.Drawer{Out: c.Out, Folder: out}, m}
	var x []float32
	name := ""
	if len(c.Args) == 1 {
		if x, name, err = s.pixels(c.Args[0], set); err != nil {
			return err
		}
	}
	target := -1
	if o.Class != "" {
		if target, err = strconv.Atoi(o.Class); err != nil || target < 0 || target >= m.preparation.Classes {
			return message.Usagef("--class is %q, want 0 to %d", o.Class, m.preparation.Classes-1)
		}
		if x == nil {
			return message.Usagef("--class needs an image")
		}
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	if err := s.run(ctx, c.Run, set); err != nil {
		return err
	}
	if x == nil {
		return nil
	}
	return s.image(ctx, x, name, target)
}

// pixels returns the network's input for an image file, or for a test digit that is given by its number, and a text
// about it.
func (s *shower) pixels(arg string, set digitSet) (x []float32, name string, err error) {
	i, err := strconv.Atoi(arg)
	if err != nil {
		_, reading, err := s.read(arg)
		if err != nil {
			return nil, "", err
		}
		name := filepath.Base(arg)
		if n := len(reading.Marks); n > 1 {
			name += fmt.Sprintf(", the first of its %d digits", n)
		}
		return reading.Marks[0].Pixels, name, nil
	}
	if _, err := os.Stat(arg); err == nil {
		return nil, "", message.Usagef("%s is a file and may be the number of a test digit: write ./%s for the file", arg, arg)
	}
	if i < 0 || i >= set.Len() {
		return nil, "", message.Usagef("there is no test digit %d, want 0 to %d", i, set.Len()-1)
	}
	x = make([]float32, set.Rows*set.Cols)
	for j, p := range set.Images[i*len(x):][:len(x)] {
		x[j] = float32(p) / 255
	}
	return x, fmt.Sprintf("test digit %d, labelled %d", i, set.Labels[i]), nil
}

// shower draws the pictures of a run.
type shower struct {
	drawing.Drawer
	*Model
}

// run draws the training curves, the confusion matrix and the most confident mistakes.
func (s *shower) run(ctx context.Context, run *runs.Run, set digitSet) error {
	if err := s.Curves(ctx, run); err != nil {
		return err
	}
	matrix := metrics.NewConfusionMatrix(mnist.Classes)
	var probabilities []tensor.Tensor
	seen := train.MetricFunc(func(pred, y tensor.Tensor) {
		matrix.Add(pred.Narrow(1, 0, mnist.Classes), y)
		probabilities = append(probabilities, pred.DivScalar(s.temperature).Softmax(1).Keep())
	})
	result, err := train.Evaluate(ctx, s.network, testLoader(set, s.device), nn.CrossEntropyLoss{}, seen)
	if err != nil {
		return err
	}
	if err := s.Confusion(ctx, &task.Report{Verdict: verdict(result), Confusion: matrix}); err != nil {
		return err
	}
	labels := make([]int64, set.Len())
	for i, l := range set.Labels {
		labels[i] = int64(l)
	}
	wrong := explain.Mistakes(tensor.Cat(0, probabilities...), labels, 24)
	if len(wrong) == 0 {
		return nil
	}
	gallery := plots.Gallery{Title: "The most confident mistakes",
		Note: fmt.Sprintf("%d of %d test digits are read wrong", result.Total-result.Correct, result.Total)}
	for _, m := range wrong {
		gallery.Items = append(gallery.Items, plots.Item{Image: set.Image(m.Index),
			First:  fmt.Sprintf("read %s (%.0f%%)", className(m.Predicted), 100*m.Probability),
			Second: fmt.Sprintf("labelled %d, digit %d", m.Target, m.Index)})
	}
	return s.Write(ctx, "mistakes.png", gallery.Picture(), "the wrong answers with the highest probabilities")
}

// flat lets a network that takes rows of pixels (N, H·W), as the loader's, take images (N, 1, H, W).
type flat struct{ Model nn.Module }

func (m flat) Forward(x tensor.Tensor) tensor.Tensor { return m.Model.Forward(x.Flatten(1)) }

// image draws how the network sees an image. class is the digit to explain, or −1 for the network's answer.
func (s *shower) image(ctx context.Context, pixels []float32, name string, class int) error {
	x := tensor.From(pixels, 1, 1, s.Size(), s.Size()).To(s.device)
	model := flat{s.network}
	p := train.ProbabilitiesAt(model, x, s.temperature).Float32s()
	first, second := twoLargest(p)
	if class < 0 {
		class = first
	}
	answer := fmt.Sprintf("%s: read as %s (%.1f%%; next %s, %.1f%%)", name, className(first), 100*p[first],
		className(second), 100*p[second])
	fmt.Fprintf(s.Out, "%s\n", answer)

	layers := explain.FeatureMaps(s.network, x.Flatten(1))
	if err := s.layers(ctx, layers, answer); err != nil {
		return err
	}
	if err := s.filters(ctx, s.network); err != nil {
		return err
	}
	digit := plots.GrayImage(plots.Map{H: s.Size(), W: s.Size(), Values: pixels})
	return s.Explain(ctx, model, x, class, className(class), digit)
}
