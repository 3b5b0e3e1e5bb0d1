package tabular_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"slices"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tabular"
)

// weather returns a small table and its profile.
func weather() (tabular.Source, *tabular.Profile) {
	const text = "day,sky,wind,rain\n2025-06-01,clear,2.5,no\n2025-06-02,cloudy,4,no\n2025-06-03,cloudy,NA,yes\n2025-06-04,clear,3.5,no\n2025-06-05,dark,8,yes\n"
	src, err := tabular.FromBytes("weather.csv", []byte(text), tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	profile, err := tabular.Inspect(context.Background(), src)
	if err != nil {
		log.Fatal(err)
	}
	return src, profile
}

// prepare fits a preparation of the weather on all rows.
func prepare(c tabular.PreparationConfig) (tabular.Source, *tabular.Preparation) {
	src, profile := weather()
	schema, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"rain"}})
	if err != nil {
		log.Fatal(err)
	}
	prep, err := tabular.Fit(context.Background(), src, schema, nil, c)
	if err != nil {
		log.Fatal(err)
	}
	return src, prep
}

// A source of one's own: the numbers 0 to n−1 and their squares, which are computed as they are read.
type squares struct{ n int }

func (s squares) Name() string                  { return "squares" }
func (s squares) Columns() []string             { return []string{"x", "square"} }
func (s squares) Open() (tabular.Reader, error) { return &squareReader{squares: s}, nil }

type squareReader struct {
	squares
	next int
}

func (r *squareReader) Next(b *tabular.Block) error {
	b.Rows = min(1000, r.n-r.next)
	if b.Rows == 0 {
		return io.EOF
	}
	r.next += b.Rows
	return nil
}

func (r *squareReader) Parse(b *tabular.Block) error {
	text := b.Raw[:0]
	var ends []int
	for i := range b.Rows {
		x := b.First + i
		text = fmt.Append(text, x)
		ends = append(ends, len(text))
		text = fmt.Append(text, x*x)
		ends = append(ends, len(text))
	}
	b.Raw = text
	b.Reset(text, 2)
	from := 0
	for _, to := range ends {
		b.Add(from, to)
		from = to
	}
	return nil
}

func (r *squareReader) Close() error { return nil }

func ExampleSource() {
	profile, err := tabular.Inspect(context.Background(), squares{5000})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(profile.Rows, profile.Column("square").Max)
	// Output: 5000 2.4990001e+07
}

func ExampleReader() {
	src, _ := weather()
	r, err := src.Open()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	rows := 0
	for b := (tabular.Block{}); r.Next(&b) == nil; {
		rows += b.Rows
	}
	fmt.Println(rows)
	// Output: 5
}

func ExampleBlock() {
	var b tabular.Block
	b.Reset([]byte("ab12"), 2)
	b.Add(0, 2)
	b.Add(2, 4)
	fmt.Printf("%s %s\n", b.Cell(0, 0), b.Cell(0, 1))
	// Output: ab 12
}

func ExampleOptions() {
	src, err := tabular.FromBytes("points", []byte("1 2\n3 4\n"), tabular.Options{Comma: ' ', NoHeader: true})
	fmt.Println(src.Columns(), err)
	// Output: [column1 column2] <nil>
}

func ExampleFormat() {
	src, err := tabular.FromBytes("log", []byte(`{"user": {"name": "Ann"}, "ms": 12}`), tabular.Options{Format: tabular.JSONLines})
	fmt.Println(src.Columns(), err)
	// Output: [user.name ms] <nil>
}

func ExampleProfile() {
	_, profile := weather()
	fmt.Print(profile)
	// Output:
	// weather.csv: 5 rows, 4 columns
	// column  kind      missing  distinct  range or examples
	// day     time      0        5         2025-06-01 (1), 2025-06-02 (1), 2025-06-03 (1), 2025-06-04 (1), …
	// sky     category  0        3         clear (2), cloudy (2), dark (1)
	// wind    number    1        4         2.5 to 8, mean 4.5
	// rain    boolean   0        2         no (3), yes (2)
}

func ExampleColumnProfile() {
	_, profile := weather()
	wind := profile.Column("wind")
	fmt.Println(wind.Kind, wind.Missing, wind.Min, wind.Max)
	// Output: number 1 2.5 8
}

func ExampleValueCount() {
	_, profile := weather()
	for _, v := range profile.Column("sky").Values {
		fmt.Println(v.Value, v.Count)
	}
	// Output:
	// clear 2
	// cloudy 2
	// dark 1
}

func ExampleSchema() {
	_, profile := weather()
	schema, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"rain"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range schema.Features() {
		fmt.Println(c.Name, c.Kind)
	}
	// Output:
	// day time
	// sky category
	// wind number
}

func ExampleSchemaConfig() {
	_, profile := weather()
	_, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"rian"}})
	fmt.Println(err)
	// Output: tabular: weather.csv: the target "rian" is no column (did you mean "rain"?)
}

func ExampleColumn() {
	_, profile := weather()
	schema, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"rain"}, Kinds: map[string]tabular.Kind{"day": tabular.Drop}})
	if err != nil {
		log.Fatal(err)
	}
	day := schema.Columns[0]
	fmt.Printf("%s: %v, because %s\n", day.Name, day.Kind, day.Reason)
	// Output: day: drop, because it is not wanted
}

func ExamplePreparationConfig() {
	_, prep := prepare(tabular.PreparationConfig{OneHot: -1})
	fmt.Println(prep.Numeric(), "numbers, codes", prep.Cardinalities())
	// Output: 7 numbers, codes [3]
}

func ExampleColumnPreparation() {
	_, prep := prepare(tabular.PreparationConfig{})
	for _, c := range prep.Columns {
		fmt.Println(c.Name, c.Kind, c.Encoding, c.Values)
	}
	fmt.Println(prep.Targets[0].Values, prep.Targets[0].Weights())
	// Output:
	// day time  []
	// sky category one-hot [clear cloudy dark]
	// wind number  []
	// [no yes] [0.8333333 1.25]
}

func ExampleScaling() {
	_, prep := prepare(tabular.PreparationConfig{Scaling: tabular.QuantileUniform})
	fmt.Println(prep.Columns[2].Quantiles)
	// Output: [2.5 3.5 4 8]
}

func ExampleEncoding() {
	_, prep := prepare(tabular.PreparationConfig{OneHot: 2})
	fmt.Println(prep.Columns[1].Encoding, prep.Columns[1].Values) // dark occurs once and counts as unknown
	// Output: index [clear cloudy]
}

func ExampleFeature() {
	_, prep := prepare(tabular.PreparationConfig{})
	for _, f := range prep.Features() {
		fmt.Println(f.Column, f.From, f.To)
	}
	// Output:
	// day 0 5
	// sky 5 8
	// wind 8 10
}

func ExampleLoadConfig() {
	src, prep := prepare(tabular.PreparationConfig{})
	sets, err := prep.Load(context.Background(), src, nil, tabular.LoadConfig{Memory: 1}) // so little that the rows lie in a file
	if err != nil {
		log.Fatal(err)
	}
	defer sets[0].Close()
	fmt.Println(sets[0].Len(), sets[0].InFile())
	// Output: 5 true
}

func ExampleRows() {
	src, prep := prepare(tabular.PreparationConfig{})
	sets, err := prep.Load(context.Background(), src, nil, tabular.LoadConfig{})
	if err != nil {
		log.Fatal(err)
	}
	loader := data.NewLoader(sets[0], data.LoaderConfig{BatchSize: 5, Sampler: sets[0].Shuffle(), RNG: rng.NewTorch(1)})
	for batch := range loader.Batches() {
		classes := batch.Y.Int64s()
		slices.Sort(classes)
		fmt.Println(batch.X.Shape(), classes)
	}
	// Output: (5, 10) [0 0 0 1 1]
}
