package search_test

import (
	"fmt"

	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/tune"
)

func ExampleConfig() {
	c := search.Config{Folder: "runs/tune-mnist", Trials: 20, Halving: &tune.Halving{}, Ended: func(t tune.Trial) {
		fmt.Printf("trial %d: %s, %.3f\n", t.Number, t.State, t.Value)
	}}
	c.Ended(tune.Trial{Number: 3, State: tune.Complete, Value: 0.98})
	// Output: trial 3: complete, 0.980
}

func ExampleResult() {
	r := search.Result{Monitor: "accuracy", Maximize: true, Best: &tune.Trial{Number: 3, Value: 0.98}}
	fmt.Println(r.Best.Number, r.Monitor, r.Best.Value)
	// Output: 3 accuracy 0.98
}

func ExampleOtherError() {
	fmt.Println(&search.OtherError{Folder: "runs/tune-mnist"})
	// Output: runs/tune-mnist has a search with other settings (search.yaml)
}
