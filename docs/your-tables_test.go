package docs

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/models"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// enterHouses creates a folder with a table of houses and makes it the current folder. leave returns to the former one.
func enterHouses() (leave func()) {
	before, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "houses")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Chdir(dir); err != nil {
		log.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	text := "area,rooms,district,garden,sold,price\n"
	districts := []string{"north", "centre", "south"}
	for range 600 {
		area, district, garden := 40+r.IntN(120), r.IntN(3), r.IntN(2)
		price := float64(area)*[]float64{2, 4, 3}[district] + 40*float64(garden) + 10*r.NormFloat64()
		rooms := fmt.Sprint(1 + area/30)
		if r.IntN(20) == 0 {
			rooms = ""
		}
		text += fmt.Sprintf("%d,%s,%s,%s,2025-%02d-%02d,%.0f\n", area, rooms, districts[district], []string{"no", "yes"}[garden], 1+r.IntN(12), 1+r.IntN(28), price)
	}
	if err := os.WriteFile("houses.csv", []byte(text), 0o666); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("new.csv", []byte("area,rooms,district,garden,sold\n100,4,centre,yes,2025-06-01\n60,,north,no,2025-06-02\n100,3,harbour,no,2025-06-03\n"), 0o666); err != nil {
		log.Fatal(err)
	}
	return func() {
		if err := os.Chdir(before); err != nil {
			log.Fatal(err)
		}
		os.RemoveAll(dir)
	}
}

func Example_yourTables() {
	leave := enterHouses()
	defer leave()

	ctx := context.Background()
	table, err := tabular.Open("houses.csv", tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	profile, err := tabular.Inspect(ctx, table)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(profile)

	schema, err := profile.Schema(tabular.SchemaConfig{
		Targets: []string{"price"},
		Kinds:   map[string]tabular.Kind{"sold": tabular.Drop}, // the date of the sale is not known before
	})
	if err != nil {
		log.Fatal(err)
	}
	parts := tabular.SplitRandom(profile.Rows, 1, 0.7, 0.15, 0.15) // training, validation, test
	prep, err := tabular.Fit(ctx, table, schema, parts.Is(0), tabular.PreparationConfig{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prep.Width(), "features:")
	for _, f := range prep.Features() {
		fmt.Printf("%s %v %d–%d\n", f.Column, f.Kind, f.From, f.To-1)
	}

	sets, err := prep.Load(ctx, table, parts, tabular.LoadConfig{})
	if err != nil {
		log.Fatal(err)
	}
	for _, set := range sets {
		defer set.Close()
	}
	g := rng.NewTorch(1)
	model := nn.Sequential{
		nn.NewLinear(g, prep.Width(), 64), &nn.ReLU{},
		nn.NewLinear(g, 64, 64), &nn.ReLU{},
		nn.NewLinear(g, 64, prep.Outputs()),
	}
	_, err = train.Fit(ctx, model, train.Config{
		Train:      data.NewLoader(sets[0], data.LoaderConfig{BatchSize: 32, Sampler: sets[0].Shuffle(), RNG: g}),
		Validation: data.NewLoader(sets[1], data.LoaderConfig{BatchSize: 100}),
		Optimizer:  optim.NewAdamW(nn.Parameters(model), optim.AdamWConfig{LR: 0.003}),
		Loss:       nn.MSELoss{},
		Epochs:     20,
		KeepBest:   true,
	})
	if err != nil {
		log.Fatal(err)
	}

	result, err := train.Evaluate(ctx, model, data.NewLoader(sets[2], data.LoaderConfig{BatchSize: 100}), nn.MSELoss{})
	if err != nil {
		log.Fatal(err)
	}
	price := prep.Targets[0]
	fmt.Println("below 20 of", math.Round(price.Std), "that the mean would have:", math.Sqrt(result.Loss)*price.Std < 20)

	text, err := json.Marshal(prep)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("preparation.json", text, 0o666); err != nil {
		log.Fatal(err)
	}
	if err := safetensors.SaveModel("model.safetensors", model); err != nil {
		log.Fatal(err)
	}

	var saved tabular.Preparation
	if text, err = os.ReadFile("preparation.json"); err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(text, &saved); err != nil {
		log.Fatal(err)
	}
	if err := safetensors.LoadModel("model.safetensors", model); err != nil {
		log.Fatal(err)
	}
	raw, err := tabular.Open("new.csv", tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	rows, err := saved.Load(ctx, raw, nil, tabular.LoadConfig{NoTargets: true})
	if err != nil {
		log.Fatal(err)
	}
	nn.Eval(model)
	for batch := range data.NewLoader(rows[0], data.LoaderConfig{BatchSize: 100}).Batches(data.NoGrad) {
		for i, y := range model.Forward(batch.X).Float32s() {
			fmt.Printf("row %d: about %.0f\n", i+1, 100*math.Round(saved.Targets[0].Value(float64(y))/100))
		}
	}
	// Output:
	// houses.csv: 600 rows, 6 columns
	// column    kind      missing  distinct  range or examples
	// area      number    0        120       40 to 159, mean 98.65
	// rooms     number    37       5         2 to 6, mean 3.792
	// district  category  0        3         south (213), centre (198), north (189)
	// garden    boolean   0        2         no (309), yes (291)
	// sold      time      0        283       2025-12-23, 2025-05-13, 2025-04-08
	// price     number    0        344       76 to 687, mean 317.8
	// 7 features:
	// area number 0–0
	// rooms number 1–2
	// district category 3–5
	// garden boolean 6–6
	// below 20 of 137 that the mean would have: true
	// row 1: about 400
	// row 2: about 100
	// row 3: about 300
}

func Example_badTable() {
	_, err := tabular.FromRecords("houses", []string{"area", "price", "area"}, nil)
	fmt.Println(err)

	table, err := tabular.FromBytes("houses.csv", []byte("area,price\n50,200\n80,\"410\n"), tabular.Options{})
	if err == nil {
		_, err = tabular.Inspect(context.Background(), table)
	}
	fmt.Println(err)

	table, err = tabular.FromBytes("houses.csv", []byte("area,price\n50,200\n80,410\n65,260\n"), tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	profile, err := tabular.Inspect(context.Background(), table)
	if err != nil {
		log.Fatal(err)
	}
	_, err = profile.Schema(tabular.SchemaConfig{Targets: []string{"prize"}})
	fmt.Println(err)
	// Output:
	// tabular: houses: column "area": two columns have this name
	// tabular: houses.csv: row 2: a quote is not closed until the end of the file
	// tabular: houses.csv: the target "prize" is no column (did you mean "price"?)
}

func Example_tableSplits() {
	visits, err := tabular.FromRecords("visits", []string{"patient", "day", "ill"}, [][]string{
		{"Ada", "2025-01-03", "yes"}, {"Ben", "2025-01-04", "no"}, {"Ada", "2025-02-01", "yes"}, {"Eve", "2025-02-02", "no"},
		{"Ben", "2025-03-01", "no"}, {"Eve", "2025-03-07", "yes"}, {"Kim", "2025-04-01", "no"}, {"Kim", "2025-05-01", "yes"},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	ill, values, err := tabular.Classes(ctx, visits, "ill", false)
	if err != nil {
		log.Fatal(err)
	}
	patients, _, err := tabular.Classes(ctx, visits, "patient", true)
	if err != nil {
		log.Fatal(err)
	}
	profile, err := tabular.Inspect(ctx, visits)
	if err != nil {
		log.Fatal(err)
	}
	days, err := tabular.Times(ctx, visits, *profile.Column("day"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(values, ill)
	fmt.Println("as many ill in each part:", tabular.SplitStratified(ill, 1, 0.5, 0.5))
	fmt.Println("a patient in one part:   ", tabular.SplitGrouped(patients, 1, 0.5, 0.5))
	fmt.Println("the past predicts:       ", tabular.SplitByTime(days, 0.75, 0.25))
	fmt.Println("four folds:              ", tabular.KFoldStratified(ill, 1, 4))
	// Output:
	// [yes no] [0 1 0 1 1 0 1 0]
	// as many ill in each part: [0 1 1 0 0 0 1 1]
	// a patient in one part:    [0 0 0 1 0 1 1 1]
	// the past predicts:        [0 0 0 0 0 0 1 1]
	// four folds:               [1 2 3 0 1 0 3 2]
}

func Example_tableNetworks() {
	inputs := models.TabularInputs{Numbers: 2, Categories: []int{4}} // prep.Numeric() and prep.Cardinalities()
	x := tensor.From([]float32{
		0.5, -1.0, 3,
		1.2, +0.1, 0, // the code 0: a category that did not occur in training
	}, 2, 3)

	g := rng.NewTorch(1)
	for _, model := range []nn.Module{
		models.NewTabularLinear(g, inputs, 1),
		models.NewTabularMLP(g, inputs, 1),
		models.NewTabularResNet(g, inputs, 1),
		models.NewFTTransformer(g, inputs, 1),
	} {
		nn.Eval(model)
		fmt.Printf("%T: %v → %v\n", model, x.Shape(), model.Forward(x).Shape())
	}
	// Output:
	// *models.TabularLinear: (2, 3) → (2, 1)
	// *models.TabularMLP: (2, 3) → (2, 1)
	// *models.TabularResNet: (2, 3) → (2, 1)
	// *models.FTTransformer: (2, 3) → (2, 1)
}

func Example_tableFolds() {
	defer enterHouses()()
	tasks := task.NewSet(table.Task{})
	settings := recipe.NewDocument()
	for _, s := range [][2]string{{"task", "table"}, {"data.path", "houses.csv"}, {"data.target", "price"}, {"data.folds", "3"}, {"training.epochs", "8"}} {
		if err := settings.Set(s[0], s[1], "the program"); err != nil {
			log.Fatal(err)
		}
	}
	configuration, err := settings.Decode(tasks.Registry)
	if err != nil {
		log.Fatal(err)
	}
	result, err := tasks.Train(context.Background(), task.Config{Recipe: configuration, Out: "runs/houses"})
	if err != nil {
		log.Fatal(err)
	}
	r2, std := result.Report.Metrics["r2"], result.Report.Metrics["r2_std"]
	fmt.Println("R² is above 0.9, and about the same in each fold:", r2 > 0.9, std < 0.05)

	file, err := os.Open("runs/houses/out_of_fold.csv")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows[0], len(rows)-1, "rows")
	// Output:
	// R² is above 0.9, and about the same in each fold: true true
	// [row fold price predicted_price] 600 rows
}

func Example_loadTableRun() {
	defer enterHouses()()
	trainRun("runs/houses-001", "task=table", "data.path=houses.csv", "data.target=price", "training.epochs=20")
	ctx := context.Background()

	tasks := task.NewSet(table.Task{})
	loaded, _, err := tasks.Load(ctx, "runs/houses-001", "best", tensor.CPU())
	if err != nil {
		log.Fatal(err)
	}
	network := loaded.(*table.Model)
	prep := network.Preparation()
	request, err := tabular.FromRecords("request", []string{"area", "rooms", "district", "garden", "sold"}, [][]string{
		{"100", "4", "centre", "yes", "2025-06-01"},
		{"60", "", "north", "no", "2025-06-02"},
	})
	if err != nil {
		log.Fatal(err)
	}
	rows, err := prep.Load(ctx, request, nil, tabular.LoadConfig{NoTargets: true})
	if err != nil {
		log.Fatal(err)
	}
	for batch := range data.NewLoader(rows[0], data.LoaderConfig{BatchSize: 100}).Batches(data.NoGrad) {
		for i, y := range network.Module().Forward(batch.X).Float32s() {
			fmt.Printf("row %d: about %.0f\n", i+1, 100*math.Round(prep.Targets[0].Value(float64(y))/100))
		}
	}
	// Output:
	// row 1: about 400
	// row 2: about 100
}

func Example_writeParquet() {
	defer enterHouses()()
	houses, err := tabular.Open("houses.csv", tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	out, err := os.Create("houses.parquet")
	if err != nil {
		log.Fatal(err)
	}
	if err := parquet.Convert(context.Background(), out, houses); err != nil {
		log.Fatal(err)
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
	again, err := parquet.Open("houses.parquet")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.Columns())
	// Output:
	// [area rooms district garden sold price]
}
