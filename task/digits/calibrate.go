package digits

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// calibration is the metric expected_calibration_error of probabilities: the softmax of scores that a temperature divides.
type calibration struct {
	temperature float64
	metrics.CalibrationError
}

// Name returns the metric's name.
func (*calibration) Name() string { return "expected_calibration_error" }

// Maximizes returns false.
func (*calibration) Maximizes() bool { return false }

// Reset forgets all scores.
func (c *calibration) Reset() { c.CalibrationError = metrics.CalibrationError{} }

// Add adds the scores of a batch.
func (c *calibration) Add(scores, y tensor.Tensor) {
	c.CalibrationError.Add(scores.Detach().DivScalar(c.temperature).Softmax(1), y)
}

// temperatureFile is the file of a run with the temperature.
const temperatureFile = "calibration.json"

// fitted is the content of temperatureFile.
type fitted struct {
	// Temperature divides the network's scores before the softmax, so that its probabilities are right on average.
	Temperature float64 `json:"temperature"`
	// Error is the expected calibration error on the test digits.
	Error float64 `json:"expected_calibration_error"`
}

// temperatureOf returns the temperature of a run: 1 if it has none.
func temperatureOf(run *runs.Run) (float64, error) {
	var f fitted
	err := run.ReadJSON(temperatureFile, &f)
	if errors.Is(err, fs.ErrNotExist) { // the training is not finished
		return 1, nil
	}
	if err == nil && !(f.Temperature > 1e-3 && f.Temperature < 1e3) {
		err = fmt.Errorf("%s: temperature is %v, want 0.001 to 1000", run.Path(temperatureFile), f.Temperature)
	}
	return f.Temperature, err
}

var _ train.Metric = (*calibration)(nil)
var _ data.Dataset = digitSet{}
