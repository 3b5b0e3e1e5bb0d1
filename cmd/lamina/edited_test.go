package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/tune"
)

// TestEditedConfiguration edits the configuration of a search while it runs: all trials have the same, but for their
// values.
func TestEditedConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	write := func(epochs string) {
		if err := os.WriteFile(path, []byte("task: digits\ntraining: {epochs: "+epochs+"}\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var s tuning
	cmd := &cobra.Command{}
	s.add(cmd)
	s.config = path
	write("7")
	base, _, err := s.recipe(cmd, nil)
	if err != nil {
		t.Fatal(err)
	}
	write("8")
	for _, v := range []tune.Values{{"optimizer.lr": "0.02"}, nil} {
		r, err := s.with(cmd, nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if r.Training.Epochs != 7 || (string(r.YAML()) == string(base.YAML())) != (v == nil) {
			t.Errorf("%v: the configuration is\n%s", v, r.YAML())
		}
	}
}
