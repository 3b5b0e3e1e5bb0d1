package tune_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/tune"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// loss stands for a training: it is lowest for a rate of 0.003 and falls with every epoch.
func loss(v tune.Values, epoch int) float64 {
	lr, err := v.Float("optimizer.lr")
	check(err)
	return math.Pow(math.Log10(lr/0.003), 2) + 1/float64(epoch)
}

func rates() tune.Space {
	p, err := tune.ParseParam("optimizer.lr", "log:1e-5..1.0")
	check(err)
	return tune.Space{p}
}

// searched returns the trials of a study.
func searched(c tune.Config) []tune.Trial {
	dir, err := os.MkdirTemp("", "tune")
	check(err)
	defer os.RemoveAll(dir)
	study, err := tune.Open(filepath.Join(dir, "study.jsonl"), c)
	check(err)
	defer study.Close()
	check(study.Run(context.Background(), 30, 1, func(_ context.Context, a *tune.Attempt) (float64, error) {
		for epoch := 1; epoch <= 9; epoch++ {
			stop, err := a.Report(epoch, loss(a.Values, epoch))
			if err != nil {
				return 0, err
			}
			if stop {
				return 0, tune.ErrPruned
			}
		}
		return loss(a.Values, 9), nil
	}))
	trials, err := study.Trials()
	check(err)
	return trials
}

func ExampleStudy() {
	trials := searched(tune.Config{Space: rates(), Halving: &tune.Halving{}})
	best := tune.Rank(trials, false)[0]
	pruned := 0
	for _, t := range trials {
		if t.State == tune.Pruned {
			pruned++
		}
	}
	fmt.Println(len(trials), "trials,", pruned > 10, best.Value < 0.2)
	// Output: 30 trials, true true
}

func ExampleConfig() {
	trials := searched(tune.Config{Space: rates(), Sampler: tune.Random{}, Seed: 7})
	fmt.Println(len(trials[0].Reports), trials[29].State)
	// Output: 9 complete
}

func ExampleAttempt() {
	dir, err := os.MkdirTemp("", "tune")
	check(err)
	defer os.RemoveAll(dir)
	study, err := tune.Open(filepath.Join(dir, "study.jsonl"), tune.Config{Space: rates()})
	check(err)
	defer study.Close()
	check(study.Run(context.Background(), 1, 1, func(_ context.Context, a *tune.Attempt) (float64, error) {
		_, err := a.Report(1, 0.5)
		fmt.Println(a.Number, a.Continued, a.Reports)
		return 0.5, err
	}))
	// Output: 0 false [0.5]
}

func ExampleParam() {
	for _, text := range []string{"log:1e-4..1e-1", "16..512", "adam,sgd", "0.0..0.99 if optimizer.name=sgd"} {
		p, err := tune.ParseParam("p", text)
		fmt.Println(p.Low, p.High, p.Int, p.Log, p.Choices, p.IfValue, err)
	}
	// Output:
	// 0.0001 0.1 false true []  <nil>
	// 16 512 true false []  <nil>
	// 0 0 false false [adam sgd]  <nil>
	// 0 0.99 false false [] sgd <nil>
}

func ExampleSpace() {
	space := tune.Space{{Name: "dropout", Low: 0, High: 0.5}, {Name: "dropout", Low: 0, High: 0.9}}
	fmt.Println(space.Check())
	// Output: two ranges for dropout
}

func ExampleValues() {
	v := tune.Values{"optimizer.name": "sgd", "optimizer.lr": "0.003162", "model.layers": "3"}
	lr, err := v.Float("optimizer.lr")
	layers, err2 := v.Int("model.layers")
	fmt.Println(v["optimizer.name"], lr, layers, err, err2)
	_, err = v.Int("optimizer.lr")
	fmt.Println(err)
	_, err = v.Float("optimizer.momentum")
	fmt.Println(err)
	// Output:
	// sgd 0.003162 3 <nil> <nil>
	// optimizer.lr is 0.003162, which is no whole number
	// the trial has no value of optimizer.momentum
}

func ExampleSampler() {
	for _, s := range []tune.Sampler{tune.TPE{}, tune.Random{}} {
		v := s.Suggest(tune.Space{{Name: "layers", Low: 2, High: 3, Int: true}}, nil, rand.New(rand.NewPCG(1, 2)))
		fmt.Println(v["layers"] == "2" || v["layers"] == "3")
	}
	// Output:
	// true
	// true
}

func ExampleRandom() {
	r := rand.New(rand.NewPCG(1, 2))
	v := tune.Random{}.Suggest(tune.Space{{Name: "optimizer.name", Choices: []string{"adam"}}}, nil, r)
	fmt.Println(v)
	// Output: map[optimizer.name:adam]
}

func ExampleTPE() {
	trials := searched(tune.Config{Space: rates(), Sampler: tune.TPE{Startup: 5}, Seed: 1})
	near := 0
	for _, t := range trials[15:] {
		if loss(t.Values, 9) < 1 { // within a factor of 10 of the best rate
			near++
		}
	}
	fmt.Println(near >= 8) // of 15; random search has 6 on average
	// Output: true
}

func ExampleHalving() {
	trials := searched(tune.Config{Space: rates(), Halving: &tune.Halving{MinEpochs: 3}})
	for _, t := range trials {
		if t.State == tune.Pruned {
			fmt.Println("a bad trial stopped after", len(t.Reports), "epochs")
			break
		}
	}
	// Output: a bad trial stopped after 3 epochs
}

func ExampleTrial() {
	trials := []tune.Trial{{Number: 0, State: tune.Failed}, {Number: 1, State: tune.Complete, Value: 0.3,
		Values: tune.Values{"optimizer.lr": "0.01"}},
		{Number: 2, State: tune.Complete, Value: 0.2, Values: tune.Values{"optimizer.lr": "0.001"}}}
	fmt.Print(tune.Leaderboard(rates(), trials, false, 2))
	// Output:
	// rank  trial  value  epochs  state     optimizer.lr
	// 1     2      0.2    0       complete  0.001
	// 2     1      0.3    0       complete  0.01
}

func ExampleState() {
	ranked := tune.Rank([]tune.Trial{{State: tune.Running}, {State: tune.Pruned}, {State: tune.Complete}}, false)
	fmt.Println(ranked[0].State, ranked[1].State, ranked[2].State)
	// Output: complete pruned running
}
