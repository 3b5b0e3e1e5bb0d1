package ui

import (
	"maps"
	"net/http"
	"slices"

	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/tensor"
)

// Bounds of a playground's network.
const (
	maxHiddenLayers = 6
	maxNeurons      = 8 // in a layer
	maxBatch        = 100
)

// settings are what a playground trains.
type settings struct {
	Data       string   `json:"data"`
	Noise      float64  `json:"noise"` // 0 to 0.5
	Train      float64  `json:"train"` // share of the samples that are trained on; the others are tested
	Batch      int      `json:"batch"`
	Inputs     []string `json:"inputs"`
	Hidden     []int    `json:"hidden"` // neurons in each hidden layer
	Activation string   `json:"activation"`
	Loss       string   `json:"loss"`
	Optimizer  string   `json:"optimizer"`
	Rate       float64  `json:"rate"`
	Decay      float64  `json:"decay"`
	Dropout    float64  `json:"dropout"`
	Seed       uint64   `json:"seed"` // of the data, the first weights, the order of the samples and dropout
}

func defaultSettings() settings {
	return settings{Data: "circle", Train: 0.5, Batch: 10, Inputs: []string{"x", "y"}, Hidden: []int{4, 2},
		Activation: "tanh", Loss: "cross-entropy", Optimizer: "sgd", Rate: 0.1, Seed: 5}
}

var activations = map[string]func(tensor.Tensor) tensor.Tensor{
	"tanh":       tensor.Tensor.Tanh,
	"relu":       tensor.Tensor.ReLU,
	"leaky-relu": func(x tensor.Tensor) tensor.Tensor { return x.LeakyReLU(0.01) },
	"elu":        func(x tensor.Tensor) tensor.Tensor { return x.ELU(1) },
	"sigmoid":    tensor.Tensor.Sigmoid,
	"linear":     func(x tensor.Tensor) tensor.Tensor { return x },
}

// losses says which losses a classification and a regression have.
var losses = map[bool][]string{true: {"cross-entropy", "mse"}, false: {"mse", "l1"}}

// newOptimizer returns the optimizer of some parameters.
func (c *settings) newOptimizer(p []tensor.Tensor) optim.Optimizer {
	return optimizers[findOptimizer(c.Optimizer)].make(p, c.Rate, c.Decay)
}

// check returns an error that names the setting that is out of bounds.
func (c *settings) check() error {
	bad := func(key string, value any) error {
		return fail(http.StatusBadRequest, "playground.bad", "key", key, "value", value)
	}
	d := findData(c.Data)
	switch {
	case d < 0:
		return bad("data", c.Data)
	case !(c.Noise >= 0 && c.Noise <= 0.5):
		return bad("noise", c.Noise)
	case !(c.Train >= 0.1 && c.Train <= 0.9):
		return bad("train", c.Train)
	case c.Batch < 1 || c.Batch > maxBatch:
		return bad("batch", c.Batch)
	case len(c.Inputs) == 0 || len(c.Inputs) > len(playgroundInputs):
		return bad("inputs", c.Inputs)
	case len(c.Hidden) > maxHiddenLayers:
		return bad("hidden", c.Hidden)
	case activations[c.Activation] == nil:
		return bad("activation", c.Activation)
	case !slices.Contains(losses[playgroundData[d].classes], c.Loss):
		return bad("loss", c.Loss)
	case findOptimizer(c.Optimizer) < 0:
		return bad("optimizer", c.Optimizer)
	case !(c.Rate > 0 && c.Rate <= 10):
		return bad("rate", c.Rate)
	case !(c.Decay >= 0 && c.Decay <= 1):
		return bad("decay", c.Decay)
	case !(c.Dropout >= 0 && c.Dropout <= 0.9):
		return bad("dropout", c.Dropout)
	case c.Seed > 1<<32-1:
		return bad("seed", c.Seed)
	}
	seen := map[string]bool{}
	for _, name := range c.Inputs {
		if inputFunction(name) == nil || seen[name] {
			return bad("inputs", c.Inputs)
		}
		seen[name] = true
	}
	if slices.ContainsFunc(c.Hidden, func(n int) bool { return n < 1 || n > maxNeurons }) {
		return bad("hidden", c.Hidden)
	}
	return nil
}

// sameNetwork reports whether c and d train the same network on the same data, so that training can continue.
func (c *settings) sameNetwork(d *settings) bool {
	return c.Data == d.Data && c.Noise == d.Noise && c.Train == d.Train && slices.Equal(c.Inputs, d.Inputs) &&
		slices.Equal(c.Hidden, d.Hidden) && c.Activation == d.Activation && c.Seed == d.Seed
}

// inputFunction returns a feature, or nil.
func inputFunction(name string) func(x, y float64) float64 {
	for _, in := range playgroundInputs {
		if in.name == name {
			return in.f
		}
	}
	return nil
}

// choices returns what the page offers.
func choices() map[string]any {
	data := []map[string]any{}
	for _, d := range playgroundData {
		c := defaultSettings()
		c.Data, c.Seed = d.name, 1
		data = append(data, map[string]any{"name": d.name, "classes": d.classes, "samples": pointsOf(drawSamples(&c))[:200]})
	}
	inputs := []string{}
	for _, in := range playgroundInputs {
		inputs = append(inputs, in.name)
	}
	names := []string{}
	for _, o := range optimizers {
		names = append(names, o.name)
	}
	return map[string]any{
		"defaults": defaultSettings(), "data": data, "inputs": inputs, "activations": slices.Sorted(maps.Keys(activations)),
		"classLosses": losses[true], "numberLosses": losses[false],
		"optimizers": names,
		"layers":     maxHiddenLayers, "neurons": maxNeurons, "batch": maxBatch, "reach": playgroundReach, "grid": gridSize,
	}
}

// pointsOf returns x, y and target of each sample, for JSON.
func pointsOf(samples []sample) [][3]float64 {
	points := make([][3]float64, len(samples))
	for i, s := range samples {
		points[i] = [3]float64{significant(s.x, 4), significant(s.y, 4), significant(s.target, 4)}
	}
	return points
}
