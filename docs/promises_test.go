package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPromises checks that every test named on the page promises.md exists, and that every section names one.
func TestPromises(t *testing.T) {
	page := read(t, "promises.md")
	name := regexp.MustCompile("`([a-z0-9/]+): ((?:Test|Fuzz)[A-Za-z0-9]+)`")
	names := name.FindAllStringSubmatch(page, -1)
	if len(names) < 40 {
		t.Errorf("the page names only %d tests", len(names))
	}
	for _, m := range names {
		if !declared(t, m[1], m[2]) {
			t.Errorf("the package %s has no test %s", m[1], m[2])
		}
	}
	for _, section := range strings.Split(page, "\n**")[1:] {
		if !name.MatchString(section) {
			t.Errorf("no test keeps the promise %q", strings.SplitN(section, "**", 2)[0])
		}
	}
}

// declared reports whether a test file of the package declares a function of that name.
func declared(t *testing.T, folder, name string) bool {
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
