package digits

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// calibration evaluates probabilities while train.Evaluate runs: it is a loss that also counts.
type calibration struct {
	temperature float64
	error       metrics.CalibrationError
}

// Forward returns the cross-entropy of the scores.
func (c *calibration) Forward(scores, y tensor.Tensor) tensor.Tensor {
	c.error.Add(scores.Detach().DivScalar(c.temperature).Softmax(1), y)
	return nn.CrossEntropy(scores, y)
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

var _ train.Loss = (*calibration)(nil)
var _ data.Dataset = digitSet{}
