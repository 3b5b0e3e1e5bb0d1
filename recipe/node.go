package recipe

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// Origin says where a value comes from: a place in a file, or a text such as "--set optimizer.lr=0.01".
type Origin struct {
	Source       string // a file, a command-line argument, an environment variable, or what implies the value
	Line, Column int    // in a file, from 1; 0 elsewhere
	Default      bool   // nobody set the value
}

// String returns a text such as "houses.yaml:3:5".
func (o Origin) String() string {
	if o.Line > 0 {
		return fmt.Sprintf("%s:%d:%d", o.Source, o.Line, o.Column)
	}
	return o.Source
}

// Error is an error in a configuration: what is wrong, and where.
type Error struct {
	Origin Origin
	Path   string // of the value, such as "optimizer.lr"; may be empty
	Msg    string
}

// Error returns a text such as "houses.yaml:3:5: optimizer.lr: …" or "--lr abc: …".
func (e *Error) Error() string {
	path := e.Path
	if strings.HasPrefix(e.Origin.Source, "--") || e.Origin.Line == 0 && strings.Contains(e.Origin.Source, path) {
		path = "" // the source says it
	}
	var parts []string
	for _, p := range []string{e.Origin.String(), path, e.Msg} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ": ")
}

// form is the form of a node.
type form uint8

const (
	scalar form = iota
	mapping
	sequence
)

// node is a value of a configuration with its origin.
type node struct {
	form   form
	text   string // of a scalar
	null   bool   // a scalar without a value
	doc    string // written as a comment
	keys   []string
	places []Origin // of the keys
	values []*node  // of a mapping, in the order of its keys; or of a sequence
	origin Origin
}

// get returns the value of a key of a mapping; nil if there is none.
func (n *node) get(key string) *node {
	if n == nil || n.form != mapping {
		return nil
	}
	for i, k := range n.keys {
		if k == key {
			return n.values[i]
		}
	}
	return nil
}

// put sets the value of a key of a mapping.
func (n *node) put(key string, at Origin, v *node) {
	for i, k := range n.keys {
		if k == key {
			n.values[i], n.places[i] = v, at
			return
		}
	}
	n.keys, n.places, n.values = append(n.keys, key), append(n.places, at), append(n.values, v)
}

// listsLayers reports whether a mapping is a model given as a list of layers.
func (n *node) listsLayers() bool {
	l := n.get("layers")
	return l != nil && l.form == sequence
}

// named returns the mapping of a choice that is given as its name alone.
func (n *node) named() *node {
	if n == nil || n.form != scalar || n.null {
		return n
	}
	m := &node{form: mapping, origin: n.origin}
	m.put("name", n.origin, n)
	return m
}

// maxFile and maxDepth limit configurations, whose parser is recursive.
const (
	maxFile  = 256 << 10
	maxDepth = 64
)

// Document is a configuration before it is checked: the contents of a file, with single values changed.
type Document struct{ root *node }

// NewDocument returns an empty configuration.
func NewDocument() *Document { return &Document{&node{form: mapping}} }

// ReadFile reads the YAML file at path.
func ReadFile(path string) (*Document, error) {
	text, err := inputfile.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Clone returns a copy of the configuration: values that are set in one are not set in the other.
func (d *Document) Clone() *Document { return &Document{d.root.clone()} }

func (n *node) clone() *node {
	c := *n
	c.keys, c.places, c.values = slices.Clone(n.keys), slices.Clone(n.places), slices.Clone(n.values)
	for i, v := range c.values {
		c.values[i] = v.clone()
	}
	return &c
}

// Parse reads YAML. Errors and origins name the file.
func Parse(file string, text []byte) (*Document, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s has more than %d bytes, which is the limit", file, maxFile)
	}
	if line := tooDeep(string(text)); line > 0 {
		return nil, &Error{Origin: Origin{Source: file, Line: line, Column: 1},
			Msg: fmt.Sprintf("values are nested more than %d deep", maxDepth)}
	}
	parsed, err := parse(text)
	if err != nil {
		return nil, syntaxError(file, text, err)
	}
	d := NewDocument()
	var bodies []ast.Node
	for _, doc := range parsed.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		return d, nil
	case len(bodies) > 1:
		return nil, at(file, bodies[1].GetToken()).error("", "a configuration is one document, and a second one begins here")
	}
	root, err := convert(file, bodies[0], 0)
	if err != nil {
		return nil, err
	}
	if root.form == scalar && root.null {
		return d, nil
	}
	if root.form != mapping {
		return nil, root.origin.error("", `want keys with values, such as "training: {epochs: 5}"`)
	}
	if data := root.get("data"); data != nil && data.form == scalar && !data.null { // data: houses.csv
		path := &node{form: mapping, origin: data.origin}
		path.put("path", data.origin, data)
		root.put("data", data.origin, path)
	}
	d.root = root
	return d, nil
}

// parse runs the parser. A panic of it is an error in the text.
func parse(text []byte) (f *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the text is not YAML: %v", p)
		}
	}()
	return parser.ParseBytes(text, 0)
}

// tooDeep returns the number of the first line whose brackets or dashes nest too deeply, 0 if there is none. It counts
// them in texts too, so it may refuse a strange text.
func tooDeep(text string) int {
	depth := 0
	for i, line := range strings.Split(text, "\n") {
		if strings.Count(line, "- ")+strings.Count(line, "? ")+strings.Count(line,
			": ")+(len(line)-len(strings.TrimLeft(line, " ")))/2 > 4*maxDepth {
			return i + 1
		}
		depth += strings.Count(line, "[") + strings.Count(line, "{") - strings.Count(line, "]") - strings.Count(line, "}")
		if depth > maxDepth || strings.Count(line, "[")+strings.Count(line, "{") > 8*maxDepth {
			return i + 1
		}
	}
	return 0
}

func at(file string, t *token.Token) Origin {
	o := Origin{Source: file}
	if t != nil && t.Position != nil {
		o.Line, o.Column = t.Position.Line, t.Position.Column
	}
	return o
}

// error returns an error at an origin.
func (o Origin) error(path, format string, args ...any) error {
	return &Error{Origin: o, Path: path, Msg: fmt.Sprintf(format, args...)}
}

// convert returns the node of a value.
func convert(file string, v ast.Node, depth int) (*node, error) {
	if v == nil {
		return &node{null: true, origin: Origin{Source: file}}, nil
	}
	n := &node{origin: at(file, v.GetToken())}
	if depth > maxDepth {
		return nil, n.origin.error("", "values are nested more than %d deep", maxDepth)
	}
	switch v := v.(type) {
	case *ast.MappingNode:
		return n, n.addPairs(file, v.Values, depth)
	case *ast.MappingValueNode:
		return n, n.addPairs(file, []*ast.MappingValueNode{v}, depth)
	case *ast.SequenceNode:
		n.form = sequence
		for _, e := range v.Values {
			item, err := convert(file, e, depth+1)
			if err != nil {
				return nil, err
			}
			n.values = append(n.values, item)
		}
	case *ast.NullNode:
		n.null = true
	case *ast.StringNode:
		n.text = v.Value
	case *ast.LiteralNode:
		n.text = v.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		n.text = v.GetToken().Value
	default:
		return nil, n.origin.error("", "anchors, aliases and tags have no meaning here; write the value")
	}
	return n, nil
}

// addPairs makes n a mapping of the pairs.
func (n *node) addPairs(file string, pairs []*ast.MappingValueNode, depth int) error {
	n.form = mapping
	if len(pairs) > 0 {
		n.origin = at(file, pairs[0].Key.GetToken())
	}
	for _, p := range pairs {
		place := at(file, p.Key.GetToken())
		key := p.Key.GetToken().Value
		switch p.Key.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		default:
			return place.error("", "want a name as key")
		}
		if n.get(key) != nil {
			return place.error(key, "the key appears twice")
		}
		v, err := convert(file, p.Value, depth+1)
		if err != nil {
			return err
		}
		if v.null && v.origin.Line == 0 {
			v.origin = place
		}
		n.put(key, place, v)
	}
	return nil
}

// Set sets the value at a path such as "optimizer.lr" or "model.layers.0.linear". The value is YAML; a list may be
// written as 64,32. The origin is what errors and `config explain` name, such as "--set optimizer.lr=0.01".
func (d *Document) Set(path, value, origin string) error {
	o := Origin{Source: origin}
	v, err := parseValue(value, o)
	if err != nil {
		return err
	}
	n := d.root
	if path == "data" && v.form == scalar { // its path alone
		path = "data.path"
	}
	parts := strings.Split(path, ".")
	for i, key := range parts {
		if key == "" {
			return o.error(path, "want names separated by dots, such as optimizer.lr")
		}
		last := i == len(parts)-1
		if n.form == sequence {
			k, err := strconv.Atoi(key)
			if err != nil || k < 0 || k >= len(n.values) {
				return o.error(path, "%s has %d values; want a number from 0 to %d, not %q",
					strings.Join(parts[:i], "."), len(n.values), len(n.values)-1, key)
			}
			if last {
				n.values[k] = v
				return nil
			}
			n.values[k] = n.values[k].named()
			n = n.values[k]
			continue
		}
		if last {
			n.put(key, o, v)
			return nil
		}
		next := n.get(key).named()
		if next == nil || next.form == scalar {
			next = &node{form: mapping, origin: o}
		}
		n.put(key, o, next)
		n = next
	}
	return nil
}

// parseValue parses a value given on a command line or by the environment.
func parseValue(value string, o Origin) (*node, error) {
	if !strings.ContainsAny(value, "[]{}\"'") { // so that no text needs quotes, such as C:\data
		return &node{text: value, null: value == "", origin: o}, nil
	}
	d, err := Parse(o.Source, []byte("value: "+value))
	if err != nil {
		return &node{text: value, origin: o}, nil // a text with a bracket, such as a file's name
	}
	v := d.root.get("value")
	v.setOrigin(o)
	return v, nil
}

func (n *node) setOrigin(o Origin) {
	n.origin = o
	for i := range n.places {
		n.places[i] = o
	}
	for _, v := range n.values {
		v.setOrigin(o)
	}
}

// environmentPrefix begins the names of environment variables that set values; two underscores stand for a dot.
const environmentPrefix = "LAMINA_SET_"

// SetEnvironment sets the values that environment variables give: LAMINA_SET_optimizer__lr=0.01 sets optimizer.lr. The
// variables have the form of [os.Environ].
func (d *Document) SetEnvironment(variables []string) error {
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		path, ok := strings.CutPrefix(name, environmentPrefix)
		if !ok {
			continue
		}
		head, rest, _ := strings.Cut(path, "_") // no name at the top has an underscore
		if head != "" && rest != "" && rest[0] != '_' {
			return &Error{Origin: Origin{Source: name}, Msg: fmt.Sprintf("two underscores separate names; want %s%s__%s",
				environmentPrefix, head, rest)}
		}
		if err := d.Set(strings.ReplaceAll(path, "__", "."), value, name); err != nil {
			return err
		}
	}
	return nil
}

// SetEnviron sets the values that the process's environment gives; see [Document.SetEnvironment].
func (d *Document) SetEnviron() error { return d.SetEnvironment(os.Environ()) }

// Get returns the text of the scalar at a path such as "data.path", "" if there is none. A choice given as a name alone
// has the path of its name too.
func (d *Document) Get(path string) string {
	n := d.root
	for _, key := range strings.Split(path, ".") {
		n = n.named().get(key)
	}
	if n.named() != n { // a scalar
		return n.text
	}
	if name := n.get("name"); name != nil && name.form == scalar {
		return name.text
	}
	return ""
}

// merge returns low with the values of high. At a choice, low counts only if high names no other entry.
func merge(low, high *node, choices func(path string) bool, path string) *node {
	if low == nil || high == nil {
		if high == nil {
			return low
		}
		return high
	}
	if choices(path) {
		low, high = low.named(), high.named()
		if high.form == mapping && low.form == mapping {
			name, old := high.get("name"), low.get("name")
			if high.listsLayers() || name != nil && (old == nil || name.text != old.text) {
				return high
			}
		}
	}
	if low.form != mapping || high.form != mapping {
		return high
	}
	out := &node{form: mapping, origin: high.origin}
	for i, k := range low.keys {
		out.put(k, low.places[i], low.values[i])
	}
	for i, k := range high.keys {
		sub := k
		if path != "" {
			sub = path + "." + k
		}
		out.put(k, high.places[i], merge(out.get(k), high.values[i], choices, sub))
	}
	return out
}
