package main

import (
	"fmt"
	"go/format"
	"strings"
)

// stubs returns the Go file that declares the kernels of some instruction sets, and for each family of them the
// function that chooses: nameAt(isa, …). The first set is used at its level, the last one at all other levels. Without
// any set, nothing calls the functions.
func stubs(tags string, sets ...*isa) []byte {
	var w strings.Builder
	w.WriteString(header + "//go:build " + tags + "\n\npackage vec\n\nimport \"github.com/lamina-ml/lamina/internal/kernel/cpu\"\n")
	if len(sets) == 0 {
		w.WriteString("\n// Without assembly the level is Generic, and none of these is called.\n")
	}
	for _, f := range families {
		for _, k := range f.kernels {
			// The name and the parameters of a function do not depend on the set.
			m := k(avx512, newPool("", 1))
			fmt.Fprintf(&w, "\nfunc %sAt(isa cpu.Level, %s) {\n", m.family, m.params())
			for i, set := range sets {
				if i < len(sets)-1 {
					fmt.Fprintf(&w, "if isa == cpu.%s {\n%s\nreturn\n}\n", set.name, m.call(set))
				} else {
					w.WriteString(m.call(set) + "\n")
				}
			}
			w.WriteString("}\n")
			for _, set := range sets {
				fmt.Fprintf(&w, "\n//go:noescape\nfunc %s%s(%s)\n", m.family, set.name, m.params())
			}
		}
	}
	return formatted(w.String())
}

// params returns the function's parameters in Go.
func (m *machine) params() string {
	var w strings.Builder
	for i, a := range m.args {
		if i > 0 {
			w.WriteString(", ")
		}
		w.WriteString(a.name)
		if i == len(m.args)-1 || m.args[i+1].typ != a.typ {
			w.WriteString(" " + a.typ)
		}
	}
	return w.String()
}

// call returns a call of the set's kernel with the parameters.
func (m *machine) call(set *isa) string {
	var names []string
	for _, a := range m.args {
		names = append(names, a.name)
	}
	return fmt.Sprintf("%s%s(%s)", m.family, set.name, strings.Join(names, ", "))
}

func formatted(source string) []byte {
	text, err := format.Source([]byte(source))
	if err != nil {
		panic(err)
	}
	return text
}
