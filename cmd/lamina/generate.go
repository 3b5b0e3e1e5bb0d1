package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

// generation says how a language model writes.
type generation struct {
	length int // tokens
	generate.Config
}

// newGeneration returns the settings that write well.
func newGeneration(length int) generation {
	return generation{length, generate.Config{Sample: true, Temperature: 0.8, Seed: 1}}
}

func newGenerate() *cobra.Command {
	var where computing
	var prompt string
	var chat bool
	c := newGeneration(500)
	cmd := &cobra.Command{
		Use:   "generate MODEL",
		Short: "Let a language model write",
		Long: `Let a language model write: it continues the prompt, token by token, and prints each as it is chosen.

MODEL is a run, a folder in Hugging Face's layout (config.json, model.safetensors, tokenizer.json) with a model of the
families GPT-2, Llama, Qwen 2 or Qwen 3, or a GGUF file. --chat answers the prompt as a message, with the model's own
template for chats.

--temperature 0 always takes the most probable token; 1 draws with the network's probabilities; less
than 1 prefers probable tokens. The same seed gives the same text.`,
		Example: `  lamina generate runs/mytext-001
  lamina generate runs/mytext-001 --prompt "Once upon a time" --length 200 --temperature 0.7
  lamina generate SmolLM2-135M-Instruct.Q4_1.gguf --chat --prompt "What is the capital of France?"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.check(); err != nil {
				return usageError{err}
			}
			c.Sample = c.Temperature > 0
			device, err := where.open()
			if err != nil {
				return err
			}
			c.Device = device
			m, err := openWriter(args[0], device)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			switch {
			case chat && m.templateError != nil:
				return fmt.Errorf("%s: %w: omit --chat", args[0], m.templateError)
			case chat && m.template == nil:
				return fmt.Errorf("%s has no template for chats: omit --chat", args[0])
			case chat && prompt == "":
				return usagef("--chat needs a message: --prompt")
			case chat:
				if prompt, err = m.template.Format([]generate.Message{{Role: "user", Content: prompt}}); err != nil {
					return err
				}
				if id, ok := m.tokenizer.TokenID("<|im_end|>"); ok { // the model's files may name only the end of a text
					m.stop = append(m.stop, id)
				}
			}
			ids, err := m.tokens(prompt)
			if err != nil {
				return err
			}
			if !chat {
				fmt.Fprint(w, prompt)
			}
			if err := c.write(w, m, ids); err != nil {
				return err
			}
			fmt.Fprintln(w)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&prompt, "prompt", "", "the beginning of the text (default: the token of the beginning, or else a new line,\nif the vocabulary has them)")
	f.BoolVar(&chat, "chat", false, "answer the prompt as a message")
	f.IntVar(&c.length, "length", c.length, "tokens to write")
	f.Float64Var(&c.Temperature, "temperature", c.Temperature, "how much chance decides: 0 not at all")
	f.IntVar(&c.TopK, "top-k", 0, "choose among this many most probable tokens; 0 means all")
	f.Float64Var(&c.TopP, "top-p", 1, "choose among the most probable tokens whose probabilities add up to this")
	f.Float64Var(&c.MinP, "min-p", 0, "leave out tokens less probable than this part of the most probable one")
	f.Float64Var(&c.RepetitionPenalty, "repetition-penalty", 1, "above 1: avoid tokens that have occurred")
	f.Uint64Var(&c.Seed, "seed", c.Seed, "seed of the random numbers")
	where.add(f)
	return cmd
}

// check returns an error if a setting is invalid.
func (c generation) check() error {
	switch {
	case c.length < 1:
		return fmt.Errorf("--length is %d, want at least 1", c.length)
	case !(c.Temperature >= 0 && c.Temperature <= 100):
		return fmt.Errorf("--temperature is %v, want 0 to 100", c.Temperature)
	case c.TopK < 0:
		return fmt.Errorf("--top-k is %d, want 0 (all) or more", c.TopK)
	case !(c.TopP > 0 && c.TopP <= 1):
		return fmt.Errorf("--top-p is %v, want a number above 0 and at most 1", c.TopP)
	case !(c.MinP >= 0 && c.MinP <= 1):
		return fmt.Errorf("--min-p is %v, want 0 to 1", c.MinP)
	case !(c.RepetitionPenalty > 0 && c.RepetitionPenalty <= 100):
		return fmt.Errorf("--repetition-penalty is %v, want a number above 0 and at most 100", c.RepetitionPenalty)
	}
	return nil
}

// writer is a language model with its tokenizer.
type writer struct {
	model     generate.Model
	tokenizer *text.Tokenizer
	template  *generate.ChatTemplate // nil if the model has none that is known
	stop      []int32                // tokens that end a text

	templateError error // of a template that is not known
	vocabulary    int   // tokens of the model
}

// openWriter opens a run of a language model, a folder in Hugging Face's layout, or a GGUF file.
func openWriter(path string, device tensor.Device) (*writer, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && !info.IsDir():
		return openGGUF(path, device)
	case err == nil && !has(path, configFile):
		return nil, errorWithAdvice{fmt.Errorf("%s has no file %s", path, configFile),
			"A model is a run, a folder in Hugging Face's layout, or a GGUF file: see 'lamina generate --help'."}
	case err == nil && !has(path, resultsFile):
		if f, err := models.OpenFolder(path); err == nil {
			defer f.Close()
			return openPretrained(f, device)
		} else if task, _ := taskOf(path); task == "" {
			return nil, err
		}
	}
	c, tok, model, err := openLanguageRun(path, device)
	if err != nil {
		return nil, err
	}
	nn.Eval(model)
	return &writer{model: model, tokenizer: tok, vocabulary: c.Model.Vocabulary}, nil
}

// openPretrained opens a folder in Hugging Face's layout.
func openPretrained(f *models.Folder, device tensor.Device) (*writer, error) {
	tok, err := text.LoadTokenizer(filepath.Join(f.Dir, tokenizerFile))
	if err != nil {
		return nil, err
	}
	w := &writer{tokenizer: tok}
	switch kind := f.ModelType(); kind {
	case "gpt2":
		m, err := models.LoadGPT2(f.Dir)
		if err != nil {
			return nil, err
		}
		w.model, w.vocabulary = m, m.Transformer.WTE.Weight.Dim(0)
	case "llama", "qwen2", "qwen3":
		m, err := models.LoadLlama(f.Dir, models.LlamaLoadConfig{})
		if err != nil {
			return nil, err
		}
		w.model, w.vocabulary = m, m.Config().Vocabulary
	default:
		return nil, fmt.Errorf("%s has a model of the type %q, want gpt2, llama, qwen2 or qwen3", f.Dir, kind)
	}
	nn.To(w.model, device)
	if w.stop, err = f.StopTokens(); err != nil {
		return nil, err
	}
	if source, err := chatTemplate(f.Dir); err != nil || source != "" {
		w.parseTemplate(source, err)
	}
	return w, nil
}

// chatTemplate returns the source of a folder's template for chats, "" if there is none: chat_template.jinja, or
// chat_template of tokenizer_config.json, which may be a list of templates with names.
func chatTemplate(dir string) (string, error) {
	b, err := readFile(filepath.Join(dir, "chat_template.jinja"))
	if !errors.Is(err, fs.ErrNotExist) {
		return string(b), err
	}
	var config struct {
		Template json.RawMessage `json:"chat_template"`
	}
	path := filepath.Join(dir, "tokenizer_config.json")
	if err := readJSON(path, &config); errors.Is(err, fs.ErrNotExist) || err == nil && config.Template == nil {
		return "", nil
	} else if err != nil {
		return "", err
	}
	var source string
	if json.Unmarshal(config.Template, &source) == nil {
		return source, nil
	}
	var named []struct{ Name, Template string }
	if err := json.Unmarshal(config.Template, &named); err != nil {
		return "", fmt.Errorf("%s: chat_template is neither a text nor a list of templates: %w", path, err)
	}
	for _, t := range named {
		if t.Name == "default" {
			return t.Template, nil
		}
	}
	return "", fmt.Errorf("%s: chat_template has no template with the name default", path)
}

// parseTemplate sets the template, unless its source could not be read.
func (w *writer) parseTemplate(source string, err error) {
	if w.templateError = err; err == nil {
		w.template, w.templateError = generate.ParseChatTemplate(source)
	}
}

// openGGUF opens a GGUF file.
func openGGUF(path string, device tensor.Device) (*writer, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := models.LlamaFromGGUF(f, models.LlamaLoadConfig{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	tok, err := models.TokenizerFromGGUF(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	nn.To(m, device)
	w := &writer{model: m, tokenizer: tok, vocabulary: m.Config().Vocabulary}
	if w.stop, err = models.StopTokensFromGGUF(f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	const key = "tokenizer.chat_template"
	if _, ok := f.Value(key); ok {
		w.parseTemplate(f.Text(key))
	}
	return w, nil
}

// tokens returns the tokens of a prompt; see [generate.Prompt]. If it is empty and the tokenizer has no token of the
// beginning, they are those of a new line, or the first token of a vocabulary that has no new line. It returns an
// error if there is none, or one that the model does not have.
func (m *writer) tokens(prompt string) ([]int32, error) {
	if prompt != "" && len(m.tokenizer.AppendIDs(nil, prompt)) == 0 {
		return nil, fmt.Errorf("--prompt: the model's vocabulary has no token of %q", prompt)
	}
	ids := generate.Prompt(m.tokenizer, prompt)
	if len(ids) == 0 {
		ids = generate.Prompt(m.tokenizer, "\n")
	}
	if len(ids) == 0 {
		ids = append(ids, 0)
	}
	if most := slices.Max(ids); int(most) >= m.vocabulary {
		return nil, fmt.Errorf("--prompt: the tokenizer gives the token %d, and the model has %d tokens: the tokenizer belongs to another model", most, m.vocabulary)
	}
	return ids, nil
}

// write writes what the model appends to the tokens. When the model's context is full, it goes on with the last half
// of it.
func (c generation) write(out io.Writer, m *writer, ids []int32) error {
	stream, context := m.tokenizer.Stream(), m.model.Context()
	for written := 0; written < c.length; {
		if len(ids) > context {
			ids = ids[len(ids)-max(1, context/2):]
		}
		config := c.Config
		config.StopTokens = m.stop
		config.MaxTokens, config.Seed = c.length-written, c.Seed+uint64(written)
		for id, err := range generate.Tokens(m.model, ids, config) {
			if err != nil {
				return err
			}
			ids = append(ids, id)
			written++
			if _, err := io.WriteString(out, stream.Next(id)); err != nil {
				return err
			}
		}
		if len(ids) <= context {
			break // at a stop token, or at the length
		}
	}
	_, err := io.WriteString(out, stream.Flush())
	return err
}
