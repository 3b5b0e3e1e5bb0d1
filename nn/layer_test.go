package nn_test

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	"github.com/lamina-ml/lamina/internal/devicetest"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

var f64 = tensor.Options{DType: tensor.Float64}

func TestGradCheck(t *testing.T) {
	g := rng.NewTorch(5)
	randn := func(dims ...int) tensor.Tensor { return f64.RandN(g, dims...).SetRequiresGrad(true) }
	between := func(dims ...int) tensor.Tensor {
		return f64.Rand(g, dims...).MulScalar(0.8).AddScalar(0.1).SetRequiresGrad(true)
	}
	target := tensor.From([]int64{2, 0, 1, 2})
	sequential := func(x []tensor.Tensor) tensor.Tensor {
		a, b := &nn.Linear{Weight: x[1], Bias: x[2]}, &nn.Linear{Weight: x[3]}
		return nn.Sequential{&nn.Flatten{}, a, &nn.Tanh{}, b, &nn.Sigmoid{}}.Forward(x[0])
	}
	relu := func(x []tensor.Tensor) tensor.Tensor {
		return nn.Sequential{&nn.Linear{Weight: x[1], Bias: x[2]}, &nn.ReLU{}}.Forward(x[0])
	}
	loss := func(f func(a, b tensor.Tensor) tensor.Tensor) func(x []tensor.Tensor) tensor.Tensor {
		return func(x []tensor.Tensor) tensor.Tensor { return f(x[0], x[1]) }
	}
	for _, c := range []struct {
		name string
		f    func(x []tensor.Tensor) tensor.Tensor
		x    []tensor.Tensor
	}{
		{"sequential", sequential, []tensor.Tensor{randn(3, 2, 2), randn(5, 4), randn(5), randn(2, 5)}},
		{"linear relu", relu, []tensor.Tensor{randn(3, 4), randn(5, 4), randn(5)}},
		{"linear of a batch of matrices", relu, []tensor.Tensor{randn(2, 3, 4), randn(5, 4), randn(5)}},
		{"linear of a vector", relu, []tensor.Tensor{randn(4), randn(5, 4), randn(5)}},
		{"linear of a constant", relu, []tensor.Tensor{randn(3, 4).Keep(), randn(5, 4), randn(5)}},
		{"linear with frozen weights", relu, []tensor.Tensor{randn(3, 4), randn(5, 4).Keep(), randn(5).Keep()}},
		{"mse", loss(nn.MSE), []tensor.Tensor{randn(3, 4), randn(3, 4)}},
		{"bce", loss(nn.BCE), []tensor.Tensor{between(3, 4), between(3, 4)}},
		{"bce with logits", loss(nn.BCEWithLogits), []tensor.Tensor{randn(3, 4), between(3, 4)}},
		{"cross-entropy", loss(nn.CrossEntropy), []tensor.Tensor{randn(4, 3), target}},
		{"cross-entropy of positions", loss(nn.CrossEntropy), []tensor.Tensor{randn(2, 3, 2), target.Reshape(2, 2)}},
		{"cross-entropy of a transposed matrix", loss(func(a, b tensor.Tensor) tensor.Tensor { return nn.CrossEntropy(a.T(), b) }),
			[]tensor.Tensor{randn(3, 4), target}},
		{"cross-entropy, none", loss(nn.CrossEntropyLoss{Reduction: nn.None}.Forward), []tensor.Tensor{randn(4, 3), target}},
	} {
		for _, second := range []bool{false, true} {
			if err := tensor.GradCheck(c.f, c.x, tensor.GradCheckOptions{Second: second}); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// counter is the CPU device that counts matrix products.
type counter struct {
	*cpu.Device
	products int
}

func (d *counter) MatMul(dst, a, b *device.Array, p device.Precision) {
	d.products++
	d.Device.MatMul(dst, a, b, p)
}

// No gradient is computed for the first layer's input: backward takes one product per weight and one between each pair
// of layers.
func TestInputsGradientIsSkipped(t *testing.T) {
	c := &counter{Device: cpu.New()}
	d := devicetest.Open(c)
	m := newFourLayerNN(rng.NewTorch(1))
	nn.To(m, d)
	nn.CrossEntropy(m.Forward(tensor.Ones(2, 100).To(d)), tensor.From([]int64{1, 2}).To(d)).Backward()
	if c.products != 4+3 {
		t.Errorf("%d products, want 7", c.products)
	}
	m.FC2.Weight.SetRequiresGrad(false)
	c.products = 0
	nn.CrossEntropy(m.Forward(tensor.Ones(2, 100).To(d)), tensor.From([]int64{1, 2}).To(d)).Backward()
	if c.products != 3+3 {
		t.Errorf("%d products with a frozen weight, want 6", c.products)
	}
}

func TestMistakes(t *testing.T) {
	g := rng.NewTorch(1)
	l := nn.NewLinear(g, 784, 128)
	x := tensor.Zeros(3, 4)
	classes := tensor.From([]int64{0, 3, 9})
	for want, f := range map[string]func(){
		"linear: the input's last dimension is not the weight's: (32, 100) × (128, 784)":    func() { l.Forward(tensor.Zeros(32, 100)) },
		"linear: the input's last dimension is not the weight's: () × (128, 784)":           func() { l.Forward(tensor.Zeros()) },
		"linear: the input is float64, the weight float32: (1, 784) × (128, 784)":           func() { l.Forward(f64.Zeros(1, 784)) },
		"flatten: the input must have at least 2 dimensions: (3,)":                          func() { (&nn.Flatten{}).Forward(tensor.Zeros(3)) },
		"dropout: the probability must be between 0 and 1, not 1.5":                         func() { nn.NewDropout(g, 1.5) },
		"dropout: the probability must be between 0 and 1, not NaN":                         func() { nn.NewDropout(g, math.NaN()) },
		"dropout: the generator RNG is nil: create the layer with its New function: (3, 4)": func() { (&nn.Dropout{P: 0.5}).Forward(x) },
		"mse_loss: prediction and target differ in shape: (3, 4) × (3,)":                    func() { nn.MSE(x, tensor.Zeros(3)) },
		"binary_cross_entropy: prediction and target must be floats of one type, not float32 and float64: (3, 4) × (3, 4)": func() {
			nn.BCE(x, f64.Zeros(3, 4))
		},
		"binary_cross_entropy_with_logits: prediction and target differ in shape: (3, 4) × (4, 3)": func() { nn.BCEWithLogits(x, tensor.Zeros(4, 3)) },
		"cross_entropy: target 9 of row 2 is not one of 4 classes, 0 to 3: (3, 4) × (3,)": func() {
			nn.CrossEntropy(x, classes)
		},
		"cross_entropy: target -1 of row 0 is not one of 4 classes, 0 to 3: (3, 4) × (3,)": func() {
			nn.CrossEntropy(x, classes.AddScalar(-1))
		},
		"cross_entropy: the targets must be int64 class numbers, not float32: (3, 4) × (3,)": func() {
			nn.CrossEntropy(x, tensor.Zeros(3))
		},
		"cross_entropy: the targets must have the logits' shape without the class dimension: (3, 4) × (3, 1)": func() {
			nn.CrossEntropy(x, classes.Reshape(3, 1))
		},
		"cross_entropy: the targets must have the logits' shape without the class dimension: () × (3,)": func() {
			nn.CrossEntropy(tensor.Zeros(), classes)
		},
		"loss: Reduction(7) is not a reduction: use Mean, Sum or None": func() { nn.MSELoss{Reduction: 7}.Forward(x, x) },
	} {
		if err := tensor.Try(f); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestEmptyBatch(t *testing.T) {
	g := rng.NewTorch(1)
	m := nn.Sequential{nn.NewLinear(g, 3, 4), &nn.ReLU{}, nn.NewLinear(g, 4, 2)}
	loss := nn.CrossEntropyLoss{Reduction: nn.Sum}.Forward(m.Forward(tensor.Zeros(0, 3)), tensor.From([]int64{}))
	loss.Backward()
	if loss.Item() != 0 || nn.Parameters(m)[0].Grad().Abs().Max().Item() != 0 {
		t.Errorf("loss %v, gradient %v", loss, nn.Parameters(m)[0].Grad())
	}
	mean := nn.CrossEntropy(m.Forward(tensor.Zeros(0, 3)), tensor.From([]int64{}))
	if !math.IsNaN(mean.Item()) {
		t.Errorf("the mean of an empty batch is %v, want NaN", mean)
	}
}

func TestNaNStaysNaN(t *testing.T) {
	g := rng.NewTorch(1)
	m := nn.Sequential{nn.NewLinear(g, 3, 4), &nn.ReLU{}, nn.NewLinear(g, 4, 2)}
	x := tensor.Zeros(2, 3)
	x.Select(0, 0).Select(0, 0).FillInPlace(math.NaN())
	y := m.Forward(x)
	if !math.IsNaN(y.At(0, 0)) || math.IsNaN(y.At(1, 0)) {
		t.Errorf("got %v, want NaN in the first row alone", y)
	}
	if !math.IsNaN(nn.CrossEntropy(y, tensor.From([]int64{0, 0})).Item()) {
		t.Error("the loss of a NaN is not NaN")
	}
	if err := tensor.Try(func() { nn.BCE(tensor.Full(1.5, 1), tensor.Ones(1)) }); err == nil {
		t.Error("a probability of 1.5 is accepted")
	}
}

// Prediction keeps the results of two layers, not of all.
func TestPredictionMemory(t *testing.T) {
	g := rng.NewTorch(1)
	var m nn.Sequential
	for range 10 {
		m = append(m, nn.NewLinear(g, 256, 256), &nn.ReLU{}, &nn.Sigmoid{})
	}
	x := tensor.Options{}.RandN(g, 64, 256)
	s := tensor.NewScope(tensor.CPU())
	want := m.Forward(x.InScope(s)).Keep()
	all := s.Bytes()
	p := tensor.NewScope(tensor.CPU())
	p.SetRecording(false)
	got := m.Forward(x.InScope(p))
	if !slices.Equal(got.Float32s(), want.Float32s()) {
		t.Error("a prediction differs from the forward pass of training")
	}
	const one = 64 * 256 * 4
	if all < 20*one || p.Bytes() > 2*one+one/8 {
		t.Errorf("prediction held %d bytes, training %d, of %d a layer", p.Bytes(), all, one)
	}
}

// The first layers of a prediction may return a view of its input, whose memory must not be released.
func TestPredictionLeavesItsInput(t *testing.T) {
	g := rng.NewTorch(1)
	drop := nn.NewDropout(g, 0.5)
	nn.Eval(drop)
	l := nn.NewLinear(g, 4, 3)
	for _, m := range []nn.Sequential{{}, {drop}, {&nn.Flatten{}}, {&nn.Flatten{}, drop, l},
		{nn.Sequential{&nn.Flatten{}, drop}, &nn.ReLU{}}} {
		s := tensor.NewScope(tensor.CPU())
		x := tensor.Ones(2, 4).InScope(s).MulScalar(2) // in the memory of s
		y := tensor.NoGrad(x, m.Forward)
		if got := x.Sum().Item(); got != 16 {
			t.Errorf("the input's sum is %v after the prediction, want 16", got)
		}
		if y.Dim(0) != 2 {
			t.Errorf("the prediction is %v", y)
		}
		s.Recycle()
		s.SetRecording(false)
		x = tensor.Ones(2, 4).InScope(s).MulScalar(2)
		y = m.Forward(x)
		if got := x.Sum().Item() + 0*y.Sum().Item(); got != 16 {
			t.Errorf("the input's sum is %v after the prediction, want 16", got)
		}
	}
}

func TestManyGoroutinesPredict(t *testing.T) {
	g := rng.NewTorch(1)
	m := nn.Sequential{nn.NewLinear(g, 20, 30), &nn.ReLU{}, nn.NewDropout(g, 0.5), nn.NewLinear(g, 30, 10)}
	nn.Eval(m)
	x := tensor.Options{}.RandN(g, 16, 20)
	want := tensor.NoGrad(x, m.Forward).Float32s()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			nn.Eval(m) // writes nothing, because the model is in evaluation mode
			s := tensor.NewScope(tensor.CPU())
			s.SetRecording(false)
			for range 50 {
				s.Recycle()
				if !slices.Equal(m.Forward(x.InScope(s)).Float32s(), want) {
					t.Error("a prediction differs from the one of a single goroutine")
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestObserver(t *testing.T) {
	g := rng.NewTorch(1)
	m := nn.Sequential{&nn.Flatten{}, nn.NewLinear(g, 4, 3), &nn.ReLU{}, nn.NewDropout(g, 0.5), &nn.Tanh{}, &nn.Sigmoid{}}
	for _, recording := range []bool{true, false} {
		s := tensor.NewScope(tensor.CPU())
		s.SetRecording(recording)
		var got []string
		s.Observe(func(layer any, inputs, outputs []tensor.Tensor) {
			got = append(got, nn.PathOf(m, layer)+inputs[0].Shape().String()+outputs[0].Shape().String())
		})
		m.Forward(tensor.Ones(2, 2, 2).InScope(s))
		want := "model.0(2, 2, 2)(2, 4) model.1(2, 4)(2, 3) model.2(2, 3)(2, 3) model.3(2, 3)(2, 3) model.4(2, 3)(2, 3) model.5(2, 3)(2, 3)"
		if strings.Join(got, " ") != want {
			t.Errorf("recording %v:\ngot  %s\nwant %s", recording, strings.Join(got, " "), want)
		}
	}
}

func TestTraceNaN(t *testing.T) {
	m := newFourLayerNN(rng.NewTorch(1))
	x := tensor.Ones(2, 100)
	if err := nn.TraceNaN(m, x); err != nil {
		t.Errorf("without a NaN: %v", err)
	}
	m.FC3.Bias.Data().Select(0, 5).FillInPlace(math.NaN())
	if err := nn.TraceNaN(m, x); err == nil || err.Error() != "the output of model.fc3 is not finite; neither is its parameter bias" {
		t.Errorf("NaN in a bias: %v", err)
	}
	m.FC2.Weight.Data().FillInPlace(3e38) // finite, but its sums overflow
	if err := nn.TraceNaN(m, x); err == nil || err.Error() != "the output of model.fc2 is not finite" {
		t.Errorf("an overflow: %v", err)
	}
	x.Select(0, 1).FillInPlace(math.Inf(-1))
	if err := nn.TraceNaN(m, x); err == nil || err.Error() != "the input is not finite" {
		t.Errorf("an infinite input: %v", err)
	}
}

// gated is a layer with a parameter that reports.
type gated struct {
	Gate  tensor.Tensor
	Inner nn.Module
}

func (m *gated) Forward(x tensor.Tensor) tensor.Tensor {
	return nn.Report(m, x, m.Inner.Forward(x).Mul(m.Gate.Sigmoid()))
}

func (m *gated) MultiplyAdds(inputs, outputs []tensor.Shape) int { return outputs[0].Size() }

func TestSummary(t *testing.T) {
	g := rng.NewTorch(1)
	shared := nn.NewLinear(g, 8, 8)
	drop := nn.NewDropout(g, 0.5)
	shared.Bias.SetRequiresGrad(false)
	m := &struct {
		nn.Sequential `nn:"body"`
		Unused        *nn.Linear
	}{
		nn.Sequential{&nn.Flatten{}, shared, drop, shared, &gated{tensor.Zeros(8), nn.LinearConfig{NoBias: true}.New(g, 8, 8)}},
		nn.NewLinear(g, 1000, 1),
	}
	state, _ := g.MarshalBinary()
	table := nn.Summary(m, 2, 2, 4)
	want := strings.TrimPrefix(`
layer         type     output shape  parameters  multiply-adds  weights  output
───────────────────────────────────────────────────────────────────────────────
body.0        Flatten  (2, 8)
body.1        Linear   (2, 8)                72            128    288 B    64 B
body.2        Dropout  (2, 8)
body.1        Linear   (2, 8)             again            128    again    64 B
body.4.inner  Linear   (2, 8)                64            128    256 B    64 B
body.4        gated    (2, 8)                 8             16     32 B    64 B
unused        Linear   not seen           1,001                 3.9 KiB
───────────────────────────────────────────────────────────────────────────────
total                                     1,145            400  4.5 KiB   256 B
input (2, 2, 4), 1,145 parameters, 1,137 of them trained
not seen: not called, does not call nn.Report, or no argument depends on the input`, "\n")
	if got := table.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if after, _ := g.MarshalBinary(); !slices.Equal(after, state) || !drop.Training() {
		t.Error("the summary drew random numbers or left the model in evaluation")
	}
	err := tensor.Try(func() { nn.Summary(m, 2, 9) })
	if err == nil || !strings.HasSuffix(err.Error(), "(2, 9) × (8, 8), in model.body.1") || !drop.Training() {
		t.Errorf("an input that does not fit: %v", err)
	}
}

func TestSummarySaysWhatIsTrained(t *testing.T) {
	frozen := nn.NewLinear(rng.NewTorch(1), 2, 2)
	nn.Freeze(frozen)
	for want, model := range map[string]nn.Module{
		"input (1, 2), 6 parameters, none of them trained": frozen,
		"input (1, 2), no parameters":                      &nn.Identity{},
	} {
		if got := nn.Summary(model, 1, 2).String(); !strings.HasSuffix(got, "\n"+want) {
			t.Errorf("it does not end with %q:\n%s", want, got)
		}
	}
}
