package language

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/plots"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/drawing"
	"github.com/lamina-ml/lamina/task/message"
	"github.com/lamina-ml/lamina/tensor"
)

// Commands returns what evaluate and show do with runs of language models.
func (Task) Commands() []task.Command {
	return []task.Command{
		{Name: "evaluate", Short: "loss and perplexity on the validation part of the text", Run: evaluate},
		{Name: "show", Args: "[TEXT]", Short: "curves, and which tokens of a text each attention head reads",
			Options: &showOptions{}, Run: show},
	}
}

// heldOut returns the tokens of the run's text that are not trained on.
func (m *Model) heldOut(run *runs.Run) ([]int32, error) {
	var p preparation
	if err := run.ReadJSON(preparationFile, &p); err != nil {
		return nil, err
	}
	content, err := readRunText(run, m.data.Path, p.Digest, "Restore the file.")
	if err != nil {
		return nil, err
	}
	_, ids, err := split(m.tok, content, m.data.Validation, m.options.Context)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", message.ShortPath(m.data.Path), err)
	}
	return ids, nil
}

// evaluate is the command evaluate.
func evaluate(ctx context.Context, model task.Model, c task.Call) error {
	m := model.(*Model)
	ids, err := m.heldOut(c.Run)
	if err != nil {
		return err
	}
	r, err := evaluated(ctx, &net{m.network}, inOrder(ids, m.options.Context, m.device))
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Out, r.Verdict)
	return nil
}

type showOptions struct {
	Out string `yaml:"out" doc:"folder for the pictures (default: show in the run's folder)"`
}

// show is the command show.
func show(ctx context.Context, model task.Model, c task.Call) error {
	m, prompt := model.(*Model), strings.Join(c.Args, " ")
	ids := m.tok.AppendIDs(nil, prompt)
	if len(ids) > m.options.Context {
		return fmt.Errorf("the text has %d tokens, and the network sees at most %d", len(ids), m.options.Context)
	}
	if prompt != "" && len(ids) == 0 {
		return fmt.Errorf("no character of %q is in the text that the network was trained on", prompt)
	}
	d, err := drawing.New(c, c.Options.(*showOptions).Out)
	if err != nil {
		return err
	}
	if err := d.Curves(ctx, c.Run); err != nil {
		return err
	}
	if len(ids) == 0 {
		_, err := fmt.Fprintf(c.Out, "\nTo see which tokens of a text each attention head reads: %s\n",
			message.CommandLine("show", message.PathArgument(c.Run.Folder), "the beginning of a text"))
		return err
	}
	x, names := make([]int64, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		x[i], names[i] = int64(id), m.tok.Decode(ids[i:i+1])
	}
	for i, weights := range m.network.Transformer.Attentions(tensor.From(x, 1, len(x)).To(m.device)) {
		p := plots.Attention{
			Title: fmt.Sprintf("Attention, layer %d of %d", i+1, m.options.Layers), Queries: names,
			Weights: weights.Detach().Select(0, 0).To(tensor.CPU()),
			Note:    "each row: a token, and how much it reads each token up to itself; the darkest is the most",
		}.Picture()
		if err := d.Write(ctx, fmt.Sprintf("attention-%d.png", i+1), p, fmt.Sprintf("what each head of layer %d reads", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// ExportFolder writes the model to a folder in Hugging Face's layout: config.json, model.safetensors and tokenizer.json.
func (m *Model) ExportFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := safetensors.SaveModel(filepath.Join(folder, "model.safetensors"), m.network); err != nil {
		return err
	}
	if err := m.tok.Save(filepath.Join(folder, tokenizerFile)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m.options.huggingFace(m.vocabulary), "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(folder, "config.json"), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
