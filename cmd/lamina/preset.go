package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/vision"
)

// presets holds the settings with which each model trains well, by the value of --model. Flags change single ones.
var presets = map[string]settings{
	mlp: {Epochs: 5, Batch: 64, Optimizer: "adam", LR: 1e-3, Schedule: "cosine", Augment: "none", Seed: 1},
	cnn: {Epochs: 10, Batch: 256, Optimizer: "adam", LR: 5e-3, Schedule: "one-cycle", Augment: "affine", Average: 0.995, Smoothing: 0.05, Seed: 1},
}

// applyPreset sets the settings whose flags were not given to those of the preset.
func (s *settings) applyPreset(p settings, flags *pflag.FlagSet) {
	given := flags.Changed
	if !given("epochs") {
		s.Epochs = p.Epochs
	}
	if !given("batch") {
		s.Batch = p.Batch
	}
	if !given("optimizer") {
		s.Optimizer = p.Optimizer
	}
	if !given("lr") {
		s.LR = p.LR
	}
	if !given("schedule") {
		s.Schedule = p.Schedule
	}
	if !given("augment") {
		s.Augment = p.Augment
	}
	if !given("smoothing") {
		s.Smoothing = p.Smoothing
	}
	if !given("average") {
		s.Average = p.Average
	}
}

// augmentations holds the values of --augment.
var augmentations = map[string]vision.Transform{
	"none": nil,
	// The digits of MNIST are upright and centered, those of other people less so.
	"affine": vision.RandomAffine{Degrees: vision.Range{-12, 12}, Translate: [2]float64{0.08, 0.08}, Scale: vision.Range{0.88, 1.12},
		Shear: vision.Range{-8, 8}, Interpolation: vision.Bilinear},
}

// names returns the keys of a table in an error text.
func names[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}

// Load is the method of vision.Source.
func (s digitSet) Load(i int, dst *vision.Image) (int, error) {
	dst.Replace(1, s.Rows, s.Cols)
	n := s.Rows * s.Cols
	for j, p := range s.Images[i*n:][:n] {
		dst.Pix[j] = float32(p) / 255
	}
	return int(s.Labels[i]), nil
}

// augmented is a set of digits that are changed at random each time they are read.
type augmented struct {
	*vision.Dataset
	set digitSet
}

// Fields returns the fields of the set: x is (size·size,).
func (a augmented) Fields() []data.Field { return a.set.Fields() }

// augment returns the training data for a value of --augment.
func augment(set digitSet, how string) (data.Dataset, error) {
	t := augmentations[how]
	if t == nil {
		return set, nil
	}
	ds, err := vision.NewDataset(set, t)
	return augmented{ds, set}, err
}
