// Package writing lets language models write: those of runs, of folders in Hugging Face's layout, and of GGUF files.
package writing

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

// The files of a model in Hugging Face's layout.
const (
	configFile    = "config.json"
	tokenizerFile = "tokenizer.json"
)

// maxFile limits the size of the other files that are read.
const maxFile = 64 << 20

// readJSON reads a file into v.
func readJSON(path string, v any) error {
	text, err := inputfile.Read(path, maxFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Writer is a language model with its tokenizer.
type Writer struct {
	Model     generate.Model
	Tokenizer *text.Tokenizer
	Template  *generate.ChatTemplate // nil if the model has none that is known
	Stop      []int32                // tokens that end a text

	TemplateError error // of a template that is not known
	Vocabulary    int   // tokens of the model
}

// Open opens the language model in a folder in Hugging Face's layout, or in a GGUF file.
func Open(path string, device tensor.Device) (*Writer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return openGGUF(path, device)
	}
	if _, err := os.Stat(filepath.Join(path, configFile)); err != nil {
		return nil, message.Advise(fmt.Errorf("%s has no file %s", path, configFile),
			"A model is a run, a folder in Hugging Face's layout, or a GGUF file: see 'lamina generate --help'.")
	}
	f, err := models.OpenFolder(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return openPretrained(f, device)
}

// openPretrained opens a folder in Hugging Face's layout.
func openPretrained(f *models.Folder, device tensor.Device) (*Writer, error) {
	tok, err := text.LoadTokenizer(filepath.Join(f.Dir, tokenizerFile))
	if err != nil {
		return nil, err
	}
	w := &Writer{Tokenizer: tok}
	switch kind := f.ModelType(); kind {
	case "gpt2":
		m, err := models.LoadGPT2(f.Dir)
		if err != nil {
			return nil, err
		}
		w.Model, w.Vocabulary = m, m.Transformer.WTE.Weight.Dim(0)
	case "llama", "qwen2", "qwen3":
		m, err := models.LoadLlama(f.Dir, models.LlamaLoadConfig{})
		if err != nil {
			return nil, err
		}
		w.Model, w.Vocabulary = m, m.Config().Vocabulary
	default:
		return nil, fmt.Errorf("%s has a model of the type %q, want gpt2, llama, qwen2 or qwen3", f.Dir, kind)
	}
	nn.To(w.Model, device)
	if w.Stop, err = f.StopTokens(); err != nil {
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
	b, err := inputfile.Read(filepath.Join(dir, "chat_template.jinja"), maxFile)
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
func (w *Writer) parseTemplate(source string, err error) {
	if w.TemplateError = err; err == nil {
		w.Template, w.TemplateError = generate.ParseChatTemplate(source)
	}
}

// openGGUF opens a GGUF file.
func openGGUF(path string, device tensor.Device) (*Writer, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := models.LlamaFromGGUF(f, models.LlamaLoadConfig{})
	if err != nil {
		return nil, err
	}
	tok, err := models.TokenizerFromGGUF(f)
	if err != nil {
		return nil, err
	}
	nn.To(m, device)
	w := &Writer{Model: m, Tokenizer: tok, Vocabulary: m.Config().Vocabulary}
	if w.Stop, err = models.StopTokensFromGGUF(f); err != nil {
		return nil, err
	}
	const key = "tokenizer.chat_template"
	if _, ok := f.Value(key); ok {
		w.parseTemplate(f.Text(key))
	}
	return w, nil
}

// Tokens returns the tokens of a prompt; see [generate.Prompt]. If it is empty and the tokenizer has no token of the
// beginning, they are those of a new line, or the first token of a vocabulary that has no new line. It returns an
// error if there is none, or one that the model does not have.
func (m *Writer) Tokens(prompt string) ([]int32, error) {
	if prompt != "" && len(m.Tokenizer.AppendIDs(nil, prompt)) == 0 {
		return nil, fmt.Errorf("--prompt: the model's vocabulary has no token of %q", prompt)
	}
	ids := generate.Prompt(m.Tokenizer, prompt)
	if len(ids) == 0 {
		ids = generate.Prompt(m.Tokenizer, "\n")
	}
	if len(ids) == 0 {
		ids = append(ids, 0)
	}
	if most := slices.Max(ids); int(most) >= m.Vocabulary {
		return nil, fmt.Errorf("--prompt: the tokenizer gives the token %d, and the model has %d tokens: the tokenizer belongs to another model", most, m.Vocabulary)
	}
	return ids, nil
}

// Generation says how a language model writes.
type Generation struct {
	Length int // tokens
	generate.Config
}

// NewGeneration returns the settings that write well.
func NewGeneration(length int) Generation {
	return Generation{length, generate.Config{Sample: true, Temperature: 0.8, Seed: 1}}
}

// Write writes what the model appends to the tokens. When the model's context is full, it goes on with the last half
// of it.
func (c Generation) Write(out io.Writer, m *Writer, ids []int32) error {
	stream, context := m.Tokenizer.Stream(), m.Model.Context()
	for written := 0; written < c.Length; {
		if len(ids) > context {
			ids = ids[len(ids)-max(1, context/2):]
		}
		config := c.Config
		config.StopTokens = m.Stop
		config.MaxTokens, config.Seed = c.Length-written, c.Seed+uint64(written)
		for id, err := range generate.Tokens(m.Model, ids, config) {
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
