package tabular

import (
	"context"
	"math"
)

// Classes reads one column of src and returns a number for each row: the same for equal values, 0, 1, … in the order in
// which the values first occur. They are the classes of [SplitStratified] and the groups of [SplitGrouped]. A row
// without a value has −1, or with groups true a number of its own. values has the value of each number.
func Classes(ctx context.Context, src Source, column string, groups bool) (codes []int32, values []string, err error) {
	at, err := locate(src, []Column{{Name: column}})
	if err != nil {
		return nil, nil, err
	}
	index := map[string]int32{}
	merge := func(b *Block, _ *struct{}) error {
		for r := range b.Rows {
			cell := trim(b.Cell(r, at[0]))
			if isMissing(cell) {
				if !groups {
					codes = append(codes, -1)
					continue
				}
				codes = append(codes, int32(len(values)))
				values = append(values, "")
				continue
			}
			k, ok := index[string(cell)]
			if !ok {
				k = int32(len(values))
				values = append(values, validUTF8(cell))
				index[string(cell)] = k
			}
			codes = append(codes, k)
		}
		return nil
	}
	err = scan(ctx, src, func(*Block, *struct{}) error { return nil }, merge)
	return codes, values, err
}

// Times reads one column of src, times or numbers, and returns a number for each row for [SplitByTime]: seconds since
// 1970, or the number itself; NaN where the value is missing.
func Times(ctx context.Context, src Source, column ColumnProfile) ([]float64, error) {
	at, err := locate(src, []Column{{Name: column.Name}})
	if err != nil {
		return nil, err
	}
	kind := Number
	if column.Layout != "" && !isNotation(column.Layout) {
		kind = Time
	}
	known := Column{Kind: kind, Missing: column.NoNumbers}
	var times []float64
	work := func(b *Block, s *[]float64) error {
		*s = (*s)[:0]
		for r := range b.Rows {
			cell := b.Cell(r, at[0])
			v := math.NaN()
			if !known.missing(cell) {
				var err error
				if v, err = valueOf(kind, column.Layout, cell); err != nil {
					return &Error{Row: r + 1, Column: column.Name, Msg: err.Error()}
				}
			}
			*s = append(*s, v)
		}
		return nil
	}
	err = scan(ctx, src, work, func(_ *Block, s *[]float64) error {
		times = append(times, *s...)
		return nil
	})
	return times, err
}
