package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// heldOutPart is the part of the training digits that a new run does not train on.
const heldOutPart = 12

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

// calibrate fits the temperature of a trained model to the held-out digits, and returns it with the calibration error on
// the test digits. Both are 0 without held-out digits.
func calibrate(ctx context.Context, model nn.Module, heldOut, test digitSet, device tensor.Device) (temperature, ece float64, err error) {
	if heldOut.Len() == 0 {
		return 0, 0, nil
	}
	if temperature, err = train.FitTemperature(model, testLoader(heldOut, device)); err != nil {
		return 0, 0, err
	}
	c := calibration{temperature: temperature}
	if _, err := train.Evaluate(ctx, model, testLoader(test, device), &c); err != nil {
		return 0, 0, err
	}
	return temperature, c.error.Value(), nil
}

// temperatureOf returns the temperature of a finished run: 1 if it has none.
func temperatureOf(folder string) (float64, error) {
	var r results
	path := filepath.Join(folder, resultsFile)
	if err := readJSON(path, &r); err != nil {
		if errors.Is(err, fs.ErrNotExist) { // weights without results
			return 1, nil
		}
		return 0, err
	}
	switch {
	case r.Temperature == 0:
		return 1, nil
	case !(r.Temperature > 1e-3 && r.Temperature < 1e3):
		return 0, fmt.Errorf("%s: temperature is %v, want 0.001 to 1000", path, r.Temperature)
	}
	return r.Temperature, nil
}

var _ train.Loss = (*calibration)(nil)
var _ data.Dataset = digitSet{}

// split returns the first digits, and the last n.
func (s digitSet) split(n int) (first, last digitSet) {
	part := func(from, to int) digitSet {
		d := *s.Digits
		size := d.Rows * d.Cols
		d.Images, d.Labels = d.Images[from*size:to*size], d.Labels[from:to]
		return digitSet{&d}
	}
	k := s.Len() - n
	return part(0, k), part(k, s.Len())
}
