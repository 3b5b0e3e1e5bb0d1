// Package docs holds the documentation. The Go code of a page is in the test file of the same name and runs.
package docs

import (
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/recipe"
)

// generated lists the pages with their own test.
var generated = map[string]bool{"configuration.md": true, "from-pytorch.md": true}

// TestPages compares the pages with the code. A block marked go must be in the page's test file, line for line, as
// declarations or inside an example with an output. A block marked text must be part of the output of the example above
// it, one marked yaml a configuration, one marked python part of a script that the page names. A page may name further
// files that a test covers: <!-- shows: ../examples/fourlayer/main.go -->.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) < 10 {
		t.Errorf("only %d pages", len(pages))
	}
	for _, page := range pages {
		if !generated[page] {
			t.Run(page, func(t *testing.T) {
				for _, mistake := range check(t, page, read(t, page)) {
					t.Error(mistake)
				}
			})
		}
	}
}

// TestCheck checks that check finds mistakes.
func TestCheck(t *testing.T) {
	page := read(t, "neuron.md")
	if mistakes := check(t, "neuron.md", page); len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	for old, changed := range map[string]string{
		"z := a.Dot(w)":       "z := w.Dot(a)",
		"tensor(0.9569)":      "tensor(0.9570)",
		"```text\n":           "```output\n",
		"](image.md)":         "](picture.md)",
		"(losses.md)":         "(losses.md#no-such-heading)",
		"`nn.Linear`":         "`nn.Liner`",
		"pictures/neuron.svg": "pictures/neutron.svg",
	} {
		broken := strings.Replace(page, old, changed, 1)
		if broken == page {
			t.Errorf("the page has no %q", old)
		} else if len(check(t, "neuron.md", broken)) == 0 {
			t.Errorf("the check does not find %q in place of %q", changed, old)
		}
	}
}

// TestBlocks checks that blocks can be copied: together with the blocks above it on its page and the network of the
// first page, each block declares all names that it uses, and uses all variables that it declares. It skips parts of
// whole programs. Names of imported packages are not checked here; the examples use them.
func TestBlocks(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if page == "README.md" || generated[page] {
			continue
		}
		for _, mistake := range names(t, page, read(t, page)) {
			t.Errorf("%s: %s", page, mistake)
		}
	}
	page := read(t, "memory.md")
	for _, c := range []struct{ old, changed, want string }{
		{"loader := ", "_ = ", "undefined: loader"},
		{"fmt.Println(number, kept)", "fmt.Println(kept)", "declared and not used: number"},
	} {
		if got := names(t, "memory.md", strings.Replace(page, c.old, c.changed, 1)); !slices.Contains(got, c.want) {
			t.Errorf("with %q in place of %q the errors are %q, not %q", c.changed, c.old, got, c.want)
		}
	}
}

// names returns the compiler's errors about names in a page's blocks.
func names(t *testing.T, page, text string) (mistakes []string) {
	t.Helper()
	var declared, body strings.Builder
	ends := ""
	add := func(block string) {
		if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+block, 0); err == nil {
			declared.WriteString(block)
		} else {
			body.WriteString("{\n" + block)
			ends += "}\n"
		}
	}
	sources := shown(t, page, text)
	if sources[0].file == nil { // no test file: the page has no Go code, or check finds it
		return nil
	}
	imported := sources[0].file.Imports
	if page != "neuron.md" {
		for _, i := range parse(t, "neuron_test.go").file.Imports {
			if !slices.ContainsFunc(imported, func(o *ast.ImportSpec) bool { return o.Path.Value == i.Path.Value }) {
				imported = append(imported, i)
			}
		}
		for _, m := range fence.FindAllStringSubmatch(read(t, "neuron.md"), -1) {
			if m[1] == "go" && strings.Contains(m[2], "type Net struct") {
				add(m[2])
			}
		}
	}
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		part := slices.ContainsFunc(sources, func(s *source) bool {
			_, found := s.find(m[2])
			return found && s.program
		})
		if m[1] == "go" && !part {
			add(m[2])
		}
	}
	imports := ""
	for _, i := range imported {
		if i.Name != nil {
			imports += "import " + i.Name.Name + " " + i.Path.Value + "\n"
		} else {
			imports += "import " + i.Path.Value + "\n"
		}
	}
	program := "package p\n" + imports + declared.String() + "func main() {\n" + body.String() + ends + "}\n"
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, page, program, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	config := types.Config{Importer: nothing{}, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) && (strings.HasPrefix(e.Msg, "undefined: ") || strings.HasPrefix(e.Msg, "declared and not used")) {
			mistakes = append(mistakes, e.Msg)
		}
	}}
	config.Check("p", fset, []*ast.File{f}, nil)
	return mistakes
}

// nothing is an importer that fails, so names of imported packages are not checked.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) { return nil, errors.New(path) }

// TestIndex checks that the index links every page.
func TestIndex(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	index := read(t, "README.md")
	for _, page := range pages {
		if page != "README.md" && !strings.Contains(index, "]("+page+")") {
			t.Errorf("README.md has no link to %s", page)
		}
	}
}

// TestRootReadme checks that the code of the repository's README.md is the code of root_test.go.
func TestRootReadme(t *testing.T) {
	code := parse(t, "root_test.go")
	blocks := 0
	for _, m := range fence.FindAllStringSubmatch(read(t, "../README.md"), -1) {
		if m[1] != "go" {
			continue
		}
		declarations, loop, found := strings.Cut(m[2], "\nfor ")
		parts := []string{declarations}
		if found {
			parts = append(parts, "for "+loop)
		}
		for _, part := range parts {
			blocks++
			if _, ok := code.find(part); !ok {
				t.Errorf("root_test.go does not contain\n%s", part)
			}
		}
	}
	if blocks != 3 {
		t.Errorf("%d blocks, want 3", blocks)
	}
}

var (
	fence     = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	shows     = regexp.MustCompile(`<!-- shows: (.*?) -->`)
	inline    = regexp.MustCompile("`([^`\n]+)`")
	qualified = regexp.MustCompile(`\b(tensor|nn|optim|sched|data|train|rng|safetensors|image|mnist|npy|vision|folder|imageset|explain|plots|text|tabular|models|generate|gguf|torchfile|checkpoint|metrics|runs|recipe|task|ui)\.([A-Z]\w*)`)
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	mark      = regexp.MustCompile(`[^\p{L}\p{M}\p{N}_ -]`)
	link      = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
)

// check returns the mistakes of a page.
func check(t *testing.T, page, text string) (mistakes []string) {
	t.Helper()
	wrong := func(format string, args ...any) { mistakes = append(mistakes, fmt.Sprintf(format, args...)) }
	sources := shown(t, page, text)
	var always, outputs []string // outputs that may contain a text block
	for _, s := range sources {
		if s.file == nil {
			always = append(always, s.allTexts...)
		}
	}
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		language, block := m[1], m[2]
		switch language {
		case "go":
			found := false
			for _, s := range sources {
				if o, ok := s.find(block); ok {
					found, outputs = true, o
					break
				}
			}
			if !found {
				wrong("not in a file that is tested:\n%s", block)
			}
		case "text":
			found := false
			for _, o := range slices.Concat(always, outputs) {
				found = found || hasLines(o, block)
			}
			if !found {
				wrong("not the output of the code above it:\n%s", block)
			}
		case "yaml":
			document, err := recipe.Parse(page, []byte(block))
			if err == nil {
				_, err = document.Decode(tasks.Registry)
			}
			if err != nil {
				wrong("not a configuration: %v", err)
			}
		case "python":
			if !slices.ContainsFunc(always, func(script string) bool { return hasLines(script, block) }) {
				wrong("not in a script that the page shows:\n%s", block)
			}
		case "math", "sh":
		default:
			wrong("a block in %q: it is go, text, yaml, python, math or sh", language)
		}
	}
	if n := strings.Count("\n"+text, "\n```"); n != 2*len(fence.FindAllString(text, -1)) {
		wrong("a block does not end")
	}
	mistakes = append(mistakes, wrongLinks(page, text)...)
	for _, m := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		for _, name := range qualified.FindAllStringSubmatch(m[1], -1) {
			if !exported(t, folders[name[1]])[name[2]] {
				wrong("there is no %s", name[0])
			}
		}
	}
	return mistakes
}

// shown returns the files whose parts a page shows: its test file and the files that it names.
func shown(t *testing.T, page, text string) []*source {
	t.Helper()
	sources := []*source{parse(t, strings.TrimSuffix(page, ".md")+"_test.go")}
	for _, m := range shows.FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(m[1]) {
			sources = append(sources, parse(t, name))
		}
	}
	return sources
}

// wrongLinks returns the mistakes in a page's links to files and headings.
func wrongLinks(page, text string) (mistakes []string) {
	for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		target, path := text, filepath.Join(filepath.Dir(page), m[1])
		if _, err := os.Stat(path); m[1] != "" && err != nil {
			mistakes = append(mistakes, "a link leads nowhere: "+m[1])
			continue
		}
		if m[1] != "" && m[2] != "" { // else it leads to a file or a folder, or within the page
			content, err := os.ReadFile(path)
			if err != nil {
				mistakes = append(mistakes, err.Error())
			}
			target = string(content)
		}
		if m[2] != "" && !headings(target)[m[2]] {
			mistakes = append(mistakes, fmt.Sprintf("%s has no heading for the link %s", m[1], m[2]))
		}
	}
	return mistakes
}

// headings returns the link targets in a page.
func headings(page string) map[string]bool {
	places := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		places["#"+strings.ReplaceAll(mark.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return places
}

// folders maps the packages that pages name to their folders.
var folders = map[string]string{
	"tensor": "tensor", "nn": "nn", "optim": "optim", "sched": "optim/sched", "data": "data", "train": "train", "rng": "rng",
	"safetensors": "safetensors", "image": "data/image", "mnist": "data/mnist", "npy": "data/npy", "vision": "vision", "explain": "vision/explain", "plots": "plots", "folder": "data/folder", "imageset": "data/imageset", "text": "text",
	"tabular": "tabular", "models": "models", "generate": "generate", "gguf": "gguf", "torchfile": "torchfile", "checkpoint": "train/checkpoint", "metrics": "metrics", "runs": "runs", "recipe": "recipe", "task": "task", "ui": "ui",
}

// known holds the results of exported.
var known = map[string]map[string]bool{}

// exported returns the exported names of a package.
func exported(t *testing.T, folder string) map[string]bool {
	t.Helper()
	if names := known[folder]; names != nil {
		return names
	}
	files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range spec.Names {
							names[n.Name] = true
						}
					}
				}
			}
		}
	}
	known[folder] = names
	return names
}

// source is a file whose code pages show.
type source struct {
	text     string
	file     *ast.File
	start    func(token.Pos) int // in bytes
	outputs  map[string]string   // of examples, by function
	program  bool                // no test file
	allTexts []string
}

// parse reads a file. A text file counts as output. A missing file counts as empty.
func parse(t *testing.T, name string) *source {
	t.Helper()
	s := &source{outputs: map[string]string{}, program: !strings.HasSuffix(name, "_test.go")}
	if !strings.HasSuffix(name, ".go") {
		s.allTexts = []string{read(t, name)}
		return s
	}
	if _, err := os.Stat(name); err != nil {
		return s
	}
	s.text = read(t, name)
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, s.text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s.file, s.start = f, func(p token.Pos) int { return fset.Position(p).Offset }
	for _, e := range doc.Examples(f) {
		if e.Output != "" {
			s.outputs["Example"+e.Name] = e.Output
			s.allTexts = append(s.allTexts, e.Output)
		}
	}
	return s
}

// find returns the outputs that belong to a block, if the file contains it: the output of the example around it, or all
// outputs for declarations.
func (s *source) find(block string) (outputs []string, ok bool) {
	if s.file == nil {
		return nil, false
	}
	if at := lines(s.text, block); at >= 0 {
		for _, d := range s.file.Decls {
			if s.start(d.Pos()) >= at && s.start(d.End()) <= at+len(block) || s.program {
				return s.allTexts, true
			}
		}
	}
	inner := indent(block)
	at := lines(s.text, inner)
	if at < 0 {
		return nil, false
	}
	for _, d := range s.file.Decls {
		if f, is := d.(*ast.FuncDecl); is && s.start(f.Pos()) < at && at+len(inner) <= s.start(f.End()) {
			o, runs := s.outputs[f.Name.Name]
			return []string{o}, runs || s.program
		}
	}
	return nil, false
}

// lines returns the position of block, which consists of whole lines, in text, or −1.
func lines(text, block string) int { return strings.Index("\n"+text, "\n"+block) }

func hasLines(text, block string) bool { return lines(text, block) >= 0 }

func indent(block string) string {
	var b strings.Builder
	for line := range strings.Lines(block) {
		if line != "\n" {
			b.WriteByte('\t')
		}
		b.WriteString(line)
	}
	return b.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
