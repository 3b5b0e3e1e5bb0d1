package tune

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/lamina-ml/lamina/internal/readable"
)

// Trial is one set of values and what became of it.
type Trial struct {
	Number  int // from 0
	Values  Values
	State   State
	Value   float64   // of a complete trial, or the last report of a pruned one
	Reports []float64 // the measure after each epoch
	Start   time.Time
	End     time.Time // zero while the trial runs
	Error   string    // of a failed trial
}

// State says what became of a trial.
type State string

// The states of trials.
const (
	Running  State = "running" // or left by a process that was killed
	Complete State = "complete"
	Pruned   State = "pruned" // stopped because others were better after the same epochs
	Failed   State = "failed" // ended with an error, such as a loss that is not finite
)

// Rank returns the trials from the best to the worst: complete ones by their values; pruned ones, those with more epochs
// first; failed ones; those that run.
func Rank(trials []Trial, maximize bool) []Trial {
	order := map[State]int{Complete: 0, Pruned: 1, Failed: 2, Running: 3}
	ranked := slices.Clone(trials)
	slices.SortStableFunc(ranked, func(a, b Trial) int {
		value := cmp.Compare(a.Value, b.Value)
		if maximize {
			value = -value
		}
		epochs := 0
		if a.State == Pruned {
			epochs = len(b.Reports) - len(a.Reports)
		}
		return cmp.Or(order[a.State]-order[b.State], epochs, value, a.Number-b.Number)
	})
	return ranked
}

// Leaderboard returns a table of the n best trials in the order of [Rank]. Only complete trials have a rank: the value of
// a pruned one is of fewer epochs.
func Leaderboard(space Space, trials []Trial, maximize bool, n int) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "rank\ttrial\tvalue\tepochs\tstate")
	for _, p := range space {
		fmt.Fprint(w, "\t", p.Name)
	}
	fmt.Fprintln(w)
	ranked := Rank(trials, maximize)
	for i, t := range ranked[:min(n, len(ranked))] {
		rank, value := "-", readable.Number(t.Value, 5)
		if t.State == Complete {
			rank = strconv.Itoa(i + 1)
		}
		if t.State == Failed || t.State == Running {
			value = "-"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s", rank, t.Number, value, len(t.Reports), t.State)
		for _, p := range space {
			fmt.Fprint(w, "\t", cmp.Or(t.Values[p.Name], "-"))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return b.String()
}
