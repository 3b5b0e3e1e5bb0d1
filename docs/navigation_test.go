package docs

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWay follows the links at the ends of the pages: those of the guide lead from the first page to the last one, in
// the order of the index, and from every other page a link leads on or back to the index.
func TestWay(t *testing.T) {
	for _, c := range []struct{ folder, next, back string }{{"", "Next: [", "Back to ["}, {"zh", "下一页：[", "回到["}} {
		index := read(t, filepath.Join(c.folder, "README.md"))
		guide, _, found := strings.Cut(index[strings.Index(index, "\n## ")+1:], "\n## ")
		if !found {
			t.Fatalf("%s: the index has no second part", c.folder)
		}
		pages, err := filepath.Glob("*.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			if page == "README.md" || generated[page] {
				continue
			}
			path := filepath.Join(c.folder, page)
			text := strings.TrimSpace(read(t, path))
			last := text[strings.LastIndex(text, "\n\n")+2:]
			if !strings.HasPrefix(last, c.next) && !strings.HasPrefix(last, c.back) {
				t.Errorf("%s ends with %q, not with a link to the next page or to the index", path, last)
			}
		}

		// The order of the index, without the page beside the way.
		order := slices.DeleteFunc(linkedPages(guide), func(page string) bool { return page == "photographs.md" })
		for i, page := range order[:len(order)-1] {
			text := strings.TrimSpace(read(t, filepath.Join(c.folder, page)))
			if last := text[strings.LastIndex(text, "\n\n")+2:]; !strings.Contains(last, "]("+order[i+1]+")") {
				t.Errorf("%s ends with %q, but the index has %s after it", page, last, order[i+1])
			}
		}
	}
}

// TestSectionsOfTables checks that the Chinese page about PyTorch's names links every section of the table, which is in
// English only.
func TestSectionsOfTables(t *testing.T) {
	chinese := read(t, "zh/from-pytorch.md")
	for place := range headings(read(t, "from-pytorch.md")) {
		if place != "#from-pytorch" && !strings.Contains(chinese, "](../from-pytorch.md"+place+")") {
			t.Errorf("zh/from-pytorch.md has no link to %s", place)
		}
	}
}

// linkedPages returns the pages of the same folder that the rows of a table link first, in order.
func linkedPages(text string) (pages []string) {
	for row := range strings.Lines(text) {
		if m := link.FindStringSubmatch(row); m != nil && strings.HasPrefix(row, "| [") {
			pages = append(pages, m[1])
		}
	}
	return pages
}

// TestFormulasInLines checks that no formula within a line has a backslash before punctuation: Markdown removes the
// backslash before GitHub draws the formula. (Blocks of math are left as they are.)
func TestFormulasInLines(t *testing.T) {
	escape := regexp.MustCompile(`\\[[:punct:]]`)
	for _, pattern := range []string{"*.md", "zh/*.md", "../*.md"} {
		pages, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			for line := range strings.Lines(inline.ReplaceAllString(fence.ReplaceAllString(read(t, page), ""), "")) {
				parts := strings.Split(line, "$")
				for i := 1; i+1 < len(parts); i += 2 {
					if e := escape.FindString(parts[i]); e != "" {
						t.Errorf("%s: Markdown makes %q of %q in the formula %q", page, e[1:], e, parts[i])
					}
				}
			}
		}
	}
}

// TestNumberOfPrograms checks how many training programs examples/curves has, as the pages say it.
func TestNumberOfPrograms(t *testing.T) {
	programs := 0
	for _, name := range []string{"curves.json", "curves_transformers.json"} {
		var golden struct{ Programs []any }
		if err := json.Unmarshal([]byte(read(t, "../testdata/torch/"+name)), &golden); err != nil {
			t.Fatal(err)
		}
		programs += len(golden.Programs)
	}
	for page, text := range map[string]string{
		"../README.md": "see %d small training programs", "../README.zh.md": "看 %d 个小的训练程序",
		"promises.md": "compares %d training programs", "zh/promises.md": "逐步比较 %d 个训练程序",
	} {
		if text = fmt.Sprintf(text, programs); !strings.Contains(read(t, page), text) {
			t.Errorf("%s does not say %q", page, text)
		}
	}
}
