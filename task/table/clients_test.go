//go:build clients

package table

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/clients"
)

// TestReportEqualsScikitLearn compares the report on a file with scikit-learn's of the predictions for it.
func TestReportEqualsScikitLearn(t *testing.T) {
	r := trained(t, "data.path=iris", "data.target=species", "training.epochs=3")
	rows := filepath.Join(filepath.Dir(filepath.Dir(clients.File(t, "setup"))), "..", "tabular", "samples", "iris.csv")
	predictions := filepath.Join(t.TempDir(), "predictions.csv")
	if _, err := command(t, r.Run.Folder, "predict", &predictOptions{Out: predictions}, rows); err != nil {
		t.Fatal(err)
	}
	report, err := command(t, r.Run.Folder, "evaluate", &evaluateOptions{Data: rows, Report: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := clients.Run(t, "classification_report.py", rows, predictions, "species"); !strings.Contains(report, want) {
		t.Errorf("the report is\n%s\nscikit-learn's\n%s", report, want)
	}
}
