package torchfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tensor"
)

// ErrFormat is wrapped by all errors about the contents of a file. Errors of the file system do not wrap it.
var ErrFormat error = errFormat

var errFormat = inputfile.NewFormatError("not a valid PyTorch file")

func errorf(format string, args ...any) error { return errFormat.Errorf(format, args...) }

// Contents is the content of a file.
type Contents struct {
	// Root is the saved value: nil, bool, int64, float64, string, []byte, *big.Int, []any (a list, tuple or set),
	// *[Dict], *[Object] or a [tensor.Tensor].
	Root any
	// Tensors are all tensors of Root under their paths. The path joins the keys of dictionaries, positions in lists
	// and names of attributes by dots, such as "model_state.conv1.weight". The tensors of a saved module have the
	// keys of its state dict. A tensor that Root holds several times is the same tensor under each of its paths.
	Tensors map[string]tensor.Tensor
	// Unsupported describes the tensors that Lamina does not support, such as complex, quantized and sparse ones, by
	// their paths. They are not in Tensors.
	Unsupported map[string]string

	path  string
	order []string // the paths of Tensors in the order of the file
}

// Load reads a file that torch.save or torch.jit.save wrote: torch.load(path, map_location="cpu", weights_only=True).
// The tensors are on the heap. The error names the file, and wraps [ErrFormat] if the contents are at fault.
func Load(path string) (*Contents, error) {
	f, size, err := errFormat.Open(path)
	if err != nil {
		return nil, fmt.Errorf("torchfile: %w", err)
	}
	defer f.Close()
	c, err := Read(f, size)
	if err != nil {
		return nil, fmt.Errorf("torchfile: %s: %w", path, err)
	}
	c.path = path
	return c, nil
}

// Read is Load for a file of the given size in r. Its error does not name the file.
func Read(r io.ReaderAt, size int64) (*Contents, error) {
	var head [4]byte
	if _, err := r.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var root any
	var err error
	switch {
	case string(head[:]) == "PK\x03\x04":
		root, err = readZip(r, size)
	case head[0] == opProto && 2 <= head[1] && head[1] <= 5:
		root, err = readLegacy(r, size)
	default:
		err = errorf("this is not a PyTorch file but %s", inputfile.IdentifyReader(r))
	}
	if err != nil {
		return nil, err
	}
	return collect(root)
}

// StateDict returns the tensors of the dictionary or module at the given keys of Root, in the file's order and with
// their paths below it, ready for [nn.LoadStateDict]. Without keys it is Root itself, or, if Root is a checkpoint
// without tensors at its first level, its only entry that has some there. An error lists the entries to choose from.
func (c *Contents) StateDict(keys ...string) ([]nn.Named, error) {
	prefix := strings.Join(keys, ".")
	if prefix != "" {
		prefix += "."
	} else if only, err := c.only(); err != nil {
		return nil, fmt.Errorf("torchfile: %s: %w", c.path, err)
	} else {
		prefix = only
	}
	var dict []nn.Named
	for _, name := range c.order {
		if key, ok := strings.CutPrefix(name, prefix); ok {
			dict = append(dict, nn.Named{Name: key, Tensor: c.Tensors[name]})
		}
	}
	for name := range c.Unsupported {
		if key, ok := strings.CutPrefix(name, prefix); ok {
			dict = append(dict, nn.Named{Name: key}) // without a tensor: reported as unexpected
		}
	}
	if len(dict) == 0 {
		return nil, fmt.Errorf("torchfile: %s: no tensors under %q, want one of %s", c.path, strings.Join(keys, "."), c.choices())
	}
	return dict, nil
}

// only returns the prefix of the state dict that StateDict chooses.
func (c *Contents) only() (string, error) {
	d, ok := c.Root.(*Dict)
	if !ok {
		return "", nil // a module or one tensor
	}
	var parents []string
	for _, item := range d.Items {
		name, _ := item.Key.(string)
		switch v := item.Value.(type) {
		case tensor.Tensor:
			return "", nil
		case *Dict:
			if slices.ContainsFunc(v.Items, func(i Item) bool { _, ok := i.Value.(tensor.Tensor); return ok }) {
				parents = append(parents, name)
			}
		case *Object:
			if v.isModule() {
				parents = append(parents, name)
			}
		}
	}
	switch len(parents) {
	case 0:
		return "", nil
	case 1:
		return parents[0] + ".", nil
	}
	return "", fmt.Errorf("several state dicts: choose one of %s", c.choices())
}

// choices lists the first keys of the tensors' paths for an error text.
func (c *Contents) choices() string {
	var names []string
	for _, path := range c.order {
		name, _, _ := strings.Cut(path, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if len(names) == 10 {
			names = append(names, "…")
			break
		}
	}
	if names == nil {
		return "none: the file has no tensors"
	}
	return strings.Join(names, ", ")
}

// LoadModel copies the tensors of a file into the parameters and buffers of model, converted to their types and
// devices: model.load_state_dict(torch.load(path)). The keys say where the state dict is in a checkpoint; see
// [Contents.StateDict]. If all keys of the file begin with "module.", which DataParallel adds, the prefix is removed.
// If a key does not fit, the model stays unchanged; the error names the file and wraps an [*nn.StateError].
func LoadModel(path string, model any, keys ...string) error {
	c, err := Load(path)
	if err != nil {
		return err
	}
	dict, err := c.StateDict(keys...)
	if err != nil {
		return err
	}
	const parallel = "module."
	if !slices.ContainsFunc(dict, func(n nn.Named) bool { return !strings.HasPrefix(n.Name, parallel) }) {
		for i := range dict {
			dict[i].Name = dict[i].Name[len(parallel):]
		}
	}
	for _, n := range nn.StateDict(model) {
		if why, ok := c.Unsupported[n.Name]; ok {
			return fmt.Errorf("torchfile: %s: tensor %s: %s", path, n.Name, why)
		}
	}
	if err := nn.LoadStateDict(model, dict); err != nil {
		return fmt.Errorf("torchfile: %s: %w", path, err)
	}
	return nil
}
