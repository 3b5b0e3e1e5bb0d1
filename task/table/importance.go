package table

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/data"
	"github.com/lamina-ml/lamina/tabular"
)

// importance is the permutation importance of the columns for a target, the most important column first.
type importance struct {
	target  string
	measure string // what the numbers say
	columns []columnImportance
}

// columnImportance says how much worse predictions are without what a column says.
type columnImportance struct {
	column string
	worse  float64 // by how much the loss grows
}

// loss returns the mean cross-entropy of classes, or 1 − R² of numbers. The accuracy would not do: where one class is
// rare, a network may find which rows are likelier to have it, and still predict the other class for all.
func (q *quality) loss() float64 {
	if q.matrix != nil {
		return q.crossEntropy / float64(q.matrix.Total())
	}
	return 1 - q.numbers.R2()
}

// importance returns the permutation importance of each column for each target: by how much the loss grows, in the mean
// over three random permutations of the column in at most 2000 rows; nil for fewer than two rows.
func (m *Model) importance(ctx context.Context, set *tabular.Rows) ([]importance, error) {
	const most, repeats = 2000, 3
	if set.Len() < 2 {
		return nil, nil
	}
	random := rand.New(rand.NewPCG(1, 1))
	rows := make([]int64, set.Len())
	for i := range rows {
		rows[i] = int64(i)
	}
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	rows = rows[:min(most, len(rows))]
	slices.Sort(rows)
	whole, err := m.measure(ctx, data.NewSubset(set, rows))
	if err != nil {
		return nil, err
	}
	list := make([]importance, len(whole))
	for i := range whole {
		list[i].target, list[i].measure = whole[i].Name, "R² falls"
		if whole[i].matrix != nil {
			list[i].measure = "the cross-entropy grows"
		}
	}
	order := make([]int64, set.Len())
	for _, f := range m.prep.Features() {
		worse := make([]float64, len(list))
		for range repeats {
			other := slices.Clone(rows)
			random.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
			for i, r := range rows {
				order[r] = other[i]
			}
			exchanged, err := m.measure(ctx, data.NewSubset(set.Permuted(f, order), rows))
			if err != nil {
				return nil, err
			}
			for i := range exchanged {
				worse[i] += (exchanged[i].loss() - whole[i].loss()) / repeats
			}
		}
		for i := range list {
			list[i].columns = append(list[i].columns, columnImportance{f.Column, worse[i]})
		}
	}
	for i := range list {
		list[i].sort()
	}
	return list, nil
}

// sort puts the most important column first.
func (p *importance) sort() {
	slices.SortStableFunc(p.columns, func(a, b columnImportance) int { return cmp.Compare(b.worse, a.worse) })
}

// meanImportance returns the mean importance of each column for several networks, each on rows of its own. Networks
// with fewer than two rows do not count.
func meanImportance(ctx context.Context, models []*Model, sets []*tabular.Rows) ([]importance, error) {
	var mean []importance
	networks := 0.0
	for k, m := range models {
		list, err := m.importance(ctx, sets[k])
		if err != nil {
			return nil, err
		}
		if list != nil {
			networks++
		}
		if mean == nil {
			for _, p := range list {
				mean = append(mean, importance{target: p.target, measure: p.measure})
			}
		}
		for t, p := range list {
			for _, c := range p.columns {
				i := slices.IndexFunc(mean[t].columns, func(x columnImportance) bool { return x.column == c.column })
				if i < 0 {
					i = len(mean[t].columns)
					mean[t].columns = append(mean[t].columns, columnImportance{column: c.column})
				}
				mean[t].columns[i].worse += c.worse
			}
		}
	}
	for t := range mean {
		for i := range mean[t].columns {
			mean[t].columns[i].worse /= networks
		}
		mean[t].sort()
	}
	return mean, nil
}

// importanceText returns a table for each target.
func importanceText(list []importance) string {
	var s strings.Builder
	for i, p := range list {
		if i > 0 {
			s.WriteByte('\n')
		}
		of := ""
		if len(list) > 1 {
			of = " for " + p.target
		}
		fmt.Fprintf(&s, "permutation importance%s: by how much %s if the values of a column are exchanged at random\n", of, p.measure)
		width := 0
		for _, c := range p.columns {
			width = max(width, len([]rune(c.column)))
		}
		for _, c := range p.columns {
			fmt.Fprintf(&s, "%*s  %7.4f\n", width, c.column, c.worse)
		}
	}
	return s.String()
}
