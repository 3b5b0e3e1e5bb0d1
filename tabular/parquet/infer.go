package parquet

import (
	"bytes"
	"context"
	"io"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/lamina-ml/lamina/tabular"
)

// Infer reads some columns of a table, given by their numbers, and returns for each the narrowest type that keeps what
// its cells say: Boolean for true and false, Int64 and Double for numbers without leading zeros (Double also for inf),
// Date for 2006-01-02, Timestamp for 2006-01-02 15:04:05 with at most microseconds, else String. Cells that are empty
// or say NA or the like do not count.
func Infer(ctx context.Context, src tabular.Source, columns []int) ([]Type, error) {
	fits := make([][Timestamp + 1]bool, len(columns))
	found := make([]bool, len(columns))
	for i := range fits {
		for t := range fits[i] {
			fits[i][t] = true
		}
	}
	err := tabular.Each(ctx, src, func(b *tabular.Block, row int) error {
		for i, c := range columns {
			cell := b.Cell(row, c)
			if missing(cell) {
				continue
			}
			found[i] = true
			for t := Double; t <= Timestamp; t++ {
				if fits[i][t] {
					_, fits[i][t] = parse(cell, t)
				}
			}
		}
		return nil
	})
	types := make([]Type, len(columns))
	for i := range columns {
		for _, t := range []Type{Boolean, Int64, Double, Date, Timestamp} {
			if found[i] && fits[i][t] {
				types[i] = t
				break
			}
		}
	}
	return types, err
}

// Cell returns what a cell of a table is for [Writer.Write] in a column of a type that [Infer] returned: nil if it is
// missing.
func Cell(cell []byte, t Type) any {
	if t == String {
		if len(cell) == 0 {
			return nil
		}
		return string(bytes.ToValidUTF8(cell, []byte("�")))
	}
	if missing(cell) {
		return nil
	}
	v, ok := parse(cell, t)
	if !ok {
		return nil
	}
	return v
}

// Convert writes a table as Parquet: the types of its columns are those that [Infer] finds.
func Convert(ctx context.Context, w io.Writer, src tabular.Source) error {
	var columns []Column
	var numbers []int
	for i, name := range src.Columns() {
		columns, numbers = append(columns, Column{Name: name}), append(numbers, i)
	}
	types, err := Infer(ctx, src, numbers)
	if err != nil {
		return err
	}
	for i, t := range types {
		columns[i].Type = t
	}
	out, err := NewWriter(w, columns)
	if err != nil {
		return err
	}
	line := make([]any, len(columns))
	err = tabular.Each(ctx, src, func(b *tabular.Block, row int) error {
		for i, t := range types {
			line[i] = Cell(b.Cell(row, i), t)
		}
		return out.Write(line...)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// anyColumn tells which cells are missing in every column.
var anyColumn tabular.ColumnPreparation

func missing(cell []byte) bool { return anyColumn.IsMissing(cell) }

// plainNumber is a number as people and programs write it; 007 is a name.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// parse returns a cell as a value of a type that is not String; false if the value would not say what the cell says.
func parse(cell []byte, t Type) (any, bool) {
	text := string(cell)
	switch t {
	case Boolean:
		switch text {
		case "true", "True", "TRUE":
			return true, true
		case "false", "False", "FALSE":
			return false, true
		}
	case Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		return v, err == nil && strconv.FormatInt(v, 10) == text
	case Double:
		switch text {
		case "inf", "Inf", "+Inf", "Infinity":
			return math.Inf(1), true
		case "-inf", "-Inf", "-Infinity":
			return math.Inf(-1), true
		}
		if !plainNumber.Match(cell) {
			return nil, false
		}
		v, err := strconv.ParseFloat(text, 64)
		whole := !bytes.ContainsAny(cell, ".eE")
		return v, err == nil && (!whole || strconv.FormatFloat(v, 'f', -1, 64) == text)
	case Date:
		v, err := time.Parse(time.DateOnly, text)
		return v, err == nil
	case Timestamp:
		v, err := time.Parse(time.DateTime, text) // also with a fraction
		return v, err == nil && v.Nanosecond()%1000 == 0
	}
	return nil, false
}
