package texts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/text"
)

// labelled are texts with their classes.
type labelled struct {
	path    string
	texts   []string
	labels  []int32
	classes []string
	left    int // rows without a text or without a class
}

// maxText limits the size of all texts, which are kept in memory.
const maxText = 1 << 30

// openTable opens a table and returns the number of a column.
func openTable(path, column string) (src tabular.Source, number int, err error) {
	if src, err = parquet.OpenTable(path, tabular.Options{}); err == nil {
		number, err = tabular.FindColumn(src, column)
	}
	return src, number, err
}

// read reads the texts of a table and their classes. Rows without a text or without a class are left out. classes are
// the known ones; nil means those that are found: by number if they are whole numbers, else by name.
func read(ctx context.Context, path, column, label string, classes []string) (*labelled, error) {
	src, textColumn, err := openTable(path, column)
	if err != nil {
		return nil, err
	}
	labelColumn, err := tabular.FindColumn(src, label)
	if err != nil {
		return nil, err
	}
	if labelColumn == textColumn {
		return nil, &tabular.Error{File: path, Column: label, Msg: "it cannot be both the text and its class"}
	}
	out := &labelled{path: path}
	var names []string
	number := map[string]int32{}
	for i, c := range classes {
		number[c] = int32(i)
	}
	size := 0
	err = tabular.Each(ctx, src, func(b *tabular.Block, row int) error {
		t, name := string(b.Cell(row, textColumn)), string(b.Cell(row, labelColumn))
		if t == "" || name == "" {
			out.left++
			return nil
		}
		if err := checkText(row, column, t); err != nil {
			return err
		}
		if err := checkText(row, label, name); err != nil {
			return err
		}
		if size += len(t); size > maxText {
			return fmt.Errorf("%s: the texts have more than %d bytes, which is the limit", path, maxText)
		}
		k, ok := number[name]
		if !ok {
			if classes != nil {
				return &tabular.Error{Row: row + 1, Column: label,
					Msg: fmt.Sprintf("the class %q did not occur in the training; want %s", name, task.Some(classes))}
			}
			k = int32(len(names))
			number[name], names = k, append(names, name)
			if len(names) > task.MaxClasses {
				return &tabular.Error{Column: label,
					Msg: fmt.Sprintf("there are more than %d classes: this is no column of classes", task.MaxClasses)}
			}
		}
		out.texts, out.labels = append(out.texts, t), append(out.labels, k)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if out.classes = classes; classes == nil {
		out.sort(names)
	}
	return out, nil
}

// checkText returns an error, for a function of [tabular.Each], if a cell of a row is not text, such as one in another
// encoding than UTF-8.
func checkText(row int, column, cell string) error {
	if utf8.ValidString(cell) {
		return nil
	}
	return &tabular.Error{Row: row + 1, Column: column, Msg: "it is no text in UTF-8"}
}

// sort orders the classes and numbers the texts accordingly.
func (l *labelled) sort(names []string) {
	numbers := true
	for _, n := range names {
		if _, err := strconv.ParseInt(n, 10, 64); err != nil {
			numbers = false
		}
	}
	order := make([]int32, len(names))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if numbers {
			x, _ := strconv.ParseInt(names[a], 10, 64)
			y, _ := strconv.ParseInt(names[b], 10, 64)
			if x != y {
				return map[bool]int{true: -1, false: 1}[x < y]
			}
		}
		if names[a] < names[b] {
			return -1
		}
		return 1
	})
	place := make([]int32, len(names))
	for i, k := range order {
		place[k] = int32(i)
		l.classes = append(l.classes, names[k])
	}
	for i, k := range l.labels {
		l.labels[i] = place[k]
	}
}

// split divides the texts at random, each class alike: those to train, to choose the best epoch, to test.
func (l *labelled) split(d dataOptions, seed uint64) ([]*text.TextList, error) {
	if len(l.classes) < 2 {
		return nil, &tabular.Error{File: l.path, Column: d.Target,
			Msg: fmt.Sprintf("%d classes in %d texts, want at least 2", len(l.classes), len(l.texts))}
	}
	parts := tabular.SplitStratified(l.labels, seed, 1-d.Validation-d.Test, d.Validation, d.Test)
	sets := []*text.TextList{{}, {}, {}}
	for i, p := range parts {
		if int(p) < len(sets) {
			sets[p].Texts, sets[p].Labels = append(sets[p].Texts, l.texts[i]), append(sets[p].Labels, int(l.labels[i]))
		}
	}
	if n := len(l.classes); 2*n > len(l.texts) && len(l.texts) > 20 {
		return nil, &tabular.Error{File: l.path, Column: d.Target,
			Msg: fmt.Sprintf("%d different values in %d texts are no classes; want a column of a few classes", n, len(l.texts))}
	}
	if sets[0].Len() == 0 || sets[1].Len() == 0 {
		return nil, &tabular.Error{File: l.path,
			Msg: fmt.Sprintf("%d texts of %d classes are too few to train and to choose the best epoch",
				len(l.texts), len(l.classes))}
	}
	return sets, nil
}

// digest returns a hash of the texts and their classes, which detects changed data.
func (l *labelled) digest() string {
	h := sha256.New()
	for i, t := range l.texts {
		fmt.Fprintf(h, "%d %d\n%s", l.labels[i], len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func ints(labels []int32) []int {
	out := make([]int, len(labels))
	for i, k := range labels {
		out[i] = int(k)
	}
	return out
}
