package runs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/runs"
)

// TestBrokenResults reads tables that are not those of a training.
func TestBrokenResults(t *testing.T) {
	run := &runs.Run{Folder: t.TempDir()}
	long := strings.Repeat("x", 10_000)
	for text, want := range map[string]string{
		"":                                  "want a table whose first column is epoch",
		"loss,epoch\n1,2\n":                 "want a table whose first column is epoch",
		"epoch,loss,loss\n1,2,3\n":          `two columns have the name "loss"`,
		"epoch,loss\n1\n":                   "wrong number of fields",
		"epoch,loss\n1,two\n":               `line 2, column "loss": "two" is not a number`,
		"epoch," + long + "\n1," + long:     "is not a number",
		"epoch,loss\n1,\"\n":                "line 2",
		"\x00\x00":                          "want a table",
		"{\"epoch\": 1}":                    "results.csv",
		"epoch;loss\n1;2\n":                 "want a table",
		"\ufeffepoch,loss\r\n1,2.5\r\n2,\n": "",
	} {
		if err := os.WriteFile(run.Path(runs.ResultsFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		table, err := run.Results()
		if want == "" {
			if err != nil || len(table.Rows) != 2 || table.Column("epoch")[0] != 1 || table.Column("loss")[0] != 2.5 {
				t.Errorf("%q: %v, %v", text, table, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), runs.ResultsFile) ||
			len(err.Error()) > 500 {
			t.Errorf("%.30q: error %v, want %s", text, err, want)
		}
	}
}

// TestNull reads a file that holds null in place of an object.
func TestNull(t *testing.T) {
	run := &runs.Run{Folder: t.TempDir()}
	if err := os.WriteFile(filepath.Join(run.Folder, runs.StatusFile), []byte(" null\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Status(); err == nil || !strings.Contains(err.Error(), "status.json: it holds null") {
		t.Errorf("error %v", err)
	}
}
