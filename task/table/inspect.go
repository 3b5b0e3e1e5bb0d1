package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/samples"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

var (
	_ task.Inspector = Task{}
	_ task.Sampled   = Task{}
)

// Samples returns the tables that the program contains.
func (Task) Samples() []task.Line {
	var lines []task.Line
	for _, s := range samples.All {
		lines = append(lines, task.Line{Name: s.Name, Text: s.Doc})
	}
	return lines
}

// profile reads the table of a recipe, which needs no target.
func profile(ctx context.Context, o task.Opening) (*dataOptions, tabular.Source, *tabular.Profile, error) {
	d := o.Recipe.Data.(*dataOptions)
	src, err := d.open(d.Path)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := d.inspect(ctx, src)
	return d, src, p, err
}

// Inspect describes the columns of the table, and says whether a target has classes or is a number.
func (Task) Inspect(ctx context.Context, w io.Writer, o task.Opening) error {
	d, _, p, err := profile(ctx, o)
	if err != nil {
		return err
	}
	var targets strings.Builder
	if len(d.Target) > 0 {
		config, err := d.schemaConfig()
		if err != nil {
			return err
		}
		s, err := p.Schema(config)
		if err != nil {
			return err
		}
		for _, c := range s.Columns {
			if c.Target {
				fmt.Fprintf(&targets, "target: %s\n", d.describe(p, c.Name, c.Kind, p.Column(c.Name).Distinct))
			}
		}
	}
	_, err = fmt.Fprintf(w, "%v%s", p, targets.String())
	return err
}

// Lint returns what looks wrong in the table. A column that says nothing of the target, such as one of ids, is a note: the
// training leaves it out. A column without values is a fault, and so is a table of which no column is left as a feature.
// Nothing is said of columns that the user drops.
func (Task) Lint(ctx context.Context, o task.Opening) (faults, notes []string, err error) {
	d, src, p, err := profile(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	config, err := d.schemaConfig()
	if err != nil {
		return nil, nil, o.Recipe.Errorf("data.columns", "%v", err)
	}
	schema, err := p.Schema(config)
	if err != nil {
		return nil, nil, err
	}
	warnings, err := tabular.Lint(ctx, src, p, d.Target)
	if err != nil {
		return nil, nil, err
	}
	reasons := earlierPredictions(src.Columns(), d.Target)
	for _, name := range src.Columns() {
		if reason := reasons[name]; reason != "" && d.Columns[name] == "" {
			notes = append(notes, tabular.Warning{Column: name, Msg: reason + "; it is dropped"}.String())
		}
	}
	for _, w := range warnings {
		switch c := p.Column(w.Column); {
		case c != nil && c.Kind == tabular.Drop && d.Columns[c.Name] != "" && !slices.Contains(d.Target, c.Name):
		case c != nil && (d.Columns[c.Name] == tabular.Drop.String() || reasons[c.Name] != "" && d.Columns[c.Name] == ""):
		case w.Note && c != nil && c.Kind == tabular.Drop:
			notes = append(notes, w.String()+" (to keep it: "+keepCommand(c, p.Rows)+")")
		case w.Note:
			notes = append(notes, w.String())
		default:
			faults = append(faults, w.String())
		}
	}
	if len(d.Target) > 0 {
		var advised *message.AdvisedError
		if err := checkFeatures(schema, p); errors.As(err, &advised) {
			faults = append(faults, advised.Error()+". "+advised.Advice)
		}
	}
	return faults, notes, nil
}
