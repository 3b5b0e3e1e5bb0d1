package ui

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/lamina-ml/lamina/runs"
	"github.com/lamina-ml/lamina/task/search"
	"github.com/lamina-ml/lamina/tune"
)

// Bounds of what the view Tuning shows.
const (
	maxSearches = 200
	maxTrials   = 500 // the best ones, and those that run
)

// tuningRoutes registers what the view Tuning asks: the searches in the folder of runs, and the trials of one.
func (s *Server) tuningRoutes(r *routes) {
	r.events("searches", func(req *http.Request, out *stream) error {
		last := ""
		for {
			list, err := s.searches()
			if err != nil {
				return err
			}
			if now := fmt.Sprint(list); now != last || last == "" {
				last = now
				if err := out.send("searches", map[string]any{"folder": s.config.Runs, "searches": list}); err != nil {
					return nil
				}
			}
			if !sleep(req, pollEvery) {
				return nil
			}
		}
	})
	r.events("follow/{search}", s.followSearch)
}

// searches returns the names of the searches, the one that was changed last first.
func (s *Server) searches() ([]string, error) {
	entries, err := os.ReadDir(s.config.Runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names, changed := []string{}, map[string]time.Time{}
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(s.config.Runs, e.Name(), search.StudyFile)); err == nil {
			names = append(names, e.Name())
			changed[e.Name()] = info.ModTime()
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return changed[b].Compare(changed[a]) })
	return names[:min(len(names), maxSearches)], nil
}

// followSearch sends the state of a search, and again when it has changed. A large file is read less often, so that
// following a search takes little time from its trainings.
func (s *Server) followSearch(req *http.Request, out *stream) error {
	name := req.PathValue("search")
	if !isFolderName(name) {
		return fail(http.StatusNotFound, "tuning.unknown", "name", name)
	}
	stamp, last := "", ""
	for {
		info, err := os.Stat(filepath.Join(s.config.Runs, name, search.StudyFile))
		if err != nil {
			return fail(http.StatusNotFound, "tuning.unknown", "name", name)
		}
		begin := time.Now()
		if now := fmt.Sprint(info.Size(), info.ModTime().UnixNano()); now != stamp {
			stamp = now
			state, err := s.searchState(name)
			if err != nil {
				return err
			}
			if state.Counts[string(tune.Running)] > 0 {
				stamp = "" // the lock of a killed trial tells that, not the file
			}
			if text := fmt.Sprint(*state); text != last {
				last = text
				if err := out.send("state", state); err != nil {
					return nil
				}
			}
		}
		if !sleep(req, max(pollEvery, 50*time.Since(begin))) {
			return nil
		}
	}
}

// searchState is a search as it is now.
type searchState struct {
	Name     string         `json:"name"`
	Folder   string         `json:"folder"`
	Monitor  string         `json:"monitor"` // the measure that is compared; "" if no trial tells
	Maximize bool           `json:"maximize"`
	Space    []searchParam  `json:"space"`
	Trials   []searchTrial  `json:"trials"` // from the best to the worst
	Counts   map[string]int `json:"counts"` // of the trials by their states
	Best     string         `json:"best"`   // the file with the configuration of the best trial; "" if there is none
}

// searchParam is a setting that is searched, with its range.
type searchParam struct {
	Name    string   `json:"name"`
	Doc     string   `json:"doc"`
	Low     float64  `json:"low"`
	High    float64  `json:"high"`
	Log     bool     `json:"log"`
	Whole   bool     `json:"whole"`
	Choices []string `json:"choices"` // null for numbers
}

// searchTrial is a trial of a search.
type searchTrial struct {
	Number  int              `json:"number"`
	Run     string           `json:"run"` // the name of its run; "" if it has none
	State   string           `json:"state"`
	Value   runs.Number      `json:"value"` // null without one
	Epochs  int              `json:"epochs"`
	Curve   [][2]runs.Number `json:"curve"` // epochs, and the best measure up to each
	Seconds float64          `json:"seconds"`
	Values  tune.Values      `json:"values"`
	Error   string           `json:"error,omitempty"`
}

// interrupted is the state of a trial whose process was killed.
const interrupted = "interrupted"

func (s *Server) searchState(name string) (*searchState, error) {
	folder := filepath.Join(s.config.Runs, name)
	config, trials, err := tune.Read(filepath.Join(folder, search.StudyFile))
	if err != nil {
		return nil, err
	}
	state := &searchState{Name: name, Folder: folder, Maximize: config.Maximize, Trials: []searchTrial{}, Counts: map[string]int{}}
	if _, err := os.Stat(filepath.Join(folder, search.BestFile)); err == nil {
		state.Best = filepath.Join(folder, search.BestFile)
	}
	docs := map[string]string{} // of the settings
	for rank, t := range tune.Rank(trials, config.Maximize) {
		if rank >= maxTrials && t.State != tune.Running {
			state.Counts[string(t.State)]++
			continue
		}
		run, err := runs.Open(search.TrialFolder(folder, t.Number))
		if err != nil {
			run = nil
		}
		if t.State == tune.Running && !underWay(t, run) {
			t.State = interrupted
		}
		state.Counts[string(t.State)]++
		if run != nil && state.Monitor == "" {
			if status, err := run.Status(); err == nil {
				state.Monitor = status.Monitor
			}
			settings, _ := s.configured(run) // without it the texts are missing
			for _, v := range settings {
				docs[v.Path] = v.Doc
			}
		}
		state.Trials = append(state.Trials, s.newSearchTrial(t, run, config.Maximize))
	}
	for _, p := range config.Space {
		state.Space = append(state.Space, searchParam{p.Name, docs[p.Name], p.Low, p.High, p.Log, p.Int, p.Choices})
	}
	return state, nil
}

// underWay reports whether a trial that has not ended is trained now. Between its beginning and the first file of its
// run, data are opened.
func underWay(t tune.Trial, run *runs.Run) bool {
	if run == nil {
		return time.Since(t.Start) < time.Minute
	}
	return run.Locked()
}

func (s *Server) newSearchTrial(t tune.Trial, run *runs.Run, maximize bool) searchTrial {
	out := searchTrial{
		Number: t.Number, State: string(t.State), Value: runs.Number(t.Value), Epochs: len(t.Reports), Curve: [][2]runs.Number{},
		Values: t.Values, Error: t.Error,
	}
	if run != nil {
		out.Run = s.nameOf(run)
	}
	if !t.End.IsZero() {
		out.Seconds = t.End.Sub(t.Start).Seconds()
	}
	best := slices.Clone(t.Reports)
	for i := 1; i < len(best); i++ {
		if maximize {
			best[i] = max(best[i], best[i-1])
		} else {
			best[i] = min(best[i], best[i-1])
		}
	}
	each := max(1, (len(best)+maxCurve-1)/maxCurve)
	for i := (len(best) - 1) % each; i >= 0 && i < len(best); i += each { // the last epoch is among them
		out.Curve = append(out.Curve, [2]runs.Number{runs.Number(i + 1), runs.Number(best[i])})
	}
	if t.State == tune.Failed || t.State == tune.Running || t.State == interrupted {
		out.Value = runs.Number(math.NaN())
		if len(best) > 0 {
			out.Value = runs.Number(best[len(best)-1])
		}
	}
	return out
}
