package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/generate"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
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
	c := newGeneration(500)
	cmd := &cobra.Command{
		Use:   "generate RUN",
		Short: "Let the language model of a run write",
		Long: `Let the language model of a run write: it continues the prompt, token by token, and prints each as it is chosen.

--temperature 0 always takes the most probable token; 1 draws with the network's probabilities; less
than 1 prefers probable tokens. The same seed gives the same text.`,
		Example: `  lamina generate runs/mytext-001
  lamina generate runs/mytext-001 --prompt "Once upon a time" --length 200 --temperature 0.7`,
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
			config, tok, model, err := openLanguageRun(args[0], device)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			fmt.Fprint(w, prompt)
			if prompt == "" {
				prompt = "\n"
			}
			if err := c.write(w, model, tok, config.Model.Context, prompt); err != nil {
				return fmt.Errorf("--prompt: %w", err)
			}
			fmt.Fprintln(w)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&prompt, "prompt", "", "the beginning of the text (default: a new line)")
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

// write writes what the model appends to the prompt. When the model's context is full, it goes on with the last half of it.
func (c generation) write(w io.Writer, model *models.GPT2, tok *text.Tokenizer, context int, prompt string) error {
	ids := tok.AppendIDs(nil, prompt)
	if len(ids) == 0 {
		return fmt.Errorf("no character of %q is in the text that the network was trained on", prompt)
	}
	nn.Eval(model)
	stream := tok.Stream()
	for written := 0; written < c.length; {
		if len(ids) >= context {
			ids = ids[len(ids)-context/2:]
		}
		config := c.Config
		config.MaxTokens, config.Seed = min(c.length-written, context-len(ids)), c.Seed+uint64(written)
		for id, err := range generate.Tokens(model, ids, config) {
			if err != nil {
				return err
			}
			ids = append(ids, id)
			written++
			if _, err := io.WriteString(w, stream.Next(id)); err != nil {
				return err
			}
		}
	}
	_, err := io.WriteString(w, stream.Flush())
	return err
}
