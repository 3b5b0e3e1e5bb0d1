package recipe

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lamina-ml/lamina/internal/readable"
	"github.com/lamina-ml/lamina/internal/spelling"
)

// decoder converts nodes to Go values and collects the errors.
type decoder struct {
	registry *Registry
	task     string
	origins  map[string]Origin
	chosen   map[string]string // the names of choices by their paths
	errs     []error
}

func (d *decoder) err() error { return errors.Join(d.errs...) }

func (d *decoder) fail(o Origin, path, format string, args ...any) {
	if len(d.errs) < 20 {
		d.errs = append(d.errs, o.error(path, format, args...))
	}
}

// defaults sets the fields of a struct to their default values. It panics for a wrong one, a programmer's mistake.
func (d *decoder) defaults(v reflect.Value) {
	for _, o := range optionsOf(v.Type()) {
		f := v.Field(o.index)
		switch {
		case o.Default != "":
			n, err := parseValue(o.Default, Origin{Source: "default of " + o.Name})
			if err != nil {
				panic("recipe: default of " + o.Name + ": " + err.Error())
			}
			own := decoder{registry: d.registry, task: d.task}
			if own.value(n, f, o, o.Name); len(own.errs) > 0 {
				panic("recipe: " + own.errs[0].Error())
			}
		case f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[Choice]():
			d.defaults(f)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// fields decodes a mapping into a struct, whose fields have their defaults. Keys in ignored are not fields.
func (d *decoder) fields(n *node, v reflect.Value, path string, ignored ...string) {
	options := optionsOf(v.Type())
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.Name
	}
next:
	for i, key := range n.keys {
		for _, k := range ignored {
			if k == key {
				continue next
			}
		}
		for _, o := range options {
			if o.Name == key {
				d.value(n.values[i], v.Field(o.index), o, join(path, key))
				continue next
			}
		}
		switch what := d.named(path); {
		case len(names) == 0:
			d.fail(n.places[i], join(path, key), "%s has no options, and no %q", what, key)
		default:
			d.fail(n.places[i], join(path, key), "%s has no %q%s; want %s", what, key, d.meant(path, key, names, ignored), list(names))
		}
	}
	if c, ok := v.Addr().Interface().(interface{ Check() error }); ok && len(d.errs) == 0 {
		if err := c.Check(); err != nil {
			d.check(err, n.origin, path)
		}
	}
}

// meant returns a text such as ` (did you mean "epochs"?)` for an unknown key of the mapping at path: of its names, or of an
// option elsewhere that has the name.
func (d *decoder) meant(path, key string, names, ignored []string) string {
	if text := spelling.DidYouMean(key, append(ignored, names...)); text != "" || path != "" || d.registry == nil {
		return text
	}
	has := func(pointer any) bool {
		return slices.ContainsFunc(Options(pointer), func(o Option) bool { return o.Name == key })
	}
	if has(&Training{}) {
		return ` (did you mean "training.` + key + `"?)`
	}
	for _, k := range []Kind{Optimizers, Models, Tasks, Schedules, Losses} {
		for _, e := range d.registry.Entries(k, d.task) {
			switch {
			case !has(e.Options):
			case k != Tasks:
				return ` (did you mean "` + string(k) + "." + key + `"?)`
			case e.Name == d.task:
				return ` (did you mean "data.` + key + `"?)`
			}
		}
	}
	return ""
}

// check adds an error of a struct's method Check. One that names an option, as an [*Error], is about that option's value.
func (d *decoder) check(err error, o Origin, path string) {
	var e *Error
	if errors.As(err, &e) {
		path = join(path, e.Path)
		if own, ok := d.origins[path]; ok {
			o = own
		}
		err = errors.New(e.Msg)
	}
	d.fail(o, path, "%v", err)
}

// named returns what a mapping is called in error texts: such as "model mlp".
func (d *decoder) named(path string) string {
	switch {
	case path == "" && d.registry == nil: // in DecodeOptions
		return "it"
	case path == "":
		return "a configuration"
	case d.chosen[path] != "":
		return d.chosen[path]
	}
	return path
}

// value decodes a node into a field.
func (d *decoder) value(n *node, v reflect.Value, o Option, path string) {
	if n.null && v.Kind() != reflect.String {
		d.fail(n.origin, path, "there is no value; want %s", o.Wants())
		return
	}
	if d.origins != nil {
		d.origins[path] = n.origin
	}
	switch v.Type() {
	case reflect.TypeFor[Choice]():
		v.Set(reflect.ValueOf(d.choice(n, o.Kind, path)))
		return
	case durationType:
		t, err := time.ParseDuration(n.text)
		if n.form != scalar || err != nil && n.text != "0" || t < 0 {
			d.fail(n.origin, path, "%snot a time; want %s", n.is(), o.Wants())
		}
		v.SetInt(int64(t))
		return
	case reflect.TypeFor[Size]():
		if n.form == scalar && n.text == "out" {
			v.SetInt(int64(Out))
			return
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		if n.form != mapping {
			d.fail(n.origin, path, "%s is not a mapping; want keys with values", n.show())
			return
		}
		d.fields(n, v, path)
	case reflect.Map:
		d.table(n, v, o, path)
	case reflect.Slice:
		d.slice(n, v, o, path)
	default:
		if n.form != scalar {
			d.fail(n.origin, path, "want %s, not %s", o.Wants(), n.show())
			return
		}
		d.scalar(n, v, o, path)
	}
}

// scalar decodes a text, a number or a boolean.
func (d *decoder) scalar(n *node, v reflect.Value, o Option, path string) {
	switch v.Kind() {
	case reflect.String:
		if len(o.Enum) > 0 && !slices.Contains(o.Enum, n.text) {
			d.fail(n.origin, path, "%snot known%s; want %s", n.is(), spelling.DidYouMean(n.text, o.Enum), o.Wants())
		}
		v.SetString(n.text)
	case reflect.Bool:
		switch n.text {
		case "true", "True", "TRUE":
			v.SetBool(true)
		case "false", "False", "FALSE":
			v.SetBool(false)
		default:
			d.fail(n.origin, path, "%sneither true nor false", n.is())
		}
	case reflect.Float64:
		x, err := strconv.ParseFloat(strings.ReplaceAll(n.text, "_", ""), 64)
		if err != nil || math.IsNaN(x) {
			d.fail(n.origin, path, "%snot a number; want %s", n.is(), o.Wants())
		} else if !o.contains(x) {
			d.fail(n.origin, path, "%sout of range; want %s", n.is(), o.Wants())
		}
		v.SetFloat(x)
	case reflect.Uint64:
		x, err := strconv.ParseUint(strings.ReplaceAll(n.text, "_", ""), 10, 64)
		if err != nil {
			d.fail(n.origin, path, "%snot a whole number of at least 0", n.is())
		}
		v.SetUint(x)
	case reflect.Int, reflect.Int64:
		x, err := strconv.ParseInt(strings.ReplaceAll(n.text, "_", ""), 10, 64)
		if f, ferr := strconv.ParseFloat(n.text, 64); err != nil && ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			x, err = int64(f), nil // 1e6
		}
		if err != nil {
			d.fail(n.origin, path, "%snot a whole number; want %s", n.is(), o.Wants())
		} else if !o.contains(float64(x)) {
			d.fail(n.origin, path, "%sout of range; want %s", n.is(), o.Wants())
		}
		v.SetInt(x)
	default:
		panic("recipe: options cannot have the type " + v.Type().String())
	}
}

// slice decodes a list. A scalar is a list of the values between its commas.
func (d *decoder) slice(n *node, v reflect.Value, o Option, path string) {
	items := n.values
	switch {
	case n.form == mapping:
		d.fail(n.origin, path, "want %s, not keys with values", wants(v.Type()))
		return
	case n.form == scalar:
		items = nil
		for _, text := range strings.Split(n.text, ",") {
			if text = strings.TrimSpace(text); text != "" {
				items = append(items, &node{text: text, origin: n.origin})
			}
		}
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	element := o
	element.Type = v.Type().Elem()
	for i, item := range items {
		if element.Type.Kind() == reflect.Struct && element.Type != reflect.TypeFor[Choice]() {
			d.defaults(out.Index(i))
		}
		before := len(d.errs)
		d.value(item, out.Index(i), element, join(path, strconv.Itoa(i)))
		if n.form == scalar && len(d.errs) > before {
			break // the errors of the others would name the same text
		}
	}
	v.Set(out)
}

// table decodes a mapping with the user's keys.
func (d *decoder) table(n *node, v reflect.Value, o Option, path string) {
	if n.form != mapping {
		d.fail(n.origin, path, "want names with values, not %s", n.show())
		return
	}
	out := reflect.MakeMap(v.Type())
	element := o
	element.Type = v.Type().Elem()
	for i, key := range n.keys {
		x := reflect.New(element.Type).Elem()
		if element.Type.Kind() == reflect.Struct && element.Type != reflect.TypeFor[Choice]() {
			d.defaults(x)
		}
		d.value(n.values[i], x, element, join(path, key))
		out.SetMapIndex(reflect.ValueOf(key), x)
	}
	v.Set(out)
}

// choice decodes a choice: a name, a mapping with a name, or a mapping from a name to its options or to its first
// option.
func (d *decoder) choice(n *node, kind Kind, path string) Choice {
	if n.form == sequence {
		d.fail(n.origin, path, "want a name, or a mapping with a name, not a list")
		return Choice{}
	}
	options, name := n, n.get("name")
	switch {
	case n.form == scalar:
		name, options = n, &node{form: mapping, origin: n.origin}
	case name != nil:
	case n.listsLayers():
		name = &node{text: "layers", origin: n.origin}
	case len(n.keys) == 1 && d.known(kind, n.keys[0]):
		name, options = &node{text: n.keys[0], origin: n.places[0]}, n.values[0]
	default:
		d.fail(n.origin, path, "there is no name; want %s", list(d.registry.Names(kind, d.task)))
		return Choice{}
	}
	if name.form != scalar {
		d.fail(name.origin, join(path, "name"), "want a name")
		return Choice{}
	}
	e, ok := d.registry.Lookup(kind, name.text, d.task)
	if !ok {
		d.fail(name.origin, path, "%v", d.registry.unknown(kind, name.text, d.task))
		return Choice{}
	}
	c := Choice{Name: e.Name, Options: d.registry.newOptions(e, d.task)}
	if d.origins != nil {
		d.origins[join(path, "name")] = name.origin
	}
	if d.chosen == nil {
		d.chosen = map[string]string{}
	}
	d.chosen[path] = string(kind) + " " + e.Name
	v := reflect.ValueOf(c.Options).Elem()
	if options.form == mapping {
		d.fields(options, v, path, "name")
		return c
	}
	list := optionsOf(v.Type())
	switch {
	case options.form == scalar && options.null: // {relu: }
		d.fields(&node{form: mapping, origin: options.origin}, v, path)
	case len(list) == 0:
		d.fail(options.origin, path, "%s has no options", e.Name)
	default:
		first := &node{form: mapping, origin: options.origin}
		first.put(list[0].Name, options.origin, options)
		d.fields(first, v, path)
	}
	return c
}

func (d *decoder) known(kind Kind, name string) bool {
	_, ok := d.registry.Lookup(kind, name, d.task)
	return ok
}

// is returns the beginning of an error text: the value and "is", or nothing if the origin shows the value.
func (n *node) is() string {
	if n.origin.Line == 0 && n.form == scalar && strings.HasSuffix(n.origin.Source, n.text) {
		return ""
	}
	return n.show() + " is "
}

// show returns a node's value for an error text.
func (n *node) show() string {
	switch n.form {
	case mapping:
		return "keys with values"
	case sequence:
		return "a list"
	}
	return strconv.Quote(readable.Cut(n.text))
}
