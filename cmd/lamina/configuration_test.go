package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/lamina-ml/lamina/recipe"
)

var update = flag.Bool("update", false, "write docs/configuration.md instead of comparing it")

const configurationHead = `# The configuration

English · [简体中文](zh/configuration.md)

What may stand in the YAML file of a training. A test writes this page from the registry that also checks the file and gives ` + "`--help`" + `, so
it lists what there is. [Runs and configurations](runs.md) says how a configuration is used. An entry is chosen by its name, ` + "`loss: mse`" + `, or with
options, ` + "`loss: {name: cross-entropy, label_smoothing: 0.1}`" +
	`; an option that is left out has its default. Tasks and models have defaults of their
own, which ` + "`lamina config explain`" + ` lists with their origin.
`

// TestConfigurationPage compares docs/configuration.md with the registry. With -update it writes the page.
func TestConfigurationPage(t *testing.T) {
	const path = "../../docs/configuration.md"
	page := configurationPage()
	if *update {
		if err := os.WriteFile(path, page, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(page, read(t, path)) {
		t.Errorf("%s is not what the registry gives: go test ./cmd/lamina -run ConfigurationPage -update", path)
	}
}

// configurationPage returns the page.
func configurationPage() []byte {
	var b bytes.Buffer
	b.WriteString(configurationHead)
	registry := tasks().Registry
	b.WriteString("\n## The file\n\n| key | default | meaning |\n| --- | --- | --- |\n")
	for _, o := range recipe.Options(&recipe.Recipe{}) {
		writeOption(&b, o)
	}
	b.WriteString("\n## training\n")
	writeOptions(&b, &recipe.Training{})
	for _, kind := range []struct {
		kind        recipe.Kind
		title, text string
	}{
		{recipe.Tasks, "task", "The options of a task are those of `data`."},
		{recipe.Models, "model",
			"Instead of a name there may be a list of layers: `model: {layers: [{linear: 64}, relu, {dropout: 0.1}, {linear: out}]}`."},
		{recipe.Layers, "layers", "The layers of a model that is a list."},
		{recipe.Losses, "loss", ""},
		{recipe.Optimizers, "optimizer", ""},
		{recipe.Schedules, "schedule", ""},
		{recipe.Metrics, "metrics", ""},
		{recipe.Callbacks, "callbacks", ""},
	} {
		fmt.Fprintf(&b, "\n## %s\n", kind.title)
		if kind.text != "" {
			fmt.Fprintf(&b, "\n%s\n", kind.text)
		}
		for _, e := range registry.Entries(kind.kind, "") {
			fmt.Fprintf(&b, "\n### %s", e.Name)
			if len(e.For) > 0 {
				fmt.Fprintf(&b, " (%s)", strings.Join(e.For, ", "))
			}
			fmt.Fprintf(&b, "\n\n%s.\n", strings.TrimSuffix(sentence(e.Doc), "."))
			if e.Options != nil {
				writeOptions(&b, e.Options)
			}
		}
	}
	return b.Bytes()
}

// sentence returns text with a capital letter first, unless it is a formula such as x·sigmoid(x) or tanh x.
func sentence(text string) string {
	first, _, _ := strings.Cut(text, " ")
	x := slices.ContainsFunc(strings.Fields(text), func(word string) bool { return strings.Trim(word, ",") == "x" })
	if x || strings.ContainsFunc(first, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != ',' }) ||
		strings.ContainsAny(first, "Φσ") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// writeOptions writes a table of the options of a struct, given by a pointer to it, if it has any.
func writeOptions(b *bytes.Buffer, pointer any) {
	options := recipe.Options(pointer)
	if len(options) > 0 {
		b.WriteString("\n| option | default | meaning |\n| --- | --- | --- |\n")
	}
	for _, o := range options {
		writeOption(b, o)
	}
}

// writeOption writes the row of an option.
func writeOption(b *bytes.Buffer, o recipe.Option) {
	def := ""
	if o.Default != "" {
		def = "`" + o.Default + "`"
	}
	meaning := o.Doc
	if wants := o.Wants(); wants != "" {
		meaning += "; " + wants
	}
	if o.Flag != "" {
		meaning += fmt.Sprintf(" (`--%s`)", o.Flag)
	}
	fmt.Fprintf(b, "| `%s` | %s | %s |\n", o.Name, def, strings.ReplaceAll(meaning, "|", `\|`))
}
