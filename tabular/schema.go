package tabular

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/internal/spelling"
)

// Schema says what each column of a table is: a feature of some kind, a target, or not used.
type Schema struct {
	File    string
	Columns []Column // of the table, in its order
}

// Column is a column of a [Schema].
type Column struct {
	Name    string
	Kind    Kind   // of a target: Number for regression, Category for classification
	Target  bool   // the column is predicted
	Layout  string // of times, in package time's notation; of numbers that are not plain, 1,234.56 or 1.234,56
	Numeric bool   // the values of a Category are numbers: 1 and 1.0 are equal. No target with codes such as 01 is
	Reason  string // why the column is dropped
	Missing []string
}

// SchemaConfig says what differs from the kinds that [Inspect] finds.
type SchemaConfig struct {
	Targets []string        // the columns to predict; none for features alone
	Kinds   map[string]Kind // kinds of columns; of a target: Number for regression, Category for classification
}

// MaxClasses is the largest number of different whole numbers of a target that are classes rather than quantities.
const MaxClasses = 20

// Schema returns the schema of the table. A target whose values are words, truth values, or at most 20 different whole
// numbers is a class; a target of other numbers is a quantity. It returns an error for a name that is no column, and
// for a target that is neither.
func (p *Profile) Schema(c SchemaConfig) (*Schema, error) {
	names := make([]string, len(p.Columns))
	for i := range p.Columns {
		names[i] = p.Columns[i].Name
	}
	for _, name := range c.Targets {
		if !slices.Contains(names, name) {
			return nil, &Error{File: p.File, Msg: fmt.Sprintf("the target %s is no column%s", quoted(name), choices(name, names))}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Kinds)) {
		if !slices.Contains(names, name) {
			return nil, &Error{File: p.File, Msg: fmt.Sprintf("%s, which is to be a %s, is no column%s", quoted(name),
				c.Kinds[name], choices(name, names))}
		}
	}
	s := &Schema{File: p.File}
	for i := range p.Columns {
		profile := &p.Columns[i]
		column := Column{Name: profile.Name, Kind: profile.Kind, Reason: profile.Reason, Target: slices.Contains(c.Targets, profile.Name)}
		asked := c.Kinds[profile.Name]
		if asked != Unknown {
			column.Kind, column.Reason = asked, ""
		}
		if column.Kind == Drop && asked == Drop {
			column.Reason = "it is not wanted"
		}
		if column.Target {
			var err error
			if column.Kind, err = profile.target(p, asked); err != nil {
				return nil, err
			}
			column.Reason = ""
		}
		switch column.Kind {
		case Time:
			if column.Layout = profile.Layout; column.Layout == "" {
				return nil, &Error{File: p.File, Column: column.Name,
					Msg: fmt.Sprintf("no form of dates fits all cells, such as %s", list(profile.Examples))}
			}
		case Category:
			column.Numeric = profile.Numbers > 0 && profile.Numbers == profile.present(p.Rows) && profile.Layout == "" &&
				!(column.Target && profile.hasCodes())
		case Number:
			column.Missing = profile.NoNumbers
			if isNotation(profile.Layout) {
				column.Layout = profile.Layout
			}
		}
		s.Columns = append(s.Columns, column)
	}
	return s, nil
}

// hasCodes reports whether values are codes such as 01, which are predicted as they are written, and not as the number
// 1.
func (c *ColumnProfile) hasCodes() bool {
	return slices.ContainsFunc(c.Values, func(v ValueCount) bool { return isCode([]byte(v.Value)) })
}

// target returns the kind of a column as a target.
func (c *ColumnProfile) target(p *Profile, asked Kind) (Kind, error) {
	n := c.present(p.Rows)
	fail := func(msg string) (Kind, error) {
		return Unknown, &Error{File: p.File, Column: c.Name, Msg: "the target " + msg}
	}
	switch {
	case n == 0:
		return fail("has no values")
	case asked == Number && !c.numeric(p.Rows):
		return fail(fmt.Sprintf("is to be a number, and has the values %s", list(c.Examples)))
	case asked == Number:
		return Number, nil
	case asked != Unknown && asked != Category && asked != Boolean:
		return fail(fmt.Sprintf("is to be a %s, want number or category", asked))
	case c.Distinct == 1:
		return fail(fmt.Sprintf("has one value alone, %s", list(c.Examples)))
	case asked == Unknown && c.numeric(p.Rows) && (c.Integers < c.Numbers || c.Distinct > MaxClasses):
		return Number, nil
	case c.Values == nil:
		return fail(fmt.Sprintf("has about %d different values such as %s, want numbers or at most %d classes",
			c.Distinct, list(c.Examples), maxCounted))
	case asked == Unknown && c.unique(n):
		return fail(fmt.Sprintf("has %d different values in %s, such as %s: want numbers, or classes that repeat",
			c.Distinct, plural(n, "row"), list(c.Examples)))
	}
	return Category, nil
}

// Features returns the columns that are used as features.
func (s *Schema) Features() []Column {
	return slices.DeleteFunc(slices.Clone(s.Columns), func(c Column) bool { return c.Target || c.Kind == Drop })
}

// quoted returns a word in quotation marks for messages, the middle of a long one cut.
func quoted(word string) string { return strconv.Quote(readable.Cut(word)) }

// list joins quoted words with commas.
func list(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = quoted(w)
	}
	return strings.Join(all, ", ")
}

// FindColumn returns the number of a column of src. The error is an *[Error], which suggests a similar name, or lists the
// columns.
func FindColumn(src Source, name string) (int, error) {
	names := src.Columns()
	if i := slices.Index(names, name); i >= 0 {
		return i, nil
	}
	return 0, &Error{File: src.Name(), Msg: "there is no column " + quoted(name) + choices(name, names)}
}

// choices ends an error about the unknown name of a column: with the most similar one, or with all.
func choices(name string, names []string) string {
	if meant := spelling.DidYouMean(name, names); meant != "" {
		return meant
	}
	const most = 20
	if len(names) > most {
		return fmt.Sprintf("; the columns are %s, …", list(names[:most]))
	}
	return "; the columns are " + list(names)
}
