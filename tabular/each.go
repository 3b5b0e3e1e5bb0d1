package tabular

import (
	"context"
	"io"
)

// Each calls f for each row of src, in their order. The row is one of block b, which is valid until f returns: its number
// in the table is b.First + row, from 0. An error that f returns ends the pass; the row of a [*Error] counts from 1 in
// the block.
func Each(ctx context.Context, src Source, f func(b *Block, row int) error) error {
	reader, err := src.Open()
	if err != nil {
		return err
	}
	defer reader.Close()
	for b := (&Block{}); ; b.First += b.Rows {
		err := reader.Next(b)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = reader.Parse(b)
		}
		if err == nil {
			err = ctx.Err()
		}
		for row := 0; row < b.Rows && err == nil; row++ {
			err = f(b, row)
		}
		if err != nil {
			return located(err, src, b)
		}
	}
}
