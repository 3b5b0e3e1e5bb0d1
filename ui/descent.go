package ui

import (
	"math"
	"net/http"
	"slices"
	"sync"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// The view Descent: optimizers walk a loss surface L(ω₀, ω₁) side by side. The paths and heights are computed by the
// engine's operations, gradients and optimizers in float64; the page draws them.

const (
	descentGrid  = 96   // heights in each direction
	descentSteps = 1000 // at most, of a walk
)

// surface is a loss of two weights.
type surface struct {
	name  string
	x, y  [2]float64         // the part that is drawn
	start [2]float64         // a point from which the optimizers differ
	rates map[string]float64 // a learning rate for each optimizer with which it arrives
	steps int                // of a walk
	// loss returns L for each pair of elements of x and y (n).
	loss func(x, y tensor.Tensor) tensor.Tensor
	// heights returns L on the grid, row by row from y[0] up, computed once.
	heights func() []float64
}

// surfaces returns the surfaces in the order of the page.
var surfaces = sync.OnceValue(func() []*surface {
	all := []*surface{
		{
			name: "bowl", x: [2]float64{-2, 2}, y: [2]float64{-2, 2}, start: [2]float64{-1.6, 1.4},
			rates: map[string]float64{"sgd": 0.1, "momentum": 0.02, "rmsprop": 0.05, "adam": 0.1}, steps: 100,
			loss: func(x, y tensor.Tensor) tensor.Tensor { return x.Square().Add(y.Square()) },
		},
		{
			name: "ravine", x: [2]float64{-2, 2}, y: [2]float64{-2, 2}, start: [2]float64{-1.8, 1.2},
			rates: map[string]float64{"sgd": 0.22, "momentum": 0.05, "rmsprop": 0.03, "adam": 0.1}, steps: 150,
			loss: func(x, y tensor.Tensor) tensor.Tensor {
				return x.Square().MulScalar(0.1).Add(y.Square().MulScalar(4))
			},
		},
		{
			name: "saddle", x: [2]float64{-2, 2}, y: [2]float64{-2, 2}, start: [2]float64{-1.7, 0.002},
			rates: map[string]float64{"sgd": 0.05, "momentum": 0.02, "rmsprop": 0.02, "adam": 0.05}, steps: 150,
			loss: func(x, y tensor.Tensor) tensor.Tensor {
				return x.Square().Sub(y.Square()).Add(y.PowScalar(4).MulScalar(0.25))
			},
		},
		{
			name: "rosenbrock", x: [2]float64{-2, 2}, y: [2]float64{-1, 3}, start: [2]float64{-1.4, 2.4},
			rates: map[string]float64{"sgd": 0.001, "momentum": 0.0005, "rmsprop": 0.02, "adam": 0.1}, steps: 1000,
			loss: func(x, y tensor.Tensor) tensor.Tensor {
				return x.RSubScalar(1).Square().Add(y.Sub(x.Square()).Square().MulScalar(100))
			},
		},
		networkSurface(),
	}
	for _, s := range all {
		s.heights = sync.OnceValue(s.grid)
	}
	return all
})

// networkSurface is a slice through the loss of a real network, 2 inputs, 6 neurons, 1 output, on the data XOR: around
// trained weights θ along two random directions, L(θ + ω₀·d₀ + ω₁·d₁). A direction has the norm of θ in each tensor
// (Li et al. 2018, Visualizing the Loss Landscape of Neural Nets).
func networkSurface() *surface {
	s := &surface{
		name: "network", x: [2]float64{-1.5, 1.5}, y: [2]float64{-1.5, 1.5}, start: [2]float64{-1.1, 0.9},
		rates: map[string]float64{"sgd": 0.03, "momentum": 0.01, "rmsprop": 0.02, "adam": 0.06},
		steps: 200,
	}
	slice := sync.OnceValue(func() func(x, y tensor.Tensor) tensor.Tensor {
		g := rng.NewTorch(3)
		f64 := tensor.Options{DType: tensor.Float64}
		samples := f64.Uniform(g, -1, 1, 64, 2)
		// (N, 1): 1 where both coordinates have the same sign
		targets := samples.Narrow(1, 0, 1).Mul(samples.Narrow(1, 1, 1)).GreaterScalar(0).Cast(tensor.Float64)
		net := &struct{ Hidden, Out *nn.Linear }{nn.NewLinear(g, 2, 6), nn.NewLinear(g, 6, 1)}
		nn.Cast(net, tensor.Float64)
		params := nn.Parameters(net)
		opt := optim.NewAdam(params, optim.AdamConfig{LR: 0.05})
		for range 400 {
			opt.ZeroGrad()
			nn.BCEWithLogits(net.Out.Forward(net.Hidden.Forward(samples).Tanh()), targets).Backward()
			opt.Step()
		}
		var theta, d0, d1 []tensor.Tensor
		for _, p := range params {
			w := p.Detach()
			direction := func() tensor.Tensor {
				d := f64.RandN(g, w.Shape().Dims()...)
				return d.MulScalar(w.Norm(2).Item() / d.Norm(2).Item())
			}
			theta, d0, d1 = append(theta, w), append(d0, direction()), append(d1, direction())
		}
		return func(x, y tensor.Tensor) tensor.Tensor {
			at := func(i int) tensor.Tensor { // the i-th parameter at each of the n points: (n, out, in)
				w, u, v := theta[i], d0[i], d1[i]
				if w.Rank() == 1 {
					w, u, v = w.Unsqueeze(0), u.Unsqueeze(0), v.Unsqueeze(0)
				}
				return w.Add(u.Mul(x.Reshape(-1, 1, 1))).Add(v.Mul(y.Reshape(-1, 1, 1)))
			}
			a := samples.MatMul(at(0).Transpose(1, 2)).Add(at(1)).Tanh() // (n, N, 6)
			z := a.MatMul(at(2).Transpose(1, 2)).Add(at(3))              // (n, N, 1)
			return z.Softplus(1, 20).Sub(z.Mul(targets)).Mean(1, 2)      // cross-entropy of σ(z)
		}
	})
	s.loss = func(x, y tensor.Tensor) tensor.Tensor { return slice()(x, y) }
	return s
}

// grid computes the heights.
func (s *surface) grid() []float64 {
	f64 := tensor.Options{DType: tensor.Float64}
	heights := make([]float64, 0, descentGrid*descentGrid)
	x := tensor.FromAs(f64, tensor.Linspace(s.x[0], s.x[1], descentGrid).Float64s())
	for i := range descentGrid {
		y := s.y[0] + (s.y[1]-s.y[0])*float64(i)/(descentGrid-1)
		heights = append(heights, s.loss(x, x.FullLike(y)).Float64s()...)
	}
	return heights
}

// walk returns the points ω₀, ω₁ and the loss before each of the steps and after the last. It ends where a number
// overflows or the walk is far outside of what is drawn.
func (s *surface) walk(o optimizer, start [2]float64, rate float64, steps int) [][3]float64 {
	x := tensor.From(start[:1]).SetRequiresGrad(true)
	y := tensor.From(start[1:]).SetRequiresGrad(true)
	opt := o.make([]tensor.Tensor{x, y}, rate, 0)
	far := 100 * (s.x[1] - s.x[0])
	var path [][3]float64
	for {
		opt.ZeroGrad()
		loss := s.loss(x, y).Sum()
		at := [3]float64{x.Item(), y.Item(), loss.Item()}
		if !(math.Abs(at[0]) < far && math.Abs(at[1]) < far) || math.IsNaN(at[2]) || math.IsInf(at[2], 0) {
			return path
		}
		if path = append(path, at); len(path) > steps {
			return path
		}
		loss.Backward()
		opt.Step()
	}
}

func (s *Server) descentRoutes(r *routes) {
	find := func(name string) (*surface, error) {
		all := surfaces()
		i := slices.IndexFunc(all, func(s *surface) bool { return s.name == name })
		if i < 0 {
			return nil, fail(http.StatusNotFound, "descent.unknown", "name", name)
		}
		return all[i], nil
	}
	type walkRequest struct {
		Surface string
		Start   [2]float64
		Rates   map[string]float64
		Steps   int
	}
	busy := make(chan struct{}, 2) // walks at a time
	r.get("surface/{name}", func(req *http.Request) (any, error) {
		s, err := find(req.PathValue("name"))
		if err != nil {
			return nil, err
		}
		return map[string]any{"x": s.x, "y": s.y, "start": s.start, "rates": s.rates, "steps": s.steps,
			"size": descentGrid, "heights": rounded(s.heights())}, nil
	})
	r.post("walk", func(req *http.Request) (any, error) {
		var w walkRequest
		if err := decode(req, &w); err != nil {
			return nil, err
		}
		s, err := find(w.Surface)
		if err != nil {
			return nil, err
		}
		if w.Steps < 1 || w.Steps > descentSteps {
			return nil, fail(http.StatusBadRequest, "descent.steps", "limit", descentSteps)
		}
		select {
		case busy <- struct{}{}:
			defer func() { <-busy }()
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
		paths := map[string][][3]float64{}
		for _, o := range optimizers {
			rate, ok := w.Rates[o.name]
			if !ok {
				continue
			}
			if !(rate > 0 && rate <= 10) {
				return nil, fail(http.StatusBadRequest, "descent.rate", "rate", rate)
			}
			if req.Context().Err() != nil {
				return nil, req.Context().Err()
			}
			path := s.walk(o, w.Start, rate, w.Steps)
			for i := range path {
				for j := range path[i] {
					path[i][j] = significant(path[i][j], 6)
				}
			}
			paths[o.name] = path
		}
		return map[string]any{"paths": paths}, nil
	})
}

// rounded returns xs with 5 significant digits, which makes their JSON short.
func rounded(xs []float64) []float64 {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = significant(x, 5)
	}
	return ys
}

// significant rounds x to a number of significant digits.
func significant(x float64, digits int) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	scale := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(math.Abs(x))))
	if math.IsInf(scale, 0) || scale == 0 {
		return x
	}
	return math.Round(x*scale) / scale
}
