package images

import (
	"context"
	"fmt"
	stdimage "image"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/drawing"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision"
	"github.com/lamina-ml/lamina/vision/explain"
)

// shower draws the pictures of a run.
type shower struct {
	*drawing.Drawer
	*Model
}

func show(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*showOptions)
	class, err := task.ClassOf(m.Classes(), o.Class)
	if err != nil {
		return err
	}
	if len(c.Args) > 1 {
		return message.Usagef("show takes one image, not %d", len(c.Args))
	}
	d, err := drawing.New(c, o.Out)
	if err != nil {
		return err
	}
	s := &shower{d, m}
	if len(c.Args) == 1 {
		return s.image(ctx, c.Args[0], class)
	}
	if class >= 0 {
		return message.Usagef("--class needs an image")
	}
	if err := s.Curves(ctx, c.Run); err != nil {
		return err
	}
	set, err := m.testSet(o.Data)
	if err != nil {
		return err
	}
	return s.mistakes(ctx, set)
}

// mistakes draws the confusion matrix and the most confident mistakes.
func (s *shower) mistakes(ctx context.Context, set part) error {
	ds, err := s.preparation.dataset(set)
	if err != nil {
		return err
	}
	matrix := metrics.NewConfusionMatrix(len(s.Classes()))
	var probabilities []tensor.Tensor
	keep := train.MetricFunc(func(pred, _ tensor.Tensor) { probabilities = append(probabilities, pred.Softmax(1).Keep()) })
	loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: s.batch, Workers: 2, Device: s.device})
	r, err := train.Evaluate(ctx, s.network, loader, nn.CrossEntropyLoss{}, train.MetricFunc(matrix.Add), keep)
	if err != nil {
		return err
	}
	verdict := fmt.Sprintf("%d of %d %s pictures correct: %.1f%%", r.Correct, r.Total, set.name, 100*r.Accuracy())
	names := task.Short(s.Classes())
	if err := s.Confusion(ctx, &task.Report{Verdict: verdict, Confusion: matrix, Names: names}); err != nil {
		return err
	}
	labels := make([]int64, len(set.files))
	for i, f := range set.files {
		labels[i] = int64(f.Label)
	}
	wrong := explain.Mistakes(tensor.Cat(0, probabilities...), labels, 24)
	if len(wrong) == 0 {
		fmt.Fprintf(s.Out, "%s: there are no mistakes to show\n", verdict)
		return nil
	}
	gallery := plots.Gallery{Title: "The most confident mistakes", Note: verdict}
	for _, w := range wrong {
		picture, err := image.ReadFile(set.files[w.Index].Path)
		if err != nil {
			return err
		}
		gallery.Items = append(gallery.Items, plots.Item{Image: picture,
			First:  fmt.Sprintf("read %s (%.0f%%)", names[w.Predicted], 100*w.Probability),
			Second: fmt.Sprintf("is %s: %s", names[w.Target], filepath.Base(set.files[w.Index].Path))})
	}
	return s.Write(ctx, "mistakes.png", gallery.Picture(), "the wrong answers with the highest probabilities")
}

// image draws how the network sees a picture: which pixels its answer depends on.
func (s *shower) image(ctx context.Context, path string, class int) error {
	x, err := s.read(path)
	if err != nil {
		return err
	}
	answers := task.Answers(s.network, x)
	if class < 0 {
		class = answers[0].Class
	}
	names := task.Short(s.Classes())
	fmt.Fprintf(s.Out, "%s: %s (%.1f%%; next %s, %.1f%%)\n", path, names[answers[0].Class], 100*answers[0].Probability,
		names[answers[1].Class], 100*answers[1].Probability)
	return s.Explain(ctx, s.network, x, class, names[class], s.input(x))
}

// input returns the network's input as people see it, without its normalization.
func (s *shower) input(x tensor.Tensor) stdimage.Image {
	p := s.preparation
	var v vision.Image
	v.Replace(p.Channels, p.Size, p.Size)
	copy(v.Pix, x.Float32s())
	for c := range p.Channels {
		plane := v.Plane(c)
		for i := range plane {
			plane[i] = plane[i]*p.Std[c] + p.Mean[c]
		}
	}
	return v.Image()
}
