package generate

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/text"
)

const llamaFolder = "../testdata/torch/llama/"

func readGolden(t *testing.T, v any) {
	t.Helper()
	b, err := os.ReadFile("../testdata/torch/generate.json")
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, path string) *models.Llama {
	t.Helper()
	m, err := models.LoadLlama(llamaFolder+path, models.LlamaLoadConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestProcessors compares what the options make of logits with Hugging Face's LogitsProcessors.
func TestProcessors(t *testing.T) {
	var cases struct {
		Processors []struct {
			Config       Config
			History      []int32
			Logits, Want []string
		}
	}
	readGolden(t, &cases)
	numbers := func(texts []string) (out []float32) {
		for _, s := range texts {
			v, err := strconv.ParseFloat(s, 32)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, float32(v))
		}
		return out
	}
	for _, c := range cases.Processors {
		p := newProcessor(&c.Config, rng.NewTorch(0))
		got, want := numbers(c.Logits), numbers(c.Want)
		if r := c.Config.RepetitionPenalty; r != 0 {
			p.penalize(got, c.History, float32(r))
		}
		if err := p.warp(got); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v != want[i] && !(math.Abs(float64(v-want[i])) <= 1e-6*math.Abs(float64(v))) {
				t.Errorf("%+v: logit %d is %v, want %v", c.Config, i, v, want[i])
			}
		}
	}
}

// TestTokens compares new tokens with those of Hugging Face's generate with the same seed.
func TestTokens(t *testing.T) {
	var cases struct {
		Tokens []struct {
			Prompt []int32
			Config Config
			Tokens []int32
		}
	}
	readGolden(t, &cases)
	m := load(t, "bf16")
	for _, c := range cases.Tokens {
		var got []int32
		for token, err := range Tokens(m, c.Prompt, c.Config) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, token)
		}
		if !slices.Equal(got, c.Tokens) {
			t.Errorf("%v %+v: %v, want %v", c.Prompt, c.Config, got, c.Tokens)
		}
	}
}

// TestBeamSearch compares sequences and scores with Hugging Face's.
func TestBeamSearch(t *testing.T) {
	var cases struct {
		Beams []struct {
			Prompt []int32
			Beams  int
			Power  float64
			Stop   *int32
			Want   []struct {
				Tokens []int32
				Score  *float64
			}
		}
	}
	readGolden(t, &cases)
	m := load(t, "bf16")
	for _, c := range cases.Beams {
		config := Config{MaxTokens: 12}
		if c.Stop != nil {
			config.StopTokens = []int32{*c.Stop}
		}
		power := c.Power
		if power == 0 {
			power = nn.Zero
		}
		got, err := BeamSearch(m, c.Prompt, BeamConfig{Beams: c.Beams, LengthPenalty: power, Return: c.Beams}, config)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(c.Want) {
			t.Fatalf("%d beams: %d sequences", c.Beams, len(got))
		}
		for i, w := range c.Want {
			if !slices.Equal(got[i].Tokens, w.Tokens) ||
				w.Score != nil && !(math.Abs(got[i].Score-*w.Score) <= 1e-4*math.Max(1, math.Abs(*w.Score))) {
				t.Errorf("%v, %d beams, power %v, stop %v: sequence %d is %v, want %v %v", c.Prompt, c.Beams, c.Power,
					config.StopTokens, i, got[i], w.Tokens, *w.Score)
			}
		}
	}
}

// TestBatch checks that prompts of different lengths give the tokens that each of them gives alone.
func TestBatch(t *testing.T) {
	prompts := [][]int32{{5, 17, 40, 33}, {9}, {11, 2, 60, 8, 20, 31, 7}, {9, 9}}
	for _, model := range []string{"bf16", "llama-q4_1.gguf", "qwen2-q4_0.gguf", "qwen3-q8_0.gguf"} {
		m := load(t, model)
		for _, c := range []Config{{MaxTokens: 16}, {MaxTokens: 16, StopTokens: []int32{3, 20, 21, 22, 40, 41}},
			{MaxTokens: 16, Sample: true, Seed: 5, TopK: 20}} {
			got, err := Batch(m, prompts, c)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range prompts {
				single := c
				single.Seed += uint64(i)
				var want []int32
				for token, err := range Tokens(m, p, single) {
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, token)
				}
				if !slices.Equal(got[i], want) {
					t.Errorf("%s: prompt %d: %v in a batch, %v alone", model, i, got[i], want)
				}
			}
		}
	}
}

// endless is a model without the limit of its context.
type endless struct{ *models.Llama }

func (endless) Context() int { return 1 << 20 }

// TestAllocations checks that a steady step allocates nothing.
func TestAllocations(t *testing.T) {
	m := endless{load(t, "llama-q4_1.gguf")}
	for _, c := range []Config{{}, {RepetitionPenalty: 1.2}, {Sample: true, TopK: 20, TopP: 0.9, MinP: 0.01, Temperature: 0.8}} {
		for _, prompts := range [][][]int32{{{5, 6}}, {{5, 6}, {7}}} {
			c.MaxTokens = 500
			g, err := start(m, prompts, c)
			if err != nil {
				t.Fatal(err)
			}
			step := func() {
				if err := g.step(); err != nil {
					t.Fatal(err)
				}
			}
			for range 200 { // the mask grows, and the scope's lists
				step()
			}
			if n := testing.AllocsPerRun(50, step); n > 0.5 && !testing.Short() {
				t.Errorf("%+v, %d prompts: %v allocations a step", c, len(prompts), n)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	m := load(t, "llama-q4_1.gguf")
	for _, c := range []struct {
		prompt []int32
		config Config
		text   string
	}{
		{nil, Config{}, "prompt 0 has no tokens"},
		{[]int32{64}, Config{}, "index 64 at element 0 is outside the 64 rows"},
		{[]int32{-1}, Config{}, "index -1 at element 0 is outside the 64 rows"},
		{[]int32{1}, Config{Temperature: -1}, "Temperature is -1, want 0 (which means 1) or more"},
		{[]int32{1}, Config{TopP: 2}, "TopP is 2, want 0 to 1"},
		{[]int32{1}, Config{MinP: math.NaN()}, "MinP is NaN, want 0 to 1"},
		{[]int32{1}, Config{TopK: -1}, "TopK is -1"},
		{[]int32{1}, Config{MaxTokens: -1}, "MaxTokens is -1"},
		{[]int32{1}, Config{RepetitionPenalty: -2}, "RepetitionPenalty is -2"},
		{[]int32{1}, Config{StopTexts: []string{""}}, "a text of StopTexts is empty"},
		{[]int32{1}, Config{StopTexts: []string{"x"}}, `StopTexts is ["x"], which only Text looks for`},
		{make([]int32, 65), Config{}, "prompt 0 has 65 tokens, want at most 64, the model's context"},
		{[]int32{1}, Config{Precision: 9}, "want Highest, High or Medium"},
	} {
		for _, err := range Tokens(m, c.prompt, c.config) {
			if err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v %+v: %v, want %s", c.prompt, c.config, err, c.text)
			}
		}
	}
	if _, err := BeamSearch(m, []int32{1}, BeamConfig{Beams: 2, Return: 3}, Config{}); err == nil ||
		!strings.Contains(err.Error(), "2 beams of which 3 are returned") {
		t.Error(err)
	}
	for _, c := range []Config{{Sample: true}, {Temperature: 0.5}, {TopK: 2}, {TopP: 0.5}, {MinP: 0.5}, {StopTexts: []string{"x"}}} {
		if _, err := BeamSearch(m, []int32{1}, BeamConfig{}, c); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("a beam search with %+v: %v", c, err)
		}
	}
	var all []int32
	for i := range int32(64) {
		all = append(all, i)
	}
	if _, err := BeamSearch(m, []int32{1}, BeamConfig{Beams: 4}, Config{StopTokens: all}); err == nil ||
		!strings.Contains(err.Error(), "too few") {
		t.Error(err)
	}
	if out, err := Batch(m, nil, Config{}); out != nil || err != nil {
		t.Error(out, err)
	}
	m.Model.Norm.Weight.Data().FillInPlace(math.NaN())
	for _, err := range Tokens(m, []int32{1}, Config{}) {
		if err != errNaN {
			t.Errorf("logits of NaN: %v", err)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		s            string
		stops        []string
		before, held string
		stop         bool
	}{
		{"hello", nil, "hello", "", false},
		{"hello wo", []string{"world"}, "hello ", "wo", false},
		{"hello world!", []string{"world"}, "hello ", "", true},
		{"a\nb", []string{"\n\n"}, "a\nb", "", false},
		{"a\n", []string{"\n\n", "x"}, "a", "\n", false},
		{"aab", []string{"b", "ab"}, "a", "", true},
		{"ü§", []string{"§§"}, "ü", "§", false},
	} {
		if before, held, stop := cut(c.s, c.stops); before != c.before || held != c.held || stop != c.stop {
			t.Errorf("%q %q: %q %q %v", c.s, c.stops, before, held, stop)
		}
	}
}

// TestContext checks that sequences end where the context is full, in a batch as alone, and that no more memory is
// taken than the context needs.
func TestContext(t *testing.T) {
	gpt := models.GPT2Config{Vocabulary: 11, Context: 16, Width: 8, Layers: 1, Heads: 2}.New(rng.NewTorch(1))
	nn.Eval(gpt)
	llama := models.LlamaConfig{Vocabulary: 11, Context: 16, Width: 8, Inner: 8, Layers: 1, Heads: 2}.New(rng.NewTorch(1))
	for _, m := range []Model{gpt, llama} {
		prompts := [][]int32{{1, 2, 3}, {4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6}}
		c := Config{MaxTokens: math.MaxInt32}
		batch, err := Batch(m, prompts, c)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range prompts {
			var got []int32
			for token, err := range Tokens(m, p, c) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, token)
			}
			if len(got) != 17-len(p) || !slices.Equal(got, batch[i]) {
				t.Errorf("%T: %v alone, %v in a batch, want %d tokens", m, got, batch[i], 17-len(p))
			}
		}
		beams, err := BeamSearch(m, prompts[0], BeamConfig{Beams: 2}, c)
		if err != nil || len(beams[0].Tokens) != 14 {
			t.Errorf("%T: %v, %v", m, beams, err)
		}
	}
}

// TestPrompt checks that a prompt has the token of the beginning once, and never that of the end.
func TestPrompt(t *testing.T) {
	c, err := text.ByteLevelPreset("default")
	if err != nil {
		t.Fatal(err)
	}
	c.BOS, c.EOS = "<s>", "</s>"
	c.Added = []text.AddedToken{{Content: "<s>", Special: true}, {Content: "</s>", Special: true}}
	tok, err := text.NewByteLevelBPE([]string{"<s>", "</s>", "a", "b", "ab"}, []string{"a b"}, c)
	if err != nil {
		t.Fatal(err)
	}
	if before, after := tok.SpecialTokens(); !slices.Equal(before, []int32{0}) || !slices.Equal(after, []int32{1}) {
		t.Errorf("the special tokens are %v and %v", before, after)
	}
	for s, want := range map[string][]int32{"": {0}, "ab": {0, 4}, "<s>ab": {0, 4}, "<s>": {0}, "b<s>": {0, 3, 0}} {
		if got := Prompt(tok, s); !slices.Equal(got, want) {
			t.Errorf("the prompt %q is %v, want %v", s, got, want)
		}
		if got := Prompt(tok.WithoutSpecialTokens(), s); !slices.Equal(got, tok.AppendIDs(nil, s)) {
			t.Errorf("without special tokens, the prompt %q is %v", s, got)
		}
	}
	if before, after := tok.WithoutSpecialTokens().SpecialTokens(); before != nil || after != nil {
		t.Errorf("without special tokens they are %v and %v", before, after)
	}
}

var (
	_ Model = (*models.Llama)(nil)
	_ Model = (*models.GPT2)(nil)
)

// TestChatTemplate reads the templates of SmolLM2 and of plain ChatML, and refuses others.
func TestChatTemplate(t *testing.T) {
	const smollm = `{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`
	c, err := ParseChatTemplate(smollm)
	if err != nil || c.System != "You are a helpful AI assistant named SmolLM, trained by Hugging Face" {
		t.Fatalf("%+v, %v", c, err)
	}
	if again, err := ParseChatTemplate(strings.ReplaceAll(smollm, `\n`, "\n")); err != nil || *again != *c { // as in GGUF files
		t.Errorf("%+v, %v", again, err)
	}
	got, err := c.Format([]Message{{"user", "Hi"}, {"assistant", "Hello"}, {"user", "Bye"}})
	want := "<|im_start|>system\n" + c.System +
		"<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n"
	if got != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if got, err = c.Format([]Message{{"system", "S"}}); got != "<|im_start|>system\nS<|im_end|>\n<|im_start|>assistant\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ParseChatTemplate(strings.Replace(smollm, "message['role'] +", "message['role']+", 1)); err != nil {
		t.Errorf("fewer spaces outside strings: %v", err)
	}
	if c, err := ParseChatTemplate(chatFor + chatLoop); err != nil || c.System != "" {
		t.Error(c, err)
	}
	for _, bad := range []string{"", chatFor, smollm + "x", strings.Replace(smollm, "You are", "{{x}}", 1),
		strings.Replace(smollm, "message['content']", "message['content'] | trim", 1),
		strings.Replace(smollm, `'<|im_end|>' + '\n'`, `'<|im_end|> ' + '\n'`, 1)} {
		if _, err := ParseChatTemplate(bad); err == nil || !strings.Contains(err.Error(), "not ChatML") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := c.Format([]Message{{"a b", ""}}); err == nil || !strings.Contains(err.Error(), `the role "a b"`) {
		t.Error(err)
	}
}

// TestText checks that the pieces end before a stop text that several tokens form.
func TestText(t *testing.T) {
	m := load(t, "llama-q4_1.gguf")
	tokenizer := text.NewCharTokenizer(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.")
	all := func(c Config) string {
		s := ""
		for piece, err := range Text(m, tokenizer, "Hello", c) {
			if err != nil || piece == "" {
				t.Fatalf("%q, %v", piece, err)
			}
			s += piece
		}
		return s
	}
	c := Config{MaxTokens: 30}
	s := all(c)
	if len(s) != 30 {
		t.Fatalf("%q", s)
	}
	for _, at := range []int{0, 1, 10, 27} {
		c.StopTexts = []string{s[at : at+3], "not in it"}
		if got, want := all(c), s[:strings.Index(s, s[at:at+3])]; got != want {
			t.Errorf("until %q: %q, want %q", c.StopTexts, got, want)
		}
	}
	c.StopTexts = []string{s[29:] + "x"} // held back, and then given
	if got := all(c); got != s {
		t.Errorf("%q, want %q", got, s)
	}
}
