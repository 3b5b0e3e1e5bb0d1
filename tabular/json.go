package tabular

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// MarshalJSON returns p as JSON, which UnmarshalJSON reads.
func (p *Preparation) MarshalJSON() ([]byte, error) {
	type plain Preparation
	return json.Marshal(struct {
		Version int `json:"version"`
		*plain
	}{version, (*plain)(p)})
}

// version is the version of the JSON format.
const version = 1

// UnmarshalJSON reads what MarshalJSON wrote. It returns an error for a preparation that is not complete.
func (p *Preparation) UnmarshalJSON(text []byte) error {
	type plain Preparation
	read := struct {
		Version int `json:"version"`
		*plain
	}{plain: (*plain)(p)}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&read); err != nil {
		return fmt.Errorf("tabular: a preparation: %w", err)
	}
	if read.Version != version {
		return fmt.Errorf("tabular: a preparation of version %d, want %d", read.Version, version)
	}
	if err := p.check(); err != nil {
		return fmt.Errorf("tabular: a preparation: %w", err)
	}
	return nil
}

// check returns an error for what no Fit computes: the file of a preparation may have been changed or damaged.
func (p *Preparation) check() error {
	const mostRows = 1<<31 - 1
	if p.Rows < 1 || p.Rows > mostRows {
		return fmt.Errorf("%d training rows, want 1 to %d", p.Rows, mostRows)
	}
	seen := map[string]bool{}
	for i, c := range slices.Concat(p.Columns, p.Targets) {
		if c == nil {
			return fmt.Errorf("a column is null")
		}
		if seen[c.Name] {
			return fmt.Errorf("two columns have the name %s", quoted(c.Name))
		}
		seen[c.Name] = true
		err := c.check()
		if err == nil {
			err = c.checkCounts(p.Rows, i >= len(p.Columns))
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", quoted(c.Name), err)
		}
	}
	if p.Width() == 0 {
		return fmt.Errorf("no column is a feature")
	}
	for _, c := range p.Targets {
		switch {
		case c.Kind != Number && c.Kind != Category:
			return fmt.Errorf("column %s: the target is a %s, want a %s or a %s", quoted(c.Name), c.Kind, Number, Category)
		case c.Kind == Category && len(c.Values) < 2:
			return fmt.Errorf("column %s: the target has %d classes, want at least 2", quoted(c.Name), len(c.Values))
		case c.Kind == Number && c.Scaling != Standard:
			return fmt.Errorf("column %s: the target has the scaling %s, want %s", quoted(c.Name), quoted(string(c.Scaling)), Standard)
		}
	}
	return nil
}

// checkCounts returns an error if c's values did not occur in the training rows, or occurred more often than there are rows.
// Classes of a target need not occur.
func (c *ColumnPreparation) checkCounts(rows int, target bool) error {
	left := rows
	for i, n := range c.Counts {
		if n < 0 || n == 0 && !target || n > left {
			return fmt.Errorf("%s occurred %d times in %d training rows, of which other values have %d",
				quoted(c.Values[i]), n, rows, rows-left)
		}
		left -= n
	}
	return nil
}

// The limits of the numbers that scale a column: float64 holds the squares of deviations within them, which Fit adds up.
const (
	largest  = 1e154  // of means and standard deviations
	smallest = 1e-162 // of standard deviations
)

// checkScale returns an error for numbers that would make features or predictions infinite, or no numbers.
func (c *ColumnPreparation) checkScale() error {
	switch {
	case !(math.Abs(c.Mean) <= largest):
		return fmt.Errorf("the mean is %v, want −%v to %v", c.Mean, largest, largest)
	case c.Std != 0 && !(c.Std >= smallest && c.Std <= largest):
		return fmt.Errorf("the standard deviation is %v, want %v to %v", c.Std, smallest, largest)
	}
	if filled := c.scale(c.Fill); !(math.Abs(filled) <= math.MaxFloat32) {
		return fmt.Errorf("missing values become %v, which is too far from the mean %v with the standard deviation %v",
			c.Fill, c.Mean, c.Std)
	}
	return nil
}

// check returns an error if a field that c's kind needs is missing or impossible, and sets the index of its values.
func (c *ColumnPreparation) check() error {
	const mostBuckets, longestLayout = 1 << 20, 100
	switch c.Kind {
	case Unknown:
		return fmt.Errorf("it has no kind")
	case Number, Boolean, Time:
		if c.Std == 0 && c.Scaling != NoScaling {
			return fmt.Errorf("the standard deviation is 0")
		}
		switch c.Scaling {
		case Standard, NoScaling:
		case QuantileNormal, QuantileUniform:
			if len(c.Quantiles) < 2 || !slices.IsSorted(c.Quantiles) {
				return fmt.Errorf("%d quantiles, want at least 2 in ascending order", len(c.Quantiles))
			}
			if from, to := c.Quantiles[0], c.Quantiles[len(c.Quantiles)-1]; !(from >= -largest && to <= largest) {
				return fmt.Errorf("the quantiles are %v to %v, want −%v to %v", from, to, largest, largest)
			}
		default:
			return fmt.Errorf("scaling %s, want %s, %s, %s or %s", quoted(string(c.Scaling)), Standard, QuantileNormal,
				QuantileUniform, NoScaling)
		}
		if err := c.checkScale(); err != nil {
			return err
		}
		if c.Kind == Time && (c.Layout == "" || len(c.Layout) > longestLayout) {
			return fmt.Errorf("the layout of the times is %s, want one of package time's of at most %d bytes",
				quoted(c.Layout), longestLayout)
		}
		if c.Kind == Number && c.Layout != "" && !isNotation(c.Layout) {
			return fmt.Errorf("the layout of the numbers is %s, want %s or %s", quoted(c.Layout), commaGroups, commaDecimal)
		}
	case Text:
		if c.Buckets < 1 || c.Buckets > mostBuckets {
			return fmt.Errorf("%d buckets, want 1 to %d", c.Buckets, mostBuckets)
		}
	case Category:
		if c.Encoding != OneHot && c.Encoding != Index {
			return fmt.Errorf("encoding %s, want %s or %s", quoted(string(c.Encoding)), OneHot, Index)
		}
		if len(c.Counts) != len(c.Values) {
			return fmt.Errorf("%d counts of %d values", len(c.Counts), len(c.Values))
		}
		c.index = make(map[string]int, len(c.Values))
		for i, v := range c.Values {
			c.index[v] = i
		}
		if len(c.index) != len(c.Values) {
			return fmt.Errorf("two values are equal")
		}
	}
	return nil
}

// Weights returns the weights n/(C·nᵢ) of C classes with nᵢ of the n training rows, for nn.CrossEntropyLoss: each class
// then counts the same in the loss (scikit-learn's class_weight="balanced"). Classes that no training row has do not
// count; their weight is 1.
func (c *ColumnPreparation) Weights() []float32 {
	n, classes := 0, 0
	for _, k := range c.Counts {
		if n += k; k > 0 {
			classes++
		}
	}
	w := make([]float32, len(c.Counts))
	for i, k := range c.Counts {
		if w[i] = 1; k > 0 {
			w[i] = float32(float64(n) / (float64(classes) * float64(k)))
		}
	}
	return w
}
