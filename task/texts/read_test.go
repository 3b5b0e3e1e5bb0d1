package texts

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestErrorsOfTables holds what an error says of a table that cannot be read.
func TestErrorsOfTables(t *testing.T) {
	const good = "body,label\na good day,x\na bad day,y\n"
	for _, c := range []struct{ content, label, want string }{
		{good + "only\n", "label", "reviews.csv: row 3: it has 1 cell, want 2"},
		{good + "\"open,x\n", "label", "reviews.csv: row 3: a quote is not closed"},
		{good + "caf\xe9,x\n", "label", `reviews.csv: row 3, column "body": it is no text in UTF-8`},
		{good + "coffee,caf\xe9\n", "label", `reviews.csv: row 3, column "label": it is no text in UTF-8`},
		{good, "body", `reviews.csv: column "body": it cannot be both the text and its class`},
	} {
		path := filepath.Join(t.TempDir(), "reviews.csv")
		if err := os.WriteFile(path, []byte(c.content), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := read(context.Background(), path, "body", c.label, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.content, err, c.want)
		}
	}
}
