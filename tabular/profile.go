package tabular

import (
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/readable"
)

// Profile describes the columns of a table; [Inspect] makes it.
type Profile struct {
	File     string
	Rows     int
	Checksum uint64 // of the text of all rows
	NotUTF8  bool   `json:"-"` // a name or a cell has bytes that are no UTF-8
	Columns  []ColumnProfile
}

// ColumnProfile describes a column.
type ColumnProfile struct {
	Name     string
	Missing  int  // rows without a value
	Distinct int  // different values; estimated with a standard error of 3% unless Exact
	Exact    bool // true if there are at most 1024

	Numbers  int // cells that are numbers
	Integers int // whole numbers among them, of at most 2^53
	Booleans int // cells that are words for true and false, 1 and 0 included

	Min, Max, Mean, Std float64 // of the numbers

	// Layout is that of dates and times, in package time's notation, or 1,234.56 or 1.234,56 for numbers that are
	// written so and not plainly. It is empty unless all cells fit.
	Layout      string
	OtherLayout string  `json:"-"` // the layout of the other order of day and month, if it fits all dates of a column too
	Words       float64 // mean number of words in a cell that is not a number

	// Words that are no numbers, in a column of numbers: at most five different ones, in at most 5% of the cells, or
	// infinities. They count as missing.
	NoNumbers []string

	// Values has the values with their frequencies, the most frequent first; nil if there are more than 1000.
	Values   []ValueCount
	Examples []string // the first different values, at most three, cut to 40 bytes

	Kind   Kind   // what the column most likely is, as a feature
	Reason string // why it is dropped

	index bool // it has no name and may be the index that pandas writes
}

// ValueCount is a value of a column and the number of rows that have it.
type ValueCount struct {
	Value string
	Count int
}

const (
	maxCounted  = 1000 // different values that are counted
	maxExamples = 3
	maxStrange  = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Inspect reads src and describes its columns. It reads it once more if numbers are written as 1,234.56 or
// 1.234,56. The memory that it takes does not depend on the number of rows.
func Inspect(ctx context.Context, src Source) (*Profile, error) {
	names := src.Columns()
	total := make([]inspection, len(names))
	shared := make([]progress, len(names))
	for i := range total {
		total[i].layouts = allLayouts
		total[i].counts = map[string]int{}
	}
	type state struct {
		columns  []inspection
		checksum uint32
		notUTF8  bool
	}
	work := func(b *Block, s *state) error {
		if s.columns == nil {
			s.columns = make([]inspection, len(names))
		}
		for c := range names {
			s.columns[c].inspect(b, c, &shared[c])
		}
		s.checksum, s.notUTF8 = crc32.Checksum(b.text, castagnoli), b.notUTF8()
		return nil
	}
	rows := 0
	checksum := uint64(0)
	notUTF8 := slices.ContainsFunc(names, func(name string) bool { return strings.ContainsRune(name, utf8.RuneError) })
	merge := func(b *Block, s *state) error {
		rows += b.Rows
		notUTF8 = notUTF8 || s.notUTF8
		checksum = mix(checksum ^ uint64(s.checksum))
		for c := range names {
			total[c].merge(&s.columns[c], &shared[c])
		}
		return nil
	}
	if err := scan(ctx, src, work, merge); err != nil {
		return nil, err
	}
	p := &Profile{File: src.Name(), Rows: rows, Checksum: checksum, NotUTF8: notUTF8}
	strange := make([][]string, len(names))
	for c, name := range names {
		column := total[c].result(name)
		column.Distinct = min(column.Distinct, column.present(rows)) // the estimate errs
		if f, ok := src.(*csvFile); ok && c == 0 {
			column.index = f.index
		}
		column.Kind, column.Reason = column.infer(rows)
		p.Columns = append(p.Columns, column)
		strange[c] = total[c].strange
	}
	return p, p.inspectNotations(ctx, src, strange)
}

// progress is what workers know of a column's earlier blocks. It saves work; the result does not depend on it.
type progress struct {
	many   atomic.Bool   // there are more values than are counted
	noTime atomic.Bool   // some cell is no time
	limit  atomic.Uint64 // of the sketch
}

// inspection accumulates the description of a column.
type inspection struct {
	missing, numbers, integers, booleans, words, others int
	moments                                             moments
	layouts                                             layoutSet
	counts                                              map[string]int
	many                                                bool
	distinct                                            distinct
	examples                                            []string
	strange                                             []string  // different cells that are no numbers, up to one more than maxStrange
	values                                              []float64 // scratch
}

// inspect sets s to the description of column c of b.
func (s *inspection) inspect(b *Block, c int, shared *progress) {
	counts, kept := s.counts, s.distinct.kept[:0]
	if counts == nil {
		counts = map[string]int{}
	}
	clear(counts)
	*s = inspection{layouts: allLayouts, counts: counts, many: shared.many.Load(), distinct: distinct{shared.limit.Load(), kept},
		examples: s.examples[:0], strange: s.strange[:0], values: s.values}
	if shared.noTime.Load() {
		s.layouts = 0
	}
	values, others := b.numbers(c, "")
	if len(others) < b.Rows {
		s.layouts = 0
	}
	for _, r := range others {
		if cell := b.Cell(r, c); isMissing(cell) {
			s.missing++
		} else {
			s.other(cell)
		}
	}
	if !s.many {
		s.countAll(b, c, values)
	}
	s.addNumbers(values, len(others))
}

// addNumbers adds the numbers of a block: values, of which so many are NaN, and do not count.
func (s *inspection) addNumbers(numbers []float64, others int) {
	if others > 0 {
		s.values = slices.DeleteFunc(append(s.values[:0], numbers...), func(v float64) bool { return v != v })
		numbers = s.values
	}
	for _, v := range numbers {
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			s.integers++
			if v == 0 || v == 1 {
				s.booleans++
			}
		}
		s.distinct.add(mix(math.Float64bits(v + 0))) // −0 is 0
	}
	s.numbers = len(numbers)
	s.moments.of(numbers)
}

// other adds a cell that is no number.
func (s *inspection) other(cell []byte) {
	s.others++
	if len(s.strange) <= maxStrange && !slices.ContainsFunc(s.strange, func(w string) bool { return w == string(trim(cell)) }) {
		s.strange = append(s.strange, string(trim(cell)))
	}
	if s.layouts != 0 {
		s.layouts = s.layouts.fitting(cell)
	}
	if _, ok := parseBoolean(cell); ok {
		s.booleans++
	}
	s.words += words(cell)
	s.distinct.add(hash(cell))
}

// words returns the number of words in a text. Two characters of a script without spaces between words count as one.
func words(text []byte) int {
	n, unspaced := 0, 0
	inWord := false
	for len(text) > 0 {
		r, size := rune(text[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text)
		}
		text = text[size:]
		switch {
		case readable.Unspaced(r):
			unspaced++
			inWord = false
		case r == ' ' || r == '\t' || r == '\n':
			inWord = false
		case !inWord:
			n++
			inWord = true
		}
	}
	return n + (unspaced+1)/2
}

// countAll counts the values of a column until there are too many.
func (s *inspection) countAll(b *Block, column int, values []float64) {
	for r := 0; r < b.Rows && !s.many; r++ {
		if cell := b.Cell(r, column); values[r] == values[r] || !isMissing(cell) {
			s.count(cell)
		}
	}
}

// count counts a value.
func (s *inspection) count(cell []byte) {
	if n, ok := s.counts[string(cell)]; ok {
		s.counts[string(cell)] = n + 1
		return
	}
	if len(s.counts) == maxCounted {
		s.many = true
		return
	}
	if len(s.examples) < maxExamples {
		s.examples = append(s.examples, example(cell))
	}
	s.counts[string(cell)] = 1
}

// example returns the beginning of a cell: whole characters of at most 40 bytes.
func example(cell []byte) string {
	const size = 40
	if len(cell) > size {
		end := size
		for end > size-utf8.UTFMax && !utf8.RuneStart(cell[end]) {
			end--
		}
		return validUTF8(cell[:end]) + "…"
	}
	return validUTF8(cell)
}

// merge adds the next block's description.
func (s *inspection) merge(o *inspection, shared *progress) {
	s.missing += o.missing
	s.numbers += o.numbers
	s.integers += o.integers
	s.booleans += o.booleans
	s.words += o.words
	s.others += o.others
	s.moments.merge(&o.moments)
	s.layouts &= o.layouts
	s.many = s.many || o.many
	if s.many {
		s.counts = nil
	}
	for v, n := range o.counts {
		if s.many {
			break
		}
		if _, ok := s.counts[v]; !ok && len(s.counts) == maxCounted {
			s.many = true
			s.counts = nil
			break
		}
		s.counts[v] += n
	}
	for _, e := range o.examples {
		if len(s.examples) < maxExamples && !slices.Contains(s.examples, e) {
			s.examples = append(s.examples, e)
		}
	}
	for _, w := range o.strange {
		if len(s.strange) <= maxStrange && !slices.Contains(s.strange, w) {
			s.strange = append(s.strange, w)
		}
	}
	s.distinct.merge(&o.distinct)
	shared.many.Store(s.many)
	shared.noTime.Store(s.layouts == 0)
	shared.limit.Store(s.distinct.limit)
}

func (s *inspection) result(name string) ColumnProfile {
	c := ColumnProfile{Name: name, Missing: s.missing, Numbers: s.numbers, Integers: s.integers, Booleans: s.booleans, Examples: s.examples}
	if s.numbers > 0 {
		c.Min, c.Max, c.Mean, c.Std = s.moments.lowest, s.moments.highest, s.moments.mean, s.moments.std()
	}
	if s.others > 0 {
		c.Words = float64(s.words) / float64(s.others)
		if s.numbers == 0 {
			c.Layout, c.OtherLayout = s.layouts.first()
		}
	}
	c.Distinct, c.Exact = s.distinct.count()
	infinite := !slices.ContainsFunc(s.strange, func(w string) bool { return !isInfinite([]byte(w)) })
	few := 20*s.others <= s.numbers+s.others
	if len(s.strange) > 0 && len(s.strange) <= maxStrange && (few || infinite) && c.Distinct > 2*maxStrange {
		c.NoNumbers = s.strange
	}
	if !s.many {
		for v, n := range s.counts {
			c.Values = append(c.Values, ValueCount{validUTF8([]byte(v)), n})
		}
		slices.SortFunc(c.Values, func(a, b ValueCount) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
		})
		if c.OtherLayout != "" && !slices.ContainsFunc(c.Values,
			func(v ValueCount) bool { return !sameTime(c.Layout, c.OtherLayout, v.Value) }) {
			c.OtherLayout = ""
		}
	}
	return c
}

// present returns the number of rows with a value.
func (c *ColumnProfile) present(rows int) int { return rows - c.Missing }

// numeric reports whether all values are numbers, except for those in NoNumbers.
func (c *ColumnProfile) numeric(rows int) bool {
	return c.Numbers > 0 && (c.Numbers == c.present(rows) || c.NoNumbers != nil)
}

// infer returns the kind of a column as a feature.
func (c *ColumnProfile) infer(rows int) (k Kind, reason string) {
	n := c.present(rows)
	switch {
	case n == 0:
		return Drop, "it has no values"
	case c.Distinct == 1 && c.Missing == 0:
		return Drop, "all its values are equal"
	case c.Booleans == n && c.Distinct == 2:
		return Boolean, ""
	case c.numeric(rows):
		switch {
		case c.Integers < n || !c.unique(n):
		case c.numbersRows(n):
			return Drop, "it numbers the rows"
		case c.index || strings.HasPrefix(c.Name, "__index_level_"): // pandas' names in CSV and in Parquet
			return Drop, "it is the index of the rows: different whole numbers without a name"
		case isIDName(c.Name):
			return Drop, "its name and its different whole numbers say that it is an id"
		}
		return Number, ""
	case c.Layout != "":
		return Time, ""
	case c.Words >= 3 && c.Distinct > 20:
		return Text, ""
	case c.unique(n) && c.Numbers < n/2:
		return Drop, "almost every value is different, as in names and ids"
	}
	return Category, ""
}

// numbersRows reports whether a column of n different whole numbers has all from a first to a last one. Those from 1000 to
// 2100 may be years.
func (c *ColumnProfile) numbersRows(n int) bool {
	years := c.Min >= 1000 && c.Max <= 2100 && !isIDName(c.Name)
	return c.Max-c.Min == float64(n-1) && !years
}

// unique reports whether almost all of n ≥ 20 values differ.
func (c *ColumnProfile) unique(n int) bool {
	if n < 20 {
		return false
	}
	if c.Exact {
		return float64(c.Distinct) >= 0.95*float64(n)
	}
	return float64(c.Distinct) >= 0.9*float64(n) // the estimate errs by 3%
}

// isIDName reports whether a column's name says that it identifies rows.
func isIDName(name string) bool {
	s := strings.ToLower(name)
	return s == "id" || s == "index" || s == "rownames" || s == "row" || strings.HasSuffix(s, "_id") || strings.HasSuffix(name, "Id") ||
		strings.HasSuffix(name, "ID") || strings.HasPrefix(s, "unnamed: 0") || s == "uuid" || s == "key"
}

// Column returns the description of the column with that name, nil if there is none.
func (p *Profile) Column(name string) *ColumnProfile {
	for i := range p.Columns {
		if p.Columns[i].Name == name {
			return &p.Columns[i]
		}
	}
	return nil
}

// String returns a table with a line for each column: kind, missing and different values, range, examples.
func (p *Profile) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %s, %s\n", printable(p.File), plural(p.Rows, "row"), plural(len(p.Columns), "column"))
	w := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "column\tkind\tmissing\tdistinct\trange or examples")
	for i := range p.Columns {
		c := &p.Columns[i]
		about := ""
		if !c.Exact {
			about = "~"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s%d\t%s\n", readable.Name(c.Name), c.Kind, c.Missing, about, c.Distinct, printable(c.values(p.Rows)))
	}
	w.Flush()
	return s.String()
}

// values describes a column's values in a few words.
func (c *ColumnProfile) values(rows int) string {
	text := ""
	switch {
	case c.numeric(rows) && c.Distinct > 2:
		text = fmt.Sprintf("%s to %s, mean %s", readable.Number(c.Min, 6), readable.Number(c.Max, 6), readable.Number(c.Mean, 4))
	case c.Values != nil && c.Distinct <= 10:
		var list []string
		for _, v := range c.Values[:min(len(c.Values), 4)] {
			list = append(list, fmt.Sprintf("%s (%d)", example([]byte(v.Value)), v.Count))
		}
		if len(c.Values) > 4 {
			list = append(list, "…")
		}
		text = strings.Join(list, ", ")
	default:
		text = strings.Join(c.Examples, ", ")
	}
	if order := c.AmbiguousDates(); order != "" {
		text += ", " + order
	}
	if isNotation(c.Layout) {
		text += ", written as " + c.Layout
	}
	if c.Kind == Drop {
		text += " (dropped: " + c.Reason + ")"
	}
	return text
}

// printable returns text in one line of a terminal: control characters, which could also change the terminal, become spaces.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
