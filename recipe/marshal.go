package recipe

import (
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/token"
)

// Value is a single value of a recipe.
type Value struct {
	Path   string // such as "optimizer.lr"
	Text   string // as in YAML
	Doc    string
	Origin Origin
}

// Values returns every value of the recipe, with its origin, in the order of the file.
func (r *Recipe) Values() []Value {
	var out []Value
	var walk func(n *node, path string)
	walk = func(n *node, path string) {
		if n.form != mapping || len(n.keys) == 0 {
			o := r.Origin(path)
			if _, ok := r.origins[path]; !ok { // of the list or mapping that holds it
				for p := path; strings.Contains(p, "."); {
					p = p[:strings.LastIndex(p, ".")]
					if at, ok := r.origins[p]; ok && p != "data" && p != "training" && !isChoice(p) {
						o = at
						break
					}
				}
			}
			out = append(out, Value{path, n.flow(), n.doc, o})
			return
		}
		for i, k := range n.keys {
			walk(n.values[i], join(path, k))
		}
	}
	walk(r.tree(), "")
	return out
}

// YAML returns the recipe with every value written out.
func (r *Recipe) YAML() []byte { return r.write(false) }

// Commented returns the recipe with every value, each with its documentation as a comment.
func (r *Recipe) Commented() []byte { return r.write(true) }

func (r *Recipe) write(comments bool) []byte {
	var b strings.Builder
	r.tree().block(&b, 0, comments)
	return []byte(b.String())
}

// Outline returns the beginning of a configuration for data that are not known yet: the task, the options of the data,
// and what the user set, with comments. The rest is chosen for the data when the recipe is used.
func (r *Recipe) Outline() []byte {
	all := r.tree()
	n := &node{form: mapping}
	for i, key := range all.keys {
		if key == "task" || key == "data" || r.Given(key) {
			n.put(key, Origin{}, all.values[i])
		}
	}
	var b strings.Builder
	n.block(&b, 0, true)
	b.WriteString("\n# All other values (model, loss, optimizer, schedule, training, metrics) are chosen for the data. With data.path set,\n" +
		"# lamina config explain --config FILE lists them.\n")
	return []byte(b.String())
}

// tree returns the recipe as nodes.
func (r *Recipe) tree() *node { return structNode(reflect.ValueOf(r).Elem()) }

func structNode(v reflect.Value) *node {
	n := &node{form: mapping}
	for _, o := range optionsOf(v.Type()) {
		x := valueNode(v.Field(o.index))
		if x == nil {
			continue
		}
		x.doc = o.Doc
		if wants := o.Wants(); len(o.Enum) > 0 || o.bounds() != "" {
			x.doc += "; " + wants
		}
		n.put(o.Name, Origin{}, x)
	}
	return n
}

// valueNode returns the node of a value; nil for a choice of nothing.
func valueNode(v reflect.Value) *node {
	switch x := v.Interface().(type) {
	case Choice:
		if x.Name == "" {
			return nil
		}
		n := &node{form: mapping}
		n.put("name", Origin{}, &node{text: x.Name})
		if x.Options != nil {
			options := structNode(reflect.ValueOf(x.Options).Elem())
			for i, k := range options.keys {
				n.put(k, Origin{}, options.values[i])
			}
		}
		return n
	case time.Duration:
		return &node{text: x.String()}
	case Size:
		if x == Out {
			return &node{text: "out"}
		}
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return valueNode(v.Elem())
	case reflect.Struct:
		return structNode(v)
	case reflect.Map:
		n := &node{form: mapping}
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		for _, k := range keys {
			n.put(k.String(), Origin{}, valueNode(v.MapIndex(k)))
		}
		return n
	case reflect.Slice:
		n := &node{form: sequence}
		for i := range v.Len() {
			if x := valueNode(v.Index(i)); x != nil {
				n.values = append(n.values, x)
			}
		}
		return n
	case reflect.Float64:
		return &node{text: yamlNumber(v.Float())}
	case reflect.String:
		return &node{text: quoted(v.String())}
	}
	return &node{text: fmt.Sprint(v.Interface())}
}

// yamlNumber returns a number that is one for readers of YAML 1.1 too, for which 1e-8 is a text.
func yamlNumber(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if mantissa, exponent, ok := strings.Cut(s, "e"); ok && !strings.Contains(mantissa, ".") {
		return mantissa + ".0e" + exponent
	}
	return s
}

// quoted returns a text as YAML.
func quoted(s string) string {
	if s == "" || token.IsNeedQuoted(s) || strings.ContainsAny(s, "\n\t,[]{}#\"'\\") || strings.Contains(s, ": ") {
		return strconv.Quote(s) // a subset of YAML's double-quoted texts for printable characters
	}
	return s
}

// block writes the pairs of a mapping, one a line.
func (n *node) block(b *strings.Builder, indent int, comments bool) {
	space := strings.Repeat("  ", indent)
	for i, k := range n.keys {
		v := n.values[i]
		if indent == 0 && comments && i > 0 {
			b.WriteByte('\n')
		}
		if v.form == mapping && len(v.keys) > 0 {
			if v.doc != "" && comments {
				fmt.Fprintf(b, "%s# %s\n", space, v.doc)
			}
			fmt.Fprintf(b, "%s%s:\n", space, quoted(k))
			v.block(b, indent+1, comments)
			continue
		}
		if v.form == sequence && len(v.values) > 0 && len(v.flow()) > 80 {
			if v.doc != "" && comments {
				fmt.Fprintf(b, "%s# %s\n", space, v.doc)
			}
			fmt.Fprintf(b, "%s%s:\n", space, quoted(k))
			for _, x := range v.values {
				fmt.Fprintf(b, "%s  - %s\n", space, x.flow())
			}
			continue
		}
		line := fmt.Sprintf("%s%s: %s", space, quoted(k), v.flow())
		if v.doc != "" && comments {
			line = fmt.Sprintf("%-32s # %s", line, v.doc)
		}
		b.WriteString(line + "\n")
	}
}

// flow returns a value in one line.
func (n *node) flow() string {
	var parts []string
	switch n.form {
	case mapping:
		for i, k := range n.keys {
			parts = append(parts, quoted(k)+": "+n.values[i].flow())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case sequence:
		for _, v := range n.values {
			parts = append(parts, v.flow())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return n.text
}
