package ui

import (
	"maps"
	"slices"
	"testing"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
	"github.com/lamina-ml/lamina/task/images"
	"github.com/lamina-ml/lamina/task/language"
	"github.com/lamina-ml/lamina/task/table"
	"github.com/lamina-ml/lamina/task/texts"
)

// What the page asks models of tasks by their methods. Without one of these the page would show less, without an error.
var (
	_ sized         = (*digits.Model)(nil)
	_ tempered      = (*digits.Model)(nil)
	_ digitReader   = (*digits.Model)(nil)
	_ preparer      = (*images.Model)(nil)
	_ tabled        = (*table.Model)(nil)
	_ languageModel = (*language.Model)(nil)
	_ textModel     = (*texts.Model)(nil)

	_ task.Tested     = (*digits.Model)(nil)
	_ task.Tested     = (*images.Model)(nil)
	_ task.Tested     = (*table.Model)(nil)
	_ task.Classifier = (*digits.Model)(nil)
	_ task.Classifier = (*images.Model)(nil)
	_ task.Classifier = (*table.Model)(nil)
)

// TestTaskNames holds that the tasks have the names by which the page knows them.
func TestTaskNames(t *testing.T) {
	inside := []string{digits.Task{}.Name(), images.Task{}.Name(), table.Task{}.Name()}
	if got := slices.Sorted(maps.Keys(shows)); !slices.Equal(got, inside) {
		t.Errorf("Inside shows networks of %q, want %q", got, inside)
	}
	if got := []string{language.Task{}.Name(), texts.Task{}.Name()}; !slices.Equal(got, []string{"language", "texts"}) {
		t.Errorf("the names in attends are not those of the tasks: %q", got)
	}
}
