package images

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/torchfile"
)

// convnet are the options of the plain network.
type convnet struct {
	Width   int    `yaml:"width" default:"16" min:"1" max:"1024" flag:"width" doc:"filters of the first layer; each stage has twice as many, at most 8 times"`
	Weights string `yaml:"weights" flag:"weights" doc:"start with the weights in this .safetensors, .pt or .pth file; a last layer for other classes begins anew"`
	Freeze  bool   `yaml:"freeze" flag:"freeze" doc:"train the last layer only"`
}

// atLeast returns the number of the network's parameters without those of batch normalization; see [models.NewConvNet].
func (o *convnet) atLeast(p preparation) float64 {
	size, n := p.Size, 0.0
	if size > 64 {
		size = (size + 1) / 2
	}
	in, filters := p.Channels, o.Width
	for {
		n += 9 * float64(in) * float64(filters)
		if size <= 32 {
			n += 9 * float64(filters) * float64(filters)
		}
		if size <= 8 {
			return n + float64(filters)*float64(len(p.Classes))
		}
		in, filters, size = filters, min(2*filters, 8*o.Width), size/2
	}
}

// pretrainable are the options of torchvision's networks.
type pretrainable struct {
	Weights string `yaml:"weights" flag:"weights" doc:"start with the weights in this .safetensors, .pt or .pth file; a last layer for other classes begins anew"`
	Freeze  bool   `yaml:"freeze" flag:"freeze" doc:"train the last layer only"`
}

// architectures are torchvision's networks for pictures in colors, by their name in a configuration.
var architectures = []struct {
	name, doc string
	new       func(g *rng.Torch, classes int) nn.Module
}{
	{"resnet18", "a residual network of 18 layers", func(g *rng.Torch, n int) nn.Module { return models.NewResNet18(g, n) }},
	{"resnet34", "a residual network of 34 layers", func(g *rng.Torch, n int) nn.Module { return models.NewResNet34(g, n) }},
	{"resnet50", "a residual network of 50 layers", func(g *rng.Torch, n int) nn.Module { return models.NewResNet50(g, n) }},
	{"mobilenet-v2", "a small network for phones", func(g *rng.Torch, n int) nn.Module { return models.NewMobileNetV2(g, n) }},
	{"mobilenet-v3-small", "a very small network for phones",
		func(g *rng.Torch, n int) nn.Module { return models.NewMobileNetV3Small(g, n) }},
	{"mobilenet-v3-large", "a small network for phones", func(g *rng.Torch, n int) nn.Module { return models.NewMobileNetV3Large(g, n) }},
	{"efficientnet-b0", "EfficientNet-B0", func(g *rng.Torch, n int) nn.Module { return models.NewEfficientNetB0(g, n) }},
	{"efficientnet-lite0", "EfficientNet-Lite0, without squeeze and excitation",
		func(g *rng.Torch, n int) nn.Module { return models.NewEfficientNetLite0(g, n) }},
	{"convnext-tiny", "ConvNeXt-T", func(g *rng.Torch, n int) nn.Module { return models.NewConvNeXtTiny(g, n) }},
}

func registerModels(r *recipe.Registry) {
	r.Add(recipe.Models, recipe.Entry{Name: "convnet",
		Doc: "convolutions with batch normalization, for pictures of any size", Options: &convnet{}, For: []string{"images"}})
	for _, a := range architectures {
		r.Add(recipe.Models, recipe.Entry{Name: a.name, Doc: a.doc, Options: &pretrainable{}, For: []string{"images"}, Recipe: `
optimizer: {name: adamw, lr: 0.001}
training: {epochs: 15}
`})
	}
	r.Add(recipe.Models, recipe.LayersEntry("images"))
}

// pretrainedSize returns the size of the input that a network with pretrained weights takes best, 0 without such weights.
func pretrainedSize(c recipe.Choice) int {
	if o, ok := c.Options.(*pretrainable); ok && o.Weights != "" {
		return 224
	}
	return 0
}

// network is a network with what the training needs to know about it.
type network struct {
	module  nn.Module
	params  []tensor.Tensor // to train; nil means all
	weights *string         // the option
	freeze  bool
	note    string // about its weights, for people
}

// build returns the network that a configuration chooses.
func build(c recipe.Choice, g *rng.Torch, p preparation) (network, error) {
	classes := len(p.Classes)
	switch o := c.Options.(type) {
	case *convnet:
		if err := task.CheckParameters(fmt.Sprintf("%s of width %d", c.Name, o.Width), o.atLeast(p)); err != nil {
			return network{}, err
		}
		return network{module: models.NewConvNet(g, p.Channels, p.Size, o.Width, classes), weights: &o.Weights, freeze: o.Freeze}, nil
	case *pretrainable:
		if p.Channels != 3 {
			return network{}, fmt.Errorf("%s takes pictures in colors, with data.channels 3", c.Name)
		}
		if p.Size < 32 {
			return network{}, fmt.Errorf("%s takes pictures of at least 32×32 pixels, not %d×%d: set data.size", c.Name, p.Size, p.Size)
		}
		for _, a := range architectures {
			if a.name == c.Name {
				return network{module: a.new(g, classes), weights: &o.Weights, freeze: o.Freeze}, nil
			}
		}
	case *recipe.LayerList:
		m, err := o.Build(g, []int{p.Channels, p.Size, p.Size}, classes)
		return network{module: m}, err
	}
	return network{}, fmt.Errorf("no model %q", c.Name)
}

// pretrain loads the weights with which the network begins, and freezes all but its last layer if that is wanted.
func (n *network) pretrain(classes int) error {
	state := nn.StateDict(n.module)
	var head []string // the parameters of the last layer
	for i := len(state) - 1; i >= 0 && len(head) < 2; i-- {
		if name := state[i].Name; strings.HasSuffix(name, ".weight") || strings.HasSuffix(name, ".bias") {
			head = append(head, name)
		}
	}
	if n.weights != nil && *n.weights != "" {
		path := *n.weights
		dict, err := readWeights(path)
		if err != nil {
			return err
		}
		renewed := false
		kept := slices.DeleteFunc(dict, func(d nn.Named) bool {
			other := slices.Contains(head, d.Name) && d.Tensor.Rank() > 0 && d.Tensor.Dim(0) != classes
			renewed = renewed || other
			return other
		})
		missing, unexpected, err := nn.LoadPartialStateDict(n.module, kept)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		missing = slices.DeleteFunc(missing, func(name string) bool {
			return slices.Contains(head, name) || strings.HasSuffix(name, "num_batches_tracked")
		})
		if len(missing) > 0 || len(unexpected) > 0 {
			return fmt.Errorf("%s does not fit the model: it lacks %s, and has %s that the model lacks", path,
				count(missing), count(unexpected))
		}
		n.note = ", weights of " + filepath.Base(path)
		if renewed {
			n.note += ", a new last layer"
		}
	}
	if n.freeze {
		for _, p := range state {
			if slices.Contains(head, p.Name) && p.Tensor.RequiresGrad() {
				n.params = append(n.params, p.Tensor)
			}
		}
		nn.Freeze(n.module)
		for _, p := range n.params {
			p.SetRequiresGrad(true)
		}
		n.note += ", of which the last layer is trained"
	}
	return nil
}

// count names the first of some keys.
func count(names []string) string {
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return fmt.Sprintf("the tensor %q", names[0])
	}
	return fmt.Sprintf("%d tensors such as %q", len(names), names[0])
}

// readWeights reads the tensors of a file.
func readWeights(path string) ([]nn.Named, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(path), ".safetensors") {
		c, err := safetensors.Load(path)
		if err != nil {
			return nil, err
		}
		var out []nn.Named
		for name, t := range c.Tensors {
			out = append(out, nn.Named{Name: name, Tensor: t})
		}
		slices.SortFunc(out, func(a, b nn.Named) int { return strings.Compare(a.Name, b.Name) })
		return out, nil
	}
	c, err := torchfile.Load(path)
	if err != nil {
		return nil, err
	}
	return c.StateDict()
}
