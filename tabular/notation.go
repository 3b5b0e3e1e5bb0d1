package tabular

import (
	"context"
	"regexp"
	"strings"
)

// Notations of numbers that are not plain, which are layouts of columns. Both allow one of the currencies $ € £ ¥ before or
// behind the number and a percent sign behind it: 7% is 7.
const (
	commaGroups  = "1,234.56" // commas between groups of three digits, a point before the decimals
	commaDecimal = "1.234,56" // points or spaces between groups, a comma before the decimals
)

var notations = [...]struct {
	layout string
	form   *regexp.Regexp // its groups are the sign, the whole digits with what divides them, the decimals
	group  *strings.Replacer
}{
	{commaGroups, numberForm(`,`, `\.`), strings.NewReplacer(",", "")},
	{commaDecimal, numberForm(`[. \x{a0}\x{202f}]`, `,`), strings.NewReplacer(".", "", " ", "", "\u00a0", "", "\u202f", "")},
}

// numberForm returns the form of numbers with these patterns of what stands between groups of digits, and of the point.
func numberForm(group, point string) *regexp.Regexp {
	const space, currency = `[ \x{a0}\x{202f}]*`, `[$€£¥]?`
	return regexp.MustCompile(`^` + space + `([-+]?)` + currency + space + `([-+]?)(\d{1,3}(?:` + group +
		`\d{3})+|\d*)(?:` + point + `(\d*))?` +
		space + `[%$€£¥]?` + space + `$`)
}

// parseNotation returns the number that cell writes in the notation of a layout, and whether it is one. With the layout ""
// it is parseNumber.
func parseNotation(layout string, cell []byte) (v float64, ok bool) {
	if layout == "" {
		return parseNumber(cell)
	}
	if v, ok := withoutGroups(layout, cell); ok {
		return v, true
	}
	for i := range notations {
		n := &notations[i]
		if n.layout != layout || len(cell) > 60 {
			continue
		}
		m := n.form.FindSubmatch(cell)
		if m == nil || len(m[1]) > 0 && len(m[2]) > 0 {
			return 0, false
		}
		return parseNumber([]byte(string(m[1]) + string(m[2]) + n.group.Replace(string(m[3])) + "." + string(m[4])))
	}
	return 0, false
}

// withoutGroups is parseNotation for a number without groups and signs of currencies, which is most often the case.
func withoutGroups(layout string, cell []byte) (v float64, ok bool) {
	if layout == commaGroups {
		return parseNumber(cell)
	}
	var plain [24]byte
	if len(cell) > len(plain) {
		return 0, false
	}
	for i, c := range cell {
		switch c {
		case '.':
			return 0, false
		case ',':
			c = '.'
		}
		plain[i] = c
	}
	return parseNumber(plain[:len(cell)])
}

// isNotation reports whether a layout is one of numbers.
func isNotation(layout string) bool { return layout == commaGroups || layout == commaDecimal }

// inspectNotations reads src again for columns whose examples look like numbers in one of the notations. If all cells of
// one are, it describes the column as numbers.
func (p *Profile) inspectNotations(ctx context.Context, src Source, examples [][]string) error {
	type candidate struct {
		column int
		layout string
		all    inspection
	}
	var candidates []*candidate
	for c := range p.Columns {
		for _, n := range p.notationsOf(c, src, examples[c]) {
			candidates = append(candidates, &candidate{column: c, layout: n, all: inspection{many: true}})
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	type state struct{ parts []inspection }
	shared := make([]progress, len(candidates))
	work := func(b *Block, s *state) error {
		if s.parts == nil {
			s.parts = make([]inspection, len(candidates))
		}
		for i, c := range candidates {
			s.parts[i].inspectNotation(b, c.column, c.layout, &shared[i])
		}
		return nil
	}
	merge := func(_ *Block, s *state) error {
		for i, c := range candidates {
			c.all.merge(&s.parts[i], &shared[i])
		}
		return nil
	}
	if err := scan(ctx, src, work, merge); err != nil {
		return err
	}
	for _, c := range candidates {
		column := &p.Columns[c.column]
		if c.all.others > 0 || isNotation(column.Layout) {
			continue
		}
		n := c.all.result(column.Name)
		column.Numbers, column.Integers, column.Booleans, column.NoNumbers, column.Layout = n.Numbers, n.Integers, 0, nil, c.layout
		column.Min, column.Max, column.Mean, column.Std = n.Min, n.Max, n.Mean, n.Std
		column.Distinct, column.Exact = min(n.Distinct, column.present(p.Rows)), n.Exact
		column.Kind, column.Reason = column.infer(p.Rows)
	}
	return nil
}

// notationsOf returns the notations that a column may have, the more likely one first. Where all commas stand before three
// digits it is the one that the file's delimiter leaves: files with decimal commas have other delimiters.
func (p *Profile) notationsOf(column int, src Source, examples []string) []string {
	c := &p.Columns[column]
	if c.Numbers == c.present(p.Rows) || c.Layout != "" || len(examples) == 0 {
		return nil
	}
	order := []string{commaGroups, commaDecimal}
	if f, ok := src.(*csvFile); ok && f.comma != ',' {
		order = []string{commaDecimal, commaGroups}
	}
	var fitting []string
	for _, layout := range order {
		fits := true
		for _, e := range examples {
			_, ok := parseNotation(layout, []byte(e))
			fits = fits && ok
		}
		if fits {
			fitting = append(fitting, layout)
		}
	}
	return fitting
}

// inspectNotation sets s to the description of column c of b as numbers in a notation; others counts cells that are none.
func (s *inspection) inspectNotation(b *Block, c int, layout string, shared *progress) {
	*s = inspection{many: true, distinct: distinct{shared.limit.Load(), s.distinct.kept[:0]}, values: s.values}
	values, others := b.numbers(c, layout)
	for _, r := range others {
		if isMissing(b.Cell(r, c)) {
			s.missing++
		} else {
			s.others++
		}
	}
	s.addNumbers(values, len(others))
}
