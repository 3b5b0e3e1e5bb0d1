package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// activations maps the names of activations in Hugging Face's config.json to functions.
var activations = map[string]func(tensor.Tensor) tensor.Tensor{
	"gelu":              tensor.Tensor.GELU,
	"gelu_new":          tensor.Tensor.GELUTanh,
	"gelu_pytorch_tanh": tensor.Tensor.GELUTanh,
	"relu":              tensor.Tensor.ReLU,
	"silu":              tensor.Tensor.SiLU,
	"swish":             tensor.Tensor.SiLU,
	"tanh":              tensor.Tensor.Tanh,
}

// checkActivation returns an error if Hugging Face's name of an activation is not in activations.
func checkActivation(name string) error {
	if activations[name] == nil {
		return fmt.Errorf("no activation %q, want one of %s", name,
			strings.Join(slices.Sorted(maps.Keys(activations)), ", "))
	}
	return nil
}
