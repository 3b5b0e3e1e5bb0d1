package models

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// Folder is a model as Hugging Face stores it: config.json with its sizes, and model.safetensors with its weights, or
// several such files that model.safetensors.index.json lists. Only the headers of the weights are read until a model
// is loaded.
type Folder struct {
	Dir    string
	Config []byte // the content of config.json

	weights *safetensors.ModelFiles
}

// maxConfig bounds the size of config.json. That of a model with 1000 named classes has 70 KB.
const maxConfig = 4 << 20

// OpenFolder opens a folder. Its errors name the file that is missing or wrong.
func OpenFolder(dir string) (*Folder, error) {
	f := &Folder{Dir: dir}
	path := filepath.Join(dir, "config.json")
	var err error
	if f.Config, err = readConfigFile(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("models: the model's folder must have a config.json: %w", err)
	} else if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	for _, name := range []string{"model.safetensors", "model.safetensors.index.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if f.weights, err = safetensors.OpenModel(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
		return f, nil
	}
	return nil, fmt.Errorf("models: %s has neither model.safetensors nor model.safetensors.index.json", dir)
}

// readConfigFile returns the content of a JSON file.
func readConfigFile(path string) ([]byte, error) {
	file, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(text) > maxConfig {
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxConfig)
	}
	if !json.Valid(text) {
		return nil, fmt.Errorf("%s is not JSON", path)
	}
	return text, nil
}

// Close closes the files.
func (f *Folder) Close() error { return f.weights.Close() }

// Weights returns the open files of the weights.
func (f *Folder) Weights() *safetensors.ModelFiles { return f.weights }

// ModelType returns the kind of the model, such as "bert": model_type of config.json.
func (f *Folder) ModelType() string {
	var c struct {
		ModelType string `json:"model_type"`
	}
	json.Unmarshal(f.Config, &c) // without one it stays empty
	return c.ModelType
}

// ReadConfig sets the fields of config, a pointer to a struct with JSON tags, to those of config.json. A number 0
// becomes [nn.Zero] in the float64 fields of config, because 0 there means the default.
func (f *Folder) ReadConfig(config any) error {
	var all map[string]json.RawMessage
	for _, to := range []any{&all, config} {
		if err := json.Unmarshal(f.Config, to); err != nil {
			return fmt.Errorf("models: %s: %w", filepath.Join(f.Dir, "config.json"), wrongType(err))
		}
	}
	setZeros(config, all)
	return nil
}

// wrongType says which key of a JSON file has which wrong type, if that is the error.
func wrongType(err error) error {
	e := (*json.UnmarshalTypeError)(nil)
	if !errors.As(err, &e) {
		return err
	}
	want := "another type"
	switch e.Type.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		want = "a whole number"
	case reflect.Float64:
		want = "a number"
	case reflect.String:
		want = "text"
	case reflect.Bool:
		want = "true or false"
	case reflect.Struct, reflect.Map:
		want = "an object"
	}
	if e.Field == "" {
		return fmt.Errorf("the file is a JSON %s, want %s", e.Value, want)
	}
	return fmt.Errorf("%s is a JSON %s, want %s", e.Field, e.Value, want)
}

// elements returns the number of elements of all weights.
func (f *Folder) elements() float64 {
	n := 0.0
	for _, name := range f.weights.Names() {
		info, _ := f.weights.Info(name)
		size := 1.0
		for _, d := range info.Shape {
			size *= float64(d)
		}
		n += size
	}
	return n
}

// CheckSize returns an error if a model with the given number of parameters is much larger than the weights of the
// folder, so that a wrong config.json does not make a program allocate memory that the files do not justify.
func (f *Folder) CheckSize(parameters float64) error {
	if n := f.elements(); !(parameters <= 2*n+1e5) {
		return fmt.Errorf("models: %s describes a model of %.3g parameters, but the weights have %.3g",
			filepath.Join(f.Dir, "config.json"), parameters, n)
	}
	return nil
}

// Load copies the weights into model, in the types of its parameters. Keys that the model does not have are ignored,
// as Hugging Face ignores the heads of other models. base is the key of the model without its head, such as "bert":
// its keys may lack it in the file, or have it although model is the base itself. If keys are missing or have other
// shapes, nothing is written, and the error names them: it wraps an [*nn.StateError].
func (f *Folder) Load(model any, base string) error { return f.load(model, base, nil) }

// load is Load with the names of parts that older versions of Hugging Face's library wrote; older may be nil.
func (f *Folder) load(model any, base string, older *strings.Replacer) error {
	state := nn.StateDict(model)
	from := map[string]string{} // of the model's keys
	bad := &nn.StateError{}
	found := map[tensor.Tensor]bool{}
	for _, p := range state {
		for _, name := range namesOf(p.Name, base, older) {
			if info, ok := f.weights.Info(name); ok {
				from[p.Name] = name
				found[p.Tensor] = true
				if shape := p.Tensor.Shape(); !equalShape(shape, info.Shape) {
					bad.Misshapen = append(bad.Misshapen, misshapen(p.Name, shape, info.Shape))
				}
				break
			}
		}
	}
	for _, p := range state {
		if !found[p.Tensor] {
			bad.Missing = append(bad.Missing, p.Name)
		}
	}
	if len(bad.Missing)+len(bad.Misshapen) > 0 {
		return fmt.Errorf("models: %s: the weights do not fit config.json: %w", f.Dir, bad)
	}
	for _, p := range state {
		name, ok := from[p.Name]
		if !ok {
			continue // the tensor has another key
		}
		t, err := f.weights.Tensor(name)
		if err != nil {
			return err
		}
		p.Tensor.Data().CopyFrom(t.To(p.Tensor.Device()))
	}
	return nil
}

// namesOf returns the names that a key of a model may have in a file: with and without the base's key, and with the
// names that LayerNorm's tensors had in TensorFlow.
func namesOf(key, base string, older *strings.Replacer) []string {
	names := []string{key}
	if base != "" {
		if rest, ok := strings.CutPrefix(key, base+"."); ok {
			names = append(names, rest)
		} else {
			names = append(names, base+"."+key)
		}
	}
	for _, n := range names {
		if older != nil {
			names = append(names, older.Replace(n))
		}
		if rest, ok := strings.CutSuffix(n, "LayerNorm.weight"); ok {
			names = append(names, rest+"LayerNorm.gamma")
		} else if rest, ok := strings.CutSuffix(n, "LayerNorm.bias"); ok {
			names = append(names, rest+"LayerNorm.beta")
		}
	}
	return names
}

func equalShape(s tensor.Shape, dims []int) bool {
	if s.Rank() != len(dims) {
		return false
	}
	for i, d := range dims {
		if s.Dim(i) != d {
			return false
		}
	}
	return true
}

// misshapen describes a tensor whose shape in the file is another. A shape that no tensor can have is left out.
func misshapen(key string, model tensor.Shape, dims []int) nn.Misshapen {
	m := nn.Misshapen{Key: key, Model: model}
	tensor.Try(func() { m.Dict = tensor.ShapeOf(dims...) })
	return m
}

// loadFolder opens a folder, reads its config into config, checks that it describes a model that its weights justify,
// makes the model and loads the weights. The model is in evaluation mode.
func loadFolder[C any, M any](dir, base string, older *strings.Replacer,
	check func(f *Folder, c *C) (parameters float64, err error), make func(c C, g *rng.Torch) M) (model M, err error) {
	f, err := OpenFolder(dir)
	if err != nil {
		return model, err
	}
	defer f.Close()
	var c C
	if err := f.ReadConfig(&c); err != nil {
		return model, err
	}
	parameters, err := check(f, &c)
	if err != nil {
		return model, fmt.Errorf("models: %s: %w", filepath.Join(dir, "config.json"), err)
	}
	if err := f.CheckSize(parameters); err != nil {
		return model, err
	}
	// such as a negative initializer_range
	if err := tensor.Try(func() { model = make(c, rng.NewTorch(0)) }); err != nil {
		return model, fmt.Errorf("models: %s: %w", filepath.Join(dir, "config.json"), err)
	}
	if err := f.load(model, base, older); err != nil {
		return model, err
	}
	nn.Eval(model)
	return model, nil
}
