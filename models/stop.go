package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"github.com/lamina-ml/lamina/gguf"
)

// StopTokens returns the tokens that end a text, for generate.Config: eos_token_id, a number or a list of them, of
// generation_config.json, or of config.json if that has none. The result is nil if neither has it.
func (f *Folder) StopTokens() ([]int32, error) {
	path := filepath.Join(f.Dir, "generation_config.json")
	text, err := readConfigFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("models: %w", err)
	}
	if err == nil {
		if stop, err := stopTokens(path, text); stop != nil || err != nil {
			return stop, err
		}
	}
	return stopTokens(filepath.Join(f.Dir, "config.json"), f.Config)
}

// stopTokens returns eos_token_id of a JSON file.
func stopTokens(path string, text []byte) (stop []int32, err error) {
	var c struct {
		EOS json.RawMessage `json:"eos_token_id"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("models: %s: %w", path, err)
	}
	var one int32
	if c.EOS == nil {
		return nil, nil
	} else if json.Unmarshal(c.EOS, &stop) != nil {
		if json.Unmarshal(c.EOS, &one) != nil {
			return nil, fmt.Errorf("models: %s: eos_token_id is %.100s, want a token or a list of tokens", path, c.EOS)
		}
		stop = []int32{one}
	}
	return stop, nil
}

// StopTokensFromGGUF returns the tokens that end a text or a message, for generate.Config:
// tokenizer.ggml.eos_token_id, eot_token_id and eom_token_id of a GGUF file, as far as it has them.
func StopTokensFromGGUF(f *gguf.File) ([]int32, error) {
	var stop []int32
	for _, name := range []string{"eos", "eot", "eom"} {
		key := "tokenizer.ggml." + name + "_token_id"
		if _, ok := f.Value(key); !ok {
			continue
		}
		id, err := f.Int(key)
		if err != nil {
			return nil, err
		}
		if id < 0 || id > math.MaxInt32 {
			return nil, inFile(f, fmt.Errorf("%s is %d, want a token", key, id))
		}
		if !slices.Contains(stop, int32(id)) {
			stop = append(stop, int32(id))
		}
	}
	return stop, nil
}
