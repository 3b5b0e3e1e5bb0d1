package tabular

import (
	"fmt"
	"slices"
)

// Preparation turns the rows of a table into numbers. [Fit] computes it from the training rows alone. It is saved with
// the model as JSON, and prepares raw rows for predictions.
//
// A prepared row has first numeric features, then a code for each category that is encoded by index, then targets. Each
// column makes these features:
//
//   - Number: its value, scaled.
//   - Boolean: 1 or 0.
//   - Category, one-hot: a 1 among zeros, one feature for each value that occurred in training. A missing value is a
//     value of its own if it did. Other values are all zeros.
//   - Category, index: a code, 0 for values that did not occur, 1, 2, … for those that did. Models embed it.
//   - Time: days since 1970, scaled; sine and cosine of the time of the year and of the week, and of the time of day if
//     there is one.
//   - Text: [ColumnPreparation].Buckets numbers, a hashed bag of words of Euclidean length 1. In a script
//     without spaces, such as Chinese, two neighbouring characters are a word.
//
// A number, boolean or time that is missing becomes the mean or median of the training rows. If values were missing in
// training, another feature is 1 where the value is missing.
type Preparation struct {
	Rows    int                  `json:"rows"` // training rows
	Columns []*ColumnPreparation `json:"columns"`
	Targets []*ColumnPreparation `json:"targets"`
}

// ColumnPreparation is the preparation of one column. Which fields count depends on Kind.
type ColumnPreparation struct {
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason,omitempty"` // why a column is dropped

	MissingWords []string `json:"missing_words,omitempty"` // cells that count as missing, besides the usual ones
	HasMissing   bool     `json:"has_missing,omitempty"`   // values were missing in training
	Fill         float64  `json:"fill,omitempty"`          // what a missing number, boolean or time becomes, before scaling

	Scaling   Scaling   `json:"scaling,omitempty"`
	Mean      float64   `json:"mean,omitempty"`
	Std       float64   `json:"std,omitempty"`
	Quantiles []float64 `json:"quantiles,omitempty"`

	Layout string `json:"layout,omitempty"` // of times, in package time's notation; of numbers that are not plain, 1,234.56 or 1.234,56

	Encoding Encoding `json:"encoding,omitempty"`
	Values   []string `json:"values,omitempty"`  // of a category, classes of a target
	Counts   []int    `json:"counts,omitempty"`  // how often each value occurred in training
	Numeric  bool     `json:"numeric,omitempty"` // the values are numbers

	Buckets int `json:"buckets,omitempty"` // numbers for a text

	index map[string]int // of Values
}

// Scaling is how numbers are scaled.
type Scaling string

// The scalings.
const (
	Standard        Scaling = "standard"         // (x − mean) / standard deviation: scikit-learn's StandardScaler
	QuantileNormal  Scaling = "quantile-normal"  // quantiles of the normal distribution: QuantileTransformer(output_distribution="normal")
	QuantileUniform Scaling = "quantile-uniform" // 0 to 1: QuantileTransformer()
	NoScaling       Scaling = "none"
)

// Encoding is how a category becomes features.
type Encoding string

// The encodings.
const (
	OneHot Encoding = "one-hot"
	Index  Encoding = "index"
)

// PreparationConfig says how columns are prepared.
type PreparationConfig struct {
	Scaling Scaling // of features; "" means Standard. Targets are always standardized.

	// Quantiles is the number of quantiles of quantile scaling; 0 means 1000, and never more than training rows. They are
	// computed from at most 65,536 rows.
	Quantiles int

	Median bool // missing numbers become the median, not the mean

	// OneHot is the largest number of values of a category that is one-hot; others are indices. 0 means 10, −1 none.
	OneHot int

	// MinCount is the number of training rows in which a value of a category must occur; rarer ones count as values that
	// did not occur. 0 means 2 for indices and 1 for one-hot.
	MinCount int

	Buckets int // numbers for a text; 0 means 128
}

func (c PreparationConfig) check() error {
	if c.Scaling != "" && !slices.Contains([]Scaling{Standard, QuantileNormal, QuantileUniform, NoScaling}, c.Scaling) {
		return fmt.Errorf("tabular: scaling %q, want %s, %s, %s or %s", c.Scaling, Standard, QuantileNormal, QuantileUniform, NoScaling)
	}
	if c.Quantiles < 0 || c.Quantiles == 1 || c.MinCount < 0 || c.Buckets < 0 {
		return fmt.Errorf("tabular: Quantiles %d, MinCount %d, Buckets %d: want numbers ≥ 0, and at least 2 quantiles",
			c.Quantiles, c.MinCount,
			c.Buckets)
	}
	return nil
}

// missingValue is the value in Values that stands for a missing one.
const missingValue = ""

// clock features: sine and cosine of a period.
const (
	yearFeatures = 2
	weekFeatures = 2
	dayFeatures  = 2
)

// numbers returns the number of numeric features that a column makes.
func (c *ColumnPreparation) numbers() int {
	n := 0
	switch c.Kind {
	case Number, Boolean:
		n = 1
	case Time:
		n = 1 + yearFeatures + weekFeatures
		if hasClock(c.Layout) {
			n += dayFeatures
		}
	case Text:
		return c.Buckets
	case Category:
		if c.Encoding == OneHot {
			return len(c.Values)
		}
		return 0
	}
	if c.HasMissing && n > 0 {
		n++
	}
	return n
}

// codes returns the number of codes that a column makes, 0 or 1.
func (c *ColumnPreparation) codes() int {
	if c.Kind == Category && c.Encoding == Index {
		return 1
	}
	return 0
}

// Numeric returns the number of numeric features.
func (p *Preparation) Numeric() int {
	n := 0
	for _, c := range p.Columns {
		n += c.numbers()
	}
	return n
}

// Cardinalities returns, for each category that is encoded by index, the number of its codes: its values and one more.
func (p *Preparation) Cardinalities() []int {
	var sizes []int
	for _, c := range p.Columns {
		if c.codes() > 0 {
			sizes = append(sizes, 1+len(c.Values))
		}
	}
	return sizes
}

// Outputs returns the number of outputs that a model needs: for each target of classes one for each class, for each
// other target one.
func (p *Preparation) Outputs() int {
	n := 0
	for _, t := range p.Targets {
		if t.Kind == Category {
			n += len(t.Values)
		} else {
			n++
		}
	}
	return n
}

// Classes returns the classes of the target if there is one target, a class, and nil otherwise.
func (p *Preparation) Classes() []string {
	if len(p.Targets) == 1 && p.Targets[0].Kind == Category {
		return p.Targets[0].Values
	}
	return nil
}

// Feature says which features a column makes, as positions in a prepared row.
type Feature struct {
	Column   string
	Kind     Kind
	From, To int // numeric features From, …, To−1
	Code     int // the position of its code, −1 if it has none
}

// Features returns the features of each column that makes any.
func (p *Preparation) Features() []Feature {
	var features []Feature
	number, code := 0, p.Numeric()
	for _, c := range p.Columns {
		f := Feature{Column: c.Name, Kind: c.Kind, From: number, To: number + c.numbers(), Code: -1}
		number = f.To
		if c.codes() > 0 {
			f.Code = code
			code++
		}
		if f.From < f.To || f.Code >= 0 {
			features = append(features, f)
		}
	}
	return features
}

// Width returns the number of features of a prepared row: the numeric ones and the codes.
func (p *Preparation) Width() int { return p.Numeric() + len(p.Cardinalities()) }

// Value returns the value of a target that is no class, in its own unit, for a model's output.
func (c *ColumnPreparation) Value(output float64) float64 { return output*c.Std + c.Mean }
