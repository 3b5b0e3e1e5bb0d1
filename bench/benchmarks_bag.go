package bench

import "github.com/lamina-ml/lamina/tensor"

// bags has the sizes: rows of the table, columns, number of bags, indices of a bag.
var bags = Family{
	Name:  "bags of embeddings",
	Sizes: []Size{{1000, 64, 64, 16}, {10000, 64, 1024, 32}, {100000, 128, 4096, 32}},
	Benchmarks: []Benchmark{
		bagOf(tensor.BagSum, false, false), bagOf(tensor.BagSum, false, true), bagOf(tensor.BagSum, true, true),
		bagOf(tensor.BagMean, false, false), bagOf(tensor.BagMean, false, true),
		bagOf(tensor.BagMax, false, false), bagOf(tensor.BagMax, false, true),
	},
}

// bagOf returns the benchmark of a mode, with weights of the vectors and with gradients if wanted.
func bagOf(mode tensor.BagMode, weighted, gradients bool) Benchmark {
	b := Benchmark{Name: mode.String(), Torch: "F.embedding_bag(a, b, mode='" + mode.String() + "')"}
	if weighted {
		b.Name, b.Torch = b.Name+", weighted", "F.embedding_bag(a, b, mode='sum', per_sample_weights=c)"
	}
	if gradients {
		b.Name += ", gradients"
	}
	b.Inputs = func(d Size) []Input {
		in := []Input{integers(d[0], d[2], d[3]), normal(d[0], d[1])}
		if weighted {
			in = append(in, normal(d[2], d[3]))
		}
		for i := range in[1:] {
			if gradients {
				in[1+i] = in[1+i].leaf()
			}
		}
		return in
	}
	b.Op = func(in []T) T {
		c := tensor.EmbeddingBagConfig{Mode: mode}
		if weighted {
			c.Weights = in[2]
		}
		return tensor.EmbeddingBag(in[0], in[1], nil, c)
	}
	return b
}
