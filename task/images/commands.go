package images

import (
	"context"

	"github.com/lamina-ml/lamina/data"
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
		{Name: "show", Args: "[IMAGE]", Short: "pictures of the mistakes, and of what the network sees in an image",
			Options: &showOptions{}, Run: show},
	}
}

type evaluateOptions struct {
	Report    bool   `yaml:"report" doc:"print precision, recall and F1 of each class"`
	Confusion string `yaml:"confusion" doc:"draw the confusion matrix to this PNG file"`
	Data      string `yaml:"data" doc:"a folder with a folder of pictures for each class (default: the test pictures of the run)"`
}

type predictOptions struct {
	Top   int    `yaml:"top" default:"3" min:"1" max:"1000" doc:"how many classes are printed for each picture"`
	Out   string `yaml:"out" doc:"write the predictions to this file, in the format that the end of its name says: .csv, .tsv or .jsonl, each also with .gz, or .parquet"`
	Force bool   `yaml:"force" doc:"replace the file of --out if it exists"`
}

// evaluate evaluates the network on pictures.
func (m *Model) evaluate(ctx context.Context, set part) (*task.Report, error) {
	ds, err := m.preparation.dataset(set)
	if err != nil {
		return nil, err
	}
	loader := data.NewLoader(ds, data.LoaderConfig{BatchSize: m.batch, Workers: 2, Device: m.device, MaxSkipped: m.data.Skip})
	return task.EvaluateClasses(ctx, m.network, loader, m.Classes(), set.name+" pictures", m.recipe)
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

type showOptions struct {
	Out   string `yaml:"out" doc:"folder for the pictures (default: show in the run's folder)"`
	Class string `yaml:"class" doc:"the class whose score is explained (default: the network's answer)"`
	Data  string `yaml:"data" doc:"a folder with a folder of pictures for each class (default: the test pictures of the run)"`
}
