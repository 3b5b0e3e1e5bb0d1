package tabular

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/defaults"
)

// maxValues limits the values of a category that are counted in training.
const maxValues = 100_000

// Fit computes the preparation of src's columns from the rows for which use returns true; nil means all rows. Rows
// without a value of a target do not count. The classes of a target are those of all rows: one that no used row has
// gets the count 0, so that rows of it can be evaluated, as wrong predictions. The memory that it takes does not depend
// on the number of rows.
func Fit(ctx context.Context, src Source, schema *Schema, use func(row int) bool, c PreparationConfig) (*Preparation, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	at, err := locate(src, schema.Columns)
	if err != nil {
		return nil, err
	}
	n := len(schema.Columns)
	total := make([]fitting, n)
	for i := range total {
		total[i].init(schema.Columns[i], c)
	}
	type state struct {
		columns      []fitting
		rows, others []int // with values of all targets: those that are used, and those that are not
	}
	work := func(b *Block, s *state) error {
		if s.columns == nil {
			s.columns = make([]fitting, n)
			for i := range s.columns {
				s.columns[i].init(schema.Columns[i], c)
			}
		}
		s.rows, s.others = s.rows[:0], s.others[:0]
	rows:
		for r := range b.Rows {
			for i := range schema.Columns {
				if schema.Columns[i].Target && schema.Columns[i].missing(b.Cell(r, at[i])) {
					continue rows
				}
			}
			if use == nil || use(b.First+r) {
				s.rows = append(s.rows, r)
			} else {
				s.others = append(s.others, r)
			}
		}
		for i := range s.columns {
			s.columns[i].sample.limit = total[i].sample.known.Load()
			if err := s.columns[i].add(b, at[i], s.rows); err != nil {
				return err
			}
			if f := &s.columns[i]; f.Target && f.Kind == Category {
				for _, r := range s.others {
					f.countValue(b.Cell(r, at[i]), 0)
				}
			}
		}
		return nil
	}
	rows := 0
	merge := func(_ *Block, s *state) error {
		rows += len(s.rows)
		for i := range total {
			total[i].merge(&s.columns[i])
		}
		return nil
	}
	if err := scan(ctx, src, work, merge); err != nil {
		return nil, err
	}
	if rows == 0 {
		return nil, &Error{File: src.Name(), Msg: "there are no training rows (with values of all targets)"}
	}
	return preparationOf(src, total, rows, c)
}

// preparationOf returns the preparation of columns, from what they have in the training rows.
func preparationOf(src Source, total []fitting, rows int, c PreparationConfig) (*Preparation, error) {
	p := &Preparation{Rows: rows}
	for i := range total {
		column, err := total[i].result(c)
		if err == nil {
			err = column.check()
		}
		if err != nil {
			return nil, &Error{File: src.Name(), Column: total[i].Name, Msg: err.Error()}
		}
		if total[i].Target {
			p.Targets = append(p.Targets, column)
		} else {
			p.Columns = append(p.Columns, column)
		}
	}
	if p.Width() == 0 {
		return nil, &Error{File: src.Name(), Msg: "no column is left as a feature"}
	}
	if err := p.check(); err != nil {
		return nil, &Error{File: src.Name(), Msg: err.Error()}
	}
	return p, nil
}

// locate returns the positions of the columns in src.
func locate(src Source, columns []Column) ([]int, error) {
	names := src.Columns()
	at := make([]int, len(columns))
	for i := range columns {
		if at[i] = slices.Index(names, columns[i].Name); at[i] < 0 {
			return nil, &Error{File: src.Name(), Column: columns[i].Name, Msg: "the column is missing" + choices(columns[i].Name, names)}
		}
	}
	return at, nil
}

// missing reports whether a cell of the column is missing.
func (c *Column) missing(cell []byte) bool {
	return isMissingIn(c.Kind, c.Missing, cell)
}

// fitting accumulates what the preparation of a column needs.
type fitting struct {
	Column
	wantSample bool
	absent     int // rows without a value
	moments    moments
	sample     sample
	counts     map[string]int

	values []float64 // of a block
	rows   []int     // their rows
}

func (f *fitting) init(c Column, p PreparationConfig) {
	f.Column = c
	quantile := p.Scaling == QuantileNormal || p.Scaling == QuantileUniform
	f.wantSample = !c.Target && c.Kind == Number && (quantile || p.Median)
	if c.Kind == Category {
		f.counts = map[string]int{}
	}
}

// add sets f to what the rows of b give, which are numbered in b.
func (f *fitting) add(b *Block, column int, rows []int) error {
	f.absent, f.moments = 0, moments{}
	f.values, f.rows, f.sample.kept = f.values[:0], f.rows[:0], f.sample.kept[:0]
	clear(f.counts)
	if f.Kind == Drop || f.Kind == Text {
		return nil
	}
	if f.Kind == Number {
		if err := f.addNumbers(b, column, rows); err != nil {
			return err
		}
	} else {
		for _, r := range rows {
			if err := f.addCell(b, r, column); err != nil {
				return err
			}
		}
	}
	f.moments.of(f.values)
	if f.wantSample {
		for i, v := range f.values {
			f.sample.add(f.rows[i], v)
		}
	}
	return nil
}

// addNumbers adds the rows of a column of numbers.
func (f *fitting) addNumbers(b *Block, column int, rows []int) error {
	values, others := b.numbers(column, f.Layout)
	if len(others) == 0 && !f.wantSample {
		f.values = slices.Grow(f.values, len(rows))[:len(rows)]
		for i, r := range rows {
			f.values[i] = values[r]
		}
		return nil
	}
	for _, r := range rows {
		if v := values[r]; v == v {
			f.values = append(f.values, v)
			f.rows = append(f.rows, b.First+r)
		} else if err := f.addCell(b, r, column); err != nil {
			return err
		}
	}
	return nil
}

// addCell adds a cell.
func (f *fitting) addCell(b *Block, row, column int) error {
	cell := b.Cell(row, column)
	switch {
	case f.missing(cell):
		f.absent++
		if f.Kind == Category {
			f.count([]byte(missingValue), 1)
		}
	case f.Kind == Category:
		f.countValue(cell, 1)
	default:
		v, err := valueOf(f.Kind, f.Layout, cell)
		if err != nil {
			return &Error{Row: row + 1, Column: f.Name, Msg: err.Error()}
		}
		f.values = append(f.values, v)
		f.rows = append(f.rows, b.First+row)
	}
	return nil
}

// valueOf returns a cell as a number: a number itself, 1 or 0 for a boolean, seconds since 1970 for a time. A number in a
// column of booleans is itself: a column of counts may have had 0 and 1 alone in training.
func valueOf(k Kind, layout string, cell []byte) (float64, error) {
	switch k {
	case Number:
		v, ok := parseNotation(layout, cell)
		switch {
		case ok:
			return v, nil
		case layout != "":
			return 0, fmt.Errorf("%q is no number of the form %s", example(cell), layout)
		}
		return 0, fmt.Errorf("%q is no number", example(cell))
	case Boolean:
		if v, ok := parseNumber(cell); ok {
			return v, nil
		}
		v, ok := parseBoolean(cell)
		if !ok {
			return 0, fmt.Errorf("%q is no boolean, want true or false, yes or no, 1 or 0", example(cell))
		}
		if v {
			return 1, nil
		}
		return 0, nil
	case Time:
		t, ok := parseTime(layout, cell)
		if !ok {
			return 0, fmt.Errorf("%q is no time in the form of %s", example(cell), timeExample(layout))
		}
		return seconds(t), nil
	}
	panic("tabular: valueOf " + k.String())
}

// countValue counts the value of a category n times.
func (f *fitting) countValue(cell []byte, n int) {
	if f.Numeric {
		if v, ok := parseNumber(cell); ok {
			var text [32]byte
			f.count(appendNumber(text[:0], v), n)
			return
		}
	}
	f.count(cell, n)
}

// appendNumber appends the shortest text of v, so that 1 and 1.0 are one value.
func appendNumber(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v+0, 'g', -1, 64) }

func (f *fitting) count(value []byte, n int) {
	if before, ok := f.counts[string(value)]; ok {
		f.counts[string(value)] = before + n
	} else if len(f.counts) < maxValues {
		f.counts[string(value)] = n
	}
}

// merge adds what the next block gave.
func (f *fitting) merge(o *fitting) {
	f.absent += o.absent
	f.moments.merge(&o.moments)
	for _, v := range o.sample.kept {
		if f.sample.limit == 0 || v.hash < f.sample.limit {
			if f.sample.kept = append(f.sample.kept, v); len(f.sample.kept) >= 2*maxSample {
				f.sample.compact()
			}
		}
	}
	f.sample.known.Store(f.sample.limit)
	for _, value := range sortedKeys(o.counts) {
		if n, ok := f.counts[value]; ok || len(f.counts) < maxValues {
			f.counts[value] = n + o.counts[value]
		}
	}
}

// sortedKeys returns the keys in order, so that the values that reach maxValues first are always the same.
func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// result returns the preparation of the column.
func (f *fitting) result(c PreparationConfig) (*ColumnPreparation, error) {
	p := &ColumnPreparation{Name: f.Name, Kind: f.Kind, Reason: f.Reason, Layout: f.Layout, MissingWords: f.Missing}
	switch f.Kind {
	case Drop:
		return p, nil
	case Text:
		p.Buckets = defaults.Int(c.Buckets, 128)
		return p, nil
	case Category:
		return p, f.category(p, c)
	}
	p.HasMissing = f.absent > 0 && !f.Target
	if f.moments.n == 0 {
		p.Kind, p.Reason, p.HasMissing = Drop, "it has no values in the training rows", false
		return p, nil
	}
	p.Mean, p.Std = f.moments.mean, f.moments.std()
	if math.IsInf(p.Mean, 0) || math.IsNaN(p.Std) || math.IsInf(p.Std, 0) {
		return nil, fmt.Errorf("numbers from %v to %v are too large: their variance overflows", f.moments.lowest, f.moments.highest)
	}
	if p.Std == 0 {
		p.Std = 1
	}
	p.Fill = p.Mean
	if f.Target || f.Kind != Number {
		p.Scaling = Standard
		return p, nil
	}
	if p.Scaling = c.Scaling; p.Scaling == "" {
		p.Scaling = Standard
	}
	if f.wantSample {
		sorted := f.sample.sorted()
		if c.Median {
			p.Fill = quantileOf(sorted, 0.5)
		}
		if p.Scaling == QuantileNormal || p.Scaling == QuantileUniform {
			p.Quantiles = quantiles(sorted, max(2, min(defaults.Int(c.Quantiles, 1000), len(sorted))))
		}
	}
	return p, nil
}

// category sets the values of a category: classes of a target in their order, other values by their frequency.
func (f *fitting) category(p *ColumnPreparation, c PreparationConfig) error {
	p.Numeric = f.Numeric
	least := 1
	p.Encoding = Index
	if !f.Target {
		oneHot := c.OneHot
		if oneHot == 0 {
			oneHot = 10
		}
		if len(f.counts) <= oneHot {
			p.Encoding = OneHot
		} else {
			least = 2
		}
		least = defaults.Int(c.MinCount, least)
	}
	counts := map[string]int{}
	var trained []string
	for v, n := range f.counts {
		if n >= least || f.Target {
			counts[validUTF8([]byte(v))] += n
		}
		if n > 0 {
			trained = append(trained, v)
		}
	}
	p.Values = sortedKeys(counts)
	if f.Target && len(trained) < 2 {
		return fmt.Errorf("the training rows have the class %s alone", list(trained))
	}
	if f.Numeric {
		slices.SortFunc(p.Values, func(a, b string) int {
			x, _ := strconv.ParseFloat(a, 64)
			y, _ := strconv.ParseFloat(b, 64)
			return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
		})
	}
	for _, v := range p.Values {
		p.Counts = append(p.Counts, counts[v])
	}
	if p.Encoding == OneHot {
		p.HasMissing = slices.Contains(p.Values, missingValue)
	}
	return nil
}
