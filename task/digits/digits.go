// Package digits is the task of classifying small square grayscale images, such as MNIST's handwritten digits, and of
// reading the digits in photographs with the trained network.
package digits

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/vision"
)

// Task is the task "digits".
type Task struct{}

// Name returns "digits".
func (Task) Name() string { return "digits" }

// dataOptions are the options of the data.
type dataOptions struct {
	Path       string  `yaml:"path" default:"mnist" flag:"data" doc:"mnist (which the program contains), or a folder of IDX files with MNIST's names"`
	Validation float64 `yaml:"validation" default:"0.083333" min:"0" max:"0.5" doc:"the part of the training digits that is not trained on: it chooses the best epoch and calibrates the probabilities"`
	Augment    string  `yaml:"augment" default:"none" enum:"none,affine,mirror" flag:"augment" doc:"random changes of the training images: affine turns, moves and scales them; mirror mirrors and moves them and erases a part, for other images than digits"`
	Photos     int     `yaml:"photos" min:"0" max:"1000000" flag:"photos" doc:"also train on what predict finds in so many drawn photographs of digits, in close-ups, and in pictures without a digit: an eleventh class, so that predict refuses them"`
	Prepare    string  `yaml:"prepare" default:"auto" enum:"auto,digit,resize" flag:"prepare" doc:"how predict prepares a picture: digit finds the digits in a photograph, resize scales the whole picture; auto is digit for mnist, else resize"`
}

// The values of prepare.
const (
	preparedDigit  = "digit"  // find the digits in it and frame each as MNIST does
	preparedResize = "resize" // scale the whole picture to the size of the network's input
)

// Register adds the task and its models.
func (Task) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "digits",
		Doc: "classifies small square grayscale images, such as handwritten digits", Options: &dataOptions{}, Recipe: `
model: mlp
loss: cross-entropy
optimizer: adam
schedule: cosine
training: {epochs: 5, batch: 64}
`})
	r.Add(recipe.Models,
		recipe.Entry{Name: "mlp", Doc: "fully connected layers with ReLU", Options: &mlp{}, For: []string{"digits"}},
		recipe.Entry{Name: "cnn", Doc: "three convolutional layers with batch normalization and pooling",
			Options: &cnn{}, For: []string{"digits"}, Recipe: `
data: {augment: affine}
loss: {name: cross-entropy, label_smoothing: 0.05}
optimizer: {name: adam, lr: 0.005}
schedule: one-cycle
training: {epochs: 10, batch: 256, average: 0.995}
`},
		recipe.Entry{Name: "convnet",
			Doc: "six convolutional layers with batch normalization: a few mistakes less than cnn, in several times the time", Options: &convnet{}, For: []string{"digits"}, Recipe: `
data: {augment: affine}
loss: {name: cross-entropy, label_smoothing: 0.05}
optimizer: {name: adamw, lr: 0.004}
schedule: one-cycle
training: {epochs: 15, batch: 128, average: 0.998, workers: 1}
`},
		recipe.LayersEntry("digits"))
}

// Recognize accepts mnist, and folders with IDX files.
func (Task) Recognize(t task.Target) (map[string]string, bool) {
	if t.Path == embedded && !t.Folder {
		return map[string]string{"data.path": embedded}, true
	}
	if !t.Folder {
		return nil, false
	}
	for _, name := range []string{"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"} {
		if _, err := os.Stat(filepath.Join(t.Path, name)); err == nil {
			return map[string]string{"data.path": t.Path}, true
		}
	}
	return nil, false
}

// augmentations holds the values of augment. The digits of MNIST are upright and centered, those of other people less so.
var augmentations = map[string]vision.Transform{
	"none": nil,
	"affine": vision.RandomAffine{Degrees: vision.Range{-12, 12}, Translate: [2]float64{0.08, 0.08}, Scale: vision.Range{0.88, 1.12},
		Shear: vision.Range{-8, 8}, Interpolation: vision.Bilinear},
	"mirror": vision.Compose{vision.RandomHorizontalFlip{}, vision.RandomAffine{Translate: [2]float64{0.07, 0.07}},
		vision.RandomErasing{P: 0.25, Scale: vision.Range{0.02, 0.15}}},
}

// augmented is a set of digits that are changed at random each time they are read.
type augmented struct {
	*vision.Dataset
	set digitSet
}

// Fields returns the fields of the set: x is (size·size,).
func (a augmented) Fields() []data.Field { return a.set.Fields() }

// preparation is what a run needs besides the weights: preparation.json.
type preparation struct {
	Size    int    `json:"size"`    // images have Size×Size pixels
	Classes int    `json:"classes"` // 10 digits, and perhaps "no digit"
	Pixels  string `json:"pixels"`  // format of the network's input, for other programs that load the weights
	Prepare string `json:"prepare"` // how a picture becomes the network's input
	Digest  string `json:"digest,omitempty"`
}

const (
	preparationFile = "preparation.json"
	pixelScale      = "grey/255, background 0, ink 1, row by row"
)

// noDigit is the class of a mark that is no digit.
const noDigit = mnist.Classes

// Open reads the digits and builds the network.
func (Task) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	r := o.Recipe
	d := r.Data.(*dataOptions)
	if d.Photos > 0 && d.Path != embedded {
		return nil, r.Errorf("data.photos", "photographs are drawn from MNIST's digits only, not from those in %s", d.Path)
	}
	if d.Prepare == "auto" {
		d.Prepare = preparedDigit
		if d.Path != embedded {
			d.Prepare = preparedResize
		}
		r.Infer("data.prepare", "data.path "+d.Path)
	}
	a := architecture{Size: 28, Classes: mnist.Classes, model: r.Model.Options} // MNIST's size, before the data is read
	if err := a.check(); err != nil {
		return nil, r.Errorf("model", "%v", err)
	}
	if d.Path != embedded { // a resumed run must find it from another working directory too
		abs, err := filepath.Abs(d.Path)
		if err != nil {
			return nil, err
		}
		d.Path = abs
	}
	trainSet, testSet, err := openSets(message.ShortPath(d.Path))
	if err != nil {
		return nil, err
	}
	a.Size = trainSet.Rows
	if d.Photos > 0 {
		a.Classes = noDigit + 1
	}
	if err := a.check(); err != nil {
		return nil, r.Errorf("model", "%v", err)
	}
	p := preparation{Size: a.Size, Classes: a.Classes, Pixels: pixelScale, Prepare: d.Prepare}
	if d.Path != embedded {
		p.Digest = digest(trainSet, testSet)
	}
	if o.Run != nil {
		if err := resumable(o.Run, p, message.ShortPath(d.Path)); err != nil {
			return nil, err
		}
	}
	if _, ok := a.model.(*convnet); ok && d.Augment == "mirror" {
		r.Default("training.epochs", "22", "augment mirror") // images that occur mirrored, too, take longer to learn
	}
	return problem(ctx, o, a, p, trainSet, testSet)
}

// resumable returns an error if the digits are not those that a run started with.
func resumable(run *runs.Run, now preparation, path string) error {
	var p preparation
	if err := run.ReadJSON(preparationFile, &p); err != nil {
		return err
	}
	if p.Size != now.Size {
		return fmt.Errorf("the images have %d×%d pixels, want %d×%d as the network takes", now.Size, now.Size, p.Size, p.Size)
	}
	if p.Digest != now.Digest {
		return message.Advise(fmt.Errorf("the digits in %s are not those that the run %s started with", path, run.Folder),
			"Restore the files, or start a new run.")
	}
	return nil
}

// problem returns the problem of digits that have been read.
func problem(ctx context.Context, o task.Opening, a architecture, p preparation, trainSet, testSet digitSet) (*task.Problem, error) {
	r, d := o.Recipe, o.Recipe.Data.(*dataOptions)
	g := r.NewGenerator()
	model, err := a.build(g)
	if err != nil {
		return nil, r.Errorf("model", "%v", err)
	}
	nn.To(model, o.Device)
	heldOut := min(int(math.Round(d.Validation*float64(trainSet.Len()))), trainSet.Len()-1)
	fitSet, validation := trainSet.split(heldOut)
	lines := []task.Line{
		{Name: "network", Text: fmt.Sprintf("%v, %d parameters", a, nn.Count(model))},
		{Name: "data", Text: fmt.Sprintf("%d training digits, %d to choose the best epoch and to calibrate, %d test digits", fitSet.Len(), heldOut, testSet.Len())},
	}
	if d.Photos > 0 {
		fmt.Fprintf(o.Log, "drawing %d photographs and the close-ups\n", d.Photos+(d.Photos+1)/2)
		marks, err := drawnMarks(ctx, o.Count, fitSet.Digits, d.Photos, r.Seed)
		if err != nil {
			return nil, err
		}
		fitSet = fitSet.join(marks)
		lines = append(lines, task.Line{Name: "photos", Text: fmt.Sprintf("%d marks in drawn photographs", marks.Len())})
	}
	var dataset data.Dataset = fitSet
	if t := augmentations[d.Augment]; t != nil {
		ds, err := vision.NewDataset(fitSet, t)
		if err != nil {
			return nil, err
		}
		dataset = augmented{ds, fitSet}
		lines = append(lines, task.Line{Name: "augment", Text: "digits changed at random: " + d.Augment})
	}
	out := &task.Problem{
		Train: data.NewLoader(dataset, data.LoaderConfig{BatchSize: r.Training.Batch, Shuffle: true, RNG: g,
			Device: o.Device, Workers: r.Training.Workers}),
		Model: model, Classes: a.Classes, Lines: lines,
		Save: func(run *runs.Run) error { return run.WriteJSON(preparationFile, p) },
	}
	if heldOut > 0 {
		out.Validation = testLoader(validation, o.Device)
	}
	out.Finish = func(ctx context.Context, run *runs.Run, _ *train.History) (*task.Report, error) {
		return finish(ctx, run, model, validation, testSet, r, o.Device)
	}
	return out, nil
}

// finish fits the temperature of a trained network to the held-out digits and evaluates it on the test digits.
func finish(ctx context.Context, run *runs.Run, model nn.Module, validation, test digitSet, c *recipe.Recipe,
	d tensor.Device) (*task.Report, error) {
	f := fitted{Temperature: 1}
	var err error
	if validation.Len() > 0 {
		if f.Temperature, err = train.FitTemperature(ctx, model, testLoader(validation, d)); err != nil {
			return nil, err
		}
	}
	report, err := evaluated(ctx, model, test, f.Temperature, c, d)
	if err != nil {
		return nil, err
	}
	f.Error = report.Metrics["expected_calibration_error"]
	if err := run.WriteJSON(temperatureFile, f); err != nil {
		return nil, err
	}
	report.Next = [][]string{{"evaluate", "RUN"}, {"show", "RUN", "18"}, {"ui"}}
	return report, nil
}

func testLoader(set digitSet, device tensor.Device) *data.Loader {
	return data.NewLoader(set, data.LoaderConfig{BatchSize: 500, Device: device})
}

// verdict returns a line such as "9771 of 10000 test digits correct: 97.71%".
func verdict(r train.Result) string {
	return fmt.Sprintf("%d of %d test digits correct: %.2f%%", r.Correct, r.Total, 100*r.Accuracy())
}

// Model is the network of a run.
type Model struct {
	network     nn.Sequential
	device      tensor.Device
	recipe      *recipe.Recipe
	data        dataOptions
	preparation preparation
	temperature float64
}

// Views returns the view of layers and neurons.
func (Task) Views(*recipe.Recipe) []task.View { return []task.View{task.Inside} }

// Load reads the network of a run.
func (Task) Load(ctx context.Context, o task.Loading) (task.Model, error) {
	m := &Model{device: o.Device, recipe: o.Recipe, data: *o.Recipe.Data.(*dataOptions)}
	if err := o.Run.ReadJSON(preparationFile, &m.preparation); err != nil {
		return nil, err
	}
	p, path := m.preparation, o.Run.Path(preparationFile)
	if p.Classes != mnist.Classes && p.Classes != noDigit+1 {
		return nil, fmt.Errorf("%s: %d classes, want the %d digits, with or without the class of no digit", path, p.Classes, mnist.Classes)
	}
	if p.Prepare != preparedDigit && p.Prepare != preparedResize {
		return nil, fmt.Errorf("%s: prepare is %q, want %s or %s", path, p.Prepare, preparedDigit, preparedResize)
	}
	a := architecture{Size: p.Size, Classes: p.Classes, model: o.Recipe.Model.Options}
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := task.CheckSize(o.Weights, a.String(), a.parameters()); err != nil {
		return nil, err
	}
	var err error
	if m.network, err = a.build(rng.NewTorch(0)); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Run.Path(runs.ConfigFile), err)
	}
	if err := safetensors.LoadModel(o.Weights, m.network); err != nil {
		return nil, fmt.Errorf("the model %s: %w", a, err)
	}
	nn.To(m.network, o.Device)
	if m.temperature, err = temperatureOf(o.Run); err != nil {
		return nil, err
	}
	return m, nil
}

// parameters returns the number of parameters of an mlp or of a list of layers, 0 for other models, whose number follows
// from the images alone. The sizes have been checked.
func (a architecture) parameters() int {
	switch m := a.model.(type) {
	case *recipe.LayerList:
		n, _ := m.Parameters(a.input(m), a.Classes)
		return n
	case *mlp:
		sizes, total := a.sizes(m), 0
		for i, out := range sizes[1:] {
			total += (sizes[i] + 1) * out
		}
		return total
	}
	return 0
}

// Module returns the network, for rows of pixels (N, size·size) from 0 (background) to 1 (ink).
func (m *Model) Module() nn.Module { return m.network }

// Size returns the height and width of the images.
func (m *Model) Size() int { return m.preparation.Size }

// Temperature returns what the network's scores are divided by before the softmax, so that probabilities are right on
// average.
func (m *Model) Temperature() float64 { return m.temperature }

// Classes returns the names of the classes.
func (m *Model) Classes() []string {
	var names []string
	for i := range m.preparation.Classes {
		names = append(names, className(i))
	}
	return names
}

// TestData returns the test digits.
func (m *Model) TestData(context.Context) (data.Dataset, error) { return m.testSet(m.data.Path) }

// testSet returns the test digits in a folder, which must have the network's size.
func (m *Model) testSet(folder string) (digitSet, error) {
	set, err := openDigits(folder, "t10k")
	if err == nil && set.Rows != m.Size() {
		err = fmt.Errorf("the images have %d×%d pixels, want %d×%d as the network takes", set.Rows, set.Cols, m.Size(), m.Size())
	}
	return set, err
}

// className returns the name of a class: a digit, or "no digit".
func className(class int) string {
	if class == noDigit {
		return "no digit"
	}
	return strconv.Itoa(class)
}

// Example returns an input of the network, for a summary.
func (m *Model) Example() []any { return []any{tensor.Zeros(1, m.Size()*m.Size())} }

// Inspect describes the digits.
func (Task) Inspect(_ context.Context, w io.Writer, o task.Opening) error {
	train, test, err := openSets(o.Recipe.Data.(*dataOptions).Path)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d training digits and %d test digits of %d×%d pixels\n\nclass  training  test\n", train.Len(),
		test.Len(), train.Rows, train.Cols)
	a, b := train.counts(), test.counts()
	for class := range mnist.Classes {
		fmt.Fprintf(w, "%5d  %8d  %4d\n", class, a[class], b[class])
	}
	return nil
}

// Lint looks for classes without digits, empty images, and equal images with different labels or in both sets.
func (Task) Lint(_ context.Context, o task.Opening) (faults, notes []string, err error) {
	train, test, err := openSets(o.Recipe.Data.(*dataOptions).Path)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]int{} // the number of an image, negative in the test set
	for k, set := range []digitSet{train, test} {
		name, sign := []string{"training", "test"}[k], 1-2*k
		for class, n := range set.counts() {
			if n == 0 {
				faults = append(faults, fmt.Sprintf("class %d has no %s digit", class, name))
			}
		}
		size := set.Rows * set.Cols
		for i := range set.Len() {
			image := string(set.Images[i*size:][:size])
			if strings.Count(image, image[:1]) == size {
				faults = append(faults, fmt.Sprintf("%s digit %d is empty: all pixels are equal", name, i))
				continue
			}
			other, known := seen[image]
			switch {
			case !known:
				seen[image] = sign * (i + 1)
			case other < 0 || sign > 0:
				first := max(other, -other) - 1
				if set.Labels[first] != set.Labels[i] {
					faults = append(faults, fmt.Sprintf("%s digits %d and %d are equal, and labelled %d and %d", name,
						first, i, set.Labels[first], set.Labels[i]))
				}
			default:
				faults = append(faults, fmt.Sprintf("test digit %d is training digit %d", i, other-1))
			}
		}
	}
	return faults, nil, nil
}

// counts returns the number of digits of each class.
func (s digitSet) counts() [mnist.Classes]int {
	var n [mnist.Classes]int
	for _, l := range s.Labels {
		n[l]++
	}
	return n
}

// Samples returns the digits that the program contains.
func (Task) Samples() []task.Line {
	return []task.Line{{Name: embedded, Text: "70,000 handwritten digits of 28×28 pixels (MNIST)"}}
}
