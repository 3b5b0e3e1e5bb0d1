package recipe

import (
	"fmt"
	"slices"

	"github.com/lamina-ml/lamina/internal/spelling"
)

// Kind is a kind of entry in a registry.
type Kind string

// The kinds of entries.
const (
	Tasks      Kind = "task"      // what is trained on what; the options are those of `data`
	Models     Kind = "model"     // networks
	Layers     Kind = "layer"     // the layers of a model that is a list of layers
	Losses     Kind = "loss"      // what training makes small
	Optimizers Kind = "optimizer" // rules that change the parameters
	Schedules  Kind = "schedule"  // of the learning rate
	Metrics    Kind = "metric"    // what evaluations measure
	Callbacks  Kind = "callback"  // what happens during a training
)

// Entry is something that a configuration can choose by its name.
type Entry struct {
	Name string
	Doc  string // one line

	// Options is a pointer to a struct that holds the entry's options: its type counts, not its values. Each field has the
	// tags
	//
	//	yaml:"lr"              its key
	//	doc:"learning rate"    one line
	//	default:"0.001"        YAML; without it the zero value
	//	above:"0" below:"1e6"  bounds that are excluded; min and max are allowed themselves
	//	enum:"sum,mean"        the allowed texts
	//	flag:"lr"              `lamina train` has this flag for it; flag:"batch,b" adds a short one
	//	kind:"layer"           the kind of a field of type Choice or []Choice
	//
	// Fields are texts, numbers, booleans, durations, choices, structs with such fields, slices, and maps whose keys are
	// texts. If the pointer has a method Check() error, decoding calls it. What else the pointer's methods do depends on the
	// kind: see [Optimizer], [Schedule], [Loss], [Metric] and [Layer]. Nil means no options.
	Options any

	// Recipe is YAML with the values that go with the entry unless the user sets them, for a task or a model: such as the
	// epochs that a model needs. A model's values count more than its task's.
	Recipe string

	// For lists the tasks for which the entry may be chosen; nil means all.
	For []string
}

// Registry holds the entries that a configuration can choose from. It feeds decoding, checking, the schema, help and
// documentation.
type Registry struct {
	DefaultCallbacks []string // of configurations that name none

	entries map[Kind][]Entry
}

// NewRegistry returns a registry with the optimizers, schedules, losses, metrics and layers of this package.
func NewRegistry() *Registry {
	r := &Registry{entries: map[Kind][]Entry{}}
	r.addOptimizers()
	r.addSchedules()
	r.addLosses()
	r.addMetrics()
	r.addLayers()
	return r
}

// Add adds entries of a kind. It panics for a name that is taken, and for invalid tags of the options.
func (r *Registry) Add(kind Kind, entries ...Entry) {
	for _, e := range entries {
		for _, old := range r.entries[kind] {
			if old.Name == e.Name && (old.For == nil || e.For == nil ||
				slices.ContainsFunc(e.For, func(t string) bool { return slices.Contains(old.For, t) })) {
				panic(fmt.Sprintf("recipe: there are two entries %s %q", kind, e.Name))
			}
		}
		r.entries[kind] = append(r.entries[kind], e)
	}
}

// Entries returns the entries of a kind that may be chosen for a task, in the order in which they were added; all of
// the kind if task is "".
func (r *Registry) Entries(kind Kind, task string) []Entry {
	var out []Entry
	for _, e := range r.entries[kind] {
		if task == "" || e.For == nil || slices.Contains(e.For, task) {
			out = append(out, e)
		}
	}
	return out
}

// Lookup returns an entry that may be chosen for a task; of any task if task is "".
func (r *Registry) Lookup(kind Kind, name, task string) (Entry, bool) {
	for _, e := range r.Entries(kind, task) {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Names returns the names of the entries of a kind that may be chosen for a task.
func (r *Registry) Names(kind Kind, task string) []string {
	var out []string
	for _, e := range r.Entries(kind, task) {
		if !slices.Contains(out, e.Name) {
			out = append(out, e.Name)
		}
	}
	return out
}

// Choose returns a choice of the entry with its default options.
func (r *Registry) Choose(kind Kind, name, task string) (Choice, error) {
	e, ok := r.Lookup(kind, name, task)
	if !ok {
		return Choice{}, r.unknown(kind, name, task)
	}
	return Choice{name, r.newOptions(e, task)}, nil
}

// unknown returns the error for a name that no entry has.
func (r *Registry) unknown(kind Kind, name, task string) error {
	names := r.Names(kind, task)
	if len(names) > 0 {
		return fmt.Errorf("no %s %q%s; want %s", kind, name, spelling.DidYouMean(name, names), list(names))
	}
	return fmt.Errorf("no %s %q: this program has registered none", kind, name)
}
