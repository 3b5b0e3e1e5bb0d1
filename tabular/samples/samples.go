// Package samples contains small well-known tables for a first training. README.md names their sources and licences.
package samples

import (
	"embed"
	"fmt"
	"strings"

	"github.com/lamina-ml/lamina/tabular"
)

//go:embed *.csv
var files embed.FS

// Sample is one of the tables.
type Sample struct {
	Name   string
	Target string // the column that is usually predicted
	Doc    string
}

// All lists the tables.
var All = []Sample{
	{"iris", "species", "150 flowers of three species, with the sizes of their leaves"},
	{"penguins", "species", "344 penguins of three species, with categories and missing values"},
	{"cars", "mpg", "392 cars, with their consumption in miles per gallon: a number to predict"},
}

// Find returns the sample with that name.
func Find(name string) (Sample, bool) {
	for _, s := range All {
		if s.Name == name {
			return s, true
		}
	}
	return Sample{}, false
}

// Open opens the table with that name: iris, penguins or cars.
func Open(name string) (tabular.Source, error) {
	if _, ok := Find(name); !ok {
		var names []string
		for _, s := range All {
			names = append(names, s.Name)
		}
		return nil, fmt.Errorf("samples: no table %q, want one of %s", name, strings.Join(names, ", "))
	}
	content, err := files.ReadFile(name + ".csv")
	if err != nil {
		return nil, err
	}
	return tabular.FromBytes(name, content, tabular.Options{Header: true})
}
