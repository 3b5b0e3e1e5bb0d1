package recipe

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
)

// LayerList is the options struct of the model "layers": a list of layers, each of which takes the results of the one
// before it. A task that adds the model gives it the shape of its samples; see [LayerList.Build].
type LayerList struct {
	Layers []Choice `yaml:"layers" kind:"layer" doc:"the layers, such as [{linear: 64}, relu, {linear: out}]"`
}

// LayersEntry returns the entry of a model that is a list of layers, for some tasks.
func LayersEntry(tasks ...string) Entry {
	return Entry{Name: "layers", Doc: "a list of layers", Options: &LayerList{}, For: tasks}
}

// Check returns an error for an empty list.
func (l *LayerList) Check() error {
	if len(l.Layers) == 0 {
		return &Error{Msg: "a model needs layers, such as [{linear: 64}, relu, {linear: out}]"}
	}
	return nil
}

// maxElements limits a layer's parameters and results, so that a typing error does not exhaust the memory.
const maxElements = 1 << 30

// Build returns the model for samples of the shape in, without the batch. Its results are out numbers; the error names
// the layer that does not fit.
func (l *LayerList) Build(g *rng.Torch, in []int, out int) (nn.Sequential, error) {
	if _, err := l.Parameters(in, out); err != nil { // before memory is allocated
		return nil, err
	}
	var model nn.Sequential
	shape := in
	for i, c := range l.Layers {
		layer, next, err := c.Options.(Layer).New(g, shape, out)
		if err != nil {
			return nil, fmt.Errorf("model.layers.%d: %s: %w", i, c.Name, err)
		}
		model, shape = append(model, layer), next
	}
	return model, nil
}

// planned is implemented by layers with many parameters: plan returns the shape of the results and the number of
// parameters without allocating them.
type planned interface {
	plan(in []int, out int) (shape []int, parameters int, err error)
}

// Parameters returns the number of weights and biases that Build would allocate, without those of batch norms. The error
// names the layer that does not fit or is too large.
func (l *LayerList) Parameters(in []int, out int) (int, error) {
	total, shape := 0, in
	for i, c := range l.Layers {
		var next []int
		var n int
		var err error
		if p, ok := c.Options.(planned); ok {
			next, n, err = p.plan(shape, out)
		} else {
			_, next, err = c.Options.(Layer).New(rng.NewTorch(0), shape, out)
		}
		if err == nil && product(next) > maxElements {
			err = fmt.Errorf("a sample would have the shape %s, which is too large", shapeText(next))
		}
		if total += n; err == nil && total > maxElements {
			err = fmt.Errorf("the model would have more than %d parameters", maxElements)
		}
		if err != nil {
			return 0, fmt.Errorf("model.layers.%d: %s: %w", i, c.Name, err)
		}
		shape = next
	}
	if len(shape) != 1 || shape[0] != out {
		return 0, fmt.Errorf("model.layers: the last layer gives %v for each sample, want (%d): end with {linear: out}",
			shapeText(shape), out)
	}
	return total, nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		if d > 0 && n > maxElements/d {
			return maxElements + 1
		}
		n *= d
	}
	return n
}

func shapeText(shape []int) string {
	s := ""
	for i, d := range shape {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprint(d)
	}
	return "(" + s + ")"
}

type (
	linearLayer struct {
		Out    Size `yaml:"out" default:"out" min:"1" max:"1e6" doc:"features of the result"`
		NoBias bool `yaml:"no_bias" doc:"no bias"`
	}
	conv2dLayer struct {
		Out     int `yaml:"out" default:"32" min:"1" max:"65536" doc:"filters"`
		Kernel  int `yaml:"kernel" default:"3" min:"1" max:"255" doc:"height and width of a filter"`
		Stride  int `yaml:"stride" default:"1" min:"1" max:"255" doc:"distance of the windows"`
		Padding int `yaml:"padding" default:"0" min:"0" max:"255" doc:"zeros added at each side"`
	}
	maxPoolLayer struct {
		Kernel int `yaml:"kernel" default:"2" min:"1" max:"255" doc:"height and width of a window"`
	}
	avgPoolLayer struct {
		Kernel int `yaml:"kernel" default:"2" min:"1" max:"255" doc:"height and width of a window"`
	}
	globalPoolLayer struct{}
	dropoutLayer    struct {
		P float64 `yaml:"p" default:"0.5" min:"0" below:"1" doc:"the part of the numbers that training sets to 0"`
	}
	batchNormLayer struct{}
	layerNormLayer struct{}
	flattenLayer   struct{}
	reluLayer      struct{}
	geluLayer      struct{}
	siluLayer      struct{}
	tanhLayer      struct{}
	sigmoidLayer   struct{}
	leakyReLULayer struct {
		Slope float64 `yaml:"slope" default:"0.01" min:"0" doc:"slope for negative numbers"`
	}
	eluLayer struct {
		Alpha float64 `yaml:"alpha" default:"1" above:"0" doc:"the lowest result is −alpha"`
	}
)

func (r *Registry) addLayers() {
	r.Add(Layers,
		Entry{Name: "linear", Doc: "xWᵀ + b", Options: &linearLayer{}},
		Entry{Name: "relu", Doc: "max(x, 0)", Options: &reluLayer{}},
		Entry{Name: "leaky-relu", Doc: "x, times a small slope below 0", Options: &leakyReLULayer{}},
		Entry{Name: "elu", Doc: "x, or alpha(eˣ − 1) below 0", Options: &eluLayer{}},
		Entry{Name: "gelu", Doc: "xΦ(x)", Options: &geluLayer{}},
		Entry{Name: "silu", Doc: "x·sigmoid(x)", Options: &siluLayer{}},
		Entry{Name: "tanh", Doc: "tanh x", Options: &tanhLayer{}},
		Entry{Name: "sigmoid", Doc: "1/(1 + e⁻ˣ)", Options: &sigmoidLayer{}},
		Entry{Name: "dropout", Doc: "sets random numbers to 0 while it trains", Options: &dropoutLayer{}},
		Entry{Name: "batch-norm", Doc: "batch normalization of features or channels", Options: &batchNormLayer{}},
		Entry{Name: "layer-norm", Doc: "layer normalization of a sample", Options: &layerNormLayer{}},
		Entry{Name: "flatten", Doc: "makes a row of numbers of each sample", Options: &flattenLayer{}},
		Entry{Name: "conv2d", Doc: "a convolution of pictures", Options: &conv2dLayer{}},
		Entry{Name: "max-pool", Doc: "the largest number of each window", Options: &maxPoolLayer{}},
		Entry{Name: "avg-pool", Doc: "the mean of each window", Options: &avgPoolLayer{}},
		Entry{Name: "global-avg-pool", Doc: "the mean of each channel", Options: &globalPoolLayer{}},
	)
}

func (o *linearLayer) plan(in []int, out int) ([]int, int, error) {
	if len(in) != 1 {
		return nil, 0, fmt.Errorf("a sample has the shape %s; want one dimension: put flatten before it", shapeText(in))
	}
	n := o.Out.or(out)
	count := product([]int{in[0] + 1, n})
	if count > maxElements {
		return nil, 0, fmt.Errorf("%d×%d weights are too many", in[0], n)
	}
	return []int{n}, count, nil
}

func (o *linearLayer) New(g *rng.Torch, in []int, out int) (nn.Module, []int, error) {
	shape, _, err := o.plan(in, out)
	if err != nil {
		return nil, nil, err
	}
	return nn.LinearConfig{NoBias: o.NoBias}.New(g, in[0], shape[0]), shape, nil
}

// picture returns an error unless a sample has channels, height and width.
func picture(in []int) error {
	if len(in) != 3 {
		return fmt.Errorf("a sample has the shape %s; want channels, height and width", shapeText(in))
	}
	return nil
}

// window returns the size of a dimension after windows of a size.
func window(n, kernel, stride, padding int) int { return (n+2*padding-kernel)/stride + 1 }

func (o *conv2dLayer) plan(in []int, _ int) ([]int, int, error) {
	if err := picture(in); err != nil {
		return nil, 0, err
	}
	if in[1]+2*o.Padding < o.Kernel || in[2]+2*o.Padding < o.Kernel {
		return nil, 0, fmt.Errorf("windows of %d×%d do not fit into %d×%d", o.Kernel, o.Kernel, in[1], in[2])
	}
	count := product([]int{in[0], o.Out, o.Kernel, o.Kernel})
	if count > maxElements {
		return nil, 0, fmt.Errorf("%d filters of %d×%d×%d are too many weights", o.Out, in[0], o.Kernel, o.Kernel)
	}
	shape := []int{o.Out, window(in[1], o.Kernel, o.Stride, o.Padding), window(in[2], o.Kernel, o.Stride, o.Padding)}
	return shape, count + o.Out, nil
}

func (o *conv2dLayer) New(g *rng.Torch, in []int, out int) (nn.Module, []int, error) {
	shape, _, err := o.plan(in, out)
	if err != nil {
		return nil, nil, err
	}
	return nn.Conv2dConfig{Stride: []int{o.Stride}, Padding: []int{o.Padding}}.New(g, in[0], o.Out, o.Kernel), shape, nil
}

// pooled returns the shape after windows that lie side by side.
func pooled(in []int, kernel int) ([]int, error) {
	if err := picture(in); err != nil {
		return nil, err
	}
	if in[1] < kernel || in[2] < kernel {
		return nil, fmt.Errorf("windows of %d×%d do not fit into %d×%d", kernel, kernel, in[1], in[2])
	}
	return []int{in[0], in[1] / kernel, in[2] / kernel}, nil
}

func (o *maxPoolLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	shape, err := pooled(in, o.Kernel)
	return nn.NewMaxPool2d(o.Kernel), shape, err
}

func (o *avgPoolLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	shape, err := pooled(in, o.Kernel)
	return nn.NewAvgPool2d(o.Kernel), shape, err
}

func (*globalPoolLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	if err := picture(in); err != nil {
		return nil, nil, err
	}
	return nn.Sequential{nn.NewAdaptiveAvgPool2d(1), &nn.Flatten{}}, []int{in[0]}, nil
}

func (o *dropoutLayer) New(g *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return nn.NewDropout(g, o.P), in, nil
}

func (*batchNormLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	if len(in) == 3 {
		return nn.NewBatchNorm2d(in[0]), in, nil
	}
	return nn.NewBatchNorm1d(in[0]), in, nil
}

func (*layerNormLayer) plan(in []int, _ int) ([]int, int, error) { return in, 2 * product(in), nil }

func (*layerNormLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return nn.NewLayerNorm(in...), in, nil
}

func (*flattenLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return &nn.Flatten{}, []int{product(in)}, nil
}

func (*reluLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return &nn.ReLU{}, in, nil
}
func (*geluLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return &nn.GELU{}, in, nil
}
func (*siluLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return &nn.SiLU{}, in, nil
}
func (*tanhLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return &nn.Tanh{}, in, nil
}
func (*sigmoidLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return &nn.Sigmoid{}, in, nil
}

func (o *leakyReLULayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	slope := o.Slope
	if slope == 0 {
		slope = nn.Zero
	}
	return &nn.LeakyReLU{NegativeSlope: slope}, in, nil
}

func (o *eluLayer) New(_ *rng.Torch, in []int, _ int) (nn.Module, []int, error) {
	return &nn.ELU{Alpha: o.Alpha}, in, nil
}
