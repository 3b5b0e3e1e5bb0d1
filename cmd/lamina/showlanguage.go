package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// isLanguage reports whether a folder is the run of a language model.
func isLanguage(folder string) bool {
	task, err := taskOf(folder)
	return err == nil && task == languageTask
}

// notLanguage returns an error if a command that is for digits only gets the run of a language model, or a flag of it.
func notLanguage(cmd *cobra.Command, folder string, flags ...string) error {
	for _, f := range flags {
		if cmd.Flags().Changed(f) {
			return usagef("--%s is for digits, and %s is the run of a language model", f, folder)
		}
	}
	return nil
}

// evaluateLanguage prints the loss of a run's language model on the held-out part of its text.
func evaluateLanguage(cmd *cobra.Command, where *computing, folder string) error {
	device, err := where.open()
	if err != nil {
		return err
	}
	c, tok, model, err := openLanguageRun(folder, device)
	if err != nil {
		return err
	}
	content, err := readRunText(folder, c.Training, "Restore the file.")
	if err != nil {
		return err
	}
	_, heldOut, err := c.Model.split(tok.AppendIDs(nil, content))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Training.Data, err)
	}
	r, err := train.Evaluate(cmd.Context(), &languageNet{model}, heldOutLoader(heldOut, c.Model, device), nn.CrossEntropyLoss{})
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), languageVerdict(r))
	return nil
}

// showLanguage draws the training of a language model and, for a text, which tokens each head reads.
func showLanguage(cmd *cobra.Command, where *computing, folder, out, prompt string) error {
	device, err := where.open()
	if err != nil {
		return err
	}
	c, tok, model, err := openLanguageRun(folder, device)
	if err != nil {
		return err
	}
	ids := tok.AppendIDs(nil, prompt)
	if len(ids) > c.Model.Context {
		return fmt.Errorf("the text has %d tokens, and the network sees at most %d", len(ids), c.Model.Context)
	}
	if prompt != "" && len(ids) == 0 {
		return fmt.Errorf("no character of %q is in the text that the network was trained on", prompt)
	}
	if out == "" {
		out = filepath.Join(folder, "show")
	}
	graceful.Store(true) // let the files be complete
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	s := &shower{cmd: cmd, folder: out}
	var r results
	if err := readJSON(filepath.Join(folder, resultsFile), &r); err != nil {
		return err
	}
	if err := s.write("curves.png", trainingCurves(folder, r.Epochs), "loss and accuracy of each epoch"); err != nil {
		return err
	}
	if len(ids) == 0 {
		return nil
	}
	x, names := make([]int64, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		x[i], names[i] = int64(id), tok.Decode(ids[i:i+1])
	}
	nn.Eval(model)
	for i, weights := range model.Transformer.Attentions(tensor.From(x, 1, len(x)).To(device)) {
		p := plots.Attention{
			Title: fmt.Sprintf("Attention, layer %d of %d", i+1, c.Model.Layers), Queries: names, Weights: weights.Detach().Select(0, 0).To(tensor.CPU()),
			Note: "each row: a token, and how much it reads each token up to itself; the darkest is the most",
		}.Picture()
		if err := s.write(fmt.Sprintf("attention-%d.png", i+1), p, fmt.Sprintf("what each head of layer %d reads", i+1)); err != nil {
			return err
		}
	}
	return nil
}
