package table

import (
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task/message"
)

// schemaConfig returns the targets and the kinds that the options name.
func (d *dataOptions) schemaConfig() (tabular.SchemaConfig, error) {
	config := tabular.SchemaConfig{Targets: d.Target, Kinds: map[string]tabular.Kind{}}
	for column, kind := range d.Columns {
		k, err := tabular.ParseKind(kind)
		if err != nil {
			return config, err
		}
		config.Kinds[column] = k
	}
	return config, nil
}

// checkFeatures returns an error with advice if no column is left as a feature: which columns are dropped, why, and how one
// is kept.
func checkFeatures(s *tabular.Schema, p *tabular.Profile) error {
	if len(s.Features()) > 0 {
		return nil
	}
	const most = 5
	var reasons []string
	var keep *tabular.ColumnProfile
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Target {
			continue
		}
		if len(reasons) < most {
			reasons = append(reasons, fmt.Sprintf("%s (%s)", readable.Name(c.Name), c.Reason))
		} else if len(reasons) == most {
			reasons = append(reasons, "…")
		}
		if profile := p.Column(c.Name); keep == nil && profile.Missing < p.Rows && profile.Distinct > 1 {
			keep = profile
		}
	}
	if len(reasons) == 0 {
		return fmt.Errorf("%s has no column besides the target, want at least one to predict it from", s.File)
	}
	err := fmt.Errorf("%s: no column is left as a feature; dropped: %s", s.File, strings.Join(reasons, ", "))
	if keep == nil {
		return err
	}
	return message.Advise(err, "If one is a quantity or a class, say so: %s", keepCommand(keep, p.Rows))
}

// keepCommand returns the flag that makes a dropped column a feature.
func keepCommand(c *tabular.ColumnProfile, rows int) string {
	kind := tabular.Category
	switch {
	case c.Numbers > 0 && c.Numbers == rows-c.Missing:
		kind = tabular.Number
	case c.Words >= 3:
		kind = tabular.Text
	}
	return setting("data.columns."+c.Name, kind.String())
}
