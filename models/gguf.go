package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/gguf"
	"github.com/lamina-ml/lamina/text"
)

// metadata reads values of a GGUF file until the first error.
type metadata struct {
	f      *gguf.File
	prefix string
	err    error
}

// int returns an integer, or missing if there is none and missing is not −1.
func (m *metadata) int(key string, missing int) int {
	v, err := m.f.Int(m.prefix + key)
	if m.absent(err, missing != -1) {
		return missing
	}
	return v
}

// float is int for any number.
func (m *metadata) float(key string, missing float64) float64 {
	v, err := m.f.Float(m.prefix + key)
	if m.absent(err, missing != -1) {
		return missing
	}
	return v
}

// absent reports whether err says that a value is missing, and it may be. It keeps other errors.
func (m *metadata) absent(err error, may bool) bool {
	var missing *gguf.MissingError
	if err != nil && may && errors.As(err, &missing) {
		return true
	}
	if m.err == nil {
		m.err = err
	}
	return false
}

// inFile names the file in an error, unless it is one of package gguf, which names it.
func inFile(f *gguf.File, err error) error {
	if err == nil || strings.HasPrefix(err.Error(), "gguf: ") {
		return err
	}
	return fmt.Errorf("models: %s: %w", f.Path(), err)
}

// The types of tokens in tokenizer.ggml.token_type.
const (
	tokenControl     = 3 // such as <|im_end|>
	tokenUserDefined = 4
)

// TokenizerFromGGUF returns the tokenizer in the metadata of a GGUF file: byte-level BPE (tokenizer.ggml.model
// "gpt2") or SentencePiece BPE ("llama"). Its errors name the file.
func TokenizerFromGGUF(f *gguf.File) (*text.Tokenizer, error) {
	t, err := tokenizerFromGGUF(f)
	return t, inFile(f, err)
}

func tokenizerFromGGUF(f *gguf.File) (*text.Tokenizer, error) {
	const prefix = "tokenizer.ggml."
	m := metadata{f: f, prefix: prefix}
	kind, err := f.Text(prefix + "model")
	if err != nil {
		return nil, err
	}
	tokens, err := f.Texts(prefix + "tokens")
	if err != nil {
		return nil, err
	}
	var types []int32
	if v, ok := f.Value(prefix + "token_type"); ok {
		if types, ok = v.([]int32); !ok || len(types) != len(tokens) {
			return nil, fmt.Errorf("%stoken_type is not an array of a number for each of %d tokens", prefix,
				len(tokens))
		}
	}
	var added []text.AddedToken
	for i, t := range types {
		if t == tokenControl || t == tokenUserDefined {
			added = append(added, text.AddedToken{Content: tokens[i], Special: t == tokenControl})
		}
	}
	// special returns the token that is written at the beginning or the end of a text, if one is.
	special := func(flag, key string, unset bool) (string, error) {
		on := unset
		_, flagged := f.Value(prefix + flag)
		if flagged {
			if on, err = f.Flag(prefix + flag); err != nil {
				return "", err
			}
		}
		if _, ok := f.Value(prefix + key); !on || !ok && !flagged {
			return "", nil
		}
		id := m.int(key, -1)
		if m.err != nil {
			return "", m.err
		}
		if id < 0 || id >= len(tokens) {
			return "", fmt.Errorf("%s%s is %d, want a number below the %d tokens", prefix, key, id, len(tokens))
		}
		return tokens[id], nil
	}
	bos, err := special("add_bos_token", "bos_token_id", kind == "llama")
	if err != nil {
		return nil, err
	}
	eos, err := special("add_eos_token", "eos_token_id", false)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "gpt2":
		pre := ""
		if _, ok := f.Value(prefix + "pre"); ok {
			if pre, err = f.Text(prefix + "pre"); err != nil {
				return nil, err
			}
		}
		c, err := text.ByteLevelPreset(pre)
		if err != nil {
			return nil, err
		}
		merges, err := f.Texts(prefix + "merges")
		if err != nil {
			return nil, err
		}
		c.BOS, c.EOS, c.Added = bos, eos, added
		return text.NewByteLevelBPE(tokens, merges, c)
	case "llama":
		v, _ := f.Value(prefix + "scores")
		scores, ok := v.([]float32)
		if !ok {
			return nil, fmt.Errorf("%sscores is not an array of float32", prefix)
		}
		space, unset := true, true
		if _, unset = f.Value(prefix + "add_space_prefix"); unset {
			if space, err = f.Flag(prefix + "add_space_prefix"); err != nil {
				return nil, err
			}
		}
		return text.NewSentencePieceBPE(tokens, slices.Clone(scores),
			text.SentencePieceConfig{BOS: bos, EOS: eos, Added: added, NoPrefixSpace: !space})
	}
	return nil, fmt.Errorf("%smodel is %q, want gpt2 or llama", prefix, kind)
}
