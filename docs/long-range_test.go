package docs

import (
	"fmt"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_recurrentCell() {
	g := rng.NewTorch(42)
	cell := nn.NewRNNCell(g, 3, 4)                           // 3 numbers for each word, 4 to remember the past
	text := tensor.Options{}.RandN(rng.NewTorch(1), 5, 1, 3) // 5 words

	h := tensor.Zeros(1, 4) // nothing has been read yet
	for t := range 5 {
		h = cell.Forward(text.Select(0, t), h) // needs the state after the word before
	}
	fmt.Println(h)

	layer := nn.NewRNN(rng.NewTorch(42), 3, 4) // the same for a whole text
	_, last := layer.Forward(text, tensor.Tensor{})
	fmt.Println(last.Squeeze(0))
	// Output:
	// tensor([[-0.0723, -0.4825,  0.1134, -0.2059]])
	// tensor([[-0.0723, -0.4825,  0.1134, -0.2059]])
}

func Example_vanishingGradient() {
	layer := nn.NewRNN(rng.NewTorch(42), 3, 4)
	for _, length := range []int{1, 5, 10, 20} {
		text := tensor.Options{}.RandN(rng.NewTorch(1), length, 1, 3).SetRequiresGrad(true)
		_, last := layer.Forward(text, tensor.Tensor{})
		last.Sum().Backward()
		first := text.Grad().Select(0, 0) // how the last state depends on the first word
		fmt.Printf("length %2d: %.0e\n", length, first.Abs().Max().Item())
	}
	// Output:
	// length  1: 8e-01
	// length  5: 5e-03
	// length 10: 2e-06
	// length 20: 3e-12
}

func Example_attentionLooksBack() {
	model := models.GPT2Config{Vocabulary: 8, Context: 20, Width: 32, Layers: 2, Heads: 2}.New(rng.NewTorch(1))
	if err := safetensors.LoadModel("testdata/repeat.safetensors", model); err != nil {
		panic(err)
	}
	nn.Eval(model)
	const text = "cafebagedacafe" // ten letters, and the first four again
	ids := make([]int64, len(text))
	for i := range ids {
		ids[i] = int64(text[i] - 'a')
	}
	x := tensor.From(ids, 1, len(ids))

	scores := model.Forward(x).Select(1, len(ids)-1) // for the letter after the last one
	fmt.Printf("next: %c\n", 'a'+rune(scores.ArgMax(1).Item()))

	weights := model.Transformer.Attentions(x)[0] // of the first layer, (1, heads, T, T)
	row := weights.Select(0, 0).Select(0, 1).Select(0, len(ids)-1)
	read := int(row.ArgMax(0).Item())
	fmt.Printf("the second head reads letter %d, which is %c, with weight %.2f\n", read, text[read], row.At(read))
	// Output:
	// next: b
	// the second head reads letter 4, which is b, with weight 0.86
}
