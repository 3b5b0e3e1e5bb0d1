package tabular_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tabular"
)

const houses = `area,rooms,city,sold,price
50,2,Rome,2024-03-01,200
80,3,Oslo,2024-04-15,410
65,,Rome,2024-05-20,260
120,5,Bern,2024-05-21,800
95,4,Oslo,2024-06-02,505
`

func Example() {
	ctx := context.Background()
	src, err := tabular.FromBytes("houses.csv", []byte(houses), tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	profile, err := tabular.Inspect(ctx, src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(profile)
	schema, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"price"}, Kinds: map[string]tabular.Kind{"price": tabular.Number}})
	if err != nil {
		log.Fatal(err)
	}
	parts := tabular.SplitRandom(profile.Rows, 1, 0.8, 0.2)
	prep, err := tabular.Fit(ctx, src, schema, parts.Is(0), tabular.PreparationConfig{})
	if err != nil {
		log.Fatal(err)
	}
	sets, err := prep.Load(ctx, src, parts, tabular.LoadConfig{})
	if err != nil {
		log.Fatal(err)
	}
	g := rng.NewTorch(1)
	for batch := range data.NewLoader(sets[0], data.LoaderConfig{BatchSize: 2, Sampler: sets[0].Shuffle(), RNG: g}).Batches() {
		fmt.Println(batch.X.Shape(), batch.Y.Shape())
	}
	// Output:
	// houses.csv: 5 rows, 5 columns
	// column  kind      missing  distinct  range or examples
	// area    number    0        5         50 to 120, mean 82
	// rooms   number    1        4         2 to 5, mean 3.5
	// city    category  0        3         Oslo (2), Rome (2), Bern (1)
	// sold    time      0        5         2024-03-01 (1), 2024-04-15 (1), 2024-05-20 (1), 2024-05-21 (1), …
	// price   number    0        5         200 to 800, mean 435
	// (2, 11) (2, 1)
	// (2, 11) (2, 1)
}

func ExamplePreparation() {
	src, err := tabular.FromRecords("pets", []string{"legs", "sound", "pet"}, [][]string{{"4", "bark", "dog"},
		{"4", "meow", "cat"}, {"2", "tweet", "bird"}})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	profile, err := tabular.Inspect(ctx, src)
	if err != nil {
		log.Fatal(err)
	}
	schema, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"pet"}})
	if err != nil {
		log.Fatal(err)
	}
	prep, err := tabular.Fit(ctx, src, schema, nil, tabular.PreparationConfig{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prep.Numeric(), "numeric features, classes", prep.Classes())
	saved, err := json.Marshal(prep)
	if err != nil {
		log.Fatal(err)
	}
	var again tabular.Preparation
	if err := json.Unmarshal(saved, &again); err != nil {
		log.Fatal(err)
	}
	raw, err := tabular.FromBytes("new.csv", []byte("legs,sound\n4,bark\nfour,bark\n"), tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = again.Load(ctx, raw, nil, tabular.LoadConfig{NoTargets: true})
	fmt.Println(err)
	// Output:
	// 4 numeric features, classes [bird cat dog]
	// tabular: new.csv: row 2, column "legs": "four" is no number
}

func ExampleParts() {
	class := []int32{0, 0, 0, 0, 1, 1, 1, 1}
	parts := tabular.SplitStratified(class, 1, 0.5, 0.5)
	fmt.Println(parts.Count(0), parts.Count(1))
	folds := tabular.KFoldGrouped([]int32{0, 0, 0, 1, 1, 2}, 2)
	fmt.Println(folds, folds.Fold(1))
	// Output:
	// 4 4
	// [0 0 0 1 1 1] [0 0 0 1 1 1]
}

func ExampleError() {
	_, err := tabular.FromRecords("t", []string{"a", "b"}, [][]string{{"1", "2"}, {"3"}})
	fmt.Println(err)
	// Output: tabular: t: row 2: it has 1 cell, want 2, one for each column
}

func ExampleKind() {
	_, err := tabular.ParseKind("float")
	fmt.Println(err)
	// Output: tabular: kind "float" of a column, want one of number, category, boolean, time, text, drop
}

func ExampleWarning() {
	src, err := tabular.FromBytes("t.csv", []byte("city,x\nRome,1\nrome,2\nOslo,1\nRome,3\n"), tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	profile, err := tabular.Inspect(ctx, src)
	if err != nil {
		log.Fatal(err)
	}
	warnings, err := tabular.Lint(ctx, src, profile, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, w := range warnings {
		fmt.Println(w)
	}
	// Output: city: "rome" (1 row) looks like "Rome" (2)
}

func ExampleEach() {
	src, err := tabular.FromBytes("houses.csv", []byte("area,price\n50,200\n80,410\n"), tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	err = tabular.Each(context.Background(), src, func(b *tabular.Block, row int) error {
		fmt.Printf("row %d: %s\n", b.First+row+1, b.Cell(row, 1))
		return nil
	})
	fmt.Println(err)
	// Output:
	// row 1: 200
	// row 2: 410
	// <nil>
}
