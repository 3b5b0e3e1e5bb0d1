// Command largetable trains a network on a CSV file that is larger than the memory it may take, and says how long each
// part took. With -generate it first writes the file: rows × 20 numbers and a target.
//
//	go run ./bench/largetable -generate 10000000 /tmp/large.csv
//	go run ./bench/largetable /tmp/large.csv
//	python bench/largetable/pandas_train.py /tmp/large.csv
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/optim"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/tabular"
)

const columns = 20

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "largetable:", err)
		os.Exit(1)
	}
}

func run() error {
	rows := flag.Int("generate", 0, "write a file with so many rows")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	weights := flag.String("weights", filepath.Join(os.TempDir(), "largetable.safetensors"), "write the trained weights to this file")
	flag.Parse()
	if flag.NArg() != 1 {
		return errors.New("usage: largetable [-generate ROWS] FILE.csv")
	}
	if *rows > 0 {
		return generate(flag.Arg(0), *rows)
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return train(flag.Arg(0), *weights)
}

// generate writes normally distributed numbers with six decimals, and a target that depends on some of them.
func generate(path string, rows int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for c := range columns {
		fmt.Fprintf(w, "x%d,", c)
	}
	fmt.Fprintln(w, "y")
	r := rand.New(rand.NewPCG(1, 1))
	var line []byte
	for range rows {
		line = line[:0]
		var x [columns]float64
		for c := range x {
			x[c] = float64(c) + float64(c+1)*r.NormFloat64()
			line = strconv.AppendFloat(line, x[c], 'f', 6, 64)
			line = append(line, ',')
		}
		y := (x[0]+x[1])*(x[2]-2) + x[3] + 0.1*r.NormFloat64()
		line = strconv.AppendFloat(line, y, 'f', 6, 64)
		line = append(line, '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// train trains 20-64-64-1 for one epoch in batches of 4096, and saves the model.
func train(path, weights string) error {
	ctx := context.Background()
	start := time.Now()
	last := start
	lap := func(what string) {
		now := time.Now()
		fmt.Printf("%-10s %7.2f s\n", what, now.Sub(last).Seconds())
		last = now
	}
	src, err := tabular.Open(path, tabular.Options{})
	if err != nil {
		return err
	}
	profile, err := tabular.Inspect(ctx, src)
	if err != nil {
		return err
	}
	lap("inspect")
	schema, err := profile.Schema(tabular.SchemaConfig{Targets: []string{"y"}})
	if err != nil {
		return err
	}
	parts := tabular.SplitRandom(profile.Rows, 1, 0.99, 0.01)
	lap("split")
	prep, err := tabular.Fit(ctx, src, schema, parts.Is(0), tabular.PreparationConfig{})
	if err != nil {
		return err
	}
	lap("fit")
	sets, err := prep.Load(ctx, src, parts, tabular.LoadConfig{})
	if err != nil {
		return err
	}
	for _, s := range sets {
		defer s.Close()
	}
	lap("load")

	g := rng.NewTorch(1)
	model := nn.Sequential{
		nn.NewLinear(g, prep.Width(), 64), &nn.ReLU{},
		nn.NewLinear(g, 64, 64), &nn.ReLU{},
		nn.NewLinear(g, 64, 1),
	}
	opt := optim.NewAdam(nn.Parameters(model), optim.AdamConfig{})
	loader := data.NewLoader(sets[0], data.LoaderConfig{BatchSize: 4096, Sampler: sets[0].Shuffle(), RNG: g, Workers: 2})
	waited, sum, n := time.Duration(0), 0.0, 0
	wait := time.Now()
	for batch := range loader.Batches() {
		waited += time.Since(wait)
		loss := nn.MSE(model.Forward(batch.X), batch.Y)
		opt.ZeroGrad()
		loss.Backward()
		opt.Step()
		sum += float64(loss.Float32s()[0])
		n++
		wait = time.Now()
	}
	if err := loader.Err(); err != nil {
		return err
	}
	training := time.Since(last)
	lap("train")
	if err := safetensors.SaveModel(weights, model); err != nil {
		return err
	}
	test, m := 0.0, 0
	tests := data.NewLoader(sets[1], data.LoaderConfig{BatchSize: 4096})
	for batch := range tests.Batches(data.NoGrad) {
		size := batch.X.Dim(0)
		test += float64(size) * float64(nn.MSE(model.Forward(batch.X), batch.Y).Float32s()[0])
		m += size
	}
	if err := tests.Err(); err != nil {
		return err
	}
	fmt.Printf("total      %7.2f s\nloss %.4f, test loss %.4f; training waited for data %.1f%% of its time\n", time.Since(start).Seconds(),
		sum/float64(n), test/float64(m), 100*waited.Seconds()/training.Seconds())
	fmt.Println(peak())
	return nil
}

// peak returns the largest resident memory of the process so far.
func peak() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
