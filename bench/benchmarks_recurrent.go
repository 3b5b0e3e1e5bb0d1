package bench

import (
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// recurrentNets computes recurrent networks and their gradients. Their sizes are steps, sequences, features and
// hidden units.
var recurrentNets = Family{
	Name:  "recurrent networks",
	Sizes: []Size{{16, 4, 32, 32}, {128, 32, 256, 256}, {64, 128, 512, 512}},
	Benchmarks: []Benchmark{
		recurrentNet("LSTM, gradients", "nn.LSTM(d[2], d[3])", nil, 4, nn.RecurrentConfig{}, lstmForward),
		recurrentNet("GRU, gradients", "nn.GRU(d[2], d[3])", nil, 3, nn.RecurrentConfig{}, gruForward),
		recurrentNet("RNN, gradients", "nn.RNN(d[2], d[3])", nil, 1, nn.RecurrentConfig{},
			func(c nn.RecurrentConfig, g *rng.Torch, in, hidden int) (any, func(x T) T) {
				m := c.NewRNN(g, in, hidden)
				return m, func(x T) T { return first(m.Forward(x, T{})) }
			}),
		recurrentNet("LSTM, two layers, two directions, gradients", "nn.LSTM(d[2], d[3], 2, bidirectional=True)",
			[]Size{{32, 16, 64, 64}}, 0,
			nn.RecurrentConfig{Layers: 2, Bidirectional: true}, lstmForward),
		recurrentNet("LSTM of one sequence, gradients", "nn.LSTM(d[2], d[3])", []Size{{128, 1, 256, 256}}, 4,
			nn.RecurrentConfig{}, lstmForward),
	},
}

func lstmForward(c nn.RecurrentConfig, g *rng.Torch, in, hidden int) (any, func(x T) T) {
	m := c.NewLSTM(g, in, hidden)
	return m, func(x T) T {
		y, _, _ := m.Forward(x, T{}, T{})
		return y
	}
}

func gruForward(c nn.RecurrentConfig, g *rng.Torch, in, hidden int) (any, func(x T) T) {
	m := c.NewGRU(g, in, hidden)
	return m, func(x T) T { return first(m.Forward(x, T{})) }
}

func first(y, _ T) T { return y }

// recurrentNet is the benchmark of a network's forward pass and the gradients of its input and its parameters. gates
// is the number of gates of a network of one layer, or 0.
func recurrentNet(name, torch string, sizes []Size, gates int, c nn.RecurrentConfig,
	network func(c nn.RecurrentConfig, g *rng.Torch, in, hidden int) (any, func(x T) T)) Benchmark {
	b := Benchmark{
		Name: name, Sizes: sizes, Tolerance: 1e-4,
		Job: func(d Size, g *rng.Torch) *Job {
			model, forward := network(c, g, d[2], d[3])
			x := tensor.Options{}.RandN(g, d[0], d[1], d[2]).SetRequiresGrad(true)
			s := tensor.NewScope(tensor.CPU())
			params := append(nn.Parameters(model), x)
			run := func(n int) (y T) {
				for range n {
					s.Recycle()
					for _, p := range params {
						p.ZeroGrad()
					}
					y = forward(x.InScope(s))
					y.Square().Sum().Backward()
				}
				return y
			}
			return &Job{
				Run: func(n int) { run(n) },
				Check: func() []T {
					out := []T{run(1).Keep()}
					for _, p := range params {
						out = append(out, p.Grad().Keep())
					}
					return out
				},
			}
		},
		Torch: "step()",
		Setup: `
m = ` + torch + `
x = torch.randn(d[:3]).requires_grad_()
params = list(m.parameters()) + [x]

def step():
    for p in params:
        p.grad = None
    y = m(x)[0]
    y.square().sum().backward()
    return y

def check():
    return [step()] + [p.grad for p in params]
`,
	}
	if gates > 0 {
		b.FLOPs = func(d Size) float64 { // three products for each of the two weights
			return 6 * float64(gates*d[3]) * float64(d[2]+d[3]) * float64(d[0]*d[1])
		}
	}
	return b
}
