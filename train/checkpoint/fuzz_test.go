package checkpoint_test

import (
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train/checkpoint"
)

// FuzzLoad changes a checkpoint: its metadata, and one tensor's type, shape and elements. Load must return an error
// and change nothing, or restore a training that can continue.
func FuzzLoad(f *testing.F) {
	folder := f.TempDir()
	path := filepath.Join(folder, "sound")
	m, saved := newTraining(3)
	step(m, saved)
	if err := checkpoint.Save(path, saved, checkpoint.Position{Step: 1, Losses: []float64{1}}); err != nil {
		f.Fatal(err)
	}
	sound, err := safetensors.Load(path)
	if err != nil {
		f.Fatal(err)
	}
	const key = "lamina.checkpoint"
	head, generator := sound.Metadata[key], regexp.MustCompile(`[A-Za-z0-9+/]{1000,}=*`).FindString(sound.Metadata[key])
	if generator == "" {
		f.Fatal("no state of a generator in ", head)
	}
	const short = "GENERATOR" // replaces the generator's state, to keep the fuzzed metadata short
	head = strings.Replace(head, generator, short, 1)
	var lr string
	for name := range sound.Tensors {
		if filepath.Ext(name) == ".lr" {
			lr = name
		}
	}
	f.Add([]byte(head), "", byte(0), byte(0), []byte{})
	f.Add([]byte(head), lr, byte(1), byte(0), tensor.Scalar(-1.0).Bytes())
	f.Add([]byte(head), lr, byte(1), byte(0), tensor.Scalar(math.NaN()).Bytes())
	f.Add([]byte(head), "losses", byte(1), byte(2), make([]byte, 16))
	f.Add([]byte(head), "model.fc1.bias", byte(0), byte(3), make([]byte, 12))
	f.Add([]byte(head), "schedule.0.step", byte(2), byte(0), tensor.Scalar(int64(-5)).Bytes())
	f.Add([]byte(`{"version":1,"generators":[],"epoch":9223372036854775807,"step":0,"started":null}`), "", byte(0), byte(0), []byte{})
	f.Add([]byte(`{"version":1,"generators":["AAAA"],"epoch":1e3,"step":-1,"notes":{`), "stray", byte(3), byte(1), []byte{1})
	types := []tensor.DType{tensor.Float32, tensor.Float64, tensor.Int64, tensor.Uint8}
	f.Fuzz(func(t *testing.T, head []byte, name string, dtype, n byte, raw []byte) {
		tensors := map[string]tensor.Tensor{}
		for k, v := range sound.Tensors {
			tensors[k] = v
		}
		if name != "" {
			o := tensor.Options{DType: types[int(dtype)%len(types)]}
			var shape []int
			if n > 0 {
				shape = []int{int(n)}
			}
			size := o.Zeros(shape...).Bytes()
			copy(size, raw)
			tensors[name] = o.FromBytes(size, shape...)
		}
		changed := filepath.Join(t.TempDir(), "changed")
		if err := safetensors.Save(changed, tensors,
			map[string]string{key: strings.Replace(string(head), short, generator, 1)}); err != nil {
			return // names that the format does not allow
		}
		m, tr := newTraining(3)
		before := state(m, tr)
		at, err := checkpoint.Load(changed, tr)
		if err != nil {
			if state(m, tr) != before {
				t.Fatalf("the training has changed although the checkpoint was refused: %v", err)
			}
			return
		}
		if at.Epoch < 0 || at.Step < 0 || !(tr.Optimizer.LR() >= 0) {
			t.Fatalf("loaded epoch %d, step %d, learning rate %v", at.Epoch, at.Step, tr.Optimizer.LR())
		}
		step(m, tr)
		again := filepath.Join(t.TempDir(), "again")
		if err := checkpoint.Save(again, tr, at); err != nil {
			t.Fatal(err)
		}
	})
}
