package tabular

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/rng"
)

var ctx = context.Background()

// source returns text as a source.
func source(t testing.TB, name, text string) Source {
	t.Helper()
	src, err := FromBytes(name, []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// schemaOf inspects src.
func schemaOf(t testing.TB, src Source, c SchemaConfig) *Schema {
	t.Helper()
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Schema(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// prepared fits a preparation on all rows of src, and returns it with all prepared rows.
func prepared(t testing.TB, src Source, sc SchemaConfig, pc PreparationConfig) (*Preparation, *Rows) {
	t.Helper()
	p, err := Fit(ctx, src, schemaOf(t, src, sc), nil, pc)
	if err != nil {
		t.Fatal(err)
	}
	sets, err := p.Load(ctx, src, nil, LoadConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return p, sets[0]
}

// row returns row i of r.
func row(t testing.TB, r *Rows, i int) []float32 {
	t.Helper()
	v, err := r.row(i)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestScalingEqualsScikitLearn(t *testing.T) {
	f, err := os.Open("../testdata/sklearn/tabular.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var cases []map[string]json.RawMessage
	if err := json.NewDecoder(z).Decode(&cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 5 {
		t.Fatalf("%d cases", len(cases))
	}
	floats := func(c map[string]json.RawMessage, key string) (v []float64) {
		if err := json.Unmarshal(c[key], &v); err != nil {
			t.Fatal(key, err)
		}
		return v
	}
	asTable := func(values []float64) Source {
		var rows [][]string
		for _, v := range values {
			rows = append(rows, []string{strconv.FormatFloat(v, 'g', -1, 64)})
		}
		src, err := FromRecords("golden", []string{"x"}, rows)
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	for _, c := range cases {
		train := asTable(floats(c, "train"))
		for key, config := range map[string]PreparationConfig{
			"standard":            {},
			"quantile-uniform":    {Scaling: QuantileUniform},
			"quantile-normal":     {Scaling: QuantileNormal},
			"quantile-uniform 10": {Scaling: QuantileUniform, Quantiles: 10},
		} {
			schema := schemaOf(t, train, SchemaConfig{Kinds: map[string]Kind{"x": Number}})
			p, err := Fit(ctx, train, schema, nil, config)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range floats(c, key) {
				// The results are float32.
				if got := p.Columns[0].scale(floats(c, "test")[i]); math.Abs(got-want) > 1e-7*max(1, math.Abs(want)) {
					t.Errorf("%s, %s: value %v becomes %v, want %v", c["name"], key, floats(c, "test")[i], got, want)
					break
				}
			}
		}
	}
}

const people = `name,age,city,member,born,notes,height,target
Ann,31,Rome,yes,1993-05-01,likes long walks on the beach,1.70,a
Bob,,Oslo,no,1990-11-30,plays chess and reads old books,1.82,b
Cleo,45,Rome,yes,1979-02-11,runs a small shop near the station,1.65,a
Dan,28,,no,,writes code all night long,n.a.,b
`

// peopleKinds are kinds that four rows are too few to infer.
var peopleKinds = map[string]Kind{"name": Drop, "notes": Text, "height": Number, "age": Number}

func TestPreparation(t *testing.T) {
	src := source(t, "people.csv", strings.Replace(people, "n.a.", "NA", 1))
	p, rows := prepared(t, src, SchemaConfig{Targets: []string{"target"}, Kinds: peopleKinds}, PreparationConfig{Buckets: 16})
	// age and whether it is missing; city: "", Oslo, Rome; member; born: 5 and whether it is missing; notes; height.
	if p.Numeric() != 2+3+1+6+16+2 || len(p.Cardinalities()) != 0 || p.Outputs() != 2 || rows.Len() != 4 {
		t.Fatalf("%d numeric features, %v codes, %d outputs, %d rows", p.Numeric(), p.Cardinalities(), p.Outputs(), rows.Len())
	}
	mean, std := (31.+45+28)/3, math.Sqrt((31*31+45*45+28*28)/3.-math.Pow((31.+45+28)/3, 2))
	first, second, last := row(t, rows, 0), row(t, rows, 1), row(t, rows, 3)
	if got := []float32{first[0], first[1], second[0], second[1]}; got[1] != 0 || got[2] != 0 || got[3] != 1 ||
		math.Abs(float64(got[0])-(31-mean)/std) > 1e-6 {
		t.Errorf("ages %v, want %v, 0, 0, 1", got, (31-mean)/std)
	}
	if got := first[2:6]; !reflect.DeepEqual(got, []float32{0, 0, 1, 1}) {
		t.Errorf("city and member of Ann are %v", got)
	}
	if got := last[2:6]; !reflect.DeepEqual(got, []float32{1, 0, 0, 0}) {
		t.Errorf("city and member of Dan are %v", got)
	}
	if got := last[6:12]; !reflect.DeepEqual(got, []float32{0, 0, 0, 0, 0, 1}) {
		t.Errorf("Dan's unknown birthday is %v", got)
	}
	day := (31 + 28 + 31 + 30) / 365.25 // Ann's, after January 1
	if got := float64(first[7]); math.Abs(got-math.Sin(2*math.Pi*day)) > 1e-6 {
		t.Errorf("sine of Ann's birthday %v", got)
	}
	norm := 0.0
	for _, v := range first[12:28] {
		norm += float64(v) * float64(v)
	}
	if math.Abs(norm-1) > 1e-6 {
		t.Errorf("squared length %v of a text", norm)
	}
	if first[30] != 0 || second[30] != 1 {
		t.Errorf("targets %v, %v", first[30], second[30])
	}
	// Saved and read again, it prepares raw rows without targets.
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Preparation
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(p, &again) {
		t.Errorf("read again: %+v, want %+v", again, p)
	}
	raw := source(t, "new.csv",
		"height,age,notes,born,member,city,extra\n1.7,31,likes long walks on the beach,1993-05-01,yes,Rome,1\n1,2,,,NO,Paris,2\n")
	sets, err := again.Load(ctx, raw, nil, LoadConfig{NoTargets: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := row(t, sets[0], 0); !reflect.DeepEqual(got, first[:30]) {
		t.Errorf("Ann is %v, want %v", got, first[:30])
	}
	if got := row(t, sets[0], 1)[2:5]; !reflect.DeepEqual(got, []float32{0, 0, 0}) {
		t.Errorf("an unknown city is %v", got)
	}
	if unknown, err := again.Check(raw, false); err != nil || !reflect.DeepEqual(unknown, []string{"extra"}) {
		t.Errorf("unknown columns %v, %v", unknown, err)
	}
}

func TestIndices(t *testing.T) {
	var text strings.Builder
	text.WriteString("zip,y\n")
	for i := range 300 {
		fmt.Fprintf(&text, "z%d,%d\n", i%29, i%3)
	}
	text.WriteString("rare,0\n,1\n,1\n")
	p, rows := prepared(t, source(t, "zip.csv", text.String()), SchemaConfig{Targets: []string{"y"}}, PreparationConfig{})
	if got := p.Cardinalities(); !reflect.DeepEqual(got, []int{31}) || p.Numeric() != 0 || p.Outputs() != 3 {
		t.Fatalf("codes %v, want 29 values, missing and unknown", got)
	}
	if z0, rare, missing := row(t, rows, 0)[0], row(t, rows, 300)[0], row(t, rows, 301)[0]; z0 != 2 || rare != 0 || missing != 1 {
		t.Errorf("codes %v, %v, %v of z0, rare, missing", z0, rare, missing)
	}
}

func TestRegressionTargets(t *testing.T) {
	src := source(t, "t.csv", "x,p,q\n1,10.5,3\n2,20.5,NA\n3,30.5,5\n4,40.5,7.5\n")
	p, rows := prepared(t, src, SchemaConfig{Targets: []string{"p", "q"}, Kinds: map[string]Kind{"p": Number,
		"q": Number, "x": Number}}, PreparationConfig{})
	if rows.Len() != 3 || rows.MissingTargets() != 1 || p.Outputs() != 2 || p.Classes() != nil {
		t.Fatalf("%d rows, %d left out, %d outputs", rows.Len(), rows.MissingTargets(), p.Outputs())
	}
	for i, want := range []float64{10.5, 30.5, 40.5} {
		if got := p.Targets[0].Value(float64(row(t, rows, i)[1])); math.Abs(got-want) > 1e-4 {
			t.Errorf("target %v, want %v", got, want)
		}
	}
	for batch := range data.NewLoader(rows, data.LoaderConfig{BatchSize: 4}).Batches() {
		if batch.X.Shape().String() != "(3, 1)" || batch.Y.Shape().String() != "(3, 2)" {
			t.Errorf("shapes %v, %v", batch.X.Shape(), batch.Y.Shape())
		}
	}
}

// TestBooleanWords reads classes that other programs write in another way: True, true and 1.
func TestBooleanWords(t *testing.T) {
	p, _ := prepared(t, source(t, "t.csv", "a,y\n1,True\n2,False\n3,True\n"), SchemaConfig{Targets: []string{"y"}}, PreparationConfig{})
	sets, err := p.Load(ctx, source(t, "new.csv", "a,y\n1,true\n1,FALSE\n1,False\n1,1\n"), nil, LoadConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{1, 0, 0, 1} {
		if got := row(t, sets[0], i); fmt.Sprint(got[len(got)-1]) != fmt.Sprint(float64(want)) {
			t.Errorf("row %d is %v, want the class %d", i, got, want)
		}
	}
	if _, err := p.Load(ctx, source(t, "new.csv", "a,y\n1,maybe\n"), nil, LoadConfig{}); err == nil {
		t.Error("maybe is a class")
	}
}

// TestCodesAsClasses: the classes 01 and 02 keep their zeros, as the table has them.
func TestCodesAsClasses(t *testing.T) {
	p, _ := prepared(t, source(t, "t.csv", "a,y\n1,01\n2,02\n3,01\n4,10\n"), SchemaConfig{Targets: []string{"y"}}, PreparationConfig{})
	if got := p.Classes(); !slices.Equal(got, []string{"01", "02", "10"}) {
		t.Errorf("classes %q", got)
	}
	sets, err := p.Load(ctx, source(t, "new.csv", "a,y\n1,10\n1,2\n1,01\n"), nil, LoadConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float32{2, 1, 0} {
		if got := row(t, sets[0], i); got[len(got)-1] != want {
			t.Errorf("row %d is %v, want the class %v", i, got, want)
		}
	}
	if _, err := p.Load(ctx, source(t, "new.csv", "a,y\n1,3\n"), nil, LoadConfig{}); err == nil {
		t.Error("3 is a class")
	}
}

func TestFarNumbers(t *testing.T) {
	train := source(t, "t.csv", "a,y\n1,2\n2,3\n3,4\n")
	p, _ := prepared(t, train, SchemaConfig{Targets: []string{"y"}}, PreparationConfig{})
	_, err := p.Load(ctx, source(t, "new.csv", "a,y\n1,2\n1e300,3\n"), nil, LoadConfig{})
	want := `tabular: new.csv: row 2, column "a": 1e+300 is too far from the training rows: scaled it is 1.225e+300, and float32 ends at 3.403e+38`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestInfinities: infinite numbers are missing ones in a column of numbers, however many there are and however a
// program writes them; in a column of words they are words.
func TestInfinities(t *testing.T) {
	var text strings.Builder
	text.WriteString("x,word,y\n")
	for i := range 60 {
		x := fmt.Sprint(float64(i) + 0.5)
		if i%4 == 3 {
			x = "inf"
		}
		fmt.Fprintf(&text, "%s,%s,%d.25\n", x, []string{"inf", "a", "b"}[i%3], i)
	}
	p, rows := prepared(t, source(t, "t.csv", text.String()), SchemaConfig{Targets: []string{"y"}}, PreparationConfig{})
	if c := p.Columns[0]; c.Kind != Number || !c.HasMissing || row(t, rows, 3)[0] != 0 || row(t, rows, 3)[1] != 1 {
		t.Errorf("%+v, row %v", c, row(t, rows, 3))
	}
	if c := p.Columns[1]; c.Kind != Category || !slices.Contains(c.Values, "inf") {
		t.Errorf("%+v", c)
	}
	sets, err := p.Load(ctx, source(t, "new.csv", "x,word\n-Infinity,a\n+Inf,b\n-inf,inf\n"), nil, LoadConfig{NoTargets: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if got := row(t, sets[0], i); got[0] != 0 || got[1] != 1 {
			t.Errorf("row %d: %v", i+1, got)
		}
	}
}

func TestPreparationErrors(t *testing.T) {
	src := source(t, "people.csv", strings.Replace(people, "n.a.", "NA", 1))
	p, _ := prepared(t, src, SchemaConfig{Targets: []string{"target"}, Kinds: peopleKinds}, PreparationConfig{})
	header := "age,city,member,born,notes,height,target\n"
	good := "31,Rome,yes,1993-05-01,x,1.7,a\n"
	for text, want := range map[string]string{
		header + good + "old,Rome,yes,1993-05-01,x,1.7,a\n": `tabular: new.csv: row 2, column "age": "old" is no number`,
		header + good + "3,Rome,perhaps,1993-05-01,x,1,a\n": `tabular: new.csv: row 2, column "member": "perhaps" is no boolean, want true or false, yes or no, 1 or 0`,
		header + good + "3,Rome,yes,May 1,x,1,a\n":          `tabular: new.csv: row 2, column "born": "May 1" is no time in the form of 1999-12-31`,
		header + good + "3,Rome,yes,,x,1,c\n":               `tabular: new.csv: row 2, column "target": the class "c" did not occur in the training rows, whose classes are "a", "b"`,
		strings.Replace(header, "age", "aeg", 1) + good:     `tabular: new.csv: column "age": the column is missing (did you mean "aeg"?)`,
	} {
		_, err := p.Load(ctx, source(t, "new.csv", text), nil, LoadConfig{})
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	for text, want := range map[string]string{
		`{}`: "version 0",
		`{"version":1,"columns":[{"name":"a","kind":"numbr"}]}`:              `"numbr"`,
		`{"version":1,"rows":1,"columns":[{"name":"a","kind":"number"}]}`:    "standard deviation is 0",
		`{"version":1,"rows":1,"columns":[null]}`:                            "null",
		`{"version":1,"columns":[{"name":"a","kind":"text","buckets":1e9}]}`: "buckets",
		`{"version":1,"columns":[{"name":"a","kind":"text","colour":1}]}`:    "colour",
	} {
		if err := json.Unmarshal([]byte(text), &Preparation{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

// TestSpill compares rows in a file with rows in memory: in order, shuffled, and after Resume.
func TestSpill(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b,c,y\n")
	const n = 30_000
	for i := range n {
		fmt.Fprintf(&text, "%d,%d.5,k%d,%d\n", i, i%97, i%13, i%2)
	}
	src := source(t, "t.csv", text.String())
	sc := SchemaConfig{Targets: []string{"y"}, Kinds: map[string]Kind{"a": Number}}
	p, memory := prepared(t, src, sc, PreparationConfig{Scaling: NoScaling})
	sets, err := p.Load(ctx, src, nil, LoadConfig{Memory: 1, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	// Half of the rows stay in memory, the others lie in a file.
	half, err := p.Load(ctx, src, nil, LoadConfig{Memory: n * 4 * 4 / 2, // of 4 features and targets
		Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer half[0].Close()
	if s := half[0].spill; s == nil || s.kept < 3 || s.kept > n/chunkRows-3 {
		t.Errorf("half of the rows fit into memory: %+v", s)
	}
	for i := range n {
		if !reflect.DeepEqual(row(t, half[0], i), row(t, memory, i)) {
			t.Fatalf("row %d differs if half of the rows are in memory", i)
		}
	}
	file := sets[0]
	if !file.InFile() || memory.InFile() || file.Len() != n {
		t.Fatalf("in file: %v and %v, %d rows", file.InFile(), memory.InFile(), file.Len())
	}
	file.spill.window = 3
	for i := range n {
		if !reflect.DeepEqual(row(t, file, i), row(t, memory, i)) {
			t.Fatalf("row %d differs", i)
		}
	}
	pass := func(l *data.Loader) (order []float32) {
		for batch := range l.Batches() {
			order = append(order, batch.X.Select(1, 0).Contiguous().Float32s()...)
			file.mu.Lock()
			loaded := len(file.spill.loaded)
			file.mu.Unlock()
			if loaded > 6 {
				t.Fatalf("%d chunks are in memory", loaded)
			}
		}
		if err := l.Err(); err != nil {
			t.Fatal(err)
		}
		return order
	}
	config := func() data.LoaderConfig {
		return data.LoaderConfig{BatchSize: 100, Sampler: file.Shuffle(), RNG: rng.NewTorch(3), Workers: 1}
	}
	l := data.NewLoader(file, config())
	first, second := pass(l), pass(l)
	again := pass(data.NewLoader(file, config()))
	if !reflect.DeepEqual(first, again) {
		t.Error("the same seed gives another order")
	}
	if reflect.DeepEqual(first, second) {
		t.Error("two epochs have the same order")
	}
	seen := make([]bool, n)
	near := 0
	for i, v := range first {
		seen[int(v)] = true
		if i > 0 && math.Abs(float64(v-first[i-1])) < 1024 {
			near++
		}
	}
	for i := range seen {
		if !seen[i] {
			t.Fatalf("row %d does not occur", i)
		}
	}
	if near > n/2 { // a third of the neighbours are in one chunk of three
		t.Errorf("%d of %d neighbours lie within a chunk: the rows are not shuffled", near, n)
	}
	resumed := data.NewLoader(file, config())
	resumed.Resume(0, 170)
	if rest := pass(resumed); !reflect.DeepEqual(rest, first[17_000:]) {
		t.Error("after Resume the rows differ")
	}
	many := config()
	many.Workers = 4
	if order := pass(data.NewLoader(file, many)); !reflect.DeepEqual(order, first) {
		t.Error("with four workers the rows differ")
	}
	name := file.spill.file.Name()
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("after Close the file is there: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Error("Close again:", err)
	}
}

// TestUnshuffledSpill reads rows of a file in their own order: fewer of them stay in memory than in a shuffled pass.
func TestUnshuffledSpill(t *testing.T) {
	const n = (2*unshuffledChunks + 1) * chunkRows
	src := source(t, "t.csv", "a,y\n"+strings.Repeat("1,3\n2,4\n", n/2))
	p, _ := prepared(t, src, SchemaConfig{Targets: []string{"y"}, Kinds: map[string]Kind{"y": Number, "a": Number}}, PreparationConfig{})
	sets, err := p.Load(context.Background(), src, nil, LoadConfig{Memory: 1, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer sets[0].Close()
	for i := 0; i < n; i += chunkRows / 2 {
		row(t, sets[0], i)
	}
	if loaded := len(sets[0].spill.loaded); loaded != unshuffledChunks {
		t.Errorf("%d chunks are in memory, want %d", loaded, unshuffledChunks)
	}
}
