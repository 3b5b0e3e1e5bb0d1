package bench

import "github.com/lamina-ml/lamina/tensor"

// attentionOp has the sizes: batch, heads, length, features per head.
var attentionOp = Family{
	Name:  "attention",
	Sizes: []Size{{16, 4, 64, 32}, {8, 8, 256, 64}, {1, 8, 2048, 64}},
	Benchmarks: []Benchmark{
		attended("attention", heads4, tensor.AttentionConfig{}, ""),
		attended("attention, gradients", leaves(heads4), tensor.AttentionConfig{}, ""),
		attended("causal attention", heads4, tensor.AttentionConfig{Causal: true}, ", is_causal=True"),
		attended("causal attention, gradients", leaves(heads4), tensor.AttentionConfig{Causal: true}, ", is_causal=True"),
		{Name: "causal self-attention of a projection, gradients",
			Sizes: []Size{{16, 4, 64, 32}, {8, 8, 256, 64}, {12, 6, 256, 64}}, Tolerance: 1e-4, Inputs: projection,
			Op: func(in []T) T {
				q, k, v := part(in[0], 0), part(in[0], 1), part(in[0], 2)
				y := tensor.ScaledDotProductAttention(q, k, v, tensor.AttentionConfig{Causal: true})
				return y.Transpose(1, 2).Flatten(2)
			},
			Torch: "F.scaled_dot_product_attention(*a.permute(2, 0, 3, 1, 4).unbind(0), is_causal=True).transpose(1, 2).flatten(2)"},
		{Name: "attention with a padding mask", Tolerance: 1e-4,
			Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d...), mask(d[0], 1, 1, d[2])} },
			Op: func(in []T) T {
				return tensor.ScaledDotProductAttention(in[0], in[1], in[1], tensor.AttentionConfig{Mask: in[2]})
			},
			Torch: "F.scaled_dot_product_attention(a, b, b, attn_mask=c)"},
		{Name: "attention with a mask of all pairs", Tolerance: 1e-4,
			Inputs: func(d Size) []Input { return []Input{normal(d...), normal(d...), mask(d[2], d[2])} },
			Op: func(in []T) T {
				return tensor.ScaledDotProductAttention(in[0], in[1], in[1], tensor.AttentionConfig{Mask: in[2]})
			},
			Torch: "F.scaled_dot_product_attention(a, b, b, attn_mask=c)"},
		// One query against the keys and values of the tokens before. The sizes: query heads, key heads, length,
		// features per head.
		sized([]Size{{9, 3, 256, 64}, {9, 3, 2048, 64}, {32, 8, 2048, 128}}, attended("decoding, grouped queries", func(d Size) []Input {
			return []Input{normal(1, d[0], 1, d[3]), normal(1, d[1], d[2], d[3]), normal(1, d[1], d[2], d[3])}
		}, tensor.AttentionConfig{GroupedQueries: true}, ", enable_gqa=True")),
	},
}

func heads4(d Size) []Input { return []Input{normal(d...), normal(d...), normal(d...)} }

// projection returns queries, keys and values of all heads: (batch, length, 3, heads, features).
func projection(d Size) []Input { return []Input{normal(d[0], d[2], 3, d[1], d[3]).leaf()} }

// part returns queries, keys or values as (batch, heads, length, features).
func part(x T, i int) T { return x.Select(2, i).Transpose(1, 2) }

// leaves makes all inputs leaves.
func leaves(inputs func(d Size) []Input) func(d Size) []Input {
	return func(d Size) []Input {
		in := inputs(d)
		for i := range in {
			in[i] = in[i].leaf()
		}
		return in
	}
}

// attended makes a benchmark of attention with query, key and value.
func attended(name string, inputs func(d Size) []Input, c tensor.AttentionConfig, torch string) Benchmark {
	return Benchmark{Name: name, Inputs: inputs, Tolerance: 1e-4, Torch: "F.scaled_dot_product_attention(a, b, c" + torch + ")",
		Op: func(in []T) T { return tensor.ScaledDotProductAttention(in[0], in[1], in[2], c) }}
}
