// Package recipe is the declarative configuration of a training: which task on which data, with which model, loss,
// optimizer, schedule and metrics.
//
//	task: digits
//	seed: 1
//	data: {path: mnist}
//	model: {name: mlp, hidden: [256, 128]}
//	optimizer: {name: adam, lr: 0.001}
//	schedule: cosine
//	training: {epochs: 5, batch: 64}
//
// What can be chosen stands in a [Registry]: each entry has a name, a line of documentation, and a struct with its
// options. The same entries feed decoding, checking, the JSON schema, flags, help and documentation.
//
// A value comes from the command line, the environment, a file, the model's preset, the task, or the default of its
// option, in this order. A [Recipe] knows the origin of each, and errors name it, with line and column in a file.
package recipe

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Recipe is a checked configuration with every value written out.
type Recipe struct {
	Task      string   `yaml:"task" doc:"what is trained on what"`
	Seed      uint64   `yaml:"seed" default:"1" flag:"seed" doc:"seed of the random numbers: the same seed gives the same network, bit for bit"`
	Data      any      `yaml:"data" doc:"the data"` // a pointer to the task's options
	Model     Choice   `yaml:"model" kind:"model" flag:"model" doc:"the network"`
	Loss      Choice   `yaml:"loss" kind:"loss" doc:"what training makes small"`
	Optimizer Choice   `yaml:"optimizer" kind:"optimizer" flag:"optimizer" doc:"the rule that changes the parameters"`
	Schedule  Choice   `yaml:"schedule" kind:"schedule" default:"constant" flag:"schedule" doc:"how the learning rate changes during the training"`
	Training  Training `yaml:"training" doc:"how long, and in which batches"`
	Metrics   []Choice `yaml:"metrics" kind:"metric" doc:"what evaluations measure besides the loss"`
	Callbacks []Choice `yaml:"callbacks" kind:"callback" doc:"what else happens during the training"`

	Search map[string]string `yaml:"search" doc:"ranges that lamina tune searches, such as {optimizer.lr: log:1e-4..1e-1, model.hidden: '[64],[128, 64]'}"`

	registry *Registry
	origins  map[string]Origin
}

// Training holds the settings of the training loop. They are those of [train.Config].
type Training struct {
	Epochs     int           `yaml:"epochs" default:"5" min:"1" max:"1e9" flag:"epochs,e" doc:"passes over the training data"`
	Batch      int           `yaml:"batch" default:"64" min:"1" max:"1048576" flag:"batch,b" doc:"samples per step"`
	Accumulate int           `yaml:"accumulate" default:"1" min:"1" max:"1e6" doc:"batches whose gradients make one step of the optimizer"`
	ClipNorm   float64       `yaml:"clip_norm" min:"0" doc:"limit of the norm of all gradients together; 0 means none"`
	ClipValue  float64       `yaml:"clip_value" min:"0" doc:"limit of each element of the gradients; 0 means none"`
	Precision  string        `yaml:"precision" default:"highest" enum:"highest,high,medium" flag:"precision" doc:"of matrix products in the steps of the training: medium rounds their factors to bfloat16, where the processor multiplies it faster (AMX, AVX-512 BF16)"`
	Average    float64       `yaml:"average" min:"0" below:"1" flag:"average" doc:"test and save a moving average of the weights with this decay; 0 means none"`
	Patience   int           `yaml:"patience" min:"0" max:"1e9" flag:"patience" doc:"end after so many epochs without a better one; 0 means never"`
	KeepBest   bool          `yaml:"keep_best" default:"true" doc:"evaluate and report the best epoch instead of the last one"`
	Monitor    string        `yaml:"monitor" doc:"the metric that decides which epoch is the best; empty means accuracy, or the loss without one; for tables the default is loss"`
	Refit      bool          `yaml:"refit" flag:"refit" doc:"then train again from the beginning, on training and validation data, for as many epochs as were best (tables)"`
	TimeLimit  time.Duration `yaml:"time_limit" default:"0" flag:"time-limit" doc:"end after this time, such as 10m; 0 means never"`
	OnNaN      string        `yaml:"on_nan" default:"stop" enum:"stop,rollback" doc:"when the loss is no number: stop, or go back to the last checkpoint with half the learning rate"`
	Checkpoint int           `yaml:"checkpoint" min:"0" max:"1e9" doc:"also save a checkpoint after every so many steps; 0 means after each epoch"`
	Workers    int           `yaml:"workers" default:"0" min:"0" max:"256" doc:"goroutines that read batches ahead; they do not change the batches"`
}

// MatmulPrecision returns the precision of matrix products, as train.Config takes it.
func (t Training) MatmulPrecision() tensor.Precision {
	return map[string]tensor.Precision{"high": tensor.High, "medium": tensor.Medium}[t.Precision]
}

// Choice is an entry of a registry with its options.
type Choice struct {
	Name    string // "" for none
	Options any    // a pointer to the entry's options struct
}

// Decode checks the configuration and returns it with every value: those of d, then those that go with the model and
// with the task, then the options' defaults. The error lists all mistakes with their places.
func (d *Document) Decode(r *Registry) (*Recipe, error) {
	task, tasks := d.root.get("task"), r.Names(Tasks, "")
	if task == nil || task.form != scalar || task.text == "" {
		return nil, d.root.origin.error("task", "there is no task; want %s", list(tasks))
	}
	e, ok := r.Lookup(Tasks, task.text, "")
	if !ok {
		return nil, task.origin.error("task", "%v", r.unknown(Tasks, task.text, ""))
	}
	root, err := layered(d.root, r, e)
	if err != nil {
		return nil, err
	}
	out := &Recipe{registry: r, origins: map[string]Origin{}}
	dec := &decoder{registry: r, task: e.Name, origins: out.origins}
	v := reflect.ValueOf(out).Elem()
	dec.defaults(v)
	out.Data = r.newOptions(e, e.Name)
	dec.fields(root, v, "", "data")
	if data := root.get("data"); data != nil {
		if data.form == mapping {
			dec.fields(data, reflect.ValueOf(out.Data).Elem(), "data")
		} else {
			dec.fail(data.origin, "data", "want keys with values")
		}
	}
	if err := dec.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// layered returns the values of root above those of its model and of its task.
func layered(root *node, r *Registry, task Entry) (*node, error) {
	low, err := entryRecipe(task, "default of "+task.Name)
	if err != nil {
		return nil, err
	}
	if low.get("callbacks") == nil {
		list := &node{form: sequence}
		for _, name := range r.DefaultCallbacks {
			list.values = append(list.values, &node{text: name})
		}
		list.setOrigin(Origin{Source: "default", Default: true})
		low.put("callbacks", list.origin, list)
	}
	merged := merge(low, root, isChoice, "")
	model := merged.get("model").named()
	if model == nil {
		return merged, nil
	}
	name := model.get("name")
	if name == nil || name.form != scalar {
		return merged, nil
	}
	e, ok := r.Lookup(Models, name.text, task.Name)
	if !ok {
		return merged, nil // an error of the decoder
	}
	preset, err := entryRecipe(e, "preset of model "+e.Name)
	if err != nil {
		return nil, err
	}
	return merge(merge(low, preset, isChoice, ""), root, isChoice, ""), nil
}

func entryRecipe(e Entry, source string) (*node, error) {
	d, err := Parse(source, []byte(e.Recipe))
	if err != nil {
		return nil, err
	}
	d.root.setOrigin(Origin{Source: source, Default: true})
	return d.root, nil
}

func isChoice(path string) bool {
	switch path {
	case "model", "loss", "optimizer", "schedule":
		return true
	}
	return false
}

// Origin returns where the value at a path comes from.
func (r *Recipe) Origin(path string) Origin {
	if o, ok := r.origins[path]; ok {
		return o
	}
	return Origin{Source: "default", Default: true}
}

// Given reports whether the user set the value at a path, or a part of it.
func (r *Recipe) Given(path string) bool {
	for p, o := range r.origins {
		if (p == path || strings.HasPrefix(p, path+".")) && !o.Default {
			return true
		}
	}
	return false
}

// Infer records that a task found the value at a path itself, such as in the data. The task sets the field.
func (r *Recipe) Infer(path, source string) {
	if r.origins == nil {
		r.origins = map[string]Origin{}
	}
	r.origins[path] = Origin{Source: source, Default: true}
}

// Default sets the value at a path, in YAML, unless the user set it: tasks use it for values that depend on the data.
// It panics for a path or a value that is not valid, a programmer's mistake.
func (r *Recipe) Default(path, value, source string) {
	if !r.Given(path) && r.set(path, value, source) {
		r.Infer(path, source)
	}
}

// Replace sets the value at a path, in YAML, and keeps its origin: for another text of the same value, such as a relative
// path for an absolute one. It panics as Default does.
func (r *Recipe) Replace(path, value string) { r.set(path, value, r.Origin(path).Source) }

// set sets the value at a path. It returns false if the user chose an entry without this option.
func (r *Recipe) set(path, value, source string) bool {
	parts := strings.Split(path, ".")
	v := reflect.ValueOf(r).Elem()
	for i, key := range parts {
		if c, ok := v.Interface().(Choice); ok {
			v = reflect.ValueOf(c.Options)
		}
		for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		option := slices.IndexFunc(optionsOf(v.Type()), func(o Option) bool { return o.Name == key })
		if option < 0 {
			return false
		}
		o := optionsOf(v.Type())[option]
		v = v.Field(o.index)
		if i < len(parts)-1 {
			continue
		}
		n, err := parseValue(value, Origin{Source: source})
		d := decoder{registry: r.registry, task: r.Task}
		if err == nil {
			d.value(n, v, o, path)
			err = d.err()
		}
		if err != nil {
			panic("recipe: " + err.Error())
		}
	}
	return true
}

// Errorf returns an error about the value at a path that names its origin.
func (r *Recipe) Errorf(path, format string, args ...any) error {
	o := r.Origin(path)
	if o.Source == "default" {
		o.Source = ""
	}
	return &Error{Origin: o, Path: path, Msg: fmt.Sprintf(format, args...)}
}

// Choose sets a choice of the recipe to an entry with its default options, unless the user named one. Tasks use it for
// what depends on the data, such as the loss.
func (r *Recipe) Choose(c *Choice, kind Kind, name, source string) error {
	if c.Name != "" {
		return nil
	}
	chosen, err := r.registry.Choose(kind, name, r.Task)
	if err == nil {
		*c = chosen
		r.Infer(string(kind)+".name", source)
	}
	return err
}

// NewGenerator returns the random generator of the recipe's seed.
func (r *Recipe) NewGenerator() *rng.Torch { return rng.NewTorch(r.Seed) }
