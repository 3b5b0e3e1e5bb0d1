package nn_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func ExampleLSTM() {
	g := rng.NewTorch(1)
	l := nn.NewLSTM(g, 3, 4)
	x := tensor.Options{}.RandN(g, 7, 2, 3) // seven steps of two sequences of three features
	y, h, c := l.Forward(x, tensor.Tensor{}, tensor.Tensor{})
	fmt.Println(y.Shape(), h.Shape(), c.Shape())
	_, h, c = l.Forward(x, h, c) // go on from there
	fmt.Println(l, h.Shape(), c.Shape())
	// Output:
	// (7, 2, 4) (1, 2, 4) (1, 2, 4)
	// LSTM(3, 4) (1, 2, 4) (1, 2, 4)
}

func ExampleRNN() {
	l := nn.RecurrentConfig{ReLU: true}.NewRNN(rng.NewTorch(1), 3, 4)
	y, h := l.Forward(tensor.Zeros(7, 3), tensor.Tensor{}) // one sequence
	fmt.Println(y.Shape(), h.Shape())
	// Output: (7, 4) (1, 4)
}

func ExampleGRU() {
	l := nn.RecurrentConfig{BatchFirst: true}.NewGRU(rng.NewTorch(1), 3, 4)
	y, h := l.Forward(tensor.Zeros(2, 7, 3), tensor.Tensor{})
	fmt.Println(y.Shape(), h.Shape())
	// Output: (2, 7, 4) (1, 2, 4)
}

func ExampleRecurrentConfig() {
	l := nn.RecurrentConfig{Layers: 2, Bidirectional: true, Dropout: 0.1}.NewLSTM(rng.NewTorch(1), 3, 4)
	fmt.Println(l)
	y, h, _ := l.Forward(tensor.Zeros(7, 2, 3), tensor.Tensor{}, tensor.Tensor{})
	fmt.Println(y.Shape(), h.Shape())
	// Output:
	// LSTM(3, 4, num_layers=2, dropout=0.1, bidirectional=True)
	// (7, 2, 8) (4, 2, 4)
}

// The parameters have PyTorch's names.
func ExampleRecurrentLayers() {
	l := nn.RecurrentConfig{NoBias: true, Bidirectional: true}.NewGRU(rng.NewTorch(1), 3, 4)
	for _, p := range nn.NamedParameters(l) {
		fmt.Println(p.Name, p.Tensor.Shape())
	}
	// Output:
	// weight_ih_l0 (12, 3)
	// weight_hh_l0 (12, 4)
	// weight_ih_l0_reverse (12, 3)
	// weight_hh_l0_reverse (12, 4)
}

func ExampleRecurrentLayers_weights() {
	l := nn.NewLSTM(rng.NewTorch(1), 3, 4)
	forget := l.Layers[0][0].BiasIH.Data().Narrow(0, 4, 4) // of the second gate
	forget.FillInPlace(1)                                  // begin with units that remember
	fmt.Println(l.Layers[0][0].BiasIH.Narrow(0, 4, 4))
	// Output: tensor([1., 1., 1., 1.])
}

// What all recurrent networks have.
func ExampleRecurrent() {
	for _, l := range []*nn.Recurrent{&nn.NewRNN(rng.NewTorch(1), 3, 4).Recurrent, &nn.NewGRU(rng.NewTorch(1), 3, 4).Recurrent} {
		fmt.Println(len(l.Layers), "layer of", l.Layers[0][0].WeightHH.Shape())
	}
	// Output:
	// 1 layer of (4, 4)
	// 1 layer of (12, 4)
}

func ExampleRNNCell() {
	l := nn.NewRNNCell(rng.NewTorch(1), 3, 4)
	fmt.Println(l, l.Forward(tensor.Zeros(2, 3), tensor.Tensor{}).Shape())
	// Output: RNNCell(3, 4) (2, 4)
}

// A loop of one's own.
func ExampleLSTMCell() {
	g := rng.NewTorch(1)
	l := nn.NewLSTMCell(g, 3, 4)
	var h, c tensor.Tensor
	for range 5 {
		h, c = l.Forward(tensor.Options{}.RandN(g, 2, 3), h, c)
	}
	fmt.Println(h.Shape(), c.Shape())
	// Output: (2, 4) (2, 4)
}

func ExampleGRUCell() {
	l := nn.NewGRUCell(rng.NewTorch(1), 3, 4)
	fmt.Println(l.Forward(tensor.Zeros(3), tensor.Tensor{}).Shape()) // one sample
	// Output: (4,)
}

func ExampleRecurrentCell() {
	l := nn.NewGRUCell(rng.NewTorch(1), 3, 4)
	fmt.Println(l.WeightIH.Shape(), l.WeightHH.Shape(), l.BiasIH.Shape())
	// Output: (12, 3) (12, 4) (12,)
}

func ExampleRecurrentCellConfig() {
	l := nn.RecurrentCellConfig{NoBias: true, ReLU: true}.NewRNNCell(rng.NewTorch(1), 3, 4)
	fmt.Println(l)
	// Output: RNNCell(3, 4, bias=False, nonlinearity=relu)
}

// Sequences of different lengths are computed without their padding.
func ExamplePackedSequence() {
	sequences := []tensor.Tensor{tensor.Ones(2, 1), tensor.Full(2, 4, 1), tensor.Full(3, 1, 1)}
	p := nn.PackSequence(nn.PackConfig{NoEnforceSorted: true}, sequences...) // the lengths increase
	fmt.Println(p.BatchSizes, p.Data.Flatten(0), p.SortedIndices)
	y, h := nn.NewGRU(rng.NewTorch(1), 1, 2).ForwardPacked(p, tensor.Tensor{})
	padded, lengths := nn.PadPackedSequence(y, nn.PadConfig{BatchFirst: true})
	fmt.Println(h.Shape(), padded.Shape(), lengths)
	// Output:
	// [3 2 1 1] tensor([2., 1., 3., 2., 1., 2., 2.]) tensor([1, 0, 2])
	// (1, 3, 2) (3, 4, 2) [2 4 1]
}

func ExamplePackConfig() {
	x := tensor.Arange(6).Cast(tensor.Float32).Reshape(2, 3, 1)
	p := nn.PackPaddedSequence(x, []int{1, 3}, nn.PackConfig{BatchFirst: true, NoEnforceSorted: true})
	fmt.Println(p.BatchSizes, p.Data.Flatten(0))
	// Output: [2 1 1] tensor([3., 0., 4., 5.])
}

func ExamplePadConfig() {
	a, b := tensor.From([]float32{1, 2, 3}), tensor.From([]float32{4})
	fmt.Println(nn.PadSequence(nn.PadConfig{BatchFirst: true, PaddingValue: -1, Left: true}, a, b))
	// Output:
	// tensor([[ 1.,  2.,  3.],
	//         [-1., -1.,  4.]])
}

// The mean of the words of each text: two texts of two words and of one.
func ExampleEmbeddingBag() {
	l := &nn.EmbeddingBag{Weight: tensor.From([]float32{1, 10, 2, 20, 3, 30}, 3, 2)}
	fmt.Println(l.Forward(tensor.From([]int64{0, 2, 1}), []int{0, 2}, tensor.Tensor{}))
	fmt.Println(l)
	// Output:
	// tensor([[ 2., 20.],
	//         [ 2., 20.]])
	// EmbeddingBag(3, 2, mode='mean')
}

func ExampleEmbeddingBagConfig() {
	zero := 0
	l := nn.EmbeddingBagConfig{Mode: nn.BagSum, PaddingIndex: &zero}.New(rng.NewTorch(1), 10, 3)
	fmt.Println(l, l.Forward(tensor.From([]int64{0, 0, 0}, 1, 3), nil, tensor.Tensor{}))
	// Output: EmbeddingBag(10, 3, mode='sum', padding_idx=0) tensor([[0., 0., 0.]])
}

func ExampleBagMode() {
	l := &nn.EmbeddingBag{Weight: tensor.From([]float32{1, 30, 2, 20}, 2, 2), Mode: nn.BagMax}
	fmt.Println(l.Mode, l.Forward(tensor.From([]int64{0, 1}, 1, 2), nil, tensor.Tensor{}))
	// Output: max tensor([[ 2., 30.]])
}
