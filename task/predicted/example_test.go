package predicted_test

import (
	"context"
	"fmt"
	"os"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task/predicted"
)

func ExampleTable() {
	src, err := tabular.FromRecords("houses", []string{"id", "size", "city"}, [][]string{{"H1", "80", "Rome"}, {"H2", "95", "Oslo, east"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	columns, err := predicted.Columns(src, []string{"id", "city"}, []string{"predicted_price"})
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := predicted.New(context.Background(), os.Stdout, "", src, columns,
		[]parquet.Column{{Name: "predicted_price", Type: parquet.Double}})
	if err != nil {
		fmt.Println(err)
		return
	}
	t.Write("310000")
	t.Write("452000")
	fmt.Println(t.Close())
	// Output:
	// id,city,predicted_price
	// H1,Rome,310000
	// H2,"Oslo, east",452000
	// <nil>
}
