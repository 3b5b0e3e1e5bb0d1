package explain_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/vision/explain"
)

// reader has one filter that finds where an image gets brighter from left to right, and scores for "no edge" and "edge".
func reader() nn.Sequential {
	g := rng.NewTorch(1)
	model := nn.Sequential{nn.NewConv2d(g, 1, 1, 1, 2), &nn.ReLU{}, &nn.Flatten{}, nn.NewLinear(g, 6, 2)}
	conv, dense := model[0].(*nn.Conv2d), model[3].(*nn.Linear)
	conv.Weight.Data().CopyFrom(tensor.From([]float32{-1, 1}, 1, 1, 1, 2))
	conv.Bias.Data().FillInPlace(0)
	dense.Weight.Data().CopyFrom(tensor.From([]float32{-1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1}, 2, 6))
	dense.Bias.Data().FillInPlace(0)
	return model
}

var picture = tensor.From([]float32{
	0, 0, 1, 1,
	0, 0, 1, 1,
}, 1, 1, 2, 4)

func ExampleLayer() {
	for _, l := range explain.FeatureMaps(reader(), picture) {
		fmt.Println(l.Path, l.Type, l.Output.Shape())
	}
	// Output:
	// 0 Conv2d (1, 1, 2, 3)
	// 1 ReLU (1, 1, 2, 3)
	// 2 Flatten (1, 6)
	// 3 Linear (1, 2)
}

func ExampleFilters() {
	name, w := explain.Filters(reader())
	fmt.Println(name, w.Flatten(0))
	// Output: 0.weight tensor([-1.,  1.])
}

func ExampleSaliency() {
	fmt.Println(explain.Saliency(reader(), picture, 1).Select(0, 0).Select(0, 0))
	// Output:
	// tensor([[0., 1., 1., 0.],
	//         [0., 1., 1., 0.]])
}

func ExampleSmoothGradConfig() {
	heat := explain.SmoothGrad(reader(), picture, 1, explain.SmoothGradConfig{Samples: 20, Noise: 0.1})
	fmt.Println(heat.Shape())
	// Output: (1, 1, 2, 4)
}

func ExampleGradCAMConfig() {
	fmt.Println(explain.GradCAM(reader(), picture, 1, explain.GradCAMConfig{Layer: "1"}).Select(0, 0))
	// Output:
	// tensor([[0., 1., 0.],
	//         [0., 1., 0.]])
}

func ExampleOcclusionConfig() {
	fmt.Println(explain.Occlusion(reader(), picture, 1, explain.OcclusionConfig{Size: 2, Stride: 2}))
	// Output: tensor([[0., 2.]], dtype=float64)
}

func ExampleHistogram() {
	h := explain.NewHistogram(tensor.From([]float32{0, 0, 1, 2, 4}), 4)
	fmt.Println(h.Edges, h.Counts, h.Zeros)
	// Output: [0 1 2 3 4] [2 1 1 1] 2
}

func ExampleMistake() {
	p := tensor.From([]float32{0.9, 0.1, 0.2, 0.8, 0.3, 0.7}, 3, 2)
	for _, m := range explain.Mistakes(p, []int64{1, 1, 0}, 10) {
		fmt.Printf("sample %d: %d, read as %d (%.0f%%)\n", m.Index, m.Target, m.Predicted, 100*m.Probability)
	}
	// Output:
	// sample 0: 1, read as 0 (90%)
	// sample 2: 0, read as 1 (70%)
}

func ExampleNeuron() {
	layers := explain.FeatureMaps(reader(), picture)
	n, ok := layers[3].Neuron(0, 1) // the score of class 1
	fmt.Println(ok, n.Inputs, n.Weights, n.Bias, n.Sum)
	n, _ = layers[0].Neuron(0, 0, 0, 1) // where the filter finds the edge
	fmt.Println(n.Weights.Select(0, 0), n.Sum)
	// Output:
	// true tensor([0., 1., 0., 0., 1., 0.]) tensor([1., 1., 1., 1., 1., 1.]) 0 2
	// tensor([[ 0., -1.,  1.,  0.],
	//         [ 0.,  0.,  0.,  0.]]) 1
}
