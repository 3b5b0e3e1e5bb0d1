package models_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A ResNet for images of 32×32 pixels.
func ExampleResNetConfig() {
	m := models.ResNetConfig{Small: true}.New(rng.NewTorch(0), 10)
	nn.Eval(m)
	fmt.Println(m.Forward(tensor.Zeros(1, 3, 32, 32)).Shape(), nn.Count(m))
	// Output: (1, 10) 11173962
}

func ExampleResNet() {
	m := models.NewResNet18(rng.NewTorch(0), 1000)
	fmt.Println(nn.Count(m))
	// Output: 11689512
}

func ExampleCIFARResNet() {
	m := models.NewResNet20(rng.NewTorch(0), 10)
	fmt.Println(nn.Count(m))
	// Output: 269722
}

func ExampleVGGConfig() {
	config := models.VGGConfig{Layers: 13, BatchNorm: true} // config.New(g, classes) makes the network
	fmt.Println(config.Layers, "layers")
	// Output: 13 layers
}

// A network of VGG's form with one convolution, for two classes. NewVGG11 and NewVGG16 make the published networks,
// whose 130 million parameters take half a gigabyte.
func ExampleVGG() {
	g := rng.NewTorch(0)
	m := &models.VGG{
		Features:   nn.Sequential{nn.NewConv2d(g, 3, 8, 3), &nn.ReLU{}, nn.NewMaxPool2d(2)},
		Classifier: nn.Sequential{nn.NewLinear(g, 8*7*7, 2)},
	}
	fmt.Println(m.Forward(tensor.Zeros(1, 3, 32, 32)).Shape(), nn.Count(m))
	// Output: (1, 2) 1010
}

func ExampleMobileNetV2() {
	m := models.NewMobileNetV2(rng.NewTorch(0), 1000)
	fmt.Println(nn.Count(m))
	// Output: 3504872
}

func ExampleMobileNetV3() {
	m := models.NewMobileNetV3Small(rng.NewTorch(0), 1000)
	fmt.Println(nn.Count(m))
	// Output: 2542856
}

func ExampleEfficientNet() {
	m := models.NewEfficientNetB0(rng.NewTorch(0), 1000)
	fmt.Println(nn.Count(m))
	// Output: 5288548
}

func ExampleEfficientNetLite0() {
	m := models.NewEfficientNetLite0(rng.NewTorch(0), 1000)
	fmt.Println(nn.Count(m))
	// Output: 4652008
}

func ExampleConvNeXt() {
	m := models.NewConvNeXtTiny(rng.NewTorch(0), 1000)
	fmt.Println(nn.Count(m))
	// Output: 28589128
}

func ExampleLeNet5() {
	m := models.NewLeNet5(rng.NewTorch(0), 10)
	fmt.Println(m.Forward(tensor.Zeros(2, 1, 28, 28)).Shape(), nn.Count(m))
	// Output: (2, 10) 61706
}

func ExampleMNISTNet() {
	m := models.NewMNISTNet(rng.NewTorch(0), 10)
	fmt.Println(nn.Count(m))
	// Output: 1199882
}
