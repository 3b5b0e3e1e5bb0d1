package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision/digits"
	"github.com/lamina-ml/lamina/vision/explain"
)

func newShow() *cobra.Command {
	var where computing
	var out, folder, class string
	cmd := &cobra.Command{
		Use:   "show RUN [IMAGE or TEXT]",
		Short: "Draw a run's training and mistakes, and how its network sees an image or a text",
		Long: `Draw pictures of a run as PNG files: the training curves, the confusion matrix on the test digits and
the most confident mistakes. With an image, also what the network sees in it: the result of each
layer, the first layer's weights, and which pixels the answer depends on.

IMAGE is a file, or the number of a test digit, counted from 0. --class asks why the network did not
answer that digit; without it the pictures explain the network's answer.

For a language model: the training curves and, with a text, which of its tokens each attention head reads.`,
		Example: `  lamina show runs/mnist-001
  lamina show runs/mnist-001 18
  lamina show runs/mnist-001 photo.png --class 7 --out pictures
  lamina show runs/mytext-001 "To be, or not to be"`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isLanguage(args[0]) {
				if err := notLanguage(cmd, args[0], "class", "data"); err != nil {
					return err
				}
				return showLanguage(cmd, &where, args[0], out, strings.Join(args[1:], " "))
			}
			device, err := where.open()
			if err != nil {
				return err
			}
			c, err := openConfig(args[0])
			if err != nil {
				return err
			}
			r, err := openRecognizer(args[0], device)
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
			if out == "" {
				out = filepath.Join(args[0], "show")
			}
			s := &shower{cmd: cmd, folder: out, recognizer: r}
			var x []float32
			name := ""
			if len(args) == 2 {
				if x, name, err = s.pixels(args[1], set); err != nil {
					return err
				}
			}
			target := -1
			if class != "" {
				if target, err = strconv.Atoi(class); err != nil || target < 0 || target >= c.Model.Classes {
					return usagef("--class is %q, want 0 to %d", class, c.Model.Classes-1)
				}
				if x == nil {
					return usagef("--class needs an image")
				}
			}
			graceful.Store(true) // let the files be complete
			if err := os.MkdirAll(out, 0o777); err != nil {
				return err
			}
			if err := s.run(args[0], set); err != nil {
				return err
			}
			if x == nil {
				return nil
			}
			return s.image(x, name, target)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder for the pictures (default: show in the run's folder)")
	cmd.Flags().StringVar(&class, "class", "", "the digit whose score is explained (default: the network's answer)")
	cmd.Flags().StringVar(&folder, "data", "", "folder with IDX files for the test digits (default: the run's data)")
	where.add(cmd.Flags())
	return cmd
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
		return nil, "", usagef("%s is a file and may be the number of a test digit: write ./%s for the file", arg, arg)
	}
	if i < 0 || i >= set.Len() {
		return nil, "", usagef("there is no test digit %d, want 0 to %d", i, set.Len()-1)
	}
	x = make([]float32, set.Rows*set.Cols)
	for j, p := range set.Images[i*len(x):][:len(x)] {
		x[j] = float32(p) / 255
	}
	return x, fmt.Sprintf("test digit %d, labelled %d", i, set.Labels[i]), nil
}

// shower draws the pictures of a run.
type shower struct {
	cmd    *cobra.Command
	folder string
	*recognizer
}

// write writes a picture and says what it shows.
func (s *shower) write(name string, p *plots.Picture, shows string) error {
	if err := s.cmd.Context().Err(); err != nil {
		return err
	}
	path := filepath.Join(s.folder, name)
	if err := p.WriteFile(path); err != nil {
		return err
	}
	fmt.Fprintf(s.cmd.OutOrStdout(), "%s  %s\n", path, shows)
	return nil
}

// run draws the training curves, the confusion matrix and the most confident mistakes.
func (s *shower) run(run string, set digitSet) error {
	var r results
	err := readJSON(filepath.Join(run, resultsFile), &r)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(r.Epochs) > 0 {
		if err := s.write("curves.png", trainingCurves(run, r.Epochs), "loss and test accuracy of each epoch"); err != nil {
			return err
		}
	}
	matrix := metrics.NewConfusionMatrix(mnist.Classes)
	var probabilities []tensor.Tensor
	result, err := train.Evaluate(s.cmd.Context(), s.model, testLoader(set, s.device), train.LossFunc(func(pred, y tensor.Tensor) tensor.Tensor {
		matrix.Add(pred.Narrow(1, 0, mnist.Classes), y)
		probabilities = append(probabilities, pred.DivScalar(s.temperature).Softmax(1).Keep())
		return nn.CrossEntropy(pred, y)
	}))
	if err != nil {
		return err
	}
	err = s.write("confusion.png", plots.Confusion{Title: "Confusion matrix", Note: verdict(result), Matrix: matrix}.Picture(),
		"how often each digit was read as which")
	if err != nil {
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
	return s.write("mistakes.png", gallery.Picture(), "the wrong answers with the highest probabilities")
}

// className returns the name of a class: a digit, or "no digit".
func className(class int) string {
	if class == digits.Classes {
		return "no digit"
	}
	return strconv.Itoa(class)
}

// trainingCurves draws the losses and the accuracy of each epoch.
func trainingCurves(run string, epochs []train.Epoch) *plots.Picture {
	var x, loss, testX, testLoss, accuracy []float64
	for _, e := range epochs {
		x, loss = append(x, float64(e.Epoch)), append(loss, e.Loss)
		if e.Test != nil {
			testX = append(testX, float64(e.Epoch))
			testLoss, accuracy = append(testLoss, e.Test.Loss), append(accuracy, 100*e.Test.Accuracy())
		}
	}
	return plots.Curves{Title: "Training of " + filepath.Base(run), Panels: []plots.Panel{
		{X: "epoch", Y: "loss", Series: []plots.Series{{Name: "training", X: x, Y: loss}, {Name: "test", X: testX, Y: testLoss}}},
		{X: "epoch", Y: "accuracy in percent", Series: []plots.Series{{Name: "test", X: testX, Y: accuracy}}},
	}}.Picture()
}

// flat lets a network that takes rows of pixels (N, H·W), as the loader's, take images (N, 1, H, W).
type flat struct{ Model nn.Module }

func (m flat) Forward(x tensor.Tensor) tensor.Tensor { return m.Model.Forward(x.Flatten(1)) }

// image draws how the network sees an image. class is the digit to explain, or −1 for the network's answer.
func (s *shower) image(pixels []float32, name string, class int) error {
	x := tensor.From(pixels, 1, 1, s.size, s.size).To(s.device)
	model := flat{s.model}
	p := train.ProbabilitiesAt(model, x, s.temperature).Float32s()
	first, second := twoLargest(p)
	if class < 0 {
		class = first
	}
	answer := fmt.Sprintf("%s: read as %s (%.1f%%; next %s, %.1f%%)", name, className(first), 100*p[first], className(second), 100*p[second])
	fmt.Fprintf(s.cmd.OutOrStdout(), "%s\n", answer)

	layers := explain.FeatureMaps(s.model, x.Flatten(1))
	if err := s.layers(layers, answer); err != nil {
		return err
	}
	if err := s.filters(s.model); err != nil {
		return err
	}
	digit := plots.GrayImage(plots.Map{H: s.size, W: s.size, Values: pixels})
	draw := func(file, title, note string, heat tensor.Tensor, scale plots.Scale, shows string) error {
		maps := plots.MapsOf(heat)
		maps[0].Title = "for the score of " + className(class)
		return s.write(file, plots.Heat{Title: title, Note: note, Image: digit, ImageTitle: "the network's input", Maps: maps, Scale: scale}.Picture(), shows)
	}
	err := draw("saliency.png", "Saliency", "how strongly the score depends on each pixel: |∂score/∂pixel|",
		explain.Saliency(model, x, class).Select(0, 0), plots.Sequential, "how strongly the score depends on each pixel")
	if err != nil {
		return err
	}
	err = draw("smoothgrad.png", "SmoothGrad", "the score's gradient, averaged over 50 noisy copies of the image",
		explain.SmoothGrad(model, x, class, explain.SmoothGradConfig{}).Select(0, 0), plots.Sequential, "the same, averaged over noisy copies")
	if err != nil {
		return err
	}
	err = draw("occlusion.png", "Occlusion", "how much the score falls when a patch of 5×5 pixels is made background;\nblue: the score rises",
		explain.Occlusion(model, x, class, explain.OcclusionConfig{}), plots.Diverging, "how the score changes when a part is covered")
	if err != nil || !slices.ContainsFunc(layers, func(l explain.Layer) bool { return l.Type == "Conv2d" }) {
		return err
	}
	return draw("gradcam.png", "Grad-CAM", "where the last convolution's maps support the score",
		explain.GradCAM(model, x, class, explain.GradCAMConfig{}).Select(0, 0), plots.Sequential, "where the last convolution finds the digit")
}
