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
	for _, c := range slices.Concat(p.Columns, p.Targets) {
		if c == nil {
			return fmt.Errorf("tabular: a preparation with a column that is null")
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("tabular: a preparation: column %q: %w", c.Name, err)
		}
	}
	for _, c := range p.Targets {
		if c.Kind != Number && c.Kind != Category {
			return fmt.Errorf("tabular: a preparation: the target %q is a %s", c.Name, c.Kind)
		}
	}
	return nil
}

// check returns an error if a field that c's kind needs is missing or impossible, and sets the index of its values.
func (c *ColumnPreparation) check() error {
	const mostBuckets = 1 << 20
	switch c.Kind {
	case Unknown:
		return fmt.Errorf("it has no kind")
	case Number, Boolean, Time:
		if c.Std == 0 && c.Scaling != NoScaling {
			return fmt.Errorf("the standard deviation is 0")
		}
		if c.Kind == Time && c.Layout == "" {
			return fmt.Errorf("a time without a layout")
		}
		switch c.Scaling {
		case Standard, NoScaling:
		case QuantileNormal, QuantileUniform:
			if len(c.Quantiles) < 2 || !slices.IsSorted(c.Quantiles) {
				return fmt.Errorf("%d quantiles, want at least 2 in ascending order", len(c.Quantiles))
			}
		default:
			return fmt.Errorf("scaling %q", c.Scaling)
		}
	case Text:
		if c.Buckets < 1 || c.Buckets > mostBuckets {
			return fmt.Errorf("%d buckets, want 1 to %d", c.Buckets, mostBuckets)
		}
	case Category:
		if c.Encoding != OneHot && c.Encoding != Index {
			return fmt.Errorf("encoding %q, want %s or %s", c.Encoding, OneHot, Index)
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
// then counts the same in the loss (scikit-learn's class_weight="balanced").
func (c *ColumnPreparation) Weights() []float32 {
	n := 0
	for _, k := range c.Counts {
		n += k
	}
	w := make([]float32, len(c.Counts))
	for i, k := range c.Counts {
		w[i] = float32(float64(n) / (float64(len(w)) * math.Max(1, float64(k))))
	}
	return w
}
