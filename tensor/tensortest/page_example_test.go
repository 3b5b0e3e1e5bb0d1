package tensortest

import (
	"fmt"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// The page shows the body of this example beside pageProgram; both print the same numbers.
func Example() {
	g := rng.NewTorch(42)
	x := tensor.Options{}.RandN(g, 96, 4)
	y := x.Slice(1, 0, 3, 1).ArgMax(1)
	model := nn.Sequential{nn.NewLinear(g, 4, 16), &nn.ReLU{}, nn.NewLinear(g, 16, 3)}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{LR: 0.01})
	loader := data.NewLoader(data.NewTensorDataset(x, y), data.LoaderConfig{BatchSize: 32})
	for range 5 {
		total := 0.0
		for batch := range loader.Batches() {
			loss := nn.CrossEntropy(model.Forward(batch.X), batch.Y)
			opt.ZeroGrad()
			loss.Backward()
			opt.Step()
			total += loss.Item()
		}
		fmt.Printf("%.4f\n", total/float64(loader.Len()))
	}
	// Output:
	// 1.0166
	// 0.9361
	// 0.8661
	// 0.8040
	// 0.7462
}

const pageProgram = `g = torch.manual_seed(42)
x = torch.randn(96, 4)
y = x[:, 0:3].argmax(1)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
opt = optim.Adam(model.parameters(), lr=0.01)
loader = DataLoader(TensorDataset(x, y), batch_size=32)
for _ in range(5):
    total = 0.0
    for X, Y in loader:
        loss = F.cross_entropy(model(X), Y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"{total / len(loader):.4f}")
`
