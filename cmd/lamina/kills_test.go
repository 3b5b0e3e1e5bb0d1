package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/safetensors"
	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/tbevents"
	"github.com/lamina-ml/lamina/tune"
)

// TestKills kills a training, a search and an export some times; the test with the build tag clients does so 200 times.
func TestKills(t *testing.T) { testKills(t, 2) }

// testKills kills trainings, searches and exports at random moments, so many times each. After each kill no file may be
// torn and no best weights lost. Continued, each must end with the same bits as one that was not killed.
func testKills(t *testing.T, kills int) {
	folder := t.TempDir()
	small(t, filepath.Join(folder, "digits"))
	seed := uint64(time.Now().UnixNano())
	k := &killer{t: t, folder: folder, random: rand.New(rand.NewPCG(seed, 1))}
	defer func() {
		t.Logf("seed %d: %d kills, %d of them while a file was written", seed, k.kills, k.inWrite)
	}()
	train := []string{"train", "mnist", "--data", "digits", "--hidden", "8", "--epochs", "4", "--average", "0.9",
		"--set", "training.checkpoint=3", "--out"}
	k.repeat("train", kills, train, k.checkRun, sameRun)
	k.repeat("table", (kills+1)/2, []string{"train", "iris", "--epochs", "12", "--out"}, k.checkRun, sameRun)
	k.repeat("tune", kills, tuned[:len(tuned)-1], k.checkSearch, sameSearch)
	k.export(kills)
}

type killer struct {
	t       *testing.T
	folder  string
	random  *rand.Rand
	kills   int
	inWrite int // kills that left a temporary file
}

// repeat runs a command, whose last argument it adds, the output folder: once to the end, and then killed and continued
// until it was killed so many times and has ended.
func (k *killer) repeat(name string, kills int, args []string, check func(folder string), same func(t *testing.T, a, b string)) {
	k.t.Helper()
	with := func(out string) []string { return append(slices.Clone(args), out) }
	whole := name + "-whole"
	began := time.Now()
	must(k.t, k.folder, with(whole)...)
	took := time.Since(began)
	for n, folders := 0, 0; n < kills; folders++ {
		out := fmt.Sprintf("%s-%d", name, folders)
		for {
			command := with(out)
			if run, err := runs.Open(filepath.Join(k.folder, out)); err == nil && run.Has(runs.ConfigFile) {
				command = []string{"resume", out}
			}
			delay := time.Duration(k.random.Int64N(int64(took)))
			if n == kills {
				delay = 0
			}
			if k.run(command, delay) {
				break
			}
			n++
			k.kills++
			check(filepath.Join(k.folder, out))
			if k.t.Failed() {
				return
			}
		}
		check(filepath.Join(k.folder, out))
		same(k.t, filepath.Join(k.folder, whole), filepath.Join(k.folder, out))
	}
}

// run runs the tool, kills it after a delay unless that is 0, and reports whether it ended before.
func (k *killer) run(args []string, delay time.Duration) bool {
	k.t.Helper()
	cmd := tool(k.folder, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	if delay > 0 {
		timer := time.AfterFunc(delay, func() { cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		if strings.Contains(out.String(), "is finished") { // it was killed after its last write
			return true
		}
		k.t.Fatalf("lamina %q failed: %v\n%s", args, err, out.Bytes())
	}
	return err == nil
}

// checkRun checks that each file of a run is complete.
func (k *killer) checkRun(folder string) {
	k.t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.Contains(d.Name(), ".tmp-") {
			k.inWrite++
			return nil
		}
		if err := whole(path); err != nil {
			k.t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.t.Error(err)
	}
	run, err := runs.Open(folder)
	if err != nil {
		return
	}
	for range tbevents.ReadFolder(folder) { // a torn event at the end is allowed
	}
	status, err := run.Status()
	if err != nil {
		k.t.Error(err)
	}
	if status.BestEpoch > 0 && !run.Has(runs.BestFile) {
		k.t.Errorf("%s: epoch %d is the best, and there are no best weights", folder, status.BestEpoch)
	}
}

// whole returns an error if a file is torn.
func whole(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch filepath.Ext(path) {
	case ".safetensors":
		_, err = safetensors.Load(path)
	case ".png":
		_, err = png.Decode(bytes.NewReader(content))
	case ".json":
		err = json.Unmarshal(content, new(any))
	case ".jsonl":
		for line := range bytes.Lines(content) {
			if json.Unmarshal(line, new(any)) != nil && bytes.HasSuffix(line, []byte("\n")) {
				return fmt.Errorf("the line %q", line)
			}
		}
	case ".yaml", ".csv", ".txt":
		if !bytes.HasSuffix(content, []byte("\n")) {
			err = fmt.Errorf("%d bytes that do not end in a new line", len(content))
		}
	}
	return err
}

// sameRun compares the results of two runs: all files but those with times.
func sameRun(t *testing.T, a, b string) {
	t.Helper()
	for _, folder := range []string{a, filepath.Join(a, "weights")} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			switch name := e.Name(); {
			case e.IsDir() || strings.HasPrefix(name, "events.out.tfevents.") || strings.HasSuffix(name, ".jsonl"):
			case name == runs.StatusFile || name == runs.ResultsFile || name == runs.CheckpointFile:
			default:
				path := filepath.Join(b, strings.TrimPrefix(folder, a), name)
				if !bytes.Equal(read(t, filepath.Join(folder, name)), read(t, path)) {
					t.Errorf("%s differs from that of a training that was not killed", path)
				}
			}
		}
	}
	if x, y := results(t, a), results(t, b); !reflect.DeepEqual(x, y) {
		t.Errorf("%s: results\n%v, want\n%v", b, y, x)
	}
}

// results returns the table of a run without the times.
func results(t *testing.T, folder string) runs.Results {
	t.Helper()
	run, err := runs.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	table, err := run.Results()
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range table.Names {
		for _, row := range table.Rows {
			if name == "seconds" {
				row[i] = 0
			}
		}
	}
	return table
}

func (k *killer) checkSearch(folder string) {
	k.t.Helper()
	if _, _, err := tune.Read(filepath.Join(folder, search.StudyFile)); err != nil && !errors.Is(err, fs.ErrNotExist) &&
		!strings.Contains(err.Error(), "it is empty") {
		k.t.Error(err)
	}
	k.checkRun(folder)
	trials, err := filepath.Glob(filepath.Join(folder, "trial-*"))
	if err != nil {
		k.t.Fatal(err)
	}
	for _, trial := range trials {
		k.checkRun(trial)
	}
}

// sameSearch compares the trials of two searches, and the weights of each.
func sameSearch(t *testing.T, a, b string) {
	t.Helper()
	var all [2][]string
	for i, folder := range []string{a, b} {
		_, trials, err := tune.Read(filepath.Join(folder, search.StudyFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range trials {
			all[i] = append(all[i], fmt.Sprint(x.Number, x.Values, x.State, x.Value, x.Reports))
		}
	}
	if !reflect.DeepEqual(all[0], all[1]) {
		t.Errorf("%s: trials\n%q, want\n%q", b, all[1], all[0])
	}
	for i := range all[0] {
		for _, file := range []string{runs.BestFile, runs.LastFile} {
			path := filepath.Join(search.TrialFolder(b, i), file)
			if !bytes.Equal(read(t, filepath.Join(search.TrialFolder(a, i), file)), read(t, path)) {
				t.Errorf("%s differs from that of a search that was not killed", path)
			}
		}
	}
	if !bytes.Equal(read(t, filepath.Join(a, search.BestFile)), read(t, filepath.Join(b, search.BestFile))) {
		t.Errorf("%s: another best configuration", b)
	}
}

// export kills exports that replace a file: it is the old one or the new one.
func (k *killer) export(kills int) {
	k.t.Helper()
	must(k.t, k.folder, "export", "train-whole", "out.safetensors")
	want := read(k.t, filepath.Join(k.folder, "out.safetensors"))
	began := time.Now()
	must(k.t, k.folder, "export", "train-whole", "out.safetensors", "--force")
	took := time.Since(began)
	for n := 0; n < kills; {
		if k.run([]string{"export", "train-whole", "out.safetensors", "--force"}, time.Duration(k.random.Int64N(int64(took)))) {
			continue
		}
		n++
		k.kills++
		if !bytes.Equal(read(k.t, filepath.Join(k.folder, "out.safetensors")), want) {
			k.t.Fatal("the exported file is torn")
		}
	}
}
