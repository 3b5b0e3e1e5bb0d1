package safetensors

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// SaveModel writes the parameters and buffers of model to a file, under the keys of [nn.StateDict], which are PyTorch's. It is
// safetensors.torch.save_model. The file there, if there is one, stays until the new one is complete.
func SaveModel(path string, model any) error {
	tensors := map[string]tensor.Tensor{}
	for _, n := range nn.StateDict(model) {
		tensors[n.Name] = n.Tensor
	}
	return Save(path, tensors, map[string]string{"format": "pt"}) // the mark of PyTorch's names and layout
}

// LoadModel copies the tensors of a file, which SaveModel or PyTorch wrote, into the parameters and buffers of model, each converted to
// the type and device of the model's own. It is safetensors.torch.load_model. Either all keys fit or nothing is written: the error names
// the file and wraps an [*nn.StateError] with every key that is missing, unexpected or of another shape. A tensor that the model has
// under several keys needs one of them, since PyTorch writes shared tensors once.
func LoadModel(path string, model any) error {
	c, err := Load(path)
	if err != nil {
		return err
	}
	own := nn.StateDict(model)
	keys := map[string]tensor.Tensor{}
	for _, n := range own {
		keys[n.Name] = n.Tensor
	}
	found := map[tensor.Tensor]tensor.Tensor{} // in the file, for each of the model's tensors
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
		dict = append(dict, nn.Named{Name: info.Name}) // a key too many, of whatever type
	}
	for _, n := range own {
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
