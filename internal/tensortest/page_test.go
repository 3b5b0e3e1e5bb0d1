package tensortest

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/from-pytorch.md instead of comparing it")

// A line of the page "from PyTorch" lists names in PyTorch and Go that do the same.
type line struct {
	torch string // what a PyTorch user writes; "" means "torch." and the name of the operation's row
	names string // the Go names, separated by blanks
	note  string // how they differ
}

type section struct {
	title, text string
	lines       []line
}

const pagePath = "../../docs/from-pytorch.md"

// TestFromPyTorch compares the page with the code: a name that does not exist fails, and so does an exported one that
// the page leaves out, unless it is among those for which PyTorch has no counterpart. With -update it writes the
// page.
func TestFromPyTorch(t *testing.T) {
	code := readCode(t)
	rows := map[string]*Op{}
	for _, op := range Ops() {
		for _, name := range op.Go {
			rows["tensor."+name] = op
		}
	}
	seen := map[string]string{}
	var page bytes.Buffer
	page.WriteString(pageHead)
	body, output := example(t)
	fmt.Fprintf(&page, "\n## The same program twice\n\nBoth print %s.\n\n```python\n%s```\n\n```go\n%s```\n", output, pageProgram, body)
	for _, s := range pageSections() {
		fmt.Fprintf(&page, "\n## %s\n\n", s.title)
		if s.text != "" {
			fmt.Fprintf(&page, "%s\n\n", s.text)
		}
		page.WriteString("| PyTorch | Lamina | where it differs |\n| --- | --- | --- |\n")
		for _, l := range s.lines {
			torch := l.torch
			var calls []string
			for _, name := range strings.Fields(l.names) {
				full := inFull(name)
				call, ok := code[full]
				if !ok {
					t.Errorf("%s: %s is not in the code", s.title, name)
				}
				if in := seen[full]; in != "" {
					t.Errorf("%s is in %q and in %q", name, in, s.title)
				}
				seen[full] = s.title
				calls = append(calls, "`"+call+"`")
				if op := rows[full]; op != nil && torch == "" {
					torch = "`torch." + op.Name + "`"
				}
			}
			if torch == "" || l.names == "" && l.note == "" {
				t.Errorf("%s: a line lacks a name: %q", s.title, l)
			}
			fmt.Fprintf(&page, "| %s | %s | %s |\n", torch, strings.Join(calls, "<br>"), l.note)
		}
	}
	for reason, names := range ownWay {
		for _, name := range strings.Fields(names) {
			if full := inFull(name); code[full] == "" {
				t.Errorf("%s (%s) is not in the code", name, reason)
			} else if seen[full] != "" {
				t.Errorf("%s is in %q and in %q", name, seen[full], reason)
			} else {
				seen[full] = reason
			}
		}
	}
	for name := range code {
		if seen[name] == "" && listed(name, seen) {
			t.Errorf("the page leaves out %s", name)
		}
	}
	if *update && !t.Failed() {
		if err := os.MkdirAll(filepath.Dir(pagePath), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(pagePath, page.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(committed, []byte("\r\n"), []byte("\n")), page.Bytes()) {
		t.Errorf("docs/from-pytorch.md is not what the tables give: go test ./internal/tensortest -run FromPyTorch -update")
	}
}

// example returns the statements of the example that the page shows, and what it prints.
func example(t *testing.T) (body, output string) {
	source, err := os.ReadFile("../../nn/example_program_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ = strings.Cut(string(source), "func Example_fromPyTorch() {\n")
	body, output, found := strings.Cut(body, "\t// Output:\n")
	if !found {
		t.Fatal("there is no example")
	}
	body = strings.ReplaceAll("\n"+body, "\n\t", "\n")[1:]
	return body, strings.Join(strings.Fields(strings.NewReplacer("//", "", "}", "").Replace(output)), ", ")
}

// inFull returns a name with its package, which the tables omit for methods of package tensor.
func inFull(name string) string {
	if strings.HasPrefix(name, "Tensor.") || strings.HasPrefix(name, "Options.") {
		return "tensor." + name
	}
	return name
}

// listed reports whether the page must have a name: all functions, types and numbers of a package, and the methods of
// tensors and generators; a type only where it has no constructor that is there.
func listed(name string, seen map[string]string) bool {
	part := strings.Split(name, ".")
	if part[0] == "npy" || part[0] == "safetensors" || part[0] == "torchfile" { // formats, not PyTorch's
		return false
	}
	if len(part) == 3 {
		return slices.Contains([]string{"Tensor", "Options", "Torch", "NumPy"}, part[1])
	}
	return seen[part[0]+".New"+part[1]] == ""
}

// pagePackages are the folders of the packages on the page, by package name.
var pagePackages = map[string]string{
	"tensor": "../../tensor", "nn": "../../nn", "nninit": "../../nn/init", "optim": "../../optim",
	"sched": "../../optim/sched", "rng": "../../rng",
	"data": "../../data", "metrics": "../../metrics", "npy": "../../data/npy", "safetensors": "../../safetensors",
	"torchfile": "../../torchfile", "models": "../../models",
}

// readCode returns how each exported name is written in a program: a function or method as a call with its
// parameters' names, a type or a field by itself.
func readCode(t *testing.T) map[string]string {
	code := map[string]string{}
	for pkg, folder := range pagePackages {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("the source of package %s: %v", pkg, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					declareFunc(code, pkg, d)
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						declareSpec(code, pkg, spec)
					}
				}
			}
		}
	}
	return code
}

func declareFunc(code map[string]string, pkg string, d *ast.FuncDecl) {
	if !d.Name.IsExported() {
		return
	}
	name, call := pkg+"."+d.Name.Name, pkg+"."+d.Name.Name
	if d.Recv != nil {
		receiver := typeName(d.Recv.List[0].Type)
		name = pkg + "." + receiver + "." + d.Name.Name
		call = receiver + "." + d.Name.Name
		switch names := d.Recv.List[0].Names; {
		case receiver == "Tensor" && len(names) > 0:
			call = strings.Replace(names[0].Name, "t", "x", 1) + "." + d.Name.Name
		case receiver == "Options":
			call = "tensor.Options{…}." + d.Name.Name
		case pkg == "rng" && len(names) > 0:
			call = names[0].Name + "." + d.Name.Name
		}
	}
	var params []string
	for _, p := range d.Type.Params.List {
		more := ""
		if _, ok := p.Type.(*ast.Ellipsis); ok {
			more = "…"
		}
		for _, n := range p.Names {
			param := n.Name
			if receiver := strings.TrimSuffix(call, "."+d.Name.Name); param == receiver {
				param = "y" // t.AddInPlace(x) is x.AddInPlace(y) here
			}
			params = append(params, param+more)
		}
	}
	code[name] = results(d) + call + "(" + strings.Join(params, ", ") + ")"
}

// results names the results of a function that has several.
func results(d *ast.FuncDecl) string {
	var names []string
	if d.Type.Results != nil {
		for _, r := range d.Type.Results.List {
			for _, n := range r.Names {
				names = append(names, n.Name)
			}
		}
	}
	if len(names) < 2 {
		return ""
	}
	return strings.Join(names, ", ") + " := "
}

func declareSpec(code map[string]string, pkg string, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() {
				code[pkg+"."+n.Name] = pkg + "." + n.Name
			}
		}
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return
		}
		code[pkg+"."+s.Name.Name] = pkg + "." + s.Name.Name
		if st, ok := s.Type.(*ast.StructType); ok {
			for _, f := range st.Fields.List {
				for _, n := range f.Names {
					if n.IsExported() {
						code[pkg+"."+s.Name.Name+"."+n.Name] = s.Name.Name + "{" + n.Name + ": …}"
					}
				}
			}
		}
	}
}
