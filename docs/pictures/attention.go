package main

import (
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// attention draws which letters the transformer that docs/pictures/repeat trained reads while it repeats ten letters.
func attention() (map[string]*plots.Picture, error) {
	model := models.GPT2Config{Vocabulary: 8, Context: 20, Width: 32, Layers: 2, Heads: 2}.New(rng.NewTorch(1))
	if err := safetensors.LoadModel("../testdata/repeat.safetensors", model); err != nil {
		return nil, err
	}
	nn.Eval(model)
	const text = "cafebagedacafebageda"
	ids, names := make([]int64, len(text)), make([]string, len(text))
	for i, r := range text {
		ids[i], names[i] = int64(r-'a'), string(r)
	}
	weights := model.Transformer.Attentions(tensor.From(ids, 1, len(ids)))[0] // of the first layer
	return map[string]*plots.Picture{
		"attention.png": plots.Attention{
			Title: "Attention of a transformer that repeats ten letters", Queries: names, Weights: weights.Detach().Select(0, 0),
			Note: "each row: a letter, and how much it reads each letter up to itself; the darkest is the most",
		}.Picture(),
	}, nil
}
