package table

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/samples"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

// newRows names an example of what the finished network predicts: a file of new rows, with the ending of the training's
// file. The training's own file would be a bad example: its predictions look better than those of new rows. A table that
// the program contains is there to be tried.
func (p *problem) newRows() string {
	if _, ok := samples.Find(p.Path); ok {
		if _, err := os.Stat(p.Path); err != nil {
			return p.Path
		}
	}
	return "new" + filepath.Ext(strings.TrimSuffix(strings.ToLower(p.Path), ".gz"))
}

// texts returns a line about the columns of texts of a table with classes, none if there are no such columns: the task for
// texts reads them word by word.
func (p *problem) texts(prep *tabular.Preparation) []task.Line {
	if len(prep.Targets) != 1 || prep.Targets[0].Kind != tabular.Category {
		return nil
	}
	for _, c := range prep.Columns {
		only := ""
		switch {
		case c.Kind == tabular.Text:
			only = " on their words alone"
		case c.Kind == tabular.Drop && p.Columns[c.Name] == "" && unspaced(p.profile.Column(c.Name)):
			only = " on them alone"
		default:
			continue
		}
		return []task.Line{{Name: "texts", Text: fmt.Sprintf("%s holds texts; to train%s: %s", readable.Name(c.Name), only,
			trainOnTexts(p.Path, c.Name, prep.Targets[0].Name))}}
	}
	return nil
}

// trainOnTexts returns the command that trains on a column of texts.
func trainOnTexts(path, text, target string) string {
	return message.CommandLine("train", message.PathArgument(message.ShortPath(path)), "--text", text, "--target", target)
}

// unspaced reports whether the examples of a column are texts of a script that has no spaces between words. A table counts
// such a text as one word, and a column of them as names.
func unspaced(c *tabular.ColumnProfile) bool {
	const least = 8 // characters of a text; a Chinese name has up to four
	letters := 0
	for _, example := range c.Examples {
		for _, r := range example {
			if readable.Unspaced(r) {
				letters++
			}
		}
	}
	return letters > 0 && letters >= least*len(c.Examples)
}

// leftOut returns a text such as "2 rows without price are left out".
func leftOut(n int, targets []string) string {
	verb := "are"
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s without %s %s left out", readable.Count(n, "row"), strings.Join(targets, ", "), verb)
}
