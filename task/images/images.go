// Package images is the task of classifying pictures: those in a folder for each class.
package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/folder"
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

// Task is the task "images".
type Task struct{}

// Name returns "images".
func (Task) Name() string { return "images" }

// dataOptions are the options of the data.
type dataOptions struct {
	Path       string  `yaml:"path" flag:"data" doc:"a folder with a folder of pictures for each class, or with folders train, val and test that hold such folders"`
	Size       int     `yaml:"size" min:"0" max:"1024" flag:"size" doc:"pixels of the height and width of the network's input; 0 chooses by the pictures and the model"`
	Channels   int     `yaml:"channels" min:"0" max:"3" doc:"1 for gray, 3 for colors; 0 chooses by the pictures"`
	Validation float64 `yaml:"validation" default:"0.15" above:"0" max:"0.5" doc:"the part of the pictures that chooses the best epoch, without a folder val"`
	Test       float64 `yaml:"test" default:"0.15" min:"0" max:"0.5" doc:"the part of the pictures that is tested at the end, without a folder test"`
	Augment    string  `yaml:"augment" default:"auto" enum:"auto,none,drawing,photo" flag:"augment" doc:"random changes of the training pictures: drawing turns, moves and scales them; photo also mirrors them and changes their colors; auto is photo for colors, else drawing"`
	Skip       int     `yaml:"skip" min:"0" max:"1e9" doc:"so many broken pictures may be left out in an epoch"`
}

// Check returns an error if the parts leave nothing to train.
func (d *dataOptions) Check() error {
	if d.Validation+d.Test >= 1 {
		return fmt.Errorf("validation %v and test %v leave no pictures to train", d.Validation, d.Test)
	}
	return nil
}

// Register adds the task and its models.
func (Task) Register(r *recipe.Registry) {
	r.Add(recipe.Tasks, recipe.Entry{Name: "images", Doc: "classifies pictures in a folder for each class",
		Options: &dataOptions{}, Recipe: `
model: convnet
loss: {name: cross-entropy, label_smoothing: 0.05}
optimizer: {name: adamw, lr: 0.002}
schedule: one-cycle
training: {epochs: 30, batch: 32, average: 0.98, workers: 2}
metrics: [f1]
`})
	registerModels(r)
}

// Recognize accepts folders with folders that hold pictures.
func (Task) Recognize(t task.Target) (map[string]string, bool) {
	if !t.Folder || !holdsPictures(t.Path) {
		return nil, false
	}
	return map[string]string{"data.path": t.Path}, true
}

// holdsPictures reports whether there is a picture in a folder within a folder; it looks at the first files only.
func holdsPictures(root string) bool {
	found, seen := false, 0
	filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if seen++; seen > 10_000 {
			return filepath.SkipAll
		}
		switch {
		case err != nil || path != root && strings.HasPrefix(e.Name(), ".") || e.IsDir() && isRun(path):
			if e != nil && e.IsDir() {
				return filepath.SkipDir
			}
		case !e.IsDir() && folder.IsPicture(path) && filepath.Dir(path) != filepath.Clean(root):
			found = true
			return filepath.SkipAll
		}
		return nil
	})
	return found
}

// isRun reports whether a folder is that of a run, which holds pictures too.
func isRun(path string) bool {
	_, status := os.Stat(filepath.Join(path, runs.StatusFile))
	_, weights := os.Stat(filepath.Join(path, filepath.Dir(runs.BestFile)))
	return status == nil && weights == nil
}

// preparation is what a run needs besides the weights: preparation.json.
type preparation struct {
	Classes  []string  `json:"classes"`
	Size     int       `json:"size"`
	Channels int       `json:"channels"`
	Mean     []float32 `json:"mean"` // of each channel; the network's input is (pixel − mean)/std
	Std      []float32 `json:"std"`
	Digest   string    `json:"digest"` // of the files' names and sizes
}

const preparationFile = "preparation.json"

// check returns an error for values that a file may have but a run has not.
func (p preparation) check() error {
	switch {
	case len(p.Classes) < 2 || len(p.Classes) > task.MaxClasses:
		return fmt.Errorf("%d classes, want 2 to %d", len(p.Classes), task.MaxClasses)
	case p.Size < minSize || p.Size > maxSize:
		return fmt.Errorf("size is %d, want %d to %d", p.Size, minSize, maxSize)
	case p.Channels != 1 && p.Channels != 3:
		return fmt.Errorf("%d channels, want 1 or 3", p.Channels)
	case len(p.Mean) != p.Channels || len(p.Std) != p.Channels:
		return fmt.Errorf("mean and std have %d and %d numbers, want %d", len(p.Mean), len(p.Std), p.Channels)
	}
	for _, s := range p.Std {
		if !(s > 0) {
			return fmt.Errorf("std is %v, want numbers above 0", s)
		}
	}
	return nil
}

const (
	minSize, maxSize = 8, 1024
)

// Open lists the pictures and builds the network.
func (Task) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	r := o.Recipe
	d := r.Data.(*dataOptions)
	if d.Path == "" {
		return nil, r.Errorf("data.path", "there is no folder of pictures")
	}
	path, err := filepath.Abs(d.Path) // a resumed run must find it from another working directory too
	if err != nil {
		return nil, err
	}
	d.Path = path
	shown := *d
	shown.Path = message.ShortPath(path)
	s, err := open(shown, r.Seed)
	if err != nil {
		return nil, err
	}
	found, err := s.survey(ctx)
	if err != nil {
		return nil, err
	}
	if err := choose(r, d, found); err != nil {
		return nil, err
	}
	mean, std := normalization(d.Channels)
	p := preparation{Classes: s.classes, Size: d.Size, Channels: d.Channels, Mean: mean, Std: std, Digest: s.digest()}
	if o.Run != nil {
		var old preparation
		if err := o.Run.ReadJSON(preparationFile, &old); err != nil {
			return nil, err
		}
		if err := old.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", o.Run.Path(preparationFile), err)
		}
		if old.Digest != p.Digest {
			return nil, message.Advise(fmt.Errorf("the pictures in %s are not those that the run %s started with", shown.Path, o.Run.Folder),
				"Restore the files, or start a new run.")
		}
	}
	g := r.NewGenerator()
	net, err := build(r.Model, g, p)
	if err != nil {
		return nil, r.Errorf("model", "%v", err)
	}
	if net.weights != nil && *net.weights != "" {
		if *net.weights, err = filepath.Abs(*net.weights); err != nil {
			return nil, err
		}
	}
	if err := net.pretrain(len(p.Classes)); err != nil {
		return nil, r.Errorf("model.weights", "%s", message.Text(err))
	}
	nn.To(net.module, o.Device)
	return problem(o, s, p, net, g)
}

// problem returns the problem of pictures that have been listed.
func problem(o task.Opening, s *sets, p preparation, net network, g *rng.Torch) (*task.Problem, error) {
	r, d := o.Recipe, o.Recipe.Data.(*dataOptions)
	trainSet, err := vision.NewDataset(part{s.root, s.train, d.Channels, "training"},
		append(augmentations[d.Augment](p.Size), p.normalize()))
	if err != nil {
		return nil, err
	}
	validation, err := p.dataset(part{s.root, s.validation, d.Channels, "validation"})
	if err != nil {
		return nil, err
	}
	loader := data.LoaderConfig{BatchSize: r.Training.Batch, Workers: max(1, r.Training.Workers), Device: o.Device, MaxSkipped: d.Skip}
	shuffled := loader
	shuffled.Shuffle, shuffled.RNG = true, g
	shuffled.DropLast = trainSet.Len()%r.Training.Batch == 1 && trainSet.Len() > 1 // batch normalization needs two samples
	model := net.module
	out := &task.Problem{
		Train: data.NewLoader(trainSet, shuffled), Validation: data.NewLoader(validation, loader), Model: model,
		Params: net.params, Classes: len(p.Classes),
		Lines: []task.Line{
			{Name: "network", Text: fmt.Sprintf("%s for %d×%d pixels in %s, %d parameters%s", r.Model.Name, p.Size,
				p.Size, colors(p.Channels), nn.Count(model), net.note)},
			{Name: "data", Text: fmt.Sprintf("%d classes (%s); %d pictures to train, %d to choose the best epoch, %d to test", len(p.Classes), task.Some(p.Classes),
				len(s.train), len(s.validation), len(s.test))},
		},
		Digest: p.Digest,
		Save:   func(run *runs.Run) error { return run.WriteJSON(preparationFile, p) },
	}
	if n := len(s.others); n > 0 {
		out.Lines = append(out.Lines,
			task.Line{Name: "left out", Text: fmt.Sprintf("%d files that are no pictures, such as %s", n, s.others[0])})
	}
	out.Finish = func(ctx context.Context, run *runs.Run, _ *train.History) (*task.Report, error) {
		m := &Model{network: model, device: o.Device, data: *d, preparation: p, recipe: r, batch: r.Training.Batch}
		tested := s.tested(p.Channels)
		report, err := m.evaluate(ctx, tested)
		if err != nil {
			return nil, err
		}
		report.Part = tested.name
		example := message.PathArgument(tested.files[0].Path)
		report.Next = [][]string{{"predict", "RUN", example}, {"evaluate", "RUN", "--report"}, {"show", "RUN", example}}
		return report, nil
	}
	return out, nil
}

func colors(channels int) string {
	if channels == 1 {
		return "gray"
	}
	return "colors"
}

// normalization returns mean and standard deviation of the channels: ImageNet's, which pretrained weights need.
func normalization(channels int) (mean, std []float32) {
	if channels == 1 {
		return []float32{0.449}, []float32{0.226}
	}
	return []float32{0.485, 0.456, 0.406}, []float32{0.229, 0.224, 0.225}
}

func (p preparation) normalize() vision.Transform { return vision.Normalize{Mean: p.Mean, Std: p.Std} }

// prepare returns what turns a picture into the network's input: the whole picture scaled until its shorter side fits, and its center.
func (p preparation) prepare() vision.Compose {
	return vision.Compose{vision.Resize{Size: p.Size}, vision.CenterCrop{Size: p.Size}, p.normalize()}
}

// dataset returns pictures without random changes.
func (p preparation) dataset(source vision.Source) (*vision.Dataset, error) {
	return vision.NewDataset(source, p.prepare())
}

// augmentations returns the random changes of training pictures, for a size of the input.
var augmentations = map[string]func(size int) vision.Compose{
	"none": func(size int) vision.Compose {
		return vision.Compose{vision.Resize{Size: size}, vision.CenterCrop{Size: size}}
	},
	"drawing": func(size int) vision.Compose {
		return vision.Compose{vision.Resize{Size: size}, vision.CenterCrop{Size: size},
			vision.RandomAffine{Degrees: vision.Range{-12, 12}, Translate: [2]float64{0.08, 0.08}, Scale: vision.Range{0.88, 1.12},
				Shear: vision.Range{-8, 8}, Interpolation: vision.Bilinear}}
	},
	"photo": func(size int) vision.Compose {
		return vision.Compose{vision.RandomResizedCrop{Size: size, Scale: vision.Range{0.5, 1}}, vision.RandomHorizontalFlip{},
			vision.ColorJitter{Brightness: vision.Range{0.8, 1.2}, Contrast: vision.Range{0.8, 1.2}, Saturation: vision.Range{0.8, 1.2}}}
	},
}

// Views returns the view of layers and neurons.
func (Task) Views(*recipe.Recipe) []task.View { return []task.View{task.Inside} }

// Load reads the network of a run.
func (Task) Load(ctx context.Context, o task.Loading) (task.Model, error) {
	m := &Model{device: o.Device, recipe: o.Recipe, data: *o.Recipe.Data.(*dataOptions), batch: o.Recipe.Training.Batch,
		seed: o.Recipe.Seed}
	if err := o.Run.ReadJSON(preparationFile, &m.preparation); err != nil {
		return nil, err
	}
	if err := m.preparation.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Run.Path(preparationFile), err)
	}
	if err := checkSize(o.Weights, o.Recipe.Model, m.preparation); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Run.Path(runs.ConfigFile), err)
	}
	net, err := build(o.Recipe.Model, rng.NewTorch(0), m.preparation)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Run.Path(runs.ConfigFile), err)
	}
	if err := safetensors.LoadModel(o.Weights, net.module); err != nil {
		return nil, fmt.Errorf("the model %s: %w", o.Recipe.Model.Name, err)
	}
	m.network = net.module
	nn.To(m.network, o.Device)
	return m, nil
}

// checkSize returns an error if the file of weights is too small for the model, before the model is allocated.
func checkSize(path string, c recipe.Choice, p preparation) error {
	switch o := c.Options.(type) {
	case *convnet:
		return task.CheckSize(path, c.Name, int(o.atLeast(p)))
	case *recipe.LayerList:
		n, err := o.Parameters([]int{p.Channels, p.Size, p.Size}, len(p.Classes))
		if err != nil {
			return err
		}
		return task.CheckSize(path, c.Name, n)
	}
	return nil // the other networks have one size
}

// Model is the network of a run.
type Model struct {
	network     nn.Module
	device      tensor.Device
	recipe      *recipe.Recipe
	data        dataOptions
	preparation preparation
	batch       int
	seed        uint64
}

// Module returns the network, for pictures (N, channels, size, size) that [Model.Prepare] has prepared.
func (m *Model) Module() nn.Module { return m.network }

// Example returns a black picture, for summaries.
func (m *Model) Example() []any {
	p := m.preparation
	return []any{tensor.Zeros(1, p.Channels, p.Size, p.Size)}
}

// Classes returns the names of the classes.
func (m *Model) Classes() []string { return m.preparation.Classes }

// Prepare returns what turns a picture into the network's input.
func (m *Model) Prepare() vision.Transform { return m.preparation.prepare() }

// TestData returns the pictures that the run tested, prepared.
func (m *Model) TestData(context.Context) (data.Dataset, error) {
	set, err := m.testSet("")
	if err != nil {
		return nil, err
	}
	return m.preparation.dataset(set)
}

// testSet returns the test pictures of the run's data, or all pictures in another folder.
func (m *Model) testSet(path string) (part, error) {
	p := m.preparation
	if path != "" {
		set, err := folder.Open(path, folder.Config{Channels: p.Channels, Classes: p.Classes, Skip: isRun})
		if err != nil {
			return part{}, err
		}
		return part{path, filesOf(set), p.Channels, "given"}, nil
	}
	d := m.data
	d.Path = message.ShortPath(d.Path)
	s, err := open(d, m.seed)
	if err != nil {
		return part{}, message.Missing(err, "Put the folder back, or name a folder of pictures with --data.")
	}
	if s.digest() != p.Digest {
		return part{}, message.Advise(fmt.Errorf("the pictures in %s have changed since the training", d.Path),
			"Name the folder of the test pictures with --data.")
	}
	return s.tested(p.Channels), nil
}

// digest returns a hash of the files' names and sizes, which detects changed data.
func (s *sets) digest() string {
	h := sha256.New()
	for _, files := range [][]folder.File{s.train, s.validation, s.test} {
		for _, f := range files {
			size := int64(-1)
			if info, err := os.Stat(f.Path); err == nil {
				size = info.Size()
			}
			rel, err := filepath.Rel(s.root, f.Path)
			if err != nil {
				rel = f.Path
			}
			fmt.Fprintf(h, "%q %d %d\n", filepath.ToSlash(rel), f.Label, size)
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}
