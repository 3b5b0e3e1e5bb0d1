package ui

import (
	"image"
	"strconv"
	"sync"

	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/ui/samples"
	"github.com/lamina-ml/lamina/vision/digits"
)

// network is a trained network that the page shows at work, with the ways to its input.
type network struct {
	Name    string   `json:"name"`
	Shape   []int    `json:"shape"`             // of an input: [channels, height, width], or [features]
	Classes []string `json:"classes"`           // of the results; empty for other results than classes
	Fields  []string `json:"fields,omitempty"`  // names of the features
	Samples int      `json:"samples"`           // number of test samples
	Draw    bool     `json:"draw"`              // whether the input can be drawn
	Picture bool     `json:"picture,omitempty"` // whether the input can be a picture
	Low     float64  `json:"low"`               // the input's range, for its colors
	High    float64  `json:"high"`

	mu          sync.Mutex // held while the model computes, because evaluation mode is a field of its layers
	model       nn.Module
	device      tensor.Device
	temperature float64 // of the scores
	sample      func(i int) (x []float32, label int, err error)
	picture     func(m image.Image) ([]float32, error)
}

// input returns the tensor of one input.
func (n *network) input(x []float32) tensor.Tensor {
	return tensor.From(x, append([]int{1}, n.Shape...)...).To(n.device)
}

// size returns the number of elements of an input.
func (n *network) size() int {
	size := 1
	for _, d := range n.Shape {
		size *= d
	}
	return size
}

// probabilities returns those of the classes.
func (n *network) probabilities(x tensor.Tensor) []float32 {
	return train.ProbabilitiesAt(n.model, x, n.temperature).Float32s()
}

// testDigits returns MNIST's test digits, which are decoded once.
var testDigits = sync.OnceValues(mnist.Test)

// newSample returns one of the networks that the program has.
func newSample(s samples.Network) (*network, error) {
	model, err := s.Load()
	if err != nil {
		return nil, err
	}
	d, err := testDigits()
	if err != nil {
		return nil, err
	}
	n := &network{
		Name: s.Name, Shape: []int{1, d.Rows, d.Cols}, Samples: d.Len(), Draw: true, Picture: true, High: 1,
		model: model, device: tensor.CPU(), temperature: 1,
	}
	for c := range mnist.Classes {
		n.Classes = append(n.Classes, strconv.Itoa(c))
	}
	n.sample = func(i int) ([]float32, int, error) {
		x := make([]float32, d.Rows*d.Cols)
		for j, p := range d.Images[i*len(x):][:len(x)] {
			x[j] = float32(p) / 255
		}
		return x, int(d.Labels[i]), nil
	}
	n.picture = n.digit
	return n, nil
}

// digit returns the input for the first digit in a picture.
func (n *network) digit(m image.Image) ([]float32, error) {
	reading := digits.Reader{Side: n.Shape[len(n.Shape)-1], Classify: func(x []float32, count int) []float32 {
		return n.probabilities(tensor.From(x, append([]int{count}, n.Shape...)...).To(n.device))
	}}.Read(m)
	if len(reading.Marks) == 0 {
		return nil, fail(422, "inside.noDigit")
	}
	return reading.Marks[0].Pixels, nil
}
