package ui

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/runs"
)

// Bounds of what the view Runs shows.
const (
	pollEvery = time.Second // between looks at the files of runs
	maxRuns   = 500
	maxCurve  = 60   // points of a card's curve
	maxSteps  = 2000 // points of a curve by steps
	maxChosen = 16   // runs whose curves are overlaid
)

// runsRoutes registers what the view Runs asks: the cards, which follow the folder of runs, and the curves and settings of some.
func (s *Server) runsRoutes(r *routes) {
	r.events("follow", s.followRuns)
	r.post("curves", func(req *http.Request) (any, error) {
		var q struct {
			Runs []string `json:"runs"`
		}
		if err := decode(req, &q); err != nil {
			return nil, err
		}
		if len(q.Runs) > maxChosen {
			return nil, fail(http.StatusBadRequest, "runs.tooMany", "limit", maxChosen)
		}
		list := []any{}
		for _, name := range q.Runs {
			run, err := s.run(name)
			if err != nil {
				continue // it was removed
			}
			list = append(list, s.curves(run))
		}
		return map[string]any{"runs": list}, nil
	})
}

// followRuns sends the cards of all runs, and again when one has changed.
func (s *Server) followRuns(req *http.Request, out *stream) error {
	cards := map[string]card{}
	last := ""
	for {
		list, err := s.cards(cards)
		if err != nil {
			return err
		}
		searches, err := s.searches()
		if err != nil {
			return err
		}
		if now := fmt.Sprint(list, len(searches) > 0); now != last {
			last = now
			if err := out.send("cards", map[string]any{"folder": s.config.Runs, "cards": list, "searches": len(searches) > 0}); err != nil {
				return nil
			}
		}
		if !sleep(req, pollEvery) {
			return nil
		}
	}
}

// sleep waits, and reports false if the client left meanwhile.
func sleep(req *http.Request, d time.Duration) bool {
	select {
	case <-req.Context().Done():
		return false
	case <-time.After(d):
		return true
	}
}

// run opens a run by its name: that of its folder, or of a folder in it that is a run, too, such as
// "houses-001/fold-2", or in that of a search, "tune-mnist/trial-003".
func (s *Server) run(name string) (*runs.Run, error) {
	folder, part, isPart := strings.Cut(name, "/")
	if isFolderName(folder) && (!isPart || partName.MatchString(part)) {
		if run, err := runs.Open(filepath.Join(s.config.Runs, folder, filepath.FromSlash(part))); err == nil {
			return run, nil
		}
	}
	return nil, fail(http.StatusNotFound, "runs.unknown", "name", name)
}

var partName = regexp.MustCompile(`^(trial-\d{3,9}|fold-\d{1,3}|selection|fold-\d{1,3}/selection)$`)

// list returns the runs in the folder of runs, and those in their folders: the folds of a cross-validation, and the
// first trainings of runs that were trained twice.
func (s *Server) list() ([]*runs.Run, error) {
	var all []*runs.Run
	var add func(folder string, depth int) error
	add = func(folder string, depth int) error {
		list, err := runs.List(folder)
		for _, run := range list {
			if folder == s.config.Runs || partName.MatchString(run.Name()) {
				all = append(all, run)
				if depth > 0 && err == nil {
					err = add(run.Folder, depth-1)
				}
			}
		}
		return err
	}
	err := add(s.config.Runs, 2)
	return all, err
}

// isFolderName reports whether a name that a client sent is that of a folder, and leads to no other one.
func isFolderName(name string) bool {
	return name != "" && name == filepath.Base(name) && name != "." && name != ".." && !strings.ContainsAny(name, `/\`)
}

// nameOf returns the name by which run opens a run.
func (s *Server) nameOf(run *runs.Run) string {
	if name, err := filepath.Rel(s.config.Runs, run.Folder); err == nil {
		return filepath.ToSlash(name)
	}
	return run.Name()
}

// card is what a card of a run shows.
type card struct {
	Name    string        `json:"name"`
	Task    string        `json:"task"`
	State   string        `json:"state"`
	Epoch   int           `json:"epoch"`
	Epochs  int           `json:"epochs"`
	Folds   int           `json:"folds"` // of a cross-validation; else 0
	Fold    int           `json:"fold"`  // finished folds
	Monitor string        `json:"monitor"`
	Best    runs.Number   `json:"best"`
	At      int           `json:"bestEpoch"`
	Verdict string        `json:"verdict"`
	Error   string        `json:"error"`
	Started int64         `json:"started"` // Unix seconds; 0 if not known
	Updated int64         `json:"updated"`
	Curve   []runs.Number `json:"curve"` // of the monitored measure, or the loss

	stamp string // of the files that it was read from
}

// cards returns the cards of the runs, the newest first. Those of runs whose files are as in old are not read again.
func (s *Server) cards(old map[string]card) ([]card, error) {
	list, err := s.list()
	if err != nil {
		return nil, err
	}
	cards := []card{}
	started := map[string]int64{} // of the runs that are in no other one's folder
	for _, run := range list {
		c, known := old[s.nameOf(run)]
		if stamp := stampOf(run); !known || c.stamp != stamp {
			c = s.newCard(run)
			c.stamp = stamp
			old[c.Name] = c
		} else if c.State == string(runs.Training) && !run.Locked() { // it was killed
			c.State = string(runs.Stopped)
		}
		cards = append(cards, c)
		if !strings.Contains(c.Name, "/") {
			started[c.Name] = c.Started
		}
	}
	whole := func(c card) string {
		name, _, _ := strings.Cut(c.Name, "/")
		return name
	}
	slices.SortStableFunc(cards, func(a, b card) int { // a run is before the runs in its folder
		x, y := whole(a), whole(b)
		return cmp.Or(cmp.Compare(started[y], started[x]), strings.Compare(y, x), strings.Compare(a.Name, b.Name))
	})
	return cards[:min(len(cards), maxRuns)], nil
}

// stampOf tells by sizes and times whether the files of a run have changed.
func stampOf(run *runs.Run) string {
	stamp := ""
	for _, file := range []string{runs.StatusFile, runs.ResultsFile} {
		if info, err := os.Stat(run.Path(file)); err == nil {
			stamp += fmt.Sprint(info.Size(), info.ModTime().UnixNano(), ";")
		}
	}
	return stamp
}

// newCard reads the files of a run. What cannot be read is left out, so that one broken run does not hide the others.
func (s *Server) newCard(run *runs.Run) card {
	status, err := run.Status()
	c := card{
		Name: s.nameOf(run), Task: status.Task, State: string(status.State), Epoch: status.Epoch, Epochs: status.Epochs,
		Monitor: status.Monitor, Folds: status.Folds, Fold: status.Fold,
		Best: runs.Number(status.Best), At: status.BestEpoch, Verdict: status.Verdict, Error: status.Error,
	}
	if err != nil {
		c.State, c.Error = string(runs.Failed), err.Error()
	}
	if !status.Started.IsZero() {
		c.Started, c.Updated = status.Started.Unix(), status.Updated.Unix()
	}
	results, err := run.Results()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Error = cmp.Or(c.Error, err.Error())
	}
	curve := monitored(results, status.Monitor)
	step := max(1, (len(curve)+maxCurve-1)/maxCurve)
	for i := (len(curve) - 1) % step; i >= 0 && i < len(curve); i += step { // the last point is among them
		c.Curve = append(c.Curve, runs.Number(curve[i]))
	}
	return c
}

// monitored returns the column of the measure that decides which epoch is the best, or of the loss.
func monitored(t runs.Results, monitor string) []float64 {
	for _, name := range []string{"average_" + monitor, "validation_" + monitor, monitor, "loss"} {
		if column := t.Column(name); column != nil {
			return column
		}
	}
	return nil
}

// runCurves are the numbers of a run over its epochs and its steps, and its settings.
type runCurves struct {
	card
	Names    []string        `json:"names"` // of the columns of results.csv
	Rows     [][]runs.Number `json:"rows"`
	Steps    [][]runs.Number `json:"steps"` // step of the training, seconds since its beginning, loss, rate, steps in an epoch
	Settings []setting       `json:"settings"`
	Problem  string          `json:"problem,omitempty"` // why curves or settings are missing

	last *runs.Step // that was reported; nil if there is none
}

// setting is a value of a run's configuration.
type setting struct {
	Path string `json:"path"`
	Text string `json:"text"`
	Doc  string `json:"doc"`
}

// curves reads the files of a run. What cannot be read is left out, and named by Problem.
func (s *Server) curves(run *runs.Run) runCurves {
	c := runCurves{card: s.newCard(run), Rows: [][]runs.Number{}, Steps: [][]runs.Number{}}
	results, err := run.Results()
	c.Names = results.Names
	for _, row := range results.Rows {
		line := make([]runs.Number, len(row))
		for i, v := range row {
			line[i] = runs.Number(v)
		}
		c.Rows = append(c.Rows, line)
	}
	steps, stepsErr := run.Steps()
	c.Steps = stepCurves(steps)
	if n := len(steps); n > 0 {
		c.last = &steps[n-1]
	}
	settings, settingsErr := s.configured(run)
	c.Settings = settings
	for _, err := range []error{err, stepsErr, settingsErr} {
		if err != nil && !errors.Is(err, fs.ErrNotExist) && c.Problem == "" {
			c.Problem = err.Error()
		}
	}
	return c
}

// stepCurves returns (step, seconds, loss, rate, steps in an epoch) of at most maxSteps steps; losses of several are averaged.
func stepCurves(steps []runs.Step) [][]runs.Number {
	out := [][]runs.Number{}
	each := max(1, (len(steps)+maxSteps-1)/maxSteps)
	for i := 0; i < len(steps); i += each {
		part := steps[i:min(i+each, len(steps))]
		loss, n := 0.0, 0
		for _, s := range part {
			if v := float64(s.Loss); !math.IsNaN(v) {
				loss += v
				n++
			}
		}
		last := part[len(part)-1]
		number := last.Step
		if last.Steps > 0 {
			number += (last.Epoch - 1) * last.Steps
		}
		out = append(out, []runs.Number{
			runs.Number(number), runs.Number(last.Time.Sub(steps[0].Time).Seconds()), runs.Number(loss / float64(n)), last.LR,
			runs.Number(max(last.Steps, 1)),
		})
	}
	return out
}

// configured returns the values of a run's configuration.
func (s *Server) configured(run *runs.Run) ([]setting, error) {
	if s.config.Tasks == nil {
		return nil, nil
	}
	r, _, err := s.config.Tasks.ReadRecipe(run)
	if err != nil {
		return nil, err
	}
	var out []setting
	for _, v := range r.Values() {
		out = append(out, setting{v.Path, v.Text, v.Doc})
	}
	return out, nil
}
