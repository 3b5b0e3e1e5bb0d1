package docs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "copy the code of the English pages to the Chinese ones instead of comparing it")

// translation is a page in both languages.
type translation struct{ english, chinese string }

// translations returns the pages of docs and the repository's README.md, each with its counterpart.
func translations(t *testing.T) []translation {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	all := []translation{{"../README.md", "../README.zh.md"}}
	for _, page := range pages {
		all = append(all, translation{page, "zh/" + page})
	}
	return all
}

// TestChinese compares each page with its Chinese counterpart: the same blocks of code, pictures and levels of
// headings in the same order, as many rows of tables, the same names in the text, and links that resolve. With
// -update it copies the code of the English pages first.
func TestChinese(t *testing.T) {
	for _, p := range translations(t) {
		if _, err := os.Stat(p.chinese); err != nil {
			t.Errorf("%s has no Chinese counterpart %s", p.english, p.chinese)
			continue
		}
		english, chinese := read(t, p.english), read(t, p.chinese)
		if *update && !generated[p.english] {
			chinese = withCode(t, p, english, chinese)
			if err := os.WriteFile(p.chinese, []byte(chinese), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, mistake := range compare(t, p, english, chinese) {
			t.Errorf("%s: %s", p.chinese, mistake)
		}
	}
	chinese, err := filepath.Glob("zh/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range chinese {
		if _, err := os.Stat(filepath.Base(page)); err != nil {
			t.Errorf("%s has no English counterpart", page)
		}
	}
}

// TestCompare checks that compare finds mistakes.
func TestCompare(t *testing.T) {
	p := translation{"neuron.md", "zh/neuron.md"}
	english, chinese := read(t, p.english), read(t, p.chinese)
	if mistakes := compare(t, p, english, chinese); len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	for old, changed := range map[string]string{
		"z := a.Dot(w)":              "z := w.Dot(a)",
		"tensor(0.9569)":             "tensor(0.9570)",
		`y = \sigma(z)`:              `y = \tanh(z)`,
		"](image.md)":                "](picture.md)",
		"](../neuron.md)":            "](../image.md)",
		"`nn.Linear`":                "`nn.Liner`",
		"../pictures/neuron.svg":     "../pictures/network.svg",
		"## 一层":                      "### 一层",
		"## 为什么需要激活函数":               "为什么需要激活函数",
		"往哪个方向起作用":                   "往$w$方向起作用",
		"**权重** $w$ 表示":              "**权重：**表示",
		"（[其他激活函数](activations.md)）": "（[其他激活函数](activations.md#没有这一节)）",
	} {
		broken := strings.Replace(chinese, old, changed, 1)
		if broken == chinese {
			t.Errorf("the page has no %q", old)
		} else if len(compare(t, p, english, broken)) == 0 {
			t.Errorf("compare does not find %q in place of %q", changed, old)
		}
	}
}

// withCode returns the Chinese page with the blocks of the English one.
func withCode(t *testing.T, p translation, english, chinese string) string {
	t.Helper()
	blocks := fence.FindAllString(english, -1)
	if n := len(fence.FindAllString(chinese, -1)); n != len(blocks) {
		t.Errorf("%s has %d blocks, %s has %d: write an empty block where one is missing", p.english, len(blocks), p.chinese, n)
		return chinese
	}
	i := -1
	return fence.ReplaceAllStringFunc(chinese, func(string) string {
		i++
		return blocks[i]
	})
}

var (
	picture  = regexp.MustCompile(`!\[[^\]]*\]\(([^)]*)\)`)
	level    = regexp.MustCompile(`(?m)^#+ `)
	tableRow = regexp.MustCompile(`(?m)^\|.*\|$`)
)

// compare returns the mistakes of a Chinese page.
func compare(t *testing.T, p translation, english, chinese string) (mistakes []string) {
	t.Helper()
	wrong := func(format string, args ...any) { mistakes = append(mistakes, fmt.Sprintf(format, args...)) }
	if !linksTo(p.english, english, p.chinese) {
		wrong("%s has no link to it", p.english)
	}
	if !linksTo(p.chinese, chinese, p.english) {
		wrong("it has no link to %s", p.english)
	}
	if !generated[p.english] {
		theirs, ours := fence.FindAllString(english, -1), fence.FindAllString(chinese, -1)
		for i := range min(len(theirs), len(ours)) {
			if theirs[i] != ours[i] {
				wrong("block %d is not that of %s (go test ./docs -run Chinese -update copies it):\n%s", i+1, p.english, ours[i])
			}
		}
		plainEnglish, plainChinese := fence.ReplaceAllString(english, ""), fence.ReplaceAllString(chinese, "")
		for what, expr := range map[string]*regexp.Regexp{"heading": level, "picture": picture, "row of a table": tableRow} {
			theirs, ours := expr.FindAllString(plainEnglish, -1), expr.FindAllString(plainChinese, -1)
			if len(theirs) != len(ours) {
				wrong("it has %d %ss, %s has %d", len(ours), what, p.english, len(theirs))
			}
		}
		if theirs, ours := level.FindAllString(plainEnglish, -1), level.FindAllString(plainChinese, -1); !slices.Equal(theirs, ours) {
			wrong("the levels of its headings are %q, not %q", ours, theirs)
		}
		if len(theirs) != len(ours) {
			wrong("it has %d blocks, %s has %d", len(ours), p.english, len(theirs))
		}
		theirs, ours = set(inline, plainEnglish), set(inline, plainChinese)
		for _, code := range theirs {
			if !slices.Contains(ours, code) {
				wrong("it does not mention %s", code)
			}
		}
		for _, code := range ours {
			if !slices.Contains(theirs, code) {
				wrong("%s does not mention %s", p.english, code)
			}
		}
		if theirs, ours := pictures(p.english, english), pictures(p.chinese, chinese); !slices.Equal(theirs, ours) {
			wrong("its pictures are %q, not %q", ours, theirs)
		}
	}
	mistakes = append(mistakes, wrongLinks(p.chinese, chinese)...)
	for _, bold := range unclosed(chinese) {
		wrong("Markdown does not end the bold text %q: move its punctuation behind it", bold)
	}
	for _, formula := range unseen(chinese) {
		wrong("GitHub does not see the formula %q: write a space before it", formula)
	}
	return mistakes
}

// set returns the different matches of an expression in a text.
func set(expr *regexp.Regexp, text string) []string {
	all := expr.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// linksTo reports whether the top of a page, its first 12 lines, has a link to the file.
func linksTo(page, text, file string) bool {
	top := strings.Join(strings.SplitN(text, "\n", 13)[:12], "\n")
	return slices.ContainsFunc(link.FindAllStringSubmatch(top, -1), func(m []string) bool {
		return filepath.Join(filepath.Dir(page), m[1]) == filepath.Clean(file)
	})
}

// pictures returns the files of a page's pictures. One with words exists in both languages, as X.png and X.zh.png.
func pictures(page, text string) (files []string) {
	for _, m := range picture.FindAllStringSubmatch(text, -1) {
		files = append(files, strings.Replace(filepath.Join(filepath.Dir(page), m[1]), ".zh.", ".", 1))
	}
	return files
}

// unclosed returns the bold texts that CommonMark does not end: ** after punctuation ends a text only before a space or
// punctuation, and Chinese has no spaces.
func unclosed(text string) (bold []string) {
	for line := range strings.Lines(fence.ReplaceAllString(text, "")) {
		parts := strings.Split(line, "**")
		for i := 1; i+1 < len(parts); i += 2 {
			last, _ := utf8.DecodeLastRuneInString(parts[i])
			next, _ := utf8.DecodeRuneInString(parts[i+1])
			if unicode.In(last, unicode.P, unicode.S) && !unicode.In(next, unicode.P, unicode.S) &&
				!unicode.IsSpace(next) && parts[i+1] != "" {
				bold = append(bold, parts[i])
			}
		}
	}
	return bold
}

// unseen returns the formulas that GitHub does not see: there must be a space or a bracket before their first $.
func unseen(text string) (formulas []string) {
	for line := range strings.Lines(fence.ReplaceAllString(text, "")) {
		parts := strings.Split(line, "$")
		for i := 1; i+1 < len(parts); i += 2 {
			if before, _ := utf8.DecodeLastRuneInString(parts[i-1]); parts[i-1] != "" && !strings.ContainsRune(" (|", before) {
				formulas = append(formulas, parts[i])
			}
		}
	}
	return formulas
}
