package models_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// networks maps the names in testdata/torch/models.json to constructors.
var networks = map[string]func(g *rng.Torch, classes int) nn.Module{
	"lenet5":             func(g *rng.Torch, n int) nn.Module { return models.NewLeNet5(g, n) },
	"mnist":              func(g *rng.Torch, n int) nn.Module { return models.NewMNISTNet(g, n) },
	"resnet20":           func(g *rng.Torch, n int) nn.Module { return models.NewResNet20(g, n) },
	"resnet18":           func(g *rng.Torch, n int) nn.Module { return models.NewResNet18(g, n) },
	"resnet34":           func(g *rng.Torch, n int) nn.Module { return models.NewResNet34(g, n) },
	"resnet50":           func(g *rng.Torch, n int) nn.Module { return models.NewResNet50(g, n) },
	"vgg11_bn":           func(g *rng.Torch, n int) nn.Module { return models.VGGConfig{Layers: 11, BatchNorm: true}.New(g, n) },
	"mobilenet_v2":       func(g *rng.Torch, n int) nn.Module { return models.NewMobileNetV2(g, n) },
	"mobilenet_v3_large": func(g *rng.Torch, n int) nn.Module { return models.NewMobileNetV3Large(g, n) },
	"mobilenet_v3_small": func(g *rng.Torch, n int) nn.Module { return models.NewMobileNetV3Small(g, n) },
	"efficientnet_b0":    func(g *rng.Torch, n int) nn.Module { return models.NewEfficientNetB0(g, n) },
	"efficientnet_lite0": func(g *rng.Torch, n int) nn.Module { return models.NewEfficientNetLite0(g, n) },
	"convnext_tiny":      func(g *rng.Torch, n int) nn.Module { return models.NewConvNeXtTiny(g, n) },
}

// images returns the images that models.py computes.
func images(dims ...int) tensor.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)*0.37 + math.Floor(float64(i)/97)*0.11))
	}
	return tensor.From(x, dims...)
}

// TestGolden compares initial weights and float32 logits with PyTorch's, and, in float64, one training step's logits,
// loss, gradients and buffers. The tolerance of float32 is four times PyTorch's own difference to float64, which
// models.py stores. That of float64 allows for networks that amplify rounding a million times.
func TestGolden(t *testing.T) {
	b, err := os.ReadFile("../testdata/torch/models.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct {
		Shape              []int
		Logits, Trained    []float64
		Loss               []float64
		Initial            map[string]float64
		Gradients, Buffers map[string]float64
		Tolerance          float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tol := c.Tolerance
			near := func(what string, got, want float64) {
				t.Helper()
				if d := math.Abs(got - want); !(d <= tol*math.Max(1, math.Abs(want))) {
					t.Errorf("%s is %v, want %v (tolerance %v)", what, got, want, tol)
				}
			}
			m := networks[name](rng.NewTorch(0), 10)
			params := 0
			for _, p := range nn.StateDict(m) {
				if want, ok := c.Initial[p.Name]; ok {
					near("the norm of the initial "+p.Name, norm(p.Tensor), want)
					params++
				} else if _, ok := c.Buffers[p.Name]; !ok && c.Loss != nil {
					t.Errorf("%s is not in PyTorch's state dict", p.Name)
				}
			}
			if params != len(c.Initial) {
				t.Errorf("%d parameters, want %d", params, len(c.Initial))
			}
			x := images(c.Shape...)
			target := make([]int64, c.Shape[0])
			for i := range target {
				target[i] = int64(i * 3 % 10)
			}
			nn.Eval(m)
			for i, v := range tensor.NoGrad(x, m.Forward).Float32s() {
				near("a logit", float64(v), c.Logits[i])
			}
			if c.Loss == nil {
				return // models.py explains why
			}
			tol = 1e-8
			nn.Cast(m, tensor.Float64)
			nn.Train(m)
			withoutDropout(m)
			logits := m.Forward(x.Cast(tensor.Float64))
			for i, v := range logits.Float64s() {
				near("a logit in training", v, c.Trained[i])
			}
			loss := nn.CrossEntropy(logits, tensor.From(target))
			near("the loss", loss.Item(), c.Loss[0])
			loss.Backward()
			for _, p := range nn.StateDict(m) {
				if want, ok := c.Gradients[p.Name]; ok {
					near("the norm of the gradient of "+p.Name, norm(p.Tensor.Grad()), want)
				} else {
					near("the norm of "+p.Name, norm(p.Tensor), c.Buffers[p.Name])
				}
			}
		})
	}
}

// norm returns the Euclidean norm of x in float64.
func norm(x tensor.Tensor) float64 {
	sum := 0.0
	for _, v := range tensor.SliceOf[float64](x.Data().Cast(tensor.Float64)) {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// withoutDropout puts the dropout layers of m, a pointer to a network of this package, into evaluation mode.
func withoutDropout(m nn.Module) {
	switch m := m.(type) {
	case *models.MNISTNet:
		nn.Eval(m.Dropout1)
		nn.Eval(m.Dropout2)
	case *models.VGG:
		nn.Eval(m.Classifier)
	case *models.MobileNetV2:
		nn.Eval(m.Classifier)
	case *models.MobileNetV3:
		nn.Eval(m.Classifier)
	case *models.EfficientNet:
		nn.Eval(m.Classifier)
		models.WithoutStochasticDepth(m.Features)
	case *models.EfficientNetLite0:
		nn.Eval(m.Dropout)
	case *models.ConvNeXt:
		models.WithoutStochasticDepth(m.Features)
	}
}
