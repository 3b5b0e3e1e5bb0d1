package nn

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// A walker goes through a model: for each struct first its own tensors, then what is below it, as PyTorch lists them. What occurs at
// several places is visited at each. Functions that are nil are not called.
type walker struct {
	module    func(path string, m any) // m is a pointer to a struct
	tensor    func(path string, t tensor.Tensor, buffer bool)
	generator func(path string, g *rng.Torch)

	inside map[place]bool // the pointers on the way here: cycles end there
}

// A place is a pointer of some type; a struct and its first field share an address.
type place struct {
	of      reflect.Type
	address uintptr
}

var (
	tensorType    = reflect.TypeFor[tensor.Tensor]()
	generatorType = reflect.TypeFor[*rng.Torch]()
	moduleType    = reflect.TypeFor[Module]()
	moderType     = reflect.TypeFor[moder]()
)

// moder is what has a training mode.
type moder interface {
	Training() bool
	SetTraining(on bool)
}

func (w walker) walk(model any) {
	w.inside = map[place]bool{}
	w.value("", reflect.ValueOf(model), false)
}

// value walks whatever v holds. Tensors in it are buffers if buffer says so.
func (w *walker) value(path string, v reflect.Value, buffer bool) {
	if !v.IsValid() || !follows(v.Type()) {
		return
	}
	switch v.Type() {
	case tensorType:
		if t := v.Interface().(tensor.Tensor); t.Defined() && w.tensor != nil {
			w.tensor(path, t, buffer)
		}
		return
	case generatorType:
		if g := v.Interface().(*rng.Torch); g != nil && w.generator != nil {
			w.generator(path, g)
		}
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		w.value(path, v.Elem(), buffer)
	case reflect.Pointer:
		w.enter(v, func() { w.value(path, v.Elem(), buffer) })
	case reflect.Struct:
		w.structure(path, v, buffer)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			w.value(join(path, strconv.Itoa(i)), v.Index(i), buffer)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			key, e := k.String(), v.MapIndex(k)
			if e.Kind() == reflect.Interface {
				e = e.Elem()
			}
			if k.Kind() == reflect.String && key != "" && !strings.Contains(key, ".") {
				w.value(join(path, key), e, buffer)
			} else if e.IsValid() && holds(e.Type()) {
				fail("model", nil, fmt.Sprintf("%s has a %s under the key %v: keys are strings, not empty and without a dot",
					inModel(path), e.Type(), k))
			}
		}
	}
}

// enter calls f unless the pointer v is nil or on the way here.
func (w *walker) enter(v reflect.Value, f func()) {
	at := place{v.Type(), v.Pointer()}
	if v.IsNil() || w.inside[at] {
		return
	}
	w.inside[at] = true
	f()
	delete(w.inside, at)
}

// A part is a field of a struct or of one that it embeds.
type part struct {
	field
	value reflect.Value
}

func (w *walker) structure(path string, v reflect.Value, buffer bool) {
	var parts []part
	w.collect(path, v, &parts)
	names := map[string]string{}
	for _, p := range parts {
		if other, taken := names[p.key]; taken {
			fail("model", nil, fmt.Sprintf("%s: the fields %s and %s have the same key %q; name one of them by a tag", v.Type(), other, p.name, p.key))
		}
		names[p.key] = p.name
	}
	for _, buffers := range []bool{false, true} {
		for _, p := range parts {
			if p.value.Type() == tensorType && p.buffer == buffers {
				w.value(join(path, p.key), p.value, p.buffer || buffer)
			}
		}
	}
	for _, p := range parts {
		if p.value.Type() != tensorType {
			w.value(join(path, p.key), p.value, p.buffer || buffer)
		}
	}
}

// collect appends the fields of v, those of embedded structs among them, and reports v and those as modules.
func (w *walker) collect(path string, v reflect.Value, parts *[]part) {
	if w.module != nil {
		if v.CanAddr() && v.Addr().CanInterface() {
			w.module(path, v.Addr().Interface())
		} else if reflect.PointerTo(v.Type()).Implements(moderType) && !v.CanAddr() {
			fail("model", nil, fmt.Sprintf("%s is a copy, which has no mode to be switched; hold a pointer to %s", inModel(path), v.Type()))
		}
	}
	for _, f := range fieldsOf(v.Type()) {
		value := v.Field(f.index)
		switch {
		case !f.guard && f.key != "":
			*parts = append(*parts, part{f, value})
		case f.guard:
			if !value.IsNil() && holds(value.Elem().Type()) {
				hidden(v.Type(), f.name, value.Elem().Type())
			}
		case value.Kind() == reflect.Pointer:
			w.enter(value, func() { w.collect(path, value.Elem(), parts) })
		default:
			w.collect(path, value, parts)
		}
	}
}

func hidden(t reflect.Type, name string, of reflect.Type) {
	fail("model", nil, fmt.Sprintf("%s has the unexported field %s, which holds a %s: it would never be trained or saved; "+
		`export the field, or tag it nn:"-" if that is meant`, t, name, of))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// inModel returns a path as messages name it.
func inModel(path string) string {
	if path == "" {
		return "model"
	}
	return "model." + path
}

// A field of a struct that the walk looks at.
type field struct {
	index  int
	name   string
	key    string // empty for an embedded struct, whose fields count as the outer one's
	buffer bool
	guard  bool // an unexported interface, which must not hold a module
}

var fieldCache sync.Map // of reflect.Type to []field

// fieldsOf returns the fields of a struct that the walk looks at. It panics where one that it cannot follow holds a module or a tensor.
func fieldsOf(t reflect.Type) []field {
	if c, ok := fieldCache.Load(t); ok {
		return c.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("nn")
		name, option, _ := strings.Cut(tag, ",")
		if option != "" && option != "buffer" {
			fail("model", nil, fmt.Sprintf("%s.%s has the tag nn:%q, whose only option is buffer", t, f.Name, tag))
		}
		if strings.Contains(name, ".") {
			fail("model", nil, fmt.Sprintf("%s.%s has the tag nn:%q: names hold no dot", t, f.Name, tag))
		}
		if name == "-" || !follows(f.Type) {
			continue
		}
		info := field{index: i, name: f.Name, buffer: option == "buffer"}
		switch {
		case f.Anonymous && !tagged && isStruct(f.Type):
		case f.IsExported():
			if info.key = name; name == "" {
				info.key = snake(f.Name)
			}
		case f.Type.Kind() == reflect.Interface:
			info.guard = true
		case holds(f.Type):
			hidden(t, f.Name, f.Type)
		default:
			continue
		}
		fields = append(fields, info)
	}
	c, _ := fieldCache.LoadOrStore(t, fields)
	return c.([]field)
}

// isStruct reports whether t is a struct whose fields an embedding struct takes over, or a pointer to one.
func isStruct(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && t != tensorType
}

var followCache, holdCache sync.Map // of reflect.Type to bool

// follows reports whether a value of type t may lead to a tensor, a module or a generator: through an interface anything may.
func follows(t reflect.Type) bool { return search(&followCache, t, true) }

// holds reports whether a value of type t has a place for a tensor or a module, whatever it holds now.
func holds(t reflect.Type) bool { return search(&holdCache, t, false) }

func search(cache *sync.Map, t reflect.Type, wide bool) bool {
	if c, ok := cache.Load(t); ok {
		return c.(bool)
	}
	found := searchType(t, wide, map[reflect.Type]bool{})
	cache.Store(t, found)
	return found
}

func searchType(t reflect.Type, wide bool, seen map[reflect.Type]bool) bool {
	if t == tensorType || t.Implements(moduleType) || reflect.PointerTo(t).Implements(moduleType) || wide && t == generatorType {
		return true
	}
	if seen[t] || t.PkgPath() == tensorType.PkgPath() && t.PkgPath() != "" {
		return false // a scope or a device: what it holds is no part of a model
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return searchType(t.Elem(), wide, seen)
	case reflect.Interface:
		return wide
	case reflect.Struct:
		if wide && reflect.PointerTo(t).Implements(moderType) {
			return true
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("nn") != "-" && searchType(f.Type, wide, seen) {
				return true
			}
		}
	}
	return false
}
