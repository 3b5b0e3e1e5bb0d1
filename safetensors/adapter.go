package safetensors

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// SaveAdapter writes what was trained of a model with a LoRA to a file, with the keys of [nn.AdapterStateDict]: those
// of PEFT's adapter_model.safetensors. It replaces the file atomically.
func SaveAdapter(path string, model any) error {
	tensors := map[string]tensor.Tensor{}
	for _, n := range nn.AdapterStateDict(model) {
		tensors[n.Name] = n.Tensor
	}
	return Save(path, tensors, map[string]string{"format": "pt"})
}

// LoadAdapter copies the tensors of a file that SaveAdapter or PEFT wrote into a model to which [nn.AddLoRA] added
// the same adapters. If a key does not fit, the model stays unchanged; the error names the file and wraps an
// [*nn.StateError] with all keys that are missing, unexpected or of another shape.
func LoadAdapter(path string, model any) error {
	c, err := Load(path)
	if err == nil {
		err = c.CheckSupported()
	}
	if err != nil {
		return err
	}
	var dict []nn.Named
	for name, t := range c.Tensors {
		dict = append(dict, nn.Named{Name: name, Tensor: t})
	}
	slices.SortFunc(dict, func(a, b nn.Named) int { return cmp.Compare(a.Name, b.Name) })
	if err := nn.LoadAdapterStateDict(model, dict); err != nil {
		return fmt.Errorf("safetensors: %s: %w", path, err)
	}
	return nil
}
