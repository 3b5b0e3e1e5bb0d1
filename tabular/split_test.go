package tabular

import (
	"errors"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tensor"
)

// TestGrownTable reads a table to which rows were added after it was split.
func TestGrownTable(t *testing.T) {
	table := func(text string) Source {
		src, err := FromBytes("grown.csv", []byte("x,y\n1,2\n2,4\n3,6\n4,8.5\n"+text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	profile, err := Inspect(t.Context(), table(""))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := profile.Schema(SchemaConfig{Targets: []string{"y"}, Kinds: map[string]Kind{"x": Number}})
	if err != nil {
		t.Fatal(err)
	}
	parts := SplitRandom(profile.Rows, 1, 0.5, 0.5)
	grown := table("5,10\n1000,1000\n")
	prep, err := Fit(t.Context(), grown, schema, parts.Is(0), PreparationConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if prep.Rows != 2 || prep.Columns[0].Mean > 4 {
		t.Errorf("%d rows, mean %v: the new rows count", prep.Rows, prep.Columns[0].Mean)
	}
	if _, err := prep.Load(t.Context(), grown, parts, LoadConfig{}); err == nil || !strings.Contains(err.Error(),
		"grown.csv: row 5: the table has more rows than the 4 that were split") {
		t.Errorf("error %v", err)
	}
}

// TestNoGroups splits by numbers that are no groups.
func TestNoGroups(t *testing.T) {
	group := []int32{0, 1, -1, 1} // as Classes returns for a row without a value, unless it is asked for groups
	for name, split := range map[string]func(){
		"tabular.SplitGrouped": func() { SplitGrouped(group, 1, 0.5, 0.5) },
		"tabular.KFoldGrouped": func() { KFoldGrouped(group, 2) },
	} {
		err := tensor.Try(split)
		var mistake *tensor.Error
		if !errors.As(err, &mistake) || mistake.Op != name || !strings.Contains(err.Error(), "row 3 has the group -1") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestFolds checks the parts of a round of a cross-validation, with a row that is in no fold.
func TestFolds(t *testing.T) {
	folds := Parts{0, 1, 2, Unused, 1}
	for k, want := range []Parts{{1, 0, 0, Unused, 0}, {0, 1, 0, Unused, 1}, {0, 0, 1, Unused, 0}} {
		if got := folds.Fold(k); string(got) != string(want) {
			t.Errorf("fold %d: %v, want %v", k, got, want)
		}
	}
	if folds.Count(1) != 2 || folds.Count(Unused) != 1 || folds.Count(257) != 0 || folds.Is(257)(1) || !folds.Is(1)(4) {
		t.Error("the rows of parts are wrong")
	}
}
