package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/language"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/task/writing"
	"github.com/lamina-ml/lamina/tensor"
)

func newGenerate() *cobra.Command {
	var where computing
	var prompt string
	var chat bool
	c := writing.NewGeneration(500)
	cmd := &cobra.Command{
		ValidArgsFunction: completeRuns,
		Use:               "generate MODEL",
		Short:             "Let a language model write",
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
			if err := checkGeneration(c); err != nil {
				return &message.UsageError{Err: err}
			}
			c.Sample = c.Temperature > 0
			device, err := where.open()
			if err != nil {
				return err
			}
			c.Device = device
			m, err := openWriter(cmd.Context(), args[0], device)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			switch {
			case chat && m.TemplateError != nil:
				return fmt.Errorf("%s: %w: omit --chat", args[0], m.TemplateError)
			case chat && m.Template == nil:
				return fmt.Errorf("%s has no template for chats: omit --chat", args[0])
			case chat && prompt == "":
				return message.Usagef("--chat needs a message: --prompt")
			case chat:
				if prompt, err = m.Template.Format([]generate.Message{{Role: "user", Content: prompt}}); err != nil {
					return err
				}
				if id, ok := m.Tokenizer.TokenID("<|im_end|>"); ok { // the model's files may name only the end of a text
					m.Stop = append(m.Stop, id)
				}
			}
			ids, err := m.Tokens(prompt)
			if err != nil {
				return err
			}
			if !chat {
				fmt.Fprint(w, prompt)
			}
			err = c.Write(w, m, ids)
			fmt.Fprintln(w) // also after Ctrl-C: what follows begins a line
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&prompt, "prompt", "",
		"the beginning of the text (default: the token of the beginning, or else a new line,\nif the vocabulary has them)")
	f.BoolVar(&chat, "chat", false, "answer the prompt as a message")
	f.IntVar(&c.Length, "length", c.Length, "tokens to write")
	f.Float64Var(&c.Temperature, "temperature", c.Temperature, "how much chance decides: 0 not at all")
	f.IntVar(&c.TopK, "top-k", 0, "choose among this many most probable tokens; 0 means all")
	f.Float64Var(&c.TopP, "top-p", 1, "choose among the most probable tokens whose probabilities add up to this")
	f.Float64Var(&c.MinP, "min-p", 0, "leave out tokens less probable than this part of the most probable one")
	f.Float64Var(&c.RepetitionPenalty, "repetition-penalty", 1, "above 1: avoid tokens that have occurred")
	f.Uint64Var(&c.Seed, "seed", c.Seed, "seed of the random numbers")
	where.add(f)
	return cmd
}

// checkGeneration returns an error if a setting is invalid.
func checkGeneration(c writing.Generation) error {
	switch {
	case c.Length < 1:
		return fmt.Errorf("--length is %d, want at least 1", c.Length)
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

// openWriter opens a run of a language model, a folder in Hugging Face's layout, or a GGUF file.
func openWriter(ctx context.Context, path string, device tensor.Device) (*writing.Writer, error) {
	run, err := runs.Open(path)
	if err != nil {
		var notRun *runs.NotRunError
		_, missing := os.Stat(path)
		if missing != nil && strings.EqualFold(filepath.Ext(path), ".gguf") {
			return nil, missing
		}
		if missing == nil && !(errors.As(err, &notRun) && notRun.Old) {
			return writing.Open(path, device)
		}
		return nil, advised(err)
	}
	m, _, err := tasks().Load(ctx, run.Folder, "", device)
	if err != nil {
		return nil, advised(err)
	}
	if l, ok := m.(*language.Model); ok {
		return l.Writer(), nil
	}
	return nil, message.Advise(fmt.Errorf("%s is no language model", path), "See what it is: %s",
		message.CommandLine("summary", message.PathArgument(path)))
}
