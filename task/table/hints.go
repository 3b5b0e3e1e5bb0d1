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
		if c.Kind == tabular.Text {
			return []task.Line{{Name: "texts", Text: fmt.Sprintf("%s holds texts; to train on their words alone: %s", readable.Name(c.Name),
				message.CommandLine("train", message.PathArgument(message.ShortPath(p.Path)), "--text", c.Name,
					"--target", prep.Targets[0].Name))}}
		}
	}
	return nil
}

// leftOut returns a text such as "2 rows without price are left out".
func leftOut(n int, targets []string) string {
	verb := "are"
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s without %s %s left out", readable.Count(n, "row"), strings.Join(targets, ", "), verb)
}
