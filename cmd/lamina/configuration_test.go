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

var update = flag.Bool("update", false, "write docs/configuration.md and docs/zh/configuration.md instead of comparing them")

const configurationHead = `# The configuration

English · [简体中文](zh/configuration.md)

This page lists everything that the YAML file of a training may contain. It is written from the registry that also checks the file and gives
` + "`--help`" + `. [Runs and configurations](runs.md) says how a configuration is used. An entry is chosen by its name, ` + "`loss: mse`" + `, or with
options, ` + "`loss: {name: cross-entropy, label_smoothing: 0.1}`" +
	`; an option that is left out has its default. Tasks and models have defaults of their
own, which ` + "`lamina config explain`" + ` lists with their origin.
`

const configurationHeadChinese = `# 配置

[English](../configuration.md) · 简体中文

训练的 YAML 文件里可以写什么。本页由登记表生成，检查配置文件和给出 ` + "`--help`" + ` 内容的也是这份登记表。怎样使用配置，见[训练文件夹与配置](runs.md)。只用名字就可以选择一项：` +
	"`loss: mse`" + `；也可以带选项：` + "`loss: {name: cross-entropy, label_smoothing: 0.1}`" + `。没有写的选项取默认值。任务和模型还有自己的默认值，` +
	"`lamina config explain`" + ` 会列出它们和来源。损失函数、优化器和层的原理见[损失函数](losses.md)、[优化器](optimizers.md)和[层](layers.md)。
`

// TestConfigurationPage compares docs/configuration.md and its Chinese counterpart with the registry. With -update it
// writes the pages.
func TestConfigurationPage(t *testing.T) {
	said := map[string]bool{}
	for _, p := range []page{{}, {chinese: true, said: said}} {
		path := "../../docs/configuration.md"
		if p.chinese {
			path = "../../docs/zh/configuration.md"
		}
		text := p.text()
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if !bytes.Equal(text, read(t, path)) {
			t.Errorf("%s is not what the registry gives: go test ./cmd/lamina -run ConfigurationPage -update", path)
		}
	}
	for text := range said {
		if _, ok := inChinese(text); !ok {
			t.Errorf("configuration_chinese_test.go does not translate %q", text)
		}
	}
	for text := range chinese {
		if !said[text] {
			t.Errorf("configuration_chinese_test.go translates %q, which the registry does not say", text)
		}
	}
}

// page is the page about configurations in one of its languages.
type page struct {
	bytes.Buffer
	chinese bool
	said    map[string]bool // the texts that were translated
}

// in returns the text in the page's language, of which the first is English.
func (p *page) in(english, chinese string) string {
	if p.chinese {
		return chinese
	}
	return english
}

// say returns a text of the registry in the page's language.
func (p *page) say(text string) string {
	if !p.chinese {
		return text
	}
	p.said[text] = true
	translated, _ := inChinese(text)
	return translated
}

// text returns the page.
func (p *page) text() []byte {
	p.WriteString(p.in(configurationHead, configurationHeadChinese))
	registry := tasks().Registry
	p.WriteString(p.in("\n## The file\n\n| key | default | meaning |\n| --- | --- | --- |\n", "\n## 文件\n\n| 键 | 默认值 | 含义 |\n| --- | --- | --- |\n"))
	for _, o := range recipe.Options(&recipe.Recipe{}) {
		p.writeOption(o)
	}
	p.WriteString("\n## training\n")
	p.writeOptions(&recipe.Training{})
	const layers = "`model: {layers: [{linear: 64}, relu, {dropout: 0.1}, {linear: out}]}`"
	for _, kind := range []struct {
		kind                    recipe.Kind
		title, english, chinese string
	}{
		{recipe.Tasks, "task", "The options of a task are those of `data`.", "任务的选项就是 `data` 的选项。"},
		{recipe.Models, "model", "Instead of a name there may be a list of layers: " + layers + ".", "除了名字，也可以写一列层：" + layers + "。"},
		{recipe.Layers, "layers", "The layers of a model that is a list.", "写成一列层的模型可以有的层。"},
		{recipe.Losses, "loss", "", ""},
		{recipe.Optimizers, "optimizer", "", ""},
		{recipe.Schedules, "schedule", "", ""},
		{recipe.Metrics, "metrics", "", ""},
		{recipe.Callbacks, "callbacks", "", ""},
	} {
		fmt.Fprintf(p, "\n## %s\n", kind.title)
		if kind.english != "" {
			fmt.Fprintf(p, "\n%s\n", p.in(kind.english, kind.chinese))
		}
		for _, e := range registry.Entries(kind.kind, "") {
			fmt.Fprintf(p, "\n### %s", e.Name)
			if len(e.For) > 0 {
				fmt.Fprintf(p, p.in(" (%s)", "（%s）"), strings.Join(e.For, p.in(", ", "、")))
			}
			if p.chinese {
				fmt.Fprintf(p, "\n\n%s。\n", p.say(e.Doc))
			} else {
				fmt.Fprintf(p, "\n\n%s.\n", strings.TrimSuffix(sentence(e.Doc), "."))
			}
			if e.Options != nil {
				p.writeOptions(e.Options)
			}
		}
	}
	return p.Bytes()
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
func (p *page) writeOptions(pointer any) {
	options := recipe.Options(pointer)
	if len(options) > 0 {
		p.WriteString(p.in("\n| option | default | meaning |\n| --- | --- | --- |\n", "\n| 选项 | 默认值 | 含义 |\n| --- | --- | --- |\n"))
	}
	for _, o := range options {
		p.writeOption(o)
	}
}

// writeOption writes the row of an option.
func (p *page) writeOption(o recipe.Option) {
	def := ""
	if o.Default != "" {
		def = "`" + o.Default + "`"
	}
	meaning := p.say(o.Doc)
	if wants := o.Wants(); wants != "" {
		meaning += p.in("; ", "；") + p.say(wants)
	}
	if o.Flag != "" {
		meaning += fmt.Sprintf(p.in(" (`--%s`)", "（`--%s`）"), o.Flag)
	}
	fmt.Fprintf(p, "| `%s` | %s | %s |\n", o.Name, def, strings.ReplaceAll(meaning, "|", `\|`))
}
