package bench

import (
	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// convNets runs whole networks. Its sizes are those of a batch of images: (N, C, H, W). PyTorch's images and weights are
// NCHW or channels-last, whichever is faster.
var convNets = Family{
	Name: "convolutional networks",
	Benchmarks: []Benchmark{
		trainImages("MNIST network, AdamW", []Size{{2, 1, 28, 28}, {64, 1, 28, 28}}, func(g *rng.Torch) nn.Module {
			m := models.NewMNISTNet(g, 10)
			m.Dropout1.P, m.Dropout2.P = 0, 0
			return m
		}, mnistNet),
		trainImages("ResNet-18 for small images, AdamW", []Size{{4, 3, 16, 16}, {32, 3, 32, 32}}, func(g *rng.Torch) nn.Module {
			return models.ResNetConfig{Small: true}.New(g, 10)
		}, resNet18+"model = ResNet18(10, small=True)\n"),
		{
			Name: "ResNet-18, prediction", Sizes: []Size{{1, 3, 32, 32}, {1, 3, 224, 224}}, Tolerance: 1e-4,
			Job: func(d Size, g *rng.Torch) *Job {
				model := models.NewResNet18(g, 1000)
				nn.Eval(model)
				return forward(unary(model.Forward), []T{tensor.Options{}.RandN(g, d...)})
			},
			Torch:     "model(x)",
			Inference: true,
			Forms:     layouts,
			Setup: resNet18 + `
model = ResNet18(1000).eval().to(memory_format=layout)
x = torch.randn(d).contiguous(memory_format=layout)

def check():
    return model(x)
`,
		},
	},
}

var layouts = []string{"layout = torch.contiguous_format", "layout = torch.channels_last"}

// trainImages returns the benchmark of training steps of a network for images with 10 classes.
func trainImages(name string, sizes []Size, network func(g *rng.Torch) nn.Module, torch string) Benchmark {
	w := train(name, 3, randomData{
		func(d Size, g *rng.Torch) data.Dataset {
			y := make([]int64, d[0]*imageBatches)
			x := tensor.Options{}.RandN(g, len(y), d[1], d[2], d[3])
			g.Randint(y, 0, 10)
			return data.NewTensorDataset(x, tensor.From(y))
		},
		"x, y = torch.randn(d[0] * 4, *d[1:]).contiguous(memory_format=layout), torch.randint(0, 10, (d[0] * 4,))\n",
	}, func(_ Size, g *rng.Torch) (nn.Module, optim.Optimizer) {
		model := network(g)
		return model, optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{})
	}, torch+`
model = model.to(memory_format=layout)
opt = torch.optim.AdamW(model.parameters(), fused=True)
`)
	w.Sizes, w.Forms = sizes, layouts
	return w
}

// imageBatches is the number of batches in a random set of images.
const imageBatches = 4

// mnistNet is PyTorch's network of the same layers as models.MNISTNet, without dropout.
const mnistNet = `
model = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))
`

// resNet18 is Python code for torchvision's ResNet-18, which the benchmarks do not need to install. It draws the weights
// in the same order.
const resNet18 = `
class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        shortcut = None
        if stride > 1 or before != after:
            shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
        self.conv1, self.bn1 = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        self.relu, self.downsample = nn.ReLU(inplace=True), shortcut

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)

class ResNet18(nn.Module):
    def __init__(self, classes, small=False):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False) if small else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(64), nn.ReLU(inplace=True)
        self.pool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        layers, before = [], 64
        for after, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            layers += [Block(before, after, stride), Block(after, after, 1)]
            before = after
        self.layers, self.fc = nn.Sequential(*layers), nn.Linear(512, classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.layers(self.pool(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))

`
