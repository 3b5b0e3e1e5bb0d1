package bench

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// optimizers runs optimizers' steps over the parameters of a fully connected network. The sizes are those of its
// layers. The gradients are constant.
var optimizers = Family{
	Name:  "optimizers",
	Sizes: []Size{{100, 128, 64, 32, 10}, {784, 512, 256, 10}, {1024, 2048, 1024}},
	Benchmarks: []Benchmark{
		step("SGD", "SGD(params, lr=1e-3", func(p []T) optim.Optimizer { return optim.NewSGD(p, optim.SGDConfig{}) }),
		step("SGD, momentum", "SGD(params, lr=1e-3, momentum=0.9",
			func(p []T) optim.Optimizer { return optim.NewSGD(p, optim.SGDConfig{Momentum: 0.9}) }),
		step("SGD, Nesterov", "SGD(params, lr=1e-3, momentum=0.9, nesterov=True", func(p []T) optim.Optimizer {
			return optim.NewSGD(p, optim.SGDConfig{Momentum: 0.9, Nesterov: true})
		}),
		step("Adam", "Adam(params", func(p []T) optim.Optimizer { return optim.NewAdam(p, optim.AdamConfig{}) }),
		step("Adam, AMSGrad", "Adam(params, amsgrad=True",
			func(p []T) optim.Optimizer { return optim.NewAdam(p, optim.AdamConfig{AMSGrad: true}) }),
		step("AdamW", "AdamW(params", func(p []T) optim.Optimizer { return optim.NewAdamW(p, optim.AdamWConfig{}) }),
		step("RMSprop", "RMSprop(params", func(p []T) optim.Optimizer { return optim.NewRMSprop(p, optim.RMSpropConfig{}) }),
		step("RMSprop, centered, momentum", "RMSprop(params, centered=True, momentum=0.9", func(p []T) optim.Optimizer {
			return optim.NewRMSprop(p, optim.RMSpropConfig{Centered: true, Momentum: 0.9})
		}),
		step("Adagrad", "Adagrad(params", func(p []T) optim.Optimizer { return optim.NewAdagrad(p, optim.AdagradConfig{}) }),
		step("Adadelta", "Adadelta(params", func(p []T) optim.Optimizer { return optim.NewAdadelta(p, optim.AdadeltaConfig{}) }),
		step("Adamax", "Adamax(params", func(p []T) optim.Optimizer { return optim.NewAdamax(p, optim.AdamaxConfig{}) }),
		step("NAdam", "NAdam(params", func(p []T) optim.Optimizer { return optim.NewNAdam(p, optim.NAdamConfig{}) }),
		step("RAdam", "RAdam(params", func(p []T) optim.Optimizer { return optim.NewRAdam(p, optim.RAdamConfig{}) }),
		{
			Name: "clip the gradients' norm", Tolerance: 1e-4,
			Job: func(d Size, g *rng.Torch) *Job {
				params := gradients(d, g)
				return &Job{
					Run: func(n int) {
						for range n {
							optim.ClipGradNorm(params, 1)
						}
					},
					Check: func() []T {
						optim.ClipGradNorm(params, 1)
						return []T{params[0].Grad()}
					},
				}
			},
			Torch: "torch.nn.utils.clip_grad_norm_(params, 1.0, foreach=foreach)",
			Forms: []string{"foreach = True", "foreach = False"},
			Setup: withGradients + `
def check():
    torch.nn.utils.clip_grad_norm_(params, 1.0)
    return params[0].grad
`,
		},
	},
}

// step returns the benchmark of an optimizer's step. torch is PyTorch's constructor call without its end, to which
// each of three forms is appended: fused, foreach and plain.
func step(name, torch string, lamina func(params []T) optim.Optimizer) Benchmark {
	return Benchmark{
		Name: name, Tolerance: 1e-4,
		Job: func(d Size, g *rng.Torch) *Job {
			opt := lamina(gradients(d, g))
			return &Job{
				Run: func(n int) {
					for range n {
						opt.Step()
					}
				},
				Check: func() []T {
					params := gradients(d, rng.NewTorch(seed))
					opt := lamina(params)
					for range 3 {
						opt.Step()
					}
					return params
				},
			}
		},
		Torch: "opt.step()",
		Forms: []string{"form = dict(fused=True)", "form = dict(foreach=True)", "form = dict(foreach=False)"},
		Setup: withGradients + "opt = torch.optim." + torch + `, **form)

def check():
    for _ in range(3):
        opt.step()
    return [p.detach() for p in params]
`,
	}
}

// gradients returns the parameters of a network of the given layer sizes, with random gradients.
func gradients(d Size, g *rng.Torch) []T {
	var params []T
	s := tensor.NewScope(tensor.CPU())
	add := func(dims ...int) {
		p := tensor.Options{}.RandN(g, dims...).SetRequiresGrad(true)
		tensor.Apply1(upstream{dy: tensor.Options{}.RandN(g, dims...)}, p.InScope(s)).Backward()
		s.Recycle()
		params = append(params, p)
	}
	for i := 1; i < len(d); i++ {
		add(d[i], d[i-1])
		add(d[i])
	}
	return params
}

const withGradients = `
params = []
for i in range(1, len(d)):
    for dims in ((d[i], d[i - 1]), (d[i],)):
        p = torch.randn(dims).requires_grad_()
        p.grad = torch.randn(dims)
        params.append(p)
`

// random draws random numbers into existing memory.
var random = Family{Name: "random numbers", Sizes: vectors, Benchmarks: []Benchmark{
	draw("uniform", "torch.rand(d, out=y)", func(g *rng.Torch, dst []float32) { g.Uniform32(dst, 0, 1) }),
	draw("normal", "torch.randn(d, out=y)", func(g *rng.Torch, dst []float32) { g.Normal32(dst, 0, 1) }),
	draw("integers below 100", "torch.randint(0, 100, d, out=y)", func(g *rng.Torch, dst []int64) { g.Randint(dst, 0, 100) }),
	draw("permutation", "torch.randperm(d[0], out=y)", (*rng.Torch).Randperm),
	draw("Bernoulli", "torch.empty(d).bernoulli_(0.3) if y is None else y.bernoulli_(0.3)",
		func(g *rng.Torch, dst []float32) { g.Bernoulli32(dst, 0.3) }),
	draw("exponential", "torch.empty(d).exponential_() if y is None else y.exponential_()",
		func(g *rng.Torch, dst []float32) { g.Exponential32(dst, 1) }),
	{
		Name: "dropout, gradients",
		Job: func(d Size, g *rng.Torch) *Job {
			layer := nn.NewDropout(g, 0.5)
			return gradient(unary(layer.Forward), []T{tensor.Options{}.RandN(g, d...).SetRequiresGrad(true)}, []int{0}, g)
		},
		Torch: "step()",
		Setup: `
x, dy = torch.randn(d).requires_grad_(), None

def step():
    global dy
    y = F.dropout(x, 0.5, True)
    if dy is None:
        dy = torch.randn(d)
    return y, *torch.autograd.grad(y, x, dy)

check = step
`,
	},
}}

// draw returns the benchmark of a random number generator.
func draw[N tensor.Number](name, torch string, lamina func(g *rng.Torch, dst []N)) Benchmark {
	return Benchmark{
		Name: name, Inference: true,
		Job: func(d Size, g *rng.Torch) *Job {
			dst := make([]N, d[0])
			return &Job{
				Run: func(n int) {
					for range n {
						lamina(g, dst)
					}
				},
				Check: func() []T {
					lamina(rng.NewTorch(seed), dst)
					return []T{tensor.From(dst)}
				},
			}
		},
		Torch: torch,
		Setup: "def check():\n    y = None\n    return " + torch + "\n",
	}
}

// loading reads a batch of samples in random order. Its sizes are batch and features.
var loading = Family{Name: "data loading", Sizes: []Size{{32, 100}, {128, 784}, {512, 3072}}, Benchmarks: []Benchmark{
	{
		Name: "a batch from memory",
		Job: func(d Size, g *rng.Torch) *Job {
			ds := samples(g, d[0]*batches, Size{d[1], 10})
			load := func(g *rng.Torch) *data.Loader {
				return data.NewLoader(ds, data.LoaderConfig{BatchSize: d[0], Shuffle: true, RNG: g})
			}
			loader := load(g)
			return &Job{
				Run: func(n int) {
					for n > 0 {
						for range loader.Batches(data.NoGrad) {
							if n--; n == 0 {
								break
							}
						}
					}
				},
				Check: func() []T {
					for b := range load(rng.NewTorch(seed)).Batches(data.NoGrad) {
						return []T{b.X.Keep(), b.Y.Keep()}
					}
					return nil
				},
			}
		},
		Torch:     "next(it)",
		Inference: true,
		Setup: epochs + `
x, y = samples(d[0] * 16, d[1], 10)
it = epochs(x, y, d[0])

def check():
    torch.manual_seed(1)
    return first(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), d[0], shuffle=True))
`,
	},
}}

// batches is the number of batches in a random data set.
const batches = 16

// epochs is Python code for PyTorch's fastest batches of tensors in memory: one indexing operation per batch, not one
// per sample.
const epochs = `
def samples(n, features, classes):
    return torch.randn(n, features), torch.randint(0, classes, (n,))

def epochs(x, y, batch):
    while True:
        for index in torch.randperm(len(x)).split(batch):
            yield x[index], y[index]

def first(loader):
    for x, y in loader:
        return x, y

def network(sizes):
    layers = []
    for i in range(1, len(sizes)):
        if i > 1:
            layers.append(nn.ReLU())
        layers.append(nn.Linear(sizes[i - 1], sizes[i]))
    return nn.Sequential(*layers)
`

// prediction runs the forward pass and the argmax. Its sizes are the batch, then the network's layers.
var prediction = Family{
	Name:  "prediction",
	Sizes: []Size{{1, 100, 128, 64, 32, 10}, {1, 784, 512, 256, 10}, {64, 784, 512, 256, 10}},
	Benchmarks: []Benchmark{
		{
			Name: "classes",
			Job: func(d Size, g *rng.Torch) *Job {
				model := network(g, d[1:]...)
				nn.Eval(model)
				return forward(unary(func(x T) T { return model.Forward(x).ArgMax(1) }), []T{tensor.Options{}.RandN(g, d[0], d[1])})
			},
			Torch:     "model(x).argmax(1)",
			Inference: true,
			Setup: epochs + `
model = network(d[1:]).eval()
x = torch.randn(d[0], d[1])

def check():
    return model(x).argmax(1)
`,
		},
	},
}

// training runs training steps, from loading the batch to the optimizer's step. Its sizes are the batch, then the
// network's layers. The compared result is the loss of the tenth step.
var training = Family{
	Name:  "training steps",
	Sizes: []Size{{32, 100, 128, 64, 32, 10}, {128, 784, 512, 256, 10}, {512, 784, 2048, 2048, 10}},
	Benchmarks: []Benchmark{
		train("classifier, Adam", 10, vectorData, func(d Size, g *rng.Torch) (nn.Module, optim.Optimizer) {
			model := network(g, d[1:]...)
			return model, optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
		}, `
model = network(d[1:])
opt = torch.optim.Adam(model.parameters(), **form)
`),
		train("GELU, layer norm, AdamW", 10, vectorData, func(d Size, g *rng.Torch) (nn.Module, optim.Optimizer) {
			var model nn.Sequential
			for i := 2; i < len(d)-1; i++ {
				model = append(model, nn.NewLinear(g, d[i-1], d[i]), nn.NewLayerNorm(d[i]), &nn.GELU{})
			}
			model = append(model, nn.NewLinear(g, d[len(d)-2], d[len(d)-1]))
			return model, optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{})
		}, `
layers = []
for i in range(2, len(d) - 1):
    layers += [nn.Linear(d[i - 1], d[i]), nn.LayerNorm(d[i]), nn.GELU()]
model = nn.Sequential(*layers, nn.Linear(d[-2], d[-1]))
opt = torch.optim.AdamW(model.parameters(), **form)
`),
		train("SiLU, dropout, SGD with momentum", 10, vectorData, func(d Size, g *rng.Torch) (nn.Module, optim.Optimizer) {
			var model nn.Sequential
			for i := 2; i < len(d)-1; i++ {
				model = append(model, nn.NewLinear(g, d[i-1], d[i]), &nn.SiLU{}, nn.NewDropout(g, 0.2))
			}
			model = append(model, nn.NewLinear(g, d[len(d)-2], d[len(d)-1]))
			return model, optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.01, Momentum: 0.9})
		}, `
layers = []
for i in range(2, len(d) - 1):
    layers += [nn.Linear(d[i - 1], d[i]), nn.SiLU(), nn.Dropout(0.2)]
model = nn.Sequential(*layers, nn.Linear(d[-2], d[-1]))
opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, **form)
`),
		transformer,
	},
}

// randomData is a random data set, generated in Lamina and in PyTorch.
type randomData struct {
	lamina func(d Size, g *rng.Torch) data.Dataset
	torch  string
}

var vectorData = randomData{
	func(d Size, g *rng.Torch) data.Dataset { return samples(g, d[0]*batches, d[1:]) },
	"x, y = samples(d[0] * 16, d[1], d[-1])\n",
}

// train returns the benchmark of training steps, which compares the loss of the given step. lamina and torch construct
// the model and its optimizer.
func train(name string, compared int, from randomData, lamina func(d Size, g *rng.Torch) (nn.Module, optim.Optimizer),
	torch string) Benchmark {
	start := func(d Size, g *rng.Torch) *trainer {
		ds := from.lamina(d, g)
		model, opt := lamina(d, g)
		return &trainer{model, opt, data.NewLoader(ds, data.LoaderConfig{BatchSize: d[0], Shuffle: true, RNG: g})}
	}
	return Benchmark{
		Name: name, Tolerance: 1e-3,
		Job: func(d Size, g *rng.Torch) *Job {
			t := start(d, g)
			return &Job{
				Run: func(n int) {
					for n > 0 {
						for b := range t.loader.Batches() {
							t.step(b)
							if n--; n == 0 {
								break
							}
						}
					}
				},
				Check: func() []T {
					t := start(d, rng.NewTorch(seed))
					steps := 0
					for b := range t.loader.Batches() {
						loss := t.step(b)
						if steps++; steps == compared {
							return []T{loss.Keep()}
						}
					}
					return nil
				},
			}
		},
		Torch: "step(next(it))",
		Forms: []string{"form = dict(fused=True)", "form = dict(foreach=True)"},
		Setup: epochs + from.torch + torch + `
def step(batch):
    loss = F.cross_entropy(model(batch[0]), batch[1].flatten())
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss

def check():
    for i, batch in enumerate(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), d[0], shuffle=True)):
        loss = step(batch)
        if i == ` + fmt.Sprint(compared-1) + `:
            return loss

it = epochs(x, y, d[0])
`,
	}
}

// network returns a network of fully connected layers of the given sizes with ReLU between them.
func network(g *rng.Torch, sizes ...int) nn.Sequential {
	var model nn.Sequential
	for i := 1; i < len(sizes); i++ {
		if i > 1 {
			model = append(model, &nn.ReLU{})
		}
		model = append(model, nn.NewLinear(g, sizes[i-1], sizes[i]))
	}
	return model
}

// samples returns a dataset of n rows of sizes[0] normal numbers with random classes; the last size is the number of
// classes.
func samples(g *rng.Torch, n int, sizes Size) data.Dataset {
	x := tensor.Options{}.RandN(g, n, sizes[0])
	y := make([]int64, n)
	g.Randint(y, 0, int64(sizes[len(sizes)-1]))
	return data.NewTensorDataset(x, tensor.From(y))
}

// trainer holds a network, its optimizer and a loader.
type trainer struct {
	model  nn.Module
	opt    optim.Optimizer
	loader *data.Loader
}

// step trains on one batch and returns its loss.
func (t *trainer) step(batch data.Batch) T {
	loss := nn.CrossEntropy(t.model.Forward(batch.X), batch.Y.Flatten(0))
	t.opt.ZeroGrad()
	loss.Backward()
	t.opt.Step()
	return loss
}
