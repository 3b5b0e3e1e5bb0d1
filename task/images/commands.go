package images

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/folder"
	"github.com/lamina-ml/lamina/data/image"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision"
)

// Commands returns what evaluate, predict and show do with runs of pictures.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "accuracy on the test pictures", Options: &evaluateOptions{}, Run: evaluate},
		{Name: "predict", Args: "IMAGE or FOLDER...", Short: "the classes of pictures", Options: &predictOptions{}, Run: predict},
		{Name: "show", Args: "[IMAGE]", Short: "pictures of the mistakes, and of what the network sees in an image", Options: &showOptions{}, Run: show},
	}
}

type evaluateOptions struct {
	Report    bool   `yaml:"report" doc:"print precision, recall and F1 of each class"`
	Confusion string `yaml:"confusion" doc:"draw the confusion matrix to this PNG file"`
	Data      string `yaml:"data" doc:"a folder with a folder of pictures for each class (default: the test pictures of the run)"`
}

type predictOptions struct {
	Top int `yaml:"top" default:"3" min:"1" max:"1000" doc:"how many classes are printed for each picture"`
}

// evaluate evaluates the network on pictures.
func (m *Model) evaluate(ctx context.Context, set part) (*task.Report, error) {
	ds, err := m.preparation.dataset(set)
	if err != nil {
		return nil, err
	}
	loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: m.batch, Workers: 2, Device: m.device, MaxSkipped: m.data.Skip})
	return task.EvaluateClasses(ctx, m.network, loader, m.Classes(), set.name+" pictures")
}

func evaluate(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*evaluateOptions)
	if err := task.CheckConfusion(o.Confusion); err != nil {
		return err
	}
	set, err := m.testSet(o.Data)
	if err != nil {
		return err
	}
	r, err := m.evaluate(ctx, set)
	if err != nil {
		return err
	}
	return task.WriteEvaluation(c.Out, r, o.Report, o.Confusion)
}

// read returns a picture as the network's input (1, channels, size, size).
func (m *Model) read(path string) (tensor.Tensor, error) {
	decoded, err := image.ReadFile(path)
	if err != nil {
		return tensor.Tensor{}, err
	}
	p := m.preparation
	var v vision.Image
	v.Set(decoded, p.Channels)
	p.prepare().Apply(&v, nil)
	return tensor.From(v.Pix[:p.Channels*p.Size*p.Size], 1, p.Channels, p.Size, p.Size).To(m.device), nil
}

// pictures returns the files of the arguments, each of which is a picture or a folder of pictures.
func pictures(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil || !info.IsDir() {
			files = append(files, arg)
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		found := false
		for _, e := range entries {
			if folder.IsPicture(e.Name()) {
				files, found = append(files, filepath.Join(arg, e.Name())), true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s: the folder has no pictures", arg)
		}
	}
	return files, nil
}

func predict(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*predictOptions)
	files, err := pictures(c.Args)
	if err != nil {
		return err
	}
	const widest = 60 // a longer path moves its own line only
	width := 0
	for _, path := range files {
		width = max(width, min(len(path), widest))
	}
	failed := false
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		x, err := m.read(path)
		if err != nil {
			fmt.Fprintf(c.Err, "lamina: %s\n", task.Text(err))
			failed = true
			continue
		}
		var parts []string
		for _, a := range task.Answers(m.network, x)[:min(o.Top, len(m.Classes()))] {
			parts = append(parts, fmt.Sprintf("%s %.1f%%", m.Classes()[a.Class], 100*a.Probability))
		}
		fmt.Fprintf(c.Out, "%-*s  %s\n", width, path, strings.Join(parts, ", "))
	}
	if failed {
		return task.ErrReported
	}
	return nil
}

type showOptions struct {
	Out   string `yaml:"out" doc:"folder for the pictures (default: show in the run's folder)"`
	Class string `yaml:"class" doc:"the class whose score is explained (default: the network's answer)"`
	Data  string `yaml:"data" doc:"a folder with a folder of pictures for each class (default: the test pictures of the run)"`
}
