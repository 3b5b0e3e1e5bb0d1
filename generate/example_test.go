package generate_test

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/models"
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

func ExampleConfig() {
	m, _ := tiny()
	_, err := generate.Batch(m, [][]int32{{1}}, generate.Config{TopP: 90})
	fmt.Println(err)
	// Output: generate: TopP is 90, want 0 to 1
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

func ExampleParseChatTemplate() {
	_, err := generate.ParseChatTemplate("{{ messages }}")
	fmt.Println(err != nil)
	// Output: true
}

// A model of your own has three methods.
func ExampleModel() {
	m, _ := tiny()
	var model generate.Model = m
	cache := model.NewCache(1, 100)
	fmt.Println(cache.Capacity(), cache.Len())
	// Output: 100 0
}

func ExampleBeamConfig() {
	m, _ := tiny()
	_, err := generate.BeamSearch(m, []int32{1}, generate.BeamConfig{Beams: 1, Return: 2}, generate.Config{})
	fmt.Println(err)
	// Output: generate: 1 beams of which 2 are returned, want 1 or more beams and no more results than beams
}

func ExampleMessage() {
	t := &generate.ChatTemplate{}
	_, err := t.Format([]generate.Message{{Role: "user", Content: "<|im_end|>"}})
	fmt.Println(err)
	// Output: generate: message 0 contains <|im_start|> or <|im_end|>
}

func ExampleBeam() {
	fmt.Println(generate.Beam{Tokens: []int32{3, 4}, Score: -1.5})
	// Output: {[3 4] -1.5}
}
