package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/nn"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/message"
)

// lines describes the problem.
func (p *problem) lines(prep *tabular.Preparation, sets []*tabular.Rows, model nn.Module) []task.Line {
	kinds := map[tabular.Kind]int{}
	var dropped []string
	for _, c := range prep.Columns {
		kinds[c.Kind]++
		if c.Kind == tabular.Drop {
			dropped = append(dropped, fmt.Sprintf("%s (%s)", c.Name, c.Reason))
		}
	}
	var features []string
	for _, k := range []tabular.Kind{tabular.Number, tabular.Boolean, tabular.Category, tabular.Time, tabular.Text} {
		switch n, name := kinds[k], k.String(); {
		case n == 1:
			features = append(features, "1 "+name)
		case n > 1: // numbers, booleans, categories, times, texts
			features = append(features, fmt.Sprintf("%d %ss", n, strings.Replace(name, "ry", "rie", 1)))
		}
	}
	var targets []string
	for _, t := range prep.Targets {
		targets = append(targets, p.describe(p.profile, t.Name, t.Kind, len(t.Values)))
	}
	left := p.parts.Count(tabular.Unused) + sets[0].MissingTargets() + sets[1].MissingTargets() +
		sets[2].MissingTargets() // a stratified split leaves them out itself
	rows := fmt.Sprintf("%d rows train, %d choose the best epoch, %d test", sets[0].Len(), sets[1].Len(), sets[2].Len())
	if sets[1].Len() == 0 && p.Validation > 0 {
		rows += "; too few to choose the best epoch: the last one counts"
		if p.Group != "" {
			rows += fmt.Sprintf(" (rows with the same %s stay together)", readable.Name(p.Group))
		}
	}
	if left > 0 {
		rows += "; " + leftOut(left, p.Target)
	}
	lines := []task.Line{
		{Name: "target", Text: strings.Join(targets, "; ")},
		{Name: "columns", Text: strings.Join(features, ", ")},
	}
	lines = append(lines, p.texts(prep)...)
	if p.profile.NotUTF8 {
		lines = append(lines,
			task.Line{Name: "text", Text: "it has bytes that are no UTF-8: save the file as UTF-8 (lamina data lint names the columns)"})
	}
	for _, c := range prep.Columns {
		if order := p.profile.Column(c.Name).AmbiguousDates(); order != "" && (c.Kind == tabular.Time || c.Name == p.Time) {
			lines = append(lines, task.Line{Name: "dates", Text: fmt.Sprintf("%s: %s (--set data.dates=dmy)", c.Name, order)})
		}
	}
	for _, c := range slices.Concat(prep.Columns, prep.Targets) {
		if len(c.MissingWords) > 0 {
			lines = append(lines,
				task.Line{Name: "missing",
					Text: fmt.Sprintf("cells such as %s in %s are no numbers and count as missing", quoted(c.MissingWords), c.Name)})
		}
	}
	lines = append(lines, untrained(prep)...)
	if len(dropped) > 0 {
		lines = append(lines, task.Line{Name: "dropped", Text: strings.Join(dropped, ", ")})
	}
	return append(lines, task.Line{Name: "data", Text: rows},
		task.Line{Name: "network", Text: fmt.Sprintf("%d parameters", nn.Count(model))})
}

// untrained names the classes that the training rows lack, which a split by groups or by time may do.
func untrained(prep *tabular.Preparation) []task.Line {
	var lines []task.Line
	for _, t := range prep.Targets {
		var classes []string
		for i, n := range t.Counts {
			if n == 0 {
				classes = append(classes, t.Values[i])
			}
		}
		if len(classes) > 0 {
			lines = append(lines, task.Line{Name: "classes",
				Text: fmt.Sprintf("no training row has %s of %s: rows with that class count as wrong", task.Some(classes), t.Name)})
		}
	}
	return lines
}

// describe says what a target of a kind, with so many classes, is. Where numbers could be meant otherwise, it says why
// they are taken so, and how to choose the other kind.
func (d *dataOptions) describe(p *tabular.Profile, target string, kind tabular.Kind, classes int) string {
	c := p.Column(target)
	const few = 100 // different numbers that could be classes
	text := readable.Name(c.Name) + ", a number"
	reason := fmt.Sprintf("it has more than %d different values; for classes", tabular.MaxClasses)
	other := "category"
	if kind == tabular.Category {
		text = fmt.Sprintf("%s, %d classes", readable.Name(c.Name), classes)
		reason, other = fmt.Sprintf("it has at most %d different whole numbers; for a quantity", tabular.MaxClasses), "number"
	}
	if kind == tabular.Category && 2*classes > p.Rows-c.Missing && classes > tabular.MaxClasses {
		return text + ": most have one row, which no network can learn from; is it the right column?"
	}
	whole, repeated := c.Numbers > 0 && c.Integers == c.Numbers, c.Distinct <= few && 2*c.Distinct <= c.Numbers
	if d.Columns[c.Name] != "" || !whole || c.Distinct <= 2 || kind == tabular.Number && !repeated {
		return text
	}
	return fmt.Sprintf("%s (%s: %s)", text, reason, setting("data.columns."+c.Name, other))
}

// setting returns the arguments that set a value of the configuration, as they are typed.
func setting(path, value string) string {
	return strings.TrimPrefix(message.CommandLine("--set", path+"="+value), "lamina ")
}

// quoted returns words in quotation marks.
func quoted(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, strconv.Quote(w))
	}
	return strings.Join(out, ", ")
}
