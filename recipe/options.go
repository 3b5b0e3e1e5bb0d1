package recipe

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Option describes a field of an options struct; see [Entry.Options].
type Option struct {
	Name    string // its key
	Doc     string
	Default string // YAML
	Enum    []string
	Flag    string // of `lamina train`
	Short   string // the flag's letter
	Kind    Kind   // of a choice, or of the elements of a list of choices
	Type    reflect.Type

	min, max, above, below *float64
	index                  int
}

// Options returns the options of a struct, given by a pointer to it. It panics for invalid tags, which are a
// programmer's mistake.
func Options(pointer any) []Option {
	if pointer == nil {
		return nil
	}
	return optionsOf(reflect.TypeOf(pointer).Elem())
}

func optionsOf(t reflect.Type) []Option {
	var out []Option
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			panic(fmt.Sprintf("recipe: field %s of %v has no tag yaml", f.Name, t))
		}
		o := Option{Name: name, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), Kind: Kind(f.Tag.Get("kind")), Type: f.Type, index: i}
		o.Flag, o.Short, _ = strings.Cut(f.Tag.Get("flag"), ",")
		if e := f.Tag.Get("enum"); e != "" {
			o.Enum = strings.Split(e, ",")
		}
		for tag, bound := range map[string]**float64{"min": &o.min, "max": &o.max, "above": &o.above, "below": &o.below} {
			if text := f.Tag.Get(tag); text != "" {
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					panic(fmt.Sprintf("recipe: field %s of %v: tag %s: %v", f.Name, t, tag, err))
				}
				*bound = &v
			}
		}
		out = append(out, o)
	}
	return out
}

// Wants returns what the option accepts, such as "a number above 0 and below 1e6".
func (o Option) Wants() string {
	if len(o.Enum) > 0 {
		if o.Type.Kind() == reflect.Map {
			return "names with values: " + list(o.Enum)
		}
		return list(o.Enum)
	}
	return wants(o.Type) + o.bounds()
}

var durationType = reflect.TypeFor[time.Duration]()

func wants(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a time such as 90s, 10m or 2h"
	case t == reflect.TypeFor[Size]():
		return `"out" for the number of the model's results, or a whole number`
	case t == reflect.TypeFor[Choice]():
		return "a name, or a mapping with a name"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		if k := t.Elem().Kind(); k == reflect.Int {
			return "whole numbers"
		} else if k == reflect.Float64 {
			return "numbers"
		}
		return "a list"
	}
	return "keys with values"
}

// bounds returns a text such as " above 0 and below 1e6".
func (o Option) bounds() string {
	var parts []string
	if o.min != nil && o.max != nil {
		return " from " + number(*o.min) + " to " + number(*o.max)
	}
	add := func(word string, v *float64) {
		if v != nil {
			parts = append(parts, word+" "+number(*v))
		}
	}
	add("of at least", o.min)
	add("above", o.above)
	add("of at most", o.max)
	add("below", o.below)
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, " and ")
}

// contains reports whether v is within the bounds. NaN is not.
func (o Option) contains(v float64) bool {
	return v == v && (o.min == nil || v >= *o.min) && (o.max == nil || v <= *o.max) && (o.above == nil ||
		v > *o.above) && (o.below == nil || v < *o.below)
}

// number returns a number in its shorter form: 1048576, but 1e6, not 1e+06.
func number(v float64) string {
	plain, short := strconv.FormatFloat(v, 'f', -1, 64), strconv.FormatFloat(v, 'e', -1, 64)
	mantissa, exponent, ok := strings.Cut(short, "e")
	if !ok { // infinite, or NaN
		return plain
	}
	sign := ""
	if strings.HasPrefix(exponent, "-") {
		sign = "-"
	}
	if short = mantissa + "e" + sign + strings.TrimLeft(exponent, "+-0"); len(plain) <= len(short)+2 || exponent == "+00" {
		return plain
	}
	return short
}

// newOptions returns a pointer to a new struct of the type that the entry's options have, with the default values.
func (r *Registry) newOptions(e Entry, task string) any {
	if e.Options == nil {
		return &struct{}{}
	}
	v := reflect.New(reflect.TypeOf(e.Options).Elem())
	d := decoder{registry: r, task: task}
	d.defaults(v.Elem())
	return v.Interface()
}

// DecodeOptions returns a pointer to a new struct of the type that pointer points to, with the values of texts by the
// options' names, and defaults for the others. origin returns the origin of an option's value. The error lists all
// mistakes, in the order of the names.
func DecodeOptions(pointer any, texts map[string]string, origin func(name string) string) (any, error) {
	v := reflect.New(reflect.TypeOf(pointer).Elem())
	var d decoder
	d.defaults(v.Elem())
	n := &node{form: mapping}
	for _, name := range slices.Sorted(maps.Keys(texts)) { // so that errors have the same order each time
		o := Origin{Source: origin(name)}
		n.put(name, o, &node{text: texts[name], origin: o})
	}
	d.fields(n, v.Elem(), "")
	return v.Interface(), d.err()
}
