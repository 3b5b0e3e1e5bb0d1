package nn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// digits is a small convolutional network.
type digits struct {
	Conv1, Conv2 *nn.Conv2d
	Up           *nn.ConvTranspose2d
	FC           *nn.Linear
}

func newDigits(g *rng.Torch) *digits {
	return &digits{nn.Conv2dConfig{Activation: tensor.ReLU}.New(g, 1, 4, 3), nn.Conv2dConfig{Stride: []int{2},
		Padding: []int{1}, Groups: 2, PaddingMode: nn.PadReflect}.New(g, 4, 6, 3),
		nn.ConvTranspose2dConfig{Stride: []int{2}}.New(g, 6, 2, 2), nn.NewLinear(g, 72, 10)}
}

func (m *digits) Forward(x tensor.Tensor) tensor.Tensor {
	return m.FC.Forward(m.Up.Forward(m.Conv2.Forward(m.Conv1.Forward(x)).ReLU()).Flatten(1))
}

// A steady step of a convolutional network allocates nothing, in training and in prediction.
func TestConvStepAllocatesNothing(t *testing.T) {
	g := rng.NewTorch(1)
	x, classes := tensor.Options{}.RandN(g, 4, 1, 8, 8), tensor.From(make([]int64, 4))
	model := newDigits(g)
	fused := nn.Sequential{nn.NewConv2d(g, 1, 3, 3), &nn.ReLU{},
		nn.Conv2dConfig{Same: true, PaddingMode: nn.PadCircular}.New(g, 3, 2, 2), &nn.Flatten{}, nn.NewLinear(g, 72, 10)}
	for name, m := range map[string]nn.Module{"struct": model, "sequential": fused} {
		params := nn.Parameters(m)
		s := tensor.NewScope(tensor.CPU())
		step := func() {
			s.Recycle()
			for _, p := range params {
				p.ZeroGrad()
			}
			nn.CrossEntropy(m.Forward(x.InScope(s)), classes.InScope(s)).Backward()
		}
		if n := allocations(step); n > 0 {
			t.Errorf("%s: %v allocations in a training step", name, n)
		}
		p := tensor.NewScope(tensor.CPU())
		p.SetRecording(false)
		if n := allocations(func() { p.Recycle(); m.Forward(x.InScope(p)) }); n > 0 {
			t.Errorf("%s: %v allocations in a prediction", name, n)
		}
	}
}

// A convolution before a ReLU in a Sequential computes both in one pass, and the results are those of the two layers.
func TestConvWithReLU(t *testing.T) {
	g := rng.NewTorch(3)
	x := tensor.Options{}.RandN(g, 2, 2, 5, 5, 5)
	for _, c := range []struct {
		layer nn.Module
		x     tensor.Tensor
	}{{nn.NewConv1d(g, 2, 3, 2), x.Flatten(2)}, {nn.NewConv2d(g, 2, 3, 2), x.Flatten(3)}, {nn.NewConv3d(g, 2, 3, 2), x}} {
		run := func(f func(x tensor.Tensor) tensor.Tensor) (y tensor.Tensor, grads []tensor.Tensor) {
			params := nn.Parameters(c.layer)
			for _, p := range params {
				p.ZeroGrad()
			}
			y = f(c.x)
			y.Square().Sum().Backward()
			for _, p := range params {
				grads = append(grads, p.Grad().Keep())
			}
			return y.Keep(), grads
		}
		want, dwant := run(func(x tensor.Tensor) tensor.Tensor { return c.layer.Forward(x).ReLU() })
		got, dgot := run(nn.Sequential{c.layer, &nn.ReLU{}}.Forward)
		if !allEqual(got, want) || !allEqual(dgot[0], dwant[0]) || !allEqual(dgot[1], dwant[1]) {
			t.Errorf("%v with a ReLU in one pass differs", c.layer)
		}
	}
}

func allEqual(a, b tensor.Tensor) bool { return a.Equal(b).Cast(tensor.Float32).Mean().Item() == 1 }

// Layers print as in PyTorch, except for Go's format of bools.
func TestConvsPrint(t *testing.T) {
	g := rng.NewTorch(1)
	two, one := []int{2}, []int{1}
	for want, l := range map[string]fmt.Stringer{
		"Conv1d(3, 8, kernel_size=(5,), stride=(1,))":                                                 nn.NewConv1d(g, 3, 8, 5),
		"Conv2d(4, 8, kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), groups=2, bias=False)":       nn.Conv2dConfig{Stride: two, Padding: one, Groups: 2, NoBias: true}.New(g, 4, 8, 3, 2),
		"Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=reflect)":         nn.Conv2dConfig{Same: true, PaddingMode: nn.PadReflect}.New(g, 1, 2, 3),
		"Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), activation=relu)":                            nn.Conv2dConfig{Activation: tensor.ReLU}.New(g, 1, 2, 3),
		"Conv3d(1, 2, kernel_size=(3, 3, 3), stride=(1, 1, 1), dilation=(2, 1, 2))":                   nn.Conv3dConfig{Dilation: []int{2, 1, 2}}.New(g, 1, 2, 3),
		"ConvTranspose1d(4, 2, kernel_size=(2,), stride=(2,), groups=2)":                              nn.ConvTranspose1dConfig{Stride: two, Groups: 2}.New(g, 4, 2, 2),
		"ConvTranspose2d(4, 2, kernel_size=(2, 2), stride=(2, 2), output_padding=(1, 1), bias=False)": nn.ConvTranspose2dConfig{Stride: two, OutputPadding: one, NoBias: true}.New(g, 4, 2, 2),
		"ConvTranspose3d(4, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1), dilation=(2, 2, 2))":          nn.ConvTranspose3dConfig{Dilation: two}.New(g, 4, 2, 2),
		"Unfold(kernel_size=3, dilation=2, padding=0, stride=2)":                                      &nn.Unfold{Kernel: []int{3}, UnfoldOptions: tensor.UnfoldOptions{Stride: two, Dilation: two}},
		"Fold(output_size=(4, 5), kernel_size=2, dilation=1, padding=0, stride=1)":                    &nn.Fold{Size: []int{4, 5}, Kernel: two},
		"Conv1d()": &nn.Conv1d{}, "ConvTranspose1d()": &nn.ConvTranspose1d{},
	} {
		if got := l.String(); got != want || nn.Sprint(l) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A wrong shape names the layer, its path, the shapes and what would fit.
func TestConvMistakes(t *testing.T) {
	g := rng.NewTorch(1)
	model := newDigits(g)
	forward := func(dims ...int) func() {
		return func() {
			defer nn.LocatePanic(model)
			model.Forward(tensor.Zeros(dims...))
		}
	}
	for want, f := range map[string]func(){
		"conv2d: the input must have 4 dimensions, (N, C, H, W), or 3 for one sample, (C, H, W): (8, 8) × (4, 1, 3, 3), in model.conv1":                                                                   forward(8, 8),
		"conv2d: the input has 64 channels (dimension 0), the weight is for 1; 3 dimensions are one sample, x.Unsqueeze(1) makes samples of 1 channel of them: (64, 8, 8) × (4, 1, 3, 3), in model.conv1": forward(64, 8, 8),
		"conv2d: the input has 8 channels (dimension 1), the weight is for 1; if the last dimension has the channels, move it with x.Permute to dimension 1: (2, 8, 8, 1) × (4, 1, 3, 3), in model.conv1": forward(2, 8, 8, 1),
		"conv2d: the kernel (3, 3) does not fit into the padded input (2, 8): (2, 1, 2, 8) × (4, 1, 3, 3), in model.conv1":                                                                                forward(2, 1, 2, 8),
		"pad: 1 before and 1 after are impossible along dimension 2: (2, 4, 1, 6), in model.conv2":                                                                                                        forward(2, 1, 3, 8),
		"linear: the input's last dimension is not the weight's: (2, 128) × (10, 72), in model.fc":                                                                                                        forward(2, 1, 10, 10),
		"conv2d: 3 groups do not divide 4 input and 6 output channels":                                                                                                                                    func() { nn.Conv2dConfig{Groups: 3}.New(g, 4, 6, 3) },
		"conv_transpose2d: 2 groups do not divide 4 input and 3 output channels":                                                                                                                          func() { nn.ConvTranspose2dConfig{Groups: 2}.New(g, 4, 3, 3) },
		"conv2d: the kernel's size [] must be 1 or 2 positive numbers":                                                                                                                                    func() { nn.NewConv2d(g, 1, 2) },
		"conv3d: the kernel's size [3 3] must be 1 or 3 positive numbers":                                                                                                                                 func() { nn.NewConv3d(g, 1, 2, 3, 3) },
		"conv1d: the kernel's size [0] must be 1 or 1 positive numbers":                                                                                                                                   func() { nn.NewConv1d(g, 1, 2, 0) },
		"conv2d: Same needs stride 1, not [2]":                                                                                                                                                            func() { nn.Conv2dConfig{Same: true, Stride: []int{2}}.New(g, 1, 2, 3) },
		"conv2d: the generator is nil: create one with rng.NewTorch":                                                                                                                                      func() { nn.NewConv2d(nil, 1, 2, 3) },
		"conv_transpose2d: the result's size 6 along dimension -1 is impossible; it is 4 to 5 for this input: (1, 4, 2, 2) × (4, 2, 2, 2)": func() {
			nn.ConvTranspose2dConfig{Stride: []int{2}}.New(g, 4, 2, 2).ForwardSize(tensor.Zeros(1, 4, 2, 2), 4, 6)
		},
		"conv3d: the padding has 2 numbers; there must be 1 or 3": func() {
			nn.Conv3dConfig{Padding: []int{1, 2}, PaddingMode: nn.PadReflect}.New(g, 1, 1, 1).Forward(tensor.Zeros(1, 3, 3, 3))
		},
		"conv2d: the weight must have 4 dimensions, (C, C/groups, kh, kw): (1, 1, 1, 1, 1, 1)": func() {
			(&nn.Conv2d{Weight: tensor.Ones(1, 1, 1, 1, 1, 1), PaddingMode: nn.PadReflect}).Forward(tensor.Zeros(1, 1, 3, 3))
		},
		"conv_transpose1d: the result's size must have 1 numbers, not 2":                          func() { nn.NewConvTranspose1d(g, 4, 2, 2).ForwardSize(tensor.Zeros(1, 4, 2), 4, 6) },
		"unfold: the layer is nil: create a *nn.Unfold":                                           func() { (*nn.Unfold)(nil).Forward(tensor.Zeros(1, 1, 1)) },
		"pixel_shuffle: the layer is nil: create a *nn.PixelShuffle":                              func() { (*nn.PixelShuffle)(nil).Forward(tensor.Zeros(1, 1, 1)) },
		"conv1d: the layer is nil: create a *nn.Conv1d":                                           func() { (*nn.Conv1d)(nil).Forward(tensor.Zeros(1, 1, 1)) },
		"conv2d: the layer is nil: create a *nn.Conv2d":                                           func() { (*nn.Conv2d)(nil).Forward(tensor.Zeros(1, 1, 1)) },
		"conv_transpose2d: the layer is nil: create a *nn.ConvTranspose2d":                        func() { (*nn.ConvTranspose2d)(nil).Forward(tensor.Zeros(1, 1, 1)) },
		"conv2d: the layer's weight is no tensor: create the layer with its New function":         func() { (&nn.Conv2d{}).Forward(tensor.Zeros(1, 1, 1)) },
		"conv2d: the padding mode 9 is unknown; PadZeros, PadReflect, PadReplicate and PadCircul": func() { nn.Conv2dConfig{PaddingMode: 9}.New(g, 1, 1, 1).Forward(tensor.Zeros(1, 1, 1)) },
	} {
		if err := tensor.Try(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}

// The layers report their passes, and a summary counts their multiply-adds.
func TestConvSummary(t *testing.T) {
	g := rng.NewTorch(1)
	got := nn.SummaryOf(newDigits(g), tensor.Zeros(2, 1, 8, 8)).String()
	for _, line := range []string{"conv1", "conv2", "up", "fc"} {
		if !strings.Contains(got, line) {
			t.Errorf("the summary lacks %s:\n%s", line, got)
		}
	}
	for _, c := range []struct {
		l     any
		x     tensor.Tensor
		total int
	}{
		{nn.NewConv1d(g, 2, 3, 4), tensor.Zeros(1, 2, 7), 3 * 4 * 2 * 4},
		{nn.Conv2dConfig{Groups: 2}.New(g, 4, 6, 3, 2), tensor.Zeros(5, 4, 4, 4), 5 * 6 * 2 * 3 * 2 * 3 * 2},
		{nn.NewConvTranspose2d(g, 4, 6, 3), tensor.Zeros(5, 4, 2, 2), 5 * 4 * 4 * 6 * 9},
	} {
		reports := 0
		s := tensor.NewScope(tensor.CPU())
		s.Observe(func(layer any, inputs, outputs []tensor.Tensor) {
			reports++
			n := layer.(interface {
				MultiplyAdds(inputs, outputs []tensor.Shape) int
			}).MultiplyAdds([]tensor.Shape{inputs[0].Shape()}, []tensor.Shape{outputs[0].Shape()})
			if layer != c.l || n != c.total {
				t.Errorf("%v reports %v with %d multiply-adds, want %d", c.l, layer, n, c.total)
			}
		})
		c.l.(nn.Module).Forward(c.x.InScope(s))
		if reports != 1 {
			t.Errorf("%v reports %d times", c.l, reports)
		}
		s.Observe(nil)
	}
}

// ForwardSize gives every size that the stride allows, as PyTorch's output_size.
func TestConvTransposeSize(t *testing.T) {
	g := rng.NewTorch(1)
	l := nn.ConvTranspose2dConfig{Stride: []int{2, 3}, Padding: []int{1}}.New(g, 2, 3, 3)
	x := tensor.Options{}.RandN(g, 1, 2, 4, 4)
	for _, size := range [][]int{{7, 10}, {8, 12}} {
		y := l.ForwardSize(x, size...)
		o := l.ConvTransposeOptions
		o.OutputPadding = []int{size[0] - 7, size[1] - 10}
		if y.Shape() != tensor.ShapeOf(1, 3, size[0], size[1]) || !allEqual(y, tensor.ConvTranspose2d(x, l.Weight, l.Bias, o)) {
			t.Errorf("the result for size %v has the shape %v", size, y.Shape())
		}
	}
	y := nn.ConvTranspose3dConfig{Stride: []int{2}}.New(g, 2, 1, 2).ForwardSize(tensor.Zeros(2, 2, 2, 2), 5, 4, 5)
	if y.Shape() != tensor.ShapeOf(1, 5, 4, 5) {
		t.Errorf("a sample's result has the shape %v", y.Shape())
	}
}

// The layers that rearrange elements report their passes.
func TestRearrangingLayersReport(t *testing.T) {
	x := tensor.Ones(1, 4, 2, 2)
	columns := tensor.Ones(1, 4, 1)
	for _, c := range []struct {
		l    nn.Module
		x    tensor.Tensor
		want tensor.Shape
	}{
		{&nn.Unfold{Kernel: []int{2}}, x, tensor.ShapeOf(1, 16, 1)}, {&nn.Fold{Size: []int{2}, Kernel: []int{2}},
			columns, tensor.ShapeOf(1, 1, 2, 2)},
		{&nn.Unflatten{Dim: 1, Sizes: []int{2, 2}}, x, tensor.ShapeOf(1, 2, 2, 2, 2)}, {&nn.PixelShuffle{Factor: 2}, x,
			tensor.ShapeOf(1, 1, 4, 4)},
		{&nn.PixelUnshuffle{Factor: 2}, x, tensor.ShapeOf(1, 16, 1, 1)},
	} {
		s, reports := tensor.NewScope(tensor.CPU()), 0
		s.Observe(func(layer any, inputs, outputs []tensor.Tensor) {
			reports++
			if layer != c.l || inputs[0].Shape() != c.x.Shape() || outputs[0].Shape() != c.want {
				t.Errorf("%v reports %v, %v → %v", c.l, layer, inputs[0].Shape(), outputs[0].Shape())
			}
		})
		c.l.Forward(c.x.InScope(s))
		if reports != 1 {
			t.Errorf("%v reports %d times", c.l, reports)
		}
		s.Observe(nil)
	}
}

// A convolution keeps no copy of its windows. A prediction holds the results of two layers, a training step those of all layers, and the
// gradients of two.
func TestConvMemory(t *testing.T) {
	g := rng.NewTorch(1)
	const layers = 6
	var m nn.Sequential
	for range layers {
		m = append(m, nn.Conv2dConfig{Padding: []int{1}}.New(g, 8, 8, 3), &nn.ReLU{})
	}
	x := tensor.Options{}.RandN(g, 4, 8, 32, 32)
	size := 4 * x.Len()
	for _, recording := range []bool{false, true} {
		s := tensor.NewScope(tensor.CPU())
		s.SetRecording(recording)
		for range 3 {
			s.Recycle()
			if y := m.Forward(x.InScope(s)); recording {
				y.Square().Sum().Backward()
			}
		}
		most := 2 * size
		if recording {
			most = (layers + 1 + 2) * size // the last is the square's
		}
		if got := s.Bytes(); got > most+most/16+64<<10 {
			t.Errorf("recording %v: the step takes %d bytes, %.1f times a layer's result, want at most %.1f", recording,
				got, float64(got)/float64(size), float64(most)/float64(size))
		}
	}
}
