package texts

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/lamina-ml/lamina/task"
)

// table reads the texts of a configuration.
func table(ctx context.Context, o task.Opening) (*labelled, error) {
	d := o.Recipe.Data.(*dataOptions)
	if err := d.complete(o.Recipe); err != nil {
		return nil, err
	}
	return read(ctx, d.Path, d.Text, d.Target, nil)
}

// Inspect describes texts and their classes.
func (Task) Inspect(ctx context.Context, w io.Writer, o task.Opening) error {
	all, err := table(ctx, o)
	if err != nil {
		return err
	}
	words, longest := 0, 0
	counts := make([]int, len(all.classes))
	for i, t := range all.texts {
		n := len(strings.Fields(t))
		words, longest = words+n, max(longest, n)
		counts[all.labels[i]]++
	}
	fmt.Fprintf(w, "%d texts in %d classes, %.1f words each, the longest %d\n\n", len(all.texts), len(all.classes),
		float64(words)/float64(max(1, len(all.texts))), longest)
	width := len("class")
	for _, c := range all.classes {
		width = max(width, len([]rune(c)))
	}
	fmt.Fprintf(w, "%-*s  %8s\n", width, "class", "texts")
	for i, c := range all.classes {
		fmt.Fprintf(w, "%-*s  %8d\n", width, c, counts[i])
	}
	return nil
}

// fewTexts is how many texts of a class are few.
const fewTexts = 20

// Lint returns what looks wrong: the same text with two classes, and classes with few texts.
func (Task) Lint(ctx context.Context, o task.Opening) (faults, notes []string, err error) {
	all, err := table(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	counts := make([]int, len(all.classes))
	first := map[string]int32{}
	for i, t := range all.texts {
		class := all.labels[i]
		counts[class]++
		if other, ok := first[t]; ok && other != class {
			faults = append(faults, fmt.Sprintf("%q has the classes %s and %s", excerpt(t), all.classes[other], all.classes[class]))
		}
		first[t] = class
	}
	for i, n := range counts {
		if n < fewTexts {
			faults = append(faults, fmt.Sprintf("the class %s has %d texts, which is few", all.classes[i], n))
		}
	}
	return faults, nil, nil
}
