package task_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/metrics"
	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/tensor"
	"github.com/lamina-ml/lamina/train"
)

// divided is the task parity with folds: every third point, or so, is a test. Without folds half of the points are for
// validation, and training.refit trains on these, too.
type divided struct{ parity }

// points returns the points that have the remainder k when they are divided into n parts, or all others.
func (divided) points(ds data.Dataset, n, k int, others bool) data.Dataset {
	var list []int64
	for i := range ds.Len() {
		if (i%n == k) != others {
			list = append(list, int64(i))
		}
	}
	return data.NewSubset(ds, list)
}

func (t divided) Open(ctx context.Context, o task.Opening) (*task.Problem, error) {
	p, err := t.parity.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	all, d := p.Train.Dataset(), o.Recipe.Data.(*points)
	loader := func(ds data.Dataset) *data.Loader { return data.NewLoader(ds, data.LoaderConfig{BatchSize: 8}) }
	test := all
	switch {
	case d.Folds > 0:
		test = t.points(all, d.Folds, d.Fold-1, false)
		p.Train = loader(t.points(all, d.Folds, d.Fold-1, true))
	case o.Refit:
		p.Train, p.Validation = loader(all), nil
	default:
		p.Train, p.Validation = loader(t.points(all, 2, 0, false)), loader(t.points(all, 2, 0, true))
	}
	p.Finish = func(ctx context.Context, _ *runs.Run, h *train.History) (*task.Report, error) {
		r, err := train.Evaluate(ctx, p.Model, loader(test), p.Loss)
		return &task.Report{Verdict: fmt.Sprintf("%d epochs on %d points, tested on %d", len(h.Epochs), p.Train.Dataset().Len(), r.Total),
			Metrics: map[string]float64{"accuracy": r.Accuracy()}}, err
	}
	return p, nil
}

func (divided) CanRefit() {}

func (divided) Folds(r *recipe.Recipe) int {
	if d := r.Data.(*points); d.Fold == 0 {
		return d.Folds
	}
	return 0
}

func (divided) SetFold(r *recipe.Recipe, k int) { r.Data.(*points).Fold = k }

func (t divided) Collect(ctx context.Context, _ *runs.Run, r *recipe.Recipe, folds []task.Model) (*task.Report, error) {
	p, err := t.parity.Open(ctx, task.Opening{Recipe: r})
	if err != nil {
		return nil, err
	}
	m := metrics.NewConfusionMatrix(2)
	for k, model := range folds {
		for b := range data.NewLoader(t.points(p.Train.Dataset(), len(folds), k, false),
			data.LoaderConfig{BatchSize: 8}).Batches(data.NoGrad) {
			m.Add(model.Module().Forward(b.X), b.Y)
		}
	}
	return &task.Report{Verdict: fmt.Sprintf("%d points", m.Total()), Confusion: m}, nil
}

// temporary returns a new folder and a function that removes it.
func temporary() (folder string, remove func()) {
	folder, err := os.MkdirTemp("", "lamina")
	if err != nil {
		log.Fatal(err)
	}
	return folder, func() { os.RemoveAll(folder) }
}

func ExampleCrossValidated() {
	folder, remove := temporary()
	defer remove()
	set := task.NewSet(divided{})
	r, err := set.Train(context.Background(), task.Config{Recipe: parityRecipe(set, "data.folds", "4"), Out: filepath.Join(folder, "cv")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Status.State, r.Status.Folds, "folds; the mean accuracy is known:",
		r.Report.Metrics["accuracy"] > 0.3, r.Report.Metrics["accuracy_std"] > 0)
	one, err := runs.Open(task.FoldFolder(r.Run.Folder, 2, 4))
	if err != nil {
		log.Fatal(err)
	}
	status, err := one.Status()
	fmt.Println(status.Verdict, err)
	models, _, err := set.LoadFolds(context.Background(), r.Run.Folder, "", tensor.CPU())
	fmt.Println(len(models), "networks", err)
	// Output:
	// finished 4 folds; the mean accuracy is known: true true
	// 4 epochs on 48 points, tested on 16 <nil>
	// 4 networks <nil>
}

func ExampleFoldsError() {
	folder, remove := temporary()
	defer remove()
	set := task.NewSet(divided{})
	if _, err := set.Train(context.Background(), task.Config{Recipe: parityRecipe(set, "data.folds", "2"),
		Out: filepath.Join(folder, "cv")}); err != nil {
		log.Fatal(err)
	}
	_, _, err := set.Load(context.Background(), filepath.Join(folder, "cv"), "", tensor.CPU())
	var folds *task.FoldsError
	fmt.Println(errors.As(err, &folds), folds.Folds)
	// Output: true 2
}

func ExampleRefitted() {
	folder, remove := temporary()
	defer remove()
	set := task.NewSet(divided{})
	r, err := set.Train(context.Background(), task.Config{Recipe: parityRecipe(set, "training.refit", "true"),
		Out: filepath.Join(folder, "run")})
	if err != nil {
		log.Fatal(err)
	}
	first, err := runs.Open(filepath.Join(folder, "run", task.SelectionFolder))
	if err != nil {
		log.Fatal(err)
	}
	status, err := first.Status()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("as many epochs as the best one:", len(r.History.Epochs) == status.BestEpoch, "of", status.Epochs)
	fmt.Println(r.Run.Has(runs.BestFile))
	// Output:
	// as many epochs as the best one: true of 4
	// true
}
