package recipe

import (
	"slices"
	"strings"
)

// list returns names in a text: "adam, adamw or sgd".
func list(names []string) string {
	names = slices.Clone(names)
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
