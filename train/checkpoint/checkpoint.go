// Package checkpoint saves all that a training consists of, so that it goes on from there bit for bit: weights, the optimizer's state,
// the states of random generators, and the place in the data.
//
// A checkpoint is one safetensors file, written atomically: whatever happens, the file is the old one or the new one, whole. The weights
// are in it as "model.<key>", the optimizer's state as "optimizer.<key>", and the rest as JSON in the metadata.
package checkpoint

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tensor"
)

// Training is what a checkpoint is made of and what it is put back into.
type Training struct {
	Model      any             // saved by its state dict
	Optimizer  optim.Optimizer // saved by its State
	Generators []*rng.Torch    // those that the training draws from: the loader's and the model's, each once, in a fixed order
}

// Position is where a training stands, and what it has seen.
type Position struct {
	Epoch int `json:"epoch"` // the pass under way, counted from 0
	Step  int `json:"step"`  // the next batch of that pass

	// Started holds the states of the generators when the pass began: with them the loader finds the pass's order again.
	Started [][]byte `json:"started"`

	// Notes is whatever else the training wants back, such as its history.
	Notes json.RawMessage `json:"notes,omitempty"`
}

const (
	metadataKey = "lamina.checkpoint"
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

// Save writes the training and its position to path.
func Save(path string, t *Training, at Position) error {
	states, err := t.States()
	if err != nil {
		return err
	}
	head, err := json.Marshal(envelope{Version: version, Generators: states, Position: at})
	if err != nil {
		return err
	}
	tensors := map[string]tensor.Tensor{}
	for _, n := range nn.StateDict(t.Model) {
		tensors["model."+n.Name] = n.Tensor
	}
	for name, x := range t.Optimizer.State() {
		tensors["optimizer."+name] = x
	}
	return safetensors.Save(path, tensors, map[string]string{metadataKey: string(head)})
}

// Load puts the checkpoint at path into the training, which has been built as it was for Save, and returns its position. The
// generators are in the states that they had when it was saved. An error lists every key that does not fit, and then nothing of
// the training is changed.
func Load(path string, t *Training) (Position, error) {
	at, err := load(path, t)
	if err != nil {
		return Position{}, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return at, nil
}

func load(path string, t *Training) (Position, error) {
	tensors, metadata, err := safetensors.Load(path)
	if err != nil {
		return Position{}, err
	}
	text, ok := metadata[metadataKey]
	if !ok {
		return Position{}, fmt.Errorf("it holds tensors but no training (no %q in its metadata): a file of weights alone?", metadataKey)
	}
	var head envelope
	if err := json.Unmarshal([]byte(text), &head); err != nil {
		return Position{}, fmt.Errorf("the metadata: %w", err)
	}
	if head.Version != version {
		return Position{}, fmt.Errorf("it is of version %d, and this program reads version %d", head.Version, version)
	}
	if head.Epoch < 0 || head.Step < 0 {
		return Position{}, fmt.Errorf("there is no epoch %d with a step %d", head.Epoch, head.Step)
	}
	var model []nn.Named
	state := map[string]tensor.Tensor{}
	for name, x := range tensors {
		if key, ok := strings.CutPrefix(name, "model."); ok {
			model = append(model, nn.Named{Name: key, Tensor: x})
		} else if key, ok := strings.CutPrefix(name, "optimizer."); ok {
			state[key] = x
		} else {
			return Position{}, fmt.Errorf("the tensor %q belongs neither to a model nor to an optimizer", name)
		}
	}
	sort.Slice(model, func(i, j int) bool { return model[i].Name < model[j].Name })

	// Each part either fits or changes nothing; what was changed before a later one is refused is put back.
	before, err := t.States()
	if err != nil {
		return Position{}, err
	}
	if err := t.SetStates(head.Generators); err != nil {
		return Position{}, err
	}
	var kept []nn.Named
	for _, n := range nn.StateDict(t.Model) {
		kept = append(kept, nn.Named{Name: n.Name, Tensor: n.Tensor.Keep()})
	}
	if err := nn.LoadStateDict(t.Model, model); err != nil {
		t.SetStates(before)
		return Position{}, err
	}
	if err := t.Optimizer.LoadState(state); err != nil {
		t.SetStates(before)
		if back := nn.LoadStateDict(t.Model, kept); back != nil {
			panic(back) // the model refused what it just held
		}
		return Position{}, err
	}
	return head.Position, nil
}
