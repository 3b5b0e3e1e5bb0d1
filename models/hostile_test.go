package models_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// TestHugeHeads reads configurations whose heads are larger than the weights justify.
func TestHugeHeads(t *testing.T) {
	const source = "../testdata/torch/llama/bf16"
	for _, size := range []int{1 << 62, 1 << 31, 1 << 20} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(source, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "config.json"), bytes.Replace(b, []byte(`"head_dim": 16`),
			fmt.Appendf(nil, `"head_dim": %d`, size), 1), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := models.LoadLlama(dir, models.LlamaLoadConfig{}); err == nil ||
			!strings.Contains(err.Error(), fmt.Sprintf("config.json: heads have %d features", size)) {
			t.Errorf("heads of %d features: %v", size, err)
		}
	}
}

// TestEmptyQueries reads a GGUF file whose queries have no rows.
func TestEmptyQueries(t *testing.T) {
	for _, name := range []string{"llama-f32.gguf", "llama-q4_1.gguf"} {
		b, err := os.ReadFile("../testdata/torch/llama/" + name)
		if err != nil {
			t.Fatal(err)
		}
		const tensorName = "blk.0.attn_q.weight"
		at := bytes.Index(b, []byte(tensorName)) + len(tensorName) + 4 + 8 // the number of dimensions and the first one
		if rows := binary.LittleEndian.Uint64(b[at:]); rows != 64 {
			t.Fatalf("%s: %d rows", name, rows)
		}
		binary.LittleEndian.PutUint64(b[at:], 0)
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, dequantize := range []bool{false, true} {
			_, err := models.LoadLlama(path, models.LlamaLoadConfig{Dequantize: dequantize})
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "(0, 64)") &&
				!strings.Contains(err.Error(), "[0 64]") {
				t.Errorf("%s, dequantize %v: %v", name, dequantize, err)
			}
		}
	}
}

// TestConfigOfNoModel reads a configuration from which no model can be made, although its sizes fit the weights.
func TestConfigOfNoModel(t *testing.T) {
	m := models.GPT2Config{Vocabulary: 7, Context: 16, Width: 8, Layers: 1, Heads: 2}.New(rng.NewTorch(1))
	dir := folderOf(t, `{"vocab_size": 7, "n_positions": 16, "n_embd": 8, "n_layer": 1, "n_head": 2, "initializer_range": -1}`, stateOf(m, "", tensor.Float32))
	if _, err := models.LoadGPT2(dir); err == nil ||
		!strings.Contains(err.Error(), "config.json: normal_: the standard deviation must be at least 0") {
		t.Error(err)
	}
}
