package tabular

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/lamina-ml/lamina/tensor"
)

// Parts is the part of each row of a table: the training rows, the test rows, …, or the folds of a cross-validation.
type Parts []uint8

// Unused is the part of the rows that are in no part.
const Unused = 255

// Is returns a function that reports whether a row is in part k. Rows beyond p, which were added to a file after it was
// split, are in no part; [Preparation.Load] returns an error for them.
func (p Parts) Is(k int) func(row int) bool {
	return func(row int) bool { return row < len(p) && int(p[row]) == k }
}

// Count returns the number of rows in part k.
func (p Parts) Count(k int) int {
	n := 0
	for _, v := range p {
		if int(v) == k {
			n++
		}
	}
	return n
}

// Fold returns the parts of one round of a cross-validation: fold k is part 1, the other folds are part 0.
func (p Parts) Fold(k int) Parts {
	f := make(Parts, len(p))
	for i, v := range p {
		switch {
		case v == Unused:
			f[i] = Unused
		case int(v) == k:
			f[i] = 1
		}
	}
	return f
}

// SplitRandom assigns rows to parts at random. Part k gets about fractions[k]·rows of them; the fractions must not be
// negative and must add up to 1, or it panics. The same seed gives the same parts.
func SplitRandom(rows int, seed uint64, fractions ...float64) Parts {
	checkFractions("SplitRandom", fractions)
	p := make(Parts, rows)
	assign(p, shuffled(rows, seed), fractions)
	return p
}

// SplitStratified is SplitRandom within each class, so that all parts have the classes in the same proportions. class has
// the class of each row, from 0; a row of a negative class is Unused.
func SplitStratified(class []int32, seed uint64, fractions ...float64) Parts {
	checkFractions("SplitStratified", fractions)
	return stratified(class, seed, func(p Parts, rows []int32, _ int) { assign(p, rows, fractions) })
}

// SplitGrouped is SplitRandom for whole groups: all rows of a group, such as the visits of a patient, are in one part.
// group has the group of each row, from 0: see [Classes] with groups. A negative one is a panic.
func SplitGrouped(group []int32, seed uint64, fractions ...float64) Parts {
	checkFractions("SplitGrouped", fractions)
	checkGroups("SplitGrouped", group)
	part := make(Parts, groups(group))
	size := make([]int, len(part))
	for _, g := range group {
		size[g]++
	}
	// The groups go, in random order, to the part that is furthest below its fraction.
	filled := make([]int, len(fractions))
	for _, g := range shuffled(len(part), seed) {
		best, missing := 0, math.Inf(-1)
		for k, f := range fractions {
			if m := f*float64(len(group)) - float64(filled[k]); f > 0 && m > missing {
				best, missing = k, m
			}
		}
		part[g] = uint8(best)
		filled[best] += size[g]
	}
	p := make(Parts, len(group))
	for i, g := range group {
		p[i] = part[g]
	}
	return p
}

// SplitByTime assigns the earliest rows to part 0, the next ones to part 1, and so on. Rows of equal time keep their
// order. time has a number for each row; NaN counts as the earliest.
func SplitByTime(time []float64, fractions ...float64) Parts {
	checkFractions("SplitByTime", fractions)
	rows := ascending(len(time))
	slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(time[a], time[b]) })
	p := make(Parts, len(time))
	assign(p, rows, fractions)
	return p
}

// KFold assigns rows to k folds at random, whose sizes differ by at most 1. It panics unless 2 ≤ k ≤ 254.
func KFold(rows int, seed uint64, k int) Parts {
	checkFolds("KFold", k)
	p := make(Parts, rows)
	for i, r := range shuffled(rows, seed) {
		p[r] = uint8(i % k)
	}
	return p
}

// KFoldStratified is KFold within each class: all folds have the classes in about the same proportions. class is as for
// [SplitStratified].
func KFoldStratified(class []int32, seed uint64, k int) Parts {
	checkFolds("KFoldStratified", k)
	next := 0 // the fold of the next row, so that folds differ by at most 1 over all classes too
	return stratified(class, seed, func(p Parts, rows []int32, _ int) {
		for _, r := range rows {
			p[r] = uint8(next % k)
			next++
		}
	})
}

// KFoldGrouped assigns whole groups to k folds; the largest groups go first, each to the smallest fold, as in
// scikit-learn's GroupKFold. group is as for [SplitGrouped].
func KFoldGrouped(group []int32, k int) Parts {
	checkFolds("KFoldGrouped", k)
	checkGroups("KFoldGrouped", group)
	size := make([]int, groups(group))
	order := make([]int, len(size))
	for _, g := range group {
		size[g]++
	}
	for g := range order {
		order[g] = g
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size[b], size[a]) })
	fold, filled := make(Parts, len(size)), make([]int, k)
	for _, g := range order {
		least := 0
		for f := range filled {
			if filled[f] < filled[least] {
				least = f
			}
		}
		fold[g] = uint8(least)
		filled[least] += size[g]
	}
	p := make(Parts, len(group))
	for i, g := range group {
		p[i] = fold[g]
	}
	return p
}

// stratified calls part with the rows of each class in random order.
func stratified(class []int32, seed uint64, part func(p Parts, rows []int32, class int)) Parts {
	p := make(Parts, len(class))
	byClass := make([][]int32, groups(class))
	for _, r := range shuffled(len(class), seed) {
		if c := class[r]; c >= 0 {
			byClass[c] = append(byClass[c], r)
		} else {
			p[r] = Unused
		}
	}
	for c, rows := range byClass {
		part(p, rows, c)
	}
	return p
}

func groups(group []int32) int {
	most := int32(-1)
	for _, g := range group {
		most = max(most, g)
	}
	return int(most) + 1
}

// assign gives each part its fraction of rows, in their order. The boundaries are rounded, so each part differs from
// its fraction by less than one row.
func assign(p Parts, rows []int32, fractions []float64) {
	sum, from := 0.0, 0
	for k, f := range fractions {
		sum += f
		to := int(math.Round(sum * float64(len(rows))))
		if k == len(fractions)-1 {
			to = len(rows)
		}
		for _, r := range rows[from:to] {
			p[r] = uint8(k)
		}
		from = to
	}
}

// shuffled returns 0 … n−1 in random order.
func shuffled(n int, seed uint64) []int32 {
	rows := ascending(n)
	rand.New(rand.NewPCG(seed, 0x7ab1e)).Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}

// ascending returns 0 … n−1. Tables have fewer than 2^31 rows.
func ascending(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

func checkFractions(op string, fractions []float64) {
	sum := 0.0
	for _, f := range fractions {
		if !(f >= 0) {
			fail(op, fmt.Sprintf("fractions %v, want numbers ≥ 0", fractions))
		}
		sum += f
	}
	if math.Abs(sum-1) > 1e-9 || len(fractions) >= Unused {
		fail(op, fmt.Sprintf("fractions %v, want fewer than %d numbers that add up to 1", fractions, Unused))
	}
}

// checkGroups panics for a negative group, which is no group, such as -1 for a row without a value.
func checkGroups(op string, group []int32) {
	if i := slices.IndexFunc(group, func(g int32) bool { return g < 0 }); i >= 0 {
		fail(op, fmt.Sprintf("row %d has the group %d, want numbers from 0; a row without a group needs one of its own", i+1, group[i]))
	}
}

func checkFolds(op string, k int) {
	if k < 2 || k >= Unused {
		fail(op, fmt.Sprintf("%d folds, want 2 to %d", k, Unused-1))
	}
}

// fail panics with a *tensor.Error.
func fail(op, msg string) { panic(&tensor.Error{Op: "tabular." + op, Msg: msg}) }
