package models_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// FuzzFolder reads models with any config.json. It must return a model or an error, and not allocate more than the
// weights justify.
func FuzzFolder(f *testing.F) {
	for _, seed := range []string{smallBERT, "{}", "null", `{"hidden_size": -1}`,
		`{"vocab_size": 1e18, "hidden_size": 0}`, `{"num_attention_heads": 8, "hidden_size": 9}`,
		`{"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12, "image_size": 8, "patch_size": 4}`,
		`{"vocab_size": 20, "d_model": 8, "d_kv": 4, "d_ff": 12, "num_layers": 1, "num_heads": 2, "relative_attention_num_buckets": 8, "feed_forward_proj": "gated-gelu"}`} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	state := stateOf(smallModel(rng.NewTorch(1)), "", tensor.Float32)
	state["classifier.weight"], state["classifier.bias"] = tensor.Zeros(3, 8), tensor.Zeros(3)
	if err := safetensors.Save(filepath.Join(dir, "model.safetensors"), state, nil); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o666); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		models.LoadBERT(dir)
		models.LoadBERTForMaskedLM(dir)
		models.LoadBERTForSequenceClassification(dir)
		models.LoadViT(dir)
		models.LoadT5(dir)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20+64*uint64(len(config)) {
			t.Errorf("%d bytes were allocated", n)
		}
	})
}
