package safetensors

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// SaveModel writes the parameters and buffers of model to a file: safetensors.torch.save_model. The keys are those of
// [nn.StateDict], which are PyTorch's. A tensor with several keys is written once, under the first of them in
// alphabetical order; the metadata maps the other keys to that one. It replaces the file atomically.
func SaveModel(path string, model any) error {
	state := nn.StateDict(model)
	slices.SortFunc(state, func(a, b nn.Named) int { return cmp.Compare(a.Name, b.Name) })
	tensors, first := map[string]tensor.Tensor{}, map[tensor.Tensor]string{}
	metadata := map[string]string{"format": "pt"} // marks PyTorch's names and layout
	for _, n := range state {
		if name, shared := first[n.Tensor]; shared {
			metadata[n.Name] = name
			continue
		}
		first[n.Tensor], tensors[n.Name] = n.Name, n.Tensor
	}
	return Save(path, tensors, metadata)
}

// LoadModel copies the tensors of a file that SaveModel or PyTorch wrote into the parameters and buffers of model:
// safetensors.torch.load_model. It converts each to the type and device of the model's tensor. If a key does not fit,
// the model stays unchanged; the error names the file and wraps an [*nn.StateError] with all keys that are missing,
// unexpected or of another shape. For a tensor that the model has under several keys, one key in the file suffices,
// since PyTorch writes shared tensors once.
func LoadModel(path string, model any) error {
	c, err := Load(path)
	if err != nil {
		return err
	}
	state := nn.StateDict(model)
	keys := map[string]tensor.Tensor{}
	for _, n := range state {
		keys[n.Name] = n.Tensor
	}
	found := map[tensor.Tensor]tensor.Tensor{} // the file's tensor for each of the model's
	var dict []nn.Named
	for name, t := range c.Tensors {
		dict = append(dict, nn.Named{Name: name, Tensor: t})
		if o, ok := keys[name]; ok {
			found[o] = t
		}
	}
	for _, info := range c.Unsupported {
		if _, ok := keys[info.Name]; ok {
			return fmt.Errorf("safetensors: %s: %w", path, unsupported(info))
		}
		dict = append(dict, nn.Named{Name: info.Name}) // an unexpected key
	}
	for _, n := range state {
		if _, ok := c.Tensors[n.Name]; !ok && found[n.Tensor].Defined() {
			dict = append(dict, nn.Named{Name: n.Name, Tensor: found[n.Tensor]})
		}
	}
	slices.SortFunc(dict, func(a, b nn.Named) int { return cmp.Compare(a.Name, b.Name) })
	if err := nn.LoadStateDict(model, dict); err != nil {
		return fmt.Errorf("safetensors: %s: %w", path, err)
	}
	return nil
}
