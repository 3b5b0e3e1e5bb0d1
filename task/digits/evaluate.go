package digits

import (
	"context"
	"fmt"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/internal/digitphotos"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// Commands returns what evaluate, predict and show do with runs of digits.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "accuracy, loss and calibration on the test digits", Options: &evaluateOptions{}, Run: evaluate},
		{Name: "predict", Args: "IMAGE or FOLDER...", Short: "the digits in photographs", Options: &predictOptions{}, Run: predict},
		{Name: "show", Args: "[IMAGE or NUMBER]",
			Short:   "pictures of the mistakes, and of what the network sees in an image or in a test digit",
			Options: &showOptions{}, Run: show},
	}
}

type evaluateOptions struct {
	Report    bool   `yaml:"report" doc:"print precision, recall and F1 of each class, and the confusion matrix"`
	Confusion string `yaml:"confusion" doc:"draw the confusion matrix to this PNG file"`
	Data      string `yaml:"data" doc:"folder with IDX files for the test (default: the run's data)"`
	Photos    int    `yaml:"photos" min:"0" max:"1e6" doc:"also draw this many photographs of each kind with the test digits and read them as predict does"`
}

// ofDigits is a metric of the ten digits, without the class of no digit.
type ofDigits struct{ train.Metric }

func (m ofDigits) Add(pred, y tensor.Tensor) {
	m.Metric.Add(pred.Narrow(1, 0, mnist.Classes).Contiguous(), y)
}

// evaluated evaluates a network on the test digits, also by the metrics of a recipe.
func evaluated(ctx context.Context, model nn.Module, set digitSet, temperature float64, c *recipe.Recipe,
	device tensor.Device) (*task.Report, error) {
	configured, err := c.BuildMetrics(mnist.Classes)
	if err != nil {
		return nil, err
	}
	for i, m := range configured {
		configured[i] = ofDigits{m}
	}
	matrix := metrics.NewConfusionMatrix(mnist.Classes)
	count := ofDigits{train.MetricFunc(matrix.Add)}
	calibrated := &calibration{temperature: temperature}
	r, err := train.Evaluate(ctx, model, testLoader(set, device), nn.CrossEntropyLoss{}, append(configured, count, calibrated)...)
	if err != nil {
		return nil, err
	}
	ece := calibrated.Value()
	report := &task.Report{
		Verdict: verdict(r), Confusion: matrix,
		Metrics: map[string]float64{"accuracy": r.Accuracy(), "loss": r.Loss, "expected_calibration_error": ece},
		Text:    fmt.Sprintf("loss %.4f\nexpected calibration error %.2f%% (15 bins, temperature %.2f)", r.Loss, 100*ece, temperature),
	}
	report.Add(configured)
	report.Text += fmt.Sprintf("\n\n%s\n%s", matrix.Report(4), matrix)
	return report, nil
}

// evaluate is the command evaluate.
func evaluate(ctx context.Context, model task.Model, c task.Call) error {
	m, o := model.(*Model), c.Options.(*evaluateOptions)
	if err := task.CheckConfusion(o.Confusion); err != nil {
		return err
	}
	folder := o.Data
	if folder == "" {
		folder = message.ShortPath(m.data.Path)
	}
	set, err := m.testSet(folder)
	if err != nil {
		return err
	}
	if o.Photos > 0 && set.Rows != digitphotos.DigitSide {
		return fmt.Errorf("photographs are drawn with digits of %d×%d pixels, not of %d×%d", digitphotos.DigitSide,
			digitphotos.DigitSide, set.Rows, set.Cols)
	}
	r, err := evaluated(ctx, m.network, set, m.temperature, m.recipe, m.device)
	if err != nil {
		return err
	}
	if err := task.WriteEvaluation(c.Out, r, o.Report, o.Confusion); err != nil {
		return err
	}
	if o.Photos > 0 {
		return evaluatePhotos(ctx, c.Out, m, set.Digits, o.Photos)
	}
	return nil
}
