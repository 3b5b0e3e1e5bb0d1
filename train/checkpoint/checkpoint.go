// Package checkpoint saves all that a training consists of, so that it goes on from there bit for bit: weights, the optimizer's
// state, schedules, the states of random generators, and the place in the data.
//
// A checkpoint is one safetensors file, written atomically: whatever happens, the file is the old one or the new one, whole. The
// weights are in it as "model.<key>", the best ones so far as "best.<key>" where they are kept, the optimizer's state as "optimizer.<key>", a schedule's as "schedule.<number>.<key>", the
// losses of all steps as "losses", and the rest as JSON in the metadata.
package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/optim/sched"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// Training is what a checkpoint is made of and what it is put back into.
type Training struct {
	Model      any               // saved by its state dict
	Optimizer  optim.Optimizer   // saved by its State
	Schedules  []sched.Scheduler // of the learning rate, in a fixed order
	Generators []*rng.Torch      // those that the training draws from: the loader's and the model's, each once, in a fixed order
	Best       any               // a copy of the model with the best weights so far, saved by its state dict; nil for none
}

// Position is where a training stands, and what it has seen.
type Position struct {
	Epoch int `json:"epoch"` // the pass under way, counted from 0
	Step  int `json:"step"`  // the next batch of that pass

	// Started holds the states of the generators when the pass began: with them the loader finds the pass's order again.
	Started [][]byte `json:"started"`

	// Losses holds the loss of every step so far, if the training wants it back.
	Losses []float64 `json:"-"`

	// Notes is whatever else the training wants back, such as its settings.
	Notes json.RawMessage `json:"notes,omitempty"`
}

const (
	metadataKey = "lamina.checkpoint"
	lossesKey   = "losses"
	version     = 1
)

// envelope is the JSON in the metadata.
type envelope struct {
	Version    int      `json:"version"`
	Generators [][]byte `json:"generators"`
	Position
}

// States returns the generators' states as they are now: what [Position].Started wants when a pass begins.
func (t *Training) States() ([][]byte, error) {
	var out [][]byte
	for _, g := range t.Generators {
		b, err := g.MarshalBinary()
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// SetStates puts the generators into states that [Training.States] returned. On an error none is changed.
func (t *Training) SetStates(states [][]byte) error {
	if len(states) != len(t.Generators) {
		return fmt.Errorf("there are states of %d random generators, and the training has %d", len(states), len(t.Generators))
	}
	for i, b := range states { // try before changing anything
		if err := new(rng.Torch).UnmarshalBinary(b); err != nil {
			return fmt.Errorf("state of random generator %d: %w", i, err)
		}
	}
	for i, g := range t.Generators {
		if err := g.UnmarshalBinary(states[i]); err != nil {
			return fmt.Errorf("state of random generator %d: %w", i, err)
		}
	}
	return nil
}

// A part of the training has its tensors under a prefix of its own. Its load takes all of them or changes nothing.
type part struct {
	prefix string
	state  map[string]tensor.Tensor // the part's own tensors
	load   func(map[string]tensor.Tensor) error
}

func (t *Training) parts() []part {
	parts := []part{
		modelPart("model.", t.Model),
		{"optimizer.", t.Optimizer.State(), t.Optimizer.LoadState},
	}
	if t.Best != nil {
		parts = append(parts, modelPart("best.", t.Best))
	}
	for i, s := range t.Schedules {
		parts = append(parts, part{fmt.Sprintf("schedule.%d.", i), s.State(), s.LoadState})
	}
	return parts
}

func modelPart(prefix string, model any) part {
	weights := map[string]tensor.Tensor{}
	for _, n := range nn.StateDict(model) {
		weights[n.Name] = n.Tensor
	}
	return part{prefix, weights, func(saved map[string]tensor.Tensor) error { return loadModel(model, saved) }}
}

// loadModel refuses what LoadStateDict would convert: rounded weights are not those that were saved.
func loadModel(model any, saved map[string]tensor.Tensor) error {
	var dict []nn.Named
	for name, x := range saved {
		dict = append(dict, nn.Named{Name: name, Tensor: x})
	}
	sort.Slice(dict, func(i, j int) bool { return dict[i].Name < dict[j].Name })
	for _, own := range nn.StateDict(model) {
		if x, ok := saved[own.Name]; ok && x.DType() != own.Tensor.DType() {
			return fmt.Errorf("%s is of type %v in the model and %v in the file", own.Name, own.Tensor.DType(), x.DType())
		}
	}
	return nn.LoadStateDict(model, dict)
}

// Check returns an error if a checkpoint could not be saved at path: there is no such folder, or nothing can be written there.
func Check(path string) error { return atomicfile.Check(path) }

// Save writes the training and its position to path. On an error a file that was there is as it was.
func Save(path string, t *Training, at Position) error {
	states, err := t.States()
	if err != nil {
		return err
	}
	head, err := json.Marshal(envelope{Version: version, Generators: states, Position: at})
	if err != nil {
		return err
	}
	tensors := map[string]tensor.Tensor{lossesKey: tensor.From(at.Losses, len(at.Losses))}
	for _, p := range t.parts() {
		for name, x := range p.state {
			tensors[p.prefix+name] = x
		}
	}
	return safetensors.Save(path, tensors, map[string]string{metadataKey: string(head)})
}

// Load puts the checkpoint at path into the training, which has been built as it was for Save, and returns its position. The
// generators are then in the states that they had when it was saved. An error lists every key that does not fit, and then nothing
// of the training is changed.
func Load(path string, t *Training) (Position, error) {
	at, err := load(path, t)
	if err != nil {
		return Position{}, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return at, nil
}

// ReadPosition returns the position in the checkpoint at path and loads nothing.
func ReadPosition(path string) (Position, error) {
	head, _, err := read(path)
	if err != nil {
		return Position{}, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return head.Position, nil
}

// read returns what the file at path holds.
func read(path string) (head envelope, tensors map[string]tensor.Tensor, err error) {
	contents, err := safetensors.Load(path)
	if err == nil {
		err = contents.Complete()
	}
	if err != nil {
		return head, nil, err
	}
	tensors = contents.Tensors
	text, ok := contents.Metadata[metadataKey]
	if !ok {
		return head, nil, fmt.Errorf("it holds tensors but no training (no %q in its metadata): a file of weights alone?", metadataKey)
	}
	if err := json.Unmarshal([]byte(text), &head); err != nil {
		return head, nil, fmt.Errorf("the metadata: %w", err)
	}
	if head.Version != version {
		return head, nil, fmt.Errorf("it is of version %d, and this program reads version %d", head.Version, version)
	}
	if head.Epoch < 0 || head.Step < 0 {
		return head, nil, fmt.Errorf("there is no epoch %d with a step %d", head.Epoch, head.Step)
	}
	losses, ok := tensors[lossesKey]
	if !ok || losses.DType() != tensor.Float64 || losses.Rank() != 1 {
		return head, nil, fmt.Errorf("it has no vector %q of float64", lossesKey)
	}
	head.Losses = losses.Float64s()
	delete(tensors, lossesKey)
	return head, tensors, nil
}

func load(path string, t *Training) (Position, error) {
	head, tensors, err := read(path)
	if err != nil {
		return Position{}, err
	}
	parts := t.parts()
	given := make([]map[string]tensor.Tensor, len(parts))
	for i, p := range parts {
		given[i] = map[string]tensor.Tensor{}
		for name, x := range tensors {
			if key, ok := strings.CutPrefix(name, p.prefix); ok {
				given[i][key] = x
				delete(tensors, name)
			}
		}
	}
	var problems []error
	for name := range tensors {
		problems = append(problems, fmt.Errorf("the tensor %q belongs to no part of this training", name))
	}
	sort.Slice(problems, func(i, j int) bool { return problems[i].Error() < problems[j].Error() })

	// Every part is tried, so that the error tells all; what was changed although another part is refused is put back.
	before, err := t.States()
	if err != nil {
		return Position{}, err
	}
	var undo []func() error
	if err := t.SetStates(head.Generators); err != nil {
		problems = append(problems, err)
	} else {
		undo = append(undo, func() error { return t.SetStates(before) })
	}
	for i, p := range parts {
		kept := map[string]tensor.Tensor{}
		for name, x := range p.state {
			kept[name] = x.Keep()
		}
		if err := p.load(given[i]); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", strings.TrimSuffix(p.prefix, "."), err))
		} else {
			undo = append(undo, func() error { return p.load(kept) })
		}
	}
	if len(problems) == 0 {
		return head.Position, nil
	}
	for _, back := range undo {
		if err := back(); err != nil {
			panic(err) // a part refused what it just held
		}
	}
	return Position{}, errors.Join(problems...)
}
