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
	missing   func(path string, t reflect.Type) // a layer that is nil: a pointer or an interface of type t

	inside map[place]string // the pointers, slices and maps on the way here, and their paths
	places int              // how many were entered
}

// maxPlaces is how many pointers, slices and maps a walk enters, each at every place where it occurs. A model of 100,000 layers has
// fewer; where layers point at one another in circles, the number of ways through them has no such bound.
const maxPlaces = 1 << 18

// A place is what a pointer, a slice or a map of some type refers to. A struct and its first field share an address.
type place struct {
	of      reflect.Type
	address uintptr
	len     int // of a slice
}

// placeOf returns what v refers to, a pointer, a slice or a map.
func placeOf(v reflect.Value) place {
	at := place{of: v.Type(), address: v.Pointer()}
	if v.Kind() == reflect.Slice {
		at.len = v.Len()
	}
	return at
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
	w.inside = map[place]string{}
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
		if v.IsNil() {
			w.miss(path, v.Type())
		}
		w.value(path, v.Elem(), buffer)
	case reflect.Pointer:
		w.pointer(path, v, func() { w.value(path, v.Elem(), buffer) })
	case reflect.Struct:
		w.structure(path, v, buffer)
	case reflect.Array:
		w.elements(path, v, buffer)
	case reflect.Slice:
		w.container(path, v, func() { w.elements(path, v, buffer) })
	case reflect.Map:
		w.container(path, v, func() { w.entries(path, v, buffer) })
	}
}

// elements walks the elements of a slice or an array.
func (w *walker) elements(path string, v reflect.Value, buffer bool) {
	for i := range v.Len() {
		w.value(join(path, strconv.Itoa(i)), v.Index(i), buffer)
	}
}

// entries walks the values of a map, in the order of their keys.
func (w *walker) entries(path string, v reflect.Value, buffer bool) {
	for _, k := range sortedKeys(v) {
		key, e := k.String(), v.MapIndex(k)
		if e.Kind() == reflect.Interface && !e.IsNil() {
			e = e.Elem()
		}
		if k.Kind() == reflect.String && key != "" && !strings.Contains(key, ".") {
			w.value(join(path, key), e, buffer)
		} else if holds(e.Type()) {
			fail("model", nil, fmt.Sprintf("%s has a %s under the key %v: keys are strings, not empty and without a dot",
				inModel(path), e.Type(), k))
		}
	}
}

// sortedKeys returns the keys of a map in the order of their text.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// pointer calls f unless the pointer v is nil or on the way here: a layer may point back to one that holds it.
func (w *walker) pointer(path string, v reflect.Value, f func()) {
	if v.IsNil() {
		w.miss(path, v.Type())
		return
	}
	at := placeOf(v)
	if _, back := w.inside[at]; back {
		return
	}
	w.enter(path, at, f)
}

// container calls f for a slice or a map, which must not hold itself: its keys would have no end.
func (w *walker) container(path string, v reflect.Value, f func()) {
	if v.Len() == 0 {
		return
	}
	at := placeOf(v)
	if outer, back := w.inside[at]; back {
		fail("model", nil, fmt.Sprintf("%s is %s again: a %s must not contain itself", inModel(path), inModel(outer), v.Kind()))
	}
	w.enter(path, at, f)
}

func (w *walker) enter(path string, at place, f func()) {
	if w.places++; w.places > maxPlaces {
		fail("model", nil, fmt.Sprintf("the walk has come to %s and has no end in sight: layers point at one another in circles; "+
			`tag a field that points back nn:"-"`, inModel(path)))
	}
	w.inside[at] = path
	f()
	delete(w.inside, at)
}

// miss reports a nil of type t if t is that of a layer.
func (w *walker) miss(path string, t reflect.Type) {
	if w.missing != nil && isLayer(t) {
		w.missing(path, t)
	}
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
			w.pointer(path, value, func() { w.collect(path, value.Elem(), parts) })
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

// isLayer reports whether t has a method Forward that takes or returns tensors, however many: [Module] is the interface of those that
// take one and return one.
func isLayer(t reflect.Type) bool {
	m, ok := t.MethodByName("Forward")
	if !ok {
		return false
	}
	seen := map[reflect.Type]bool{}
	for i := range m.Type.NumIn() {
		if in := m.Type.In(i); !(i == 0 && t.Kind() != reflect.Interface) && hasTensor(in, seen) {
			return true
		}
	}
	for i := range m.Type.NumOut() {
		if hasTensor(m.Type.Out(i), seen) {
			return true
		}
	}
	return false
}

// hasTensor reports whether a value of type t is a tensor, or a struct, slice, array or map with tensors. It looks at no type in seen.
func hasTensor(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == tensorType {
		return true
	}
	if seen[t] || t.PkgPath() == tensorType.PkgPath() && t.PkgPath() != "" {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return hasTensor(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if hasTensor(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

var followCache, holdCache sync.Map // of reflect.Type to bool

// follows reports whether a value of type t may lead to a tensor, a layer or a generator: through an interface anything may.
func follows(t reflect.Type) bool { return search(&followCache, t, true) }

// holds reports whether a value of type t has a place for a tensor, a module or something with a mode, whatever it holds now.
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
	p := reflect.PointerTo(t)
	if t == tensorType || t.Implements(moduleType) || p.Implements(moduleType) || t.Implements(moderType) || p.Implements(moderType) {
		return true
	}
	if wide && (t == generatorType || isLayer(t) || isLayer(p)) {
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
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("nn") != "-" && searchType(f.Type, wide, seen) {
				return true
			}
		}
	}
	return false
}
