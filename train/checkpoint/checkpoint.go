// Package checkpoint saves the complete state of a training, so that it resumes bit for bit: weights, the optimizer's
// state, schedules, the states of random number generators, and the position in the data.
//
// A checkpoint is one safetensors file, replaced atomically: after an error or a crash the old file is unchanged. It
// holds the weights as "model.<key>", the best weights so far, if the training keeps them, as "best.<key>", the
// optimizer's state as "optimizer.<key>", a schedule's state as "schedule.<number>.<key>", that of a schedule of
// plateaus as "plateau.<key>", that of an average of weights as "average.<key>", the losses of all steps as "losses",
// and the rest as JSON in the metadata.
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

// Training is the state that Save writes and Load restores.
type Training struct {
	Model     any               // saved by its state dict
	Optimizer optim.Optimizer   // saved by its State
	Schedules []sched.Scheduler // of the learning rate, in a fixed order
	// all generators of the training (the loader's, the model's), each once, in a fixed order
	Generators []*rng.Torch
	// a copy of the model with the best weights so far, saved by its state dict; nil for none
	Best any

	Plateau *sched.ReduceLROnPlateau // saved by its State; nil for none
	Average *optim.Average           // of weights, saved by its State; nil for none
}

// Position is the progress of a training.
type Position struct {
	Epoch int `json:"epoch"` // the current pass, from 0
	Step  int `json:"step"`  // the next batch of that pass

	// Started holds the states of the generators when the pass began. From them the loader reproduces the pass's order.
	Started [][]byte `json:"started"`

	// Losses holds the loss of every step so far. Optional.
	Losses []float64 `json:"-"`

	// Notes holds further data of the caller, such as settings. Optional.
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

// States returns the generators' current states, as [Position].Started needs them at the beginning of a pass.
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

// SetStates sets the generators to states that [Training.States] returned. On an error it changes none.
func (t *Training) SetStates(states [][]byte) error {
	if len(states) != len(t.Generators) {
		return fmt.Errorf("the states are of %d random generators, want %d as the training has", len(states),
			len(t.Generators))
	}
	for i, b := range states { // check all before changing any
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

// part is a part of the training with its tensors' common prefix. load restores all of its tensors, or returns an
// error and changes none.
type part struct {
	prefix string
	state  map[string]tensor.Tensor // the current tensors
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
	if t.Plateau != nil {
		parts = append(parts, part{"plateau.", t.Plateau.State(), t.Plateau.LoadState})
	}
	if t.Average != nil {
		parts = append(parts, part{"average.", t.Average.State(), t.Average.LoadState})
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

// loadModel returns an error for another type, which LoadStateDict would convert: rounded weights would not resume
// bit for bit.
func loadModel(model any, saved map[string]tensor.Tensor) error {
	var dict []nn.Named
	for name, x := range saved {
		dict = append(dict, nn.Named{Name: name, Tensor: x})
	}
	sort.Slice(dict, func(i, j int) bool { return dict[i].Name < dict[j].Name })
	for _, n := range nn.StateDict(model) {
		if x, ok := saved[n.Name]; ok && x.DType() != n.Tensor.DType() {
			return fmt.Errorf("%s is of type %v in the file, want %v as in the model", n.Name, x.DType(),
				n.Tensor.DType())
		}
	}
	return nn.LoadStateDict(model, dict)
}

// Check returns the error that Save would return if the folder of path does not exist or is not writable.
func Check(path string) error { return atomicfile.Check(path) }

// Save writes the training and its position to path. On an error an existing file stays unchanged.
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

// Load restores the training from the checkpoint at path and returns its position. t must be constructed as it was
// for Save. The error lists all keys that do not fit; then the training stays unchanged.
func Load(path string, t *Training) (Position, error) {
	head, tensors, err := read(path)
	if err != nil {
		return Position{}, err
	}
	if err := restore(t, head, tensors); err != nil {
		return Position{}, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return head.Position, nil
}

// ReadPosition returns the position of the checkpoint at path without restoring a training.
func ReadPosition(path string) (Position, error) {
	head, _, err := read(path)
	return head.Position, err
}

// read returns the metadata and the tensors of the file at path. Its errors name the file.
func read(path string) (head envelope, tensors map[string]tensor.Tensor, err error) {
	contents, err := safetensors.Load(path)
	if err == nil {
		err = contents.CheckSupported()
	}
	if err != nil {
		return head, nil, fmt.Errorf("checkpoint: %w", err) // which names the file
	}
	if head, tensors, err = parse(contents); err != nil {
		return envelope{}, nil, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return head, tensors, nil
}

// parse returns the metadata and the tensors of a file's contents.
func parse(contents *safetensors.Contents) (head envelope, tensors map[string]tensor.Tensor, err error) {
	tensors = contents.Tensors
	text, ok := contents.Metadata[metadataKey]
	if !ok {
		return head, nil, fmt.Errorf("it holds tensors but no training (its metadata has no %q); is it a file of weights only?", metadataKey)
	}
	if err := json.Unmarshal([]byte(text), &head); err != nil {
		return head, nil, fmt.Errorf("the metadata: %w", err)
	}
	if head.Version != version {
		return head, nil, fmt.Errorf("it has version %d, want %d", head.Version, version)
	}
	if head.Epoch < 0 || head.Step < 0 {
		return head, nil, fmt.Errorf("epoch %d, step %d: want numbers of 0 or more", head.Epoch, head.Step)
	}
	losses, ok := tensors[lossesKey]
	if !ok || losses.DType() != tensor.Float64 || losses.Rank() != 1 {
		return head, nil, fmt.Errorf("want a tensor %q of float64 with one dimension", lossesKey)
	}
	head.Losses = losses.Float64s()
	delete(tensors, lossesKey)
	return head, tensors, nil
}

// restore sets the training to the state that a file has, or returns an error and changes nothing.
func restore(t *Training, head envelope, tensors map[string]tensor.Tensor) error {
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

	// Load every part, so that the error lists all problems. If one fails, restore the others.
	before, err := t.States()
	if err != nil {
		return err
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
		return nil
	}
	for _, back := range undo {
		if err := back(); err != nil {
			panic(err) // cannot happen: the part held this state before
		}
	}
	return errors.Join(problems...)
}
