package runs_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lamina-ml/lamina/runs"
)

// newRun returns a new run in a temporary folder, which the caller removes.
func newRun() *runs.Run {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	r, err := runs.Create(filepath.Join(folder, "run"))
	if err != nil {
		log.Fatal(err)
	}
	return r
}

func remove(r *runs.Run) {
	r.Unlock()
	os.RemoveAll(filepath.Dir(r.Folder))
}

func ExampleRun() {
	r := newRun()
	defer remove(r)
	if err := r.WriteFile(runs.ConfigFile, []byte("task: digits\n")); err != nil {
		log.Fatal(err)
	}
	r.Unlock()
	again, err := runs.Open(r.Folder)
	if err != nil {
		log.Fatal(err)
	}
	text, err := again.ReadFile(runs.ConfigFile)
	fmt.Printf("%s: %s%v\n", again.Name(), text, err)
	// Output: run: task: digits
	// <nil>
}

func ExampleStatus() {
	r := newRun()
	defer remove(r)
	if err := r.SetStatus(runs.Status{State: runs.Finished, Task: "digits", Epoch: 5, Epochs: 5, Verdict: "97% correct"}); err != nil {
		log.Fatal(err)
	}
	s, err := r.Status()
	fmt.Println(s.State, s.Epoch, s.Verdict, err)
	// Output: finished 5 97% correct <nil>
}

// A run whose process was killed is stopped: nobody holds its lock.
func ExampleState() {
	r := newRun()
	defer remove(r)
	r.SetStatus(runs.Status{State: runs.Training})
	s, _ := r.Status()
	r.Unlock()
	later, _ := r.Status()
	fmt.Println(s.State, later.State)
	// Output: training stopped
}

func ExampleResults() {
	r := newRun()
	defer remove(r)
	if err := r.WriteResults(runs.Results{Names: []string{"epoch", "loss"}, Rows: [][]float64{{1, 0.5}, {2, 0.25}}}); err != nil {
		log.Fatal(err)
	}
	t, err := r.Results()
	fmt.Println(t.Column("loss"), err)
	// Output: [0.5 0.25] <nil>
}

func ExampleInUseError() {
	r := newRun()
	defer remove(r)
	err := (&runs.Run{Folder: r.Folder}).Lock()
	var used *runs.InUseError
	fmt.Println(errors.As(err, &used))
	// Output: true
}

func ExampleExistsError() {
	r := newRun()
	defer remove(r)
	r.WriteFile(runs.ConfigFile, []byte("task: digits\n"))
	r.Unlock()
	_, err := runs.Create(r.Folder)
	var exists *runs.ExistsError
	fmt.Println(errors.As(err, &exists), exists.State)
	// Output: true stopped
}

func ExampleNotRunError() {
	_, err := runs.Open("nowhere")
	fmt.Println(err)
	// Output: nowhere is not a run: there is no such folder
}
