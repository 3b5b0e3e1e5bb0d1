package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_descent() {
	X := tensor.From([]float64{1, 2, 2, 3, 3, 4, 4, 5}, 4, 2)
	y := tensor.From([]float64{2, 3, 4, 5})
	w := tensor.From([]float64{0.5, 0.5}).SetRequiresGrad(true)
	b := tensor.Scalar(0.0).SetRequiresGrad(true)

	const eta = 0.04
	for step := range 501 {
		loss := nn.MSE(X.MatMul(w).Add(b), y)
		if step%100 == 0 {
			fmt.Printf("step %3d: loss %.9f\n", step, loss.Item())
		}
		w.ZeroGrad()
		b.ZeroGrad()
		loss.Backward()
		w.Data().SubInPlace(w.Grad().MulScalar(eta)) // W ← W − η ∂L/∂W
		b.Data().SubInPlace(b.Grad().MulScalar(eta)) // b ← b − η ∂L/∂b
	}
	fmt.Printf("predictions %.3f\n", X.MatMul(w).Add(b).Float64s())
	// Output:
	// step   0: loss 0.250000000
	// step 100: loss 0.001687850
	// step 200: loss 0.000105997
	// step 300: loss 0.000006657
	// step 400: loss 0.000000418
	// step 500: loss 0.000000026
	// predictions [2.000 3.000 4.000 5.000]
}

func Example_learningRate() {
	for _, eta := range []float64{0.05, 0.4, 0.95, 1.05} {
		w := tensor.Scalar(1.0).SetRequiresGrad(true)
		fmt.Printf("η = %.2f:", eta)
		for range 6 {
			w.ZeroGrad()
			w.Square().Backward() // L = w², ∂L/∂w = 2w
			w.Data().AddScaledInPlace(-eta, w.Grad())
			fmt.Printf(" %7.4f", w.Item())
		}
		fmt.Println()
	}
	// Output:
	// η = 0.05:  0.9000  0.8100  0.7290  0.6561  0.5905  0.5314
	// η = 0.40:  0.2000  0.0400  0.0080  0.0016  0.0003  0.0001
	// η = 0.95: -0.9000  0.8100 -0.7290  0.6561 -0.5905  0.5314
	// η = 1.05: -1.1000  1.2100 -1.3310  1.4641 -1.6105  1.7716
}

func Example_sgdOptimizer() {
	X := tensor.From([]float64{1, 2, 2, 3, 3, 4, 4, 5}, 4, 2)
	y := tensor.From([]float64{2, 3, 4, 5})
	w := tensor.From([]float64{0.5, 0.5}).SetRequiresGrad(true)
	b := tensor.Scalar(0.0).SetRequiresGrad(true)

	opt := optim.NewSGD([]tensor.Tensor{w, b}, optim.SGDConfig{LR: 0.04})
	for range 501 {
		loss := nn.MSE(X.MatMul(w).Add(b), y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
	}
	fmt.Printf("predictions %.3f\n", X.MatMul(w).Add(b).Float64s())
	// Output: predictions [2.000 3.000 4.000 5.000]
}

func Example_batches() {
	// 300 noisy points on the line y = 3x − 1.
	g := rng.NewTorch(7)
	x := tensor.Options{}.Uniform(g, -1, 1, 300, 1)
	y := x.MulScalar(3).AddScalar(-1).Add(tensor.Options{}.RandN(g, 300, 1).MulScalar(0.1))

	model := nn.NewLinear(g, 1, 1)
	opt := optim.NewSGD(nn.Parameters(model), optim.SGDConfig{LR: 0.1})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 30, Shuffle: true, RNG: g})

	for epoch := range 5 {
		sum := 0.0
		for batch := range loader.Batches() {
			loss := nn.MSE(model.Forward(batch.X), batch.Y)
			opt.ZeroGrad()
			loss.Backward()
			opt.Step()
			sum += loss.Item()
		}
		fmt.Printf("epoch %d: loss %.3f, line %.2f·x %+.2f\n",
			epoch+1, sum/float64(loader.Len()), model.Weight.Item(), model.Bias.Item())
	}
	// Output:
	// epoch 1: loss 1.281, line 1.65·x -1.02
	// epoch 2: loss 0.346, line 2.29·x -1.01
	// epoch 3: loss 0.102, line 2.62·x -1.01
	// epoch 4: loss 0.035, line 2.80·x -1.01
	// epoch 5: loss 0.016, line 2.89·x -1.01
}
