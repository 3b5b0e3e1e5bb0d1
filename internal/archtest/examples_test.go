package archtest

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// programs are folders whose packages are not imported.
var programs = []string{"cmd/...", "examples/...", "bench/...", "docs/...", "internal/..."}

// TestExamples checks that every public type T has an example that runs: ExampleT or ExampleT_suffix, with an output.
func TestExamples(t *testing.T) {
	types := 0
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if matches(name, programs) {
			continue
		}
		for _, typ := range documented(t, p.ImportPath, filepath.Join("../..", name)).Types {
			types++
			if !slices.ContainsFunc(typ.Examples, func(e *doc.Example) bool { return e.Output != "" || e.EmptyOutput }) {
				t.Errorf("%s.%s has no example that runs: write Example%[2]s, with an output, in example_test.go", name, typ.Name)
			}
		}
	}
	if types < 100 {
		t.Errorf("only %d types were looked at", types)
	}
}

// documented returns the documentation of the package in folder, with its examples.
func documented(t *testing.T, path, folder string) *doc.Package {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
