package docs

import (
	"fmt"
	"math"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

func Example_attentionOfOneWord() {
	// "the cat sat": what each word offers (its key), and what it says (its value).
	keys := tensor.From([]float32{
		0, 0, // the
		3, 0, // cat: a noun
		0, 3, // sat: a verb
	}, 3, 2)
	values := tensor.From([]float32{
		0, 0, 1,
		1, 0, 0,
		0, 1, 0,
	}, 3, 3)
	query := tensor.From([]float32{2, 0}) // looks for a noun

	scores := keys.MatMul(query).MulScalar(1 / math.Sqrt(2)) // qᵀkⱼ/√d
	weights := scores.Softmax(0)                             // positive, and their sum is 1
	fmt.Println(scores)
	fmt.Println(weights)
	fmt.Println(weights.MatMul(values)) // Σⱼ weightⱼ·valueⱼ: almost only what "cat" says
	// Output:
	// tensor([0.0000, 4.2426, 0.0000])
	// tensor([0.0140, 0.9721, 0.0140])
	// tensor([0.9721, 0.0140, 0.0140])
}

func Example_attentionOfAllWords() {
	g := rng.NewTorch(42)
	x := tensor.Options{}.RandN(g, 4, 8) // 4 words as vectors of 8 numbers
	wq, wk, wv := nn.NewLinear(g, 8, 8), nn.NewLinear(g, 8, 8), nn.NewLinear(g, 8, 8)

	q, k, v := wq.Forward(x), wk.Forward(x), wv.Forward(x)            // (4, 8): a query, a key and a value for each word
	scores := q.MatMul(k.Transpose(0, 1)).MulScalar(1 / math.Sqrt(8)) // (4, 4): row i has the scores of query i
	weights := scores.Softmax(1)                                      // each row adds up to 1
	y := weights.MatMul(v)                                            // (4, 8): a mean of values for each word
	fmt.Println(weights)

	same := tensor.ScaledDotProductAttention(q, k, v, tensor.AttentionConfig{})
	fmt.Println(y.Shape(), same.Sub(y).Abs().Max().Item() < 1e-6)
	// Output:
	// tensor([[0.1997, 0.1608, 0.3514, 0.2881],
	//         [0.1317, 0.2530, 0.2584, 0.3569],
	//         [0.2815, 0.3417, 0.1567, 0.2201],
	//         [0.1291, 0.3134, 0.3253, 0.2322]])
	// (4, 8) true
}

func Example_attentionScale() {
	g := rng.NewTorch(1)
	for _, d := range []int{4, 64, 1024} {
		q, k := tensor.Options{}.RandN(g, 1000, d), tensor.Options{}.RandN(g, 1000, d)
		std := q.Mul(k).Sum(1).Std(1).Item() // of 1000 products of random vectors
		fmt.Printf("d = %4d: standard deviation %4.1f, divided by √d %.1f\n", d, std, std/math.Sqrt(float64(d)))
	}
	// Output:
	// d =    4: standard deviation  2.0, divided by √d 1.0
	// d =   64: standard deviation  7.8, divided by √d 1.0
	// d = 1024: standard deviation 31.7, divided by √d 1.0
}

func Example_causalMask() {
	g := rng.NewTorch(42)
	q, k, v := tensor.Options{}.RandN(g, 4, 8), tensor.Options{}.RandN(g, 4, 8), tensor.Options{}.RandN(g, 4, 8)
	later := tensor.Ones(4, 4).Triu(1).Cast(tensor.Bool) // true above the diagonal: key j comes after query i

	scores := q.MatMul(k.Transpose(0, 1)).MulScalar(1/math.Sqrt(8)).MaskedFill(later, math.Inf(-1))
	weights := scores.Softmax(1)
	fmt.Println(weights)

	same := tensor.ScaledDotProductAttention(q, k, v, tensor.AttentionConfig{Causal: true})
	fmt.Println(same.Sub(weights.MatMul(v)).Abs().Max().Item() < 1e-6)
	// Output:
	// tensor([[1.0000, 0.0000, 0.0000, 0.0000],
	//         [0.0585, 0.9415, 0.0000, 0.0000],
	//         [0.2114, 0.4180, 0.3706, 0.0000],
	//         [0.1926, 0.1803, 0.1955, 0.4316]])
	// true
}

func Example_attentionHeads() {
	g := rng.NewTorch(42)
	x := tensor.Options{}.RandN(g, 2, 4, 8) // (N, T, C): 2 sentences of 4 words
	qkv := nn.NewLinear(g, 8, 3*8)          // one layer computes queries, keys and values
	out := nn.NewLinear(g, 8, 8)            // mixes what the heads have found

	heads := qkv.Forward(x).Reshape(2, 4, 3, 2, 4).Permute(2, 0, 3, 1, 4) // (3, N, 2 heads, T, 4)
	q, k, v := heads.Select(0, 0), heads.Select(0, 1), heads.Select(0, 2)
	y := tensor.ScaledDotProductAttention(q, k, v, tensor.AttentionConfig{}) // (N, 2 heads, T, 4)
	y = out.Forward(y.Transpose(1, 2).Reshape(2, 4, 8))                      // the heads side by side
	fmt.Println(q.Shape(), "→", y.Shape())
	// Output:
	// (2, 2, 4, 4) → (2, 4, 8)
}

func Example_attentionHasNoOrder() {
	x := tensor.Options{}.RandN(rng.NewTorch(42), 3, 8)
	swapped := x.IndexSelect(0, tensor.From([]int64{1, 0, 2})) // the first two words change places
	attend := func(x tensor.Tensor) tensor.Tensor {
		return tensor.ScaledDotProductAttention(x, x, x, tensor.AttentionConfig{})
	}

	last := attend(x).Select(0, 2)
	fmt.Println("without positions, the third word notices:", attend(swapped).Select(0, 2).Sub(last).Abs().Max().Item() > 1e-6)

	positions := nn.SinusoidalPositions{}
	last = attend(positions.Forward(x)).Select(0, 2)
	fmt.Println("with positions, it notices:", attend(positions.Forward(swapped)).Select(0, 2).Sub(last).Abs().Max().Item() > 1e-6)
	// Output:
	// without positions, the third word notices: false
	// with positions, it notices: true
}

// Block is one layer of a transformer that writes text.
type Block struct {
	Norm1, Norm2  *nn.LayerNorm
	QKV, Out      *nn.Linear
	Widen, Narrow *nn.Linear

	heads int
}

// NewBlock returns a block for vectors of the given width.
func NewBlock(g *rng.Torch, width, heads int) *Block {
	return &Block{
		Norm1: nn.NewLayerNorm(width), QKV: nn.NewLinear(g, width, 3*width), Out: nn.NewLinear(g, width, width),
		Norm2: nn.NewLayerNorm(width), Widen: nn.NewLinear(g, width, 4*width), Narrow: nn.NewLinear(g, 4*width, width),
		heads: heads,
	}
}

// Forward maps (N, T, C) to the same shape.
func (b *Block) Forward(x tensor.Tensor) tensor.Tensor {
	x = x.Add(b.attend(b.Norm1.Forward(x)))                                    // read from other words
	return x.Add(b.Narrow.Forward(b.Widen.Forward(b.Norm2.Forward(x)).GELU())) // then think about it
}

// attend lets every position read from those before it.
func (b *Block) attend(x tensor.Tensor) tensor.Tensor {
	n, t, c := x.Dim(0), x.Dim(1), x.Dim(2)
	qkv := b.QKV.Forward(x).Reshape(n, t, 3, b.heads, c/b.heads).Permute(2, 0, 3, 1, 4) // (3, N, heads, T, C/heads)
	y := tensor.ScaledDotProductAttention(qkv.Select(0, 0), qkv.Select(0, 1), qkv.Select(0, 2), tensor.AttentionConfig{Causal: true})
	return b.Out.Forward(y.Transpose(1, 2).Reshape(n, t, c))
}

func Example_block() {
	g := rng.NewTorch(42)
	block := NewBlock(g, 32, 4)
	x := tensor.Options{}.RandN(g, 2, 10, 32)
	fmt.Println(x.Shape(), "→", block.Forward(x).Shape(), "with", nn.Count(block), "parameters")
	// Output:
	// (2, 10, 32) → (2, 10, 32) with 12704 parameters
}
