package ui

import (
	"context"
	"fmt"
	"image"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/data/mnist"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
	"github.com/lamina-ml/lamina/ui/samples"
	"github.com/lamina-ml/lamina/vision"
	"github.com/lamina-ml/lamina/vision/digits"
)

// network is a trained network that the page shows at work, with the ways to its input.
type network struct {
	Name    string   `json:"name"`
	Shape   []int    `json:"shape"`             // of an input: [channels, height, width]; [1, features, 1] for a table
	Fields  []string `json:"fields,omitempty"`  // names of the features of a table
	Classes []string `json:"classes"`           // of the results; empty for other results than classes
	Samples int      `json:"samples"`           // number of test samples
	Draw    bool     `json:"draw"`              // whether the input can be drawn
	Picture bool     `json:"picture,omitempty"` // whether the input can be a picture
	Low     float64  `json:"low"`               // the input's range, for its colors
	High    float64  `json:"high"`
	// Temperature divides the scores before the softmax: see task/digits. It is 1 without a calibration.
	Temperature float64 `json:"temperature"`

	run     bool       // whether it belongs to a run
	mu      sync.Mutex // held while the model computes: evaluation mode is a field of its layers; sample needs no lock
	model   nn.Module
	device  tensor.Device
	close   func() error // frees the test samples; nil if there is nothing to free
	sample  func(i int) (x []float32, label int, err error)
	picture func(m image.Image) ([]float32, error)
	number  *tabular.ColumnPreparation   // the target of a table, if the result is one number
	truth   func(i int) (float64, error) // of that target, in its unit
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
	return train.ProbabilitiesAt(n.model, x, n.Temperature).Float32s()
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
		model: model, device: tensor.CPU(), Temperature: 1,
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

// maxNetworks is the number of networks that are kept in memory.
const maxNetworks = 6

// network returns a network by its name, loaded at the first use: one that the program has, or that of a run. The caller
// calls done after it has used the network.
func (s *Server) network(name string) (n *network, done func(), err error) {
	return s.networks.use(name, s.weightsStamp(name))
}

// freeNetwork frees what a network holds.
func freeNetwork(n *network) {
	if n.close != nil {
		n.close()
	}
}

// weightsStamp returns what identifies the weights of a run; "" for other networks.
func (s *Server) weightsStamp(name string) string {
	run, err := s.run(name)
	if err != nil {
		return ""
	}
	return fmt.Sprint(run.Modified(runs.BestFile).UnixNano(), run.Modified(runs.LastFile).UnixNano())
}

func (s *Server) loadNetwork(name string) (*network, error) {
	if i := slices.IndexFunc(samples.Networks, func(n samples.Network) bool { return n.Name == name }); i >= 0 {
		return newSample(samples.Networks[i])
	}
	run, err := s.run(name)
	if err != nil || s.config.Tasks == nil {
		return nil, fail(http.StatusNotFound, "inside.unknown", "name", name)
	}
	m, err := s.loadModel(run)
	if err != nil {
		return nil, err
	}
	return newRunNetwork(s.ctx, name, m)
}

// loadModel loads the model of a run.
func (s *Server) loadModel(run *runs.Run) (task.Model, error) {
	m, _, err := s.config.Tasks.Load(s.ctx, run.Folder, "", tensor.CPU())
	if err != nil && s.ctx.Err() == nil {
		err = fail(http.StatusUnprocessableEntity, "inside.notLoaded", "name", s.nameOf(run), "reason", err.Error())
	}
	return m, err
}

// What models of tasks may tell besides task.Model's methods.
type (
	sized       interface{ Size() int } // images of Size×Size pixels, as rows of numbers
	tempered    interface{ Temperature() float64 }
	digitReader interface {
		Read(picture image.Image) digits.Reading
	}
	preparer interface{ Prepare() vision.Transform } // of pictures for the network
	tabled   interface{ Preparation() *tabular.Preparation }
)

// rows lets a network that takes rows of pixels take images.
type rows struct{ Model nn.Module }

func (m rows) Forward(x tensor.Tensor) tensor.Tensor { return m.Model.Forward(x.Flatten(1)) }

// newRunNetwork returns the network of a run whose test data are known and are pictures.
func newRunNetwork(ctx context.Context, name string, m task.Model) (*network, error) {
	tested, ok := m.(task.Tested)
	if !ok {
		return nil, fail(http.StatusUnprocessableEntity, "inside.noData", "name", name)
	}
	set, err := tested.TestData(ctx)
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "inside.notLoaded", "name", name, "reason", err.Error())
	}
	n, err := networkOf(name, m, set)
	if c, ok := set.(io.Closer); ok && err != nil {
		c.Close()
	}
	return n, err
}

// networkOf returns the network of a run with its test data.
func networkOf(name string, m task.Model, set data.Dataset) (*network, error) {
	x := set.Fields()[0]
	dims := x.Shape.Dims()
	n := &network{Name: name, run: true, Classes: []string{}, Shape: dims, Samples: set.Len(), model: m.Module(),
		device: tensor.CPU(), Temperature: 1}
	if s, ok := m.(sized); ok && len(dims) == 1 && dims[0] == s.Size()*s.Size() {
		n.Shape, n.model = []int{1, s.Size(), s.Size()}, rows{m.Module()}
	}
	if p, ok := m.(tabled); ok && len(dims) == 1 && dims[0] == p.Preparation().Width() {
		n.Shape, n.model, n.Fields = []int{1, dims[0], 1}, rows{m.Module()}, fieldNames(p.Preparation())
		if targets := p.Preparation().Targets; len(targets) == 1 && targets[0].Kind != tabular.Category {
			n.number = targets[0]
			n.truth = func(i int) (float64, error) { return readNumber(set, i, n.number) }
		}
	}
	if x.DType != tensor.Float32 || len(set.Fields()) > 2 || len(n.Shape) != 3 || n.Shape[0] != 1 && n.Shape[0] != 3 {
		return nil, fail(http.StatusUnprocessableEntity, "inside.noData", "name", name)
	}
	if c, ok := m.(task.Classifier); ok {
		n.Classes = append(n.Classes, c.Classes()...)
	}
	if t, ok := m.(tempered); ok {
		n.Temperature = t.Temperature()
	}
	n.sample = func(i int) ([]float32, int, error) { return readSample(set, i) }
	if c, ok := set.(io.Closer); ok {
		n.close = c.Close
	}
	if err := n.setRange(); err != nil {
		return nil, err
	}
	if _, ok := m.(digitReader); ok && n.Shape[0] == 1 {
		n.Draw, n.Picture, n.picture = true, true, n.digit
	} else if p, ok := m.(preparer); ok {
		n.Picture = true
		n.picture = func(m image.Image) ([]float32, error) {
			var v vision.Image
			v.Set(m, n.Shape[0])
			p.Prepare().Apply(&v, nil)
			return v.Pix[:n.size()], nil
		}
	}
	return n, nil
}

// fieldNames returns the names of the features of prepared rows: that of the column, with a number if it makes several.
func fieldNames(p *tabular.Preparation) []string {
	names := make([]string, p.Width())
	for _, f := range p.Features() {
		for i := f.From; i < f.To; i++ {
			names[i] = f.Column
			if f.To-f.From > 1 {
				names[i] += " " + strconv.Itoa(i-f.From+1)
			}
		}
		if f.Code >= 0 {
			names[f.Code] = f.Column
		}
	}
	return names
}

// readSample returns the input of a sample and its class; −1 if it has none.
func readSample(set data.Dataset, i int) (x []float32, label int, err error) {
	s := data.NewSample(set)
	if err := set.Read(i, s); err != nil {
		return nil, 0, err
	}
	label = -1
	if f := set.Fields(); len(f) > 1 && f[1].DType == tensor.Int64 && f[1].Shape.Size() == 1 {
		label = int(s.Int64(1)[0])
	}
	return slices.Clone(s.Float32(0)), label, nil
}

// readNumber returns the target of a sample in its unit; NaN if it has none.
func readNumber(set data.Dataset, i int, target *tabular.ColumnPreparation) (float64, error) {
	s := data.NewSample(set)
	if err := set.Read(i, s); err != nil {
		return 0, err
	}
	if f := set.Fields(); len(f) < 2 || f[1].DType != tensor.Float32 || f[1].Shape.Size() != 1 {
		return math.NaN(), nil
	}
	return target.Value(float64(s.Float32(1)[0])), nil
}

// setRange finds the range of the inputs from the first samples.
func (n *network) setRange() error {
	n.Low, n.High = math.Inf(1), math.Inf(-1)
	for i := range min(n.Samples, 32) {
		x, _, err := n.sample(i)
		if err != nil {
			return err
		}
		n.Low, n.High = min(n.Low, float64(slices.Min(x))), max(n.High, float64(slices.Max(x)))
	}
	if len(n.Fields) > 0 { // 0 is a column's mean
		n.High = max(n.High, -n.Low)
		n.Low = -n.High
	}
	if !(n.Low < n.High) {
		n.Low, n.High = 0, 1
	}
	return nil
}
