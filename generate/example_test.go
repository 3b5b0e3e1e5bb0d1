package generate_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

// tiny returns a model of random weights for texts of 64 characters, and its tokenizer.
func tiny() (*models.Llama, *text.Tokenizer) {
	m, err := models.LoadLlama("../testdata/torch/llama/llama-q4_1.gguf", models.LlamaLoadConfig{})
	if err != nil {
		panic(err)
	}
	return m, text.NewCharTokenizer(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.")
}

func ExampleTokens() {
	m, _ := tiny()
	for token, err := range generate.Tokens(m, []int32{5, 12, 20}, generate.Config{MaxTokens: 6}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(token, " ")
	}
	// Output: 33 33 33 33 33 33
}

func ExampleText() {
	m, t := tiny()
	c := generate.Config{MaxTokens: 12, Sample: true, TopK: 10, Seed: 1}
	var b strings.Builder
	for piece, err := range generate.Text(m, t, "Hello", c) {
		if err != nil {
			fmt.Println(err)
			return
		}
		b.WriteString(piece)
	}
	fmt.Println(b.String())
	// Output: CEH5DaVHH9kS
}

func ExampleBatch() {
	m, t := tiny()
	prompts := [][]int32{t.Encode("Hello").IDs, t.Encode("the").IDs}
	out, err := generate.Batch(m, prompts, generate.Config{MaxTokens: 4})
	fmt.Println(out, err)
	// Output: [[7 7 7 7] [61 36 58 58]] <nil>
}

func ExampleBeamSearch() {
	m, _ := tiny()
	beams, err := generate.BeamSearch(m, []int32{5, 12, 20}, generate.BeamConfig{Beams: 3, Return: 2}, generate.Config{MaxTokens: 4})
	for _, b := range beams {
		fmt.Printf("%v %.3f\n", b.Tokens, b.Score)
	}
	fmt.Println(err)
	// Output:
	// [33 33 33 33] -1.860
	// [33 33 33 16] -2.080
	// <nil>
}

// Two samples with one seed are equal.
func ExampleConfig() {
	m, _ := tiny()
	c := generate.Config{MaxTokens: 5, Sample: true, Temperature: 0.8, TopP: 0.9, Seed: 3}
	a, err := generate.Batch(m, [][]int32{{5, 12, 20}}, c)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := generate.Batch(m, [][]int32{{5, 12, 20}}, c)
	fmt.Println(slices.Equal(a[0], b[0]), err)
	// Output: true <nil>
}

func ExampleChatTemplate() {
	t := generate.ChatTemplate{System: "You are brief."}
	s, err := t.Format([]generate.Message{{Role: "user", Content: "Name a color."}})
	fmt.Print(s)
	fmt.Println(err)
	// Output:
	// <|im_start|>system
	// You are brief.<|im_end|>
	// <|im_start|>user
	// Name a color.<|im_end|>
	// <|im_start|>assistant
	// <nil>
}

// The template of a model in the form ChatML, with a first message for chats that have none of the role system.
func ExampleParseChatTemplate() {
	t, err := generate.ParseChatTemplate(`{% for message in messages %}` +
		`{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are brief.<|im_end|>\n' }}{% endif %}` +
		`{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}` +
		`{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.System)
	// Output: You are brief.
}

// counter is a model of your own: after each token it expects the next one of 10.
type counter struct{}

func (counter) NewCache(batch, capacity int) *nn.KVCache {
	return nn.NewKVCache(1, batch, 1, capacity, 0)
}
func (counter) Context() int { return 100 }

func (counter) Next(ids, positions, mask tensor.Tensor, cache *nn.KVCache) tensor.Tensor {
	none := tensor.Zeros(ids.Dim(0), 1, ids.Dim(1), 0)
	cache.Append(0, none, none) // the number of positions
	last := ids.Select(1, ids.Dim(1)-1)
	return last.AddScalar(1).RemainderScalar(10).OneHot(10).Cast(tensor.Float32)
}

func ExampleModel() {
	out, err := generate.Batch(counter{}, [][]int32{{6}}, generate.Config{MaxTokens: 5})
	fmt.Println(out, err)
	// Output: [[7 8 9 0 1]] <nil>
}

// A larger exponent of the length prefers longer sequences: the logarithms are negative.
func ExampleBeamConfig() {
	m, _ := tiny()
	for _, penalty := range []float64{0.5, 2} {
		beams, err := generate.BeamSearch(m, []int32{5, 12, 20}, generate.BeamConfig{LengthPenalty: penalty},
			generate.Config{MaxTokens: 4, StopTokens: []int32{33}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(beams[0].Tokens), beams[0].Tokens)
	}
	// Output:
	// 0 []
	// 4 [28 7 25 1]
}

// The question that a model answers next may follow earlier questions and answers.
func ExampleMessage() {
	t := &generate.ChatTemplate{}
	s, err := t.Format([]generate.Message{
		{Role: "user", Content: "Name a color."},
		{Role: "assistant", Content: "Red."},
		{Role: "user", Content: "Another one."},
	})
	fmt.Print(s)
	fmt.Println(err)
	// Output:
	// <|im_start|>user
	// Name a color.<|im_end|>
	// <|im_start|>assistant
	// Red.<|im_end|>
	// <|im_start|>user
	// Another one.<|im_end|>
	// <|im_start|>assistant
	// <nil>
}

func ExampleBeam() {
	m, _ := tiny()
	beams, err := generate.BeamSearch(m, []int32{5, 12, 20}, generate.BeamConfig{}, generate.Config{MaxTokens: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v with the logarithm %.3f\n", beams[0].Tokens, beams[0].Score)
	// Output: [33] with the logarithm -2.408
}
