package ui

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	wordKey  = regexp.MustCompile("[\"'`]([a-z0-9]+\\.[a-zA-Z0-9_.-]+)[\"'`]")
	wordStem = regexp.MustCompile("`([a-z0-9]+\\.[a-zA-Z0-9_.-]*)\\$\\{")
	wordHole = regexp.MustCompile(`\{\w+\}`)
)

// TestDictionary checks that each text exists in both languages with the same values, that each key that a module or a
// Go file names exists, and that none is unused.
func TestDictionary(t *testing.T) {
	words, err := dictionary()
	if err != nil {
		t.Fatal(err)
	}
	views := map[string]bool{} // the first parts of keys
	for key, texts := range words {
		first, _, _ := strings.Cut(key, ".")
		views[first] = true
		if texts[0] == "" || texts[1] == "" {
			t.Errorf("%s: a text is missing: %q", key, texts)
		}
		holes := [2][]string{}
		for i, text := range texts {
			holes[i] = wordHole.FindAllString(text, -1)
			slices.Sort(holes[i])
			holes[i] = slices.Compact(holes[i])
		}
		if !slices.Equal(holes[0], holes[1]) {
			t.Errorf("%s: the values differ: %q", key, texts)
		}
		if strings.ContainsFunc(texts[0], func(r rune) bool { return r >= 0x3000 }) {
			t.Errorf("%s: the English text has Chinese characters: %q", key, texts[0])
		}
	}
	used := map[string]bool{}
	check := func(name string, raw []byte) {
		text := string(raw)
		for _, m := range wordKey.FindAllStringSubmatch(text, -1) {
			key := m[1]
			first, _, _ := strings.Cut(key, ".")
			if !views[first] || slices.Contains([]string{".js", ".json", ".css"}, path.Ext(key)) {
				continue
			}
			if _, ok := words[key]; !ok {
				t.Errorf("%s: %s is not in the dictionary", name, key)
			}
			used[key] = true
		}
		for _, m := range wordStem.FindAllStringSubmatch(text, -1) {
			found := m[1] == ""
			for key := range words {
				if strings.HasPrefix(key, m[1]) {
					used[key], found = true, true
				}
			}
			if !found {
				t.Errorf("%s: no key begins with %s", name, m[1])
			}
		}
		if strings.Contains(text, "t(`${name}.title`)") {
			for key := range words {
				if strings.HasSuffix(key, ".title") {
					used[key] = true
				}
			}
		}
	}
	err = fs.WalkDir(embedded, "assets", func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".js") && !strings.Contains(name, "/vendor/") {
			raw, _ := embedded.ReadFile(name)
			check(name, raw)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check(name, raw)
	}
	for key := range words {
		if !used[key] {
			t.Errorf("%s: no module and no Go file uses it", key)
		}
	}
}

// TestViews checks that each view has its module, its style and its words.
func TestViews(t *testing.T) {
	words, err := dictionary()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		for _, ext := range []string{".js", ".css"} {
			if _, err := embedded.ReadFile("assets/views/" + v.name + ext); err != nil {
				t.Error(err)
			}
		}
		for _, key := range []string{v.name + ".title", v.name + ".try"} {
			if _, ok := words[key]; !ok {
				t.Errorf("%s is not in the dictionary", key)
			}
		}
	}
}
