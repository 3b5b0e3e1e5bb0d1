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

// A walker visits the parts of a model in PyTorch's order: for each struct first its tensors, then its other fields.
// A shared part is visited under each of its paths. Functions that are nil are not called.
type walker struct {
	module    func(path string, m any) // m is a pointer to a struct
	tensor    func(path string, t tensor.Tensor, buffer bool)
	generator func(path string, g *rng.Torch)
	missing   func(path string, t reflect.Type) // a layer that is nil: a pointer or an interface of type t

	inside map[ref]string // the pointers, slices and maps on the current path, and their paths
	visits int            // how many pointers, slices and maps were entered
}

// maxVisits limits how many pointers, slices and maps a walk enters, counted once per path. A model of 100,000 layers
// needs fewer. If layers point at one another in cycles, the number of paths grows exponentially.
const maxVisits = 1 << 18

// A ref identifies what a pointer, slice or map refers to. The type is part of it because a struct and its first
// field have the same address.
type ref struct {
	of      reflect.Type
	address uintptr
	len     int // of a slice
}

// refOf returns the ref of v, a pointer, slice or map.
func refOf(v reflect.Value) ref {
	at := ref{of: v.Type(), address: v.Pointer()}
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

	recurrentWeightsType = reflect.TypeFor[tensor.RecurrentWeights]()

	parameterListType = reflect.TypeFor[parameterList]()
)

// moder is implemented by layers with a training mode.
type moder interface {
	Training() bool
	SetTraining(on bool)
}

func (w walker) walk(model any) {
	w.inside = map[ref]string{}
	w.value("", reflect.ValueOf(model), false)
}

// value walks v. Tensors in it are buffers if buffer is true.
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
		w.value(joinPath(path, strconv.Itoa(i)), v.Index(i), buffer)
	}
}

// entries walks the values of a map in the order of their keys. It panics for a layer under a key that cannot be part
// of a path.
func (w *walker) entries(path string, v reflect.Value, buffer bool) {
	for _, k := range sortedKeys(v) {
		key, e := k.String(), v.MapIndex(k)
		if e.Kind() == reflect.Interface && !e.IsNil() {
			e = e.Elem()
		}
		if k.Kind() == reflect.String && key != "" && !strings.Contains(key, ".") {
			w.value(joinPath(path, key), e, buffer)
		} else if holds(e.Type()) {
			fail("model", nil, fmt.Sprintf("%s has a %s under the key %v: keys must be non-empty strings without a dot",
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

// pointer calls f unless the pointer v is nil or on the current path: a layer may point back to one that contains it.
func (w *walker) pointer(path string, v reflect.Value, f func()) {
	if v.IsNil() {
		w.miss(path, v.Type())
		return
	}
	at := refOf(v)
	if _, back := w.inside[at]; back {
		return
	}
	w.enter(path, at, f)
}

// container calls f for a slice or map. It panics if the slice or map contains itself, because its keys would be
// infinitely long.
func (w *walker) container(path string, v reflect.Value, f func()) {
	if v.Len() == 0 {
		return
	}
	at := refOf(v)
	if outer, back := w.inside[at]; back {
		fail("model", nil, fmt.Sprintf("%s is the same as %s: a %s must not contain itself",
			inModel(path), inModel(outer), v.Kind()))
	}
	w.enter(path, at, f)
}

func (w *walker) enter(path string, at ref, f func()) {
	if w.visits++; w.visits > maxVisits {
		fail("model", nil, fmt.Sprintf("the model has more than %d references, the last at %s: "+
			`its layers point at one another in cycles; tag the fields that point back nn:"-"`, maxVisits,
			inModel(path)))
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

// A part is a field of a struct or of a struct that it embeds, with its value.
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
			fail("model", nil, fmt.Sprintf("%s: the fields %s and %s have the same key %q; name one of them by a tag",
				v.Type(), other, p.name, p.key))
		}
		names[p.key] = p.name
	}
	for _, buffers := range []bool{false, true} {
		for _, p := range parts {
			if p.value.Type() == tensorType && p.buffer == buffers {
				w.value(joinPath(path, p.key), p.value, p.buffer || buffer)
			}
		}
	}
	for _, p := range parts {
		if p.value.Type() != tensorType {
			w.value(joinPath(path, p.key), p.value, p.buffer || buffer)
		}
	}
}

// collect appends the fields of v and of its embedded structs to parts, and passes v and its embedded structs to
// w.module.
func (w *walker) collect(path string, v reflect.Value, parts *[]part) {
	if w.module != nil {
		if v.CanAddr() && v.Addr().CanInterface() {
			w.module(path, v.Addr().Interface())
		} else if reflect.PointerTo(v.Type()).Implements(moderType) && !v.CanAddr() {
			fail("model", nil, fmt.Sprintf("%s is a struct value, so its training mode cannot be set; hold a pointer to %s",
				inModel(path), v.Type()))
		}
	}
	for _, f := range fieldsOf(v.Type()) {
		value := v.Field(f.index)
		switch {
		case !f.guard && value.Type().Implements(parameterListType):
			value.Interface().(parameterList).each(func(key string, t tensor.Tensor) {
				*parts = append(*parts, part{field{name: f.name + "." + key, key: key, buffer: f.buffer},
					reflect.ValueOf(t)})
			})
		case !f.guard && f.key != "":
			*parts = append(*parts, part{f, value})
		case f.guard:
			if !value.IsNil() && holds(value.Elem().Type()) {
				failUnexported(v.Type(), f.name, value.Elem().Type())
			}
		default:
			w.inline(path, value, parts)
		}
	}
}

// inline appends the fields, or the elements, of what v refers to, as those of the struct that has the field v.
func (w *walker) inline(path string, v reflect.Value, parts *[]part) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			w.inline(path, v.Elem(), parts)
		}
	case reflect.Pointer:
		w.pointer(path, v, func() { w.inline(path, v.Elem(), parts) })
	case reflect.Struct:
		w.collect(path, v, parts)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			key := strconv.Itoa(i)
			*parts = append(*parts, part{field{name: key, key: key}, v.Index(i)})
		}
	}
}

func failUnexported(t reflect.Type, name string, of reflect.Type) {
	fail("model", nil, fmt.Sprintf("%s has the unexported field %s, which holds a %s: it would never be trained or saved; "+
		`export the field, or tag it nn:"-" if that is meant`, t, name, of))
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// inModel returns a path as it appears in messages.
func inModel(path string) string {
	if path == "" {
		return "model"
	}
	return "model." + path
}

// A field is a struct field that the walk visits.
type field struct {
	index  int
	name   string
	key    string // empty for an embedded struct and the option inline: the inner fields count as the outer one's
	buffer bool
	guard  bool // an unexported interface field, which must not hold a module
}

var fieldCache sync.Map // of reflect.Type to []field

// fieldsOf returns the fields of a struct that the walk visits. It panics if an unexported field holds a module or a
// tensor.
func fieldsOf(t reflect.Type) []field {
	if c, ok := fieldCache.Load(t); ok {
		return c.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("nn")
		name, option, _ := strings.Cut(tag, ",")
		if option != "" && option != "buffer" && option != "inline" {
			fail("model", nil, fmt.Sprintf("%s.%s has the tag nn:%q, but the only options are buffer and inline", t,
				f.Name, tag))
		}
		if name == "buffer" {
			fail("model", nil, fmt.Sprintf("%s.%s has the tag nn:%q, which is a name; the option is nn:\",buffer\"", t,
				f.Name, tag))
		}
		if strings.Contains(name, ".") {
			fail("model", nil, fmt.Sprintf("%s.%s has the tag nn:%q: a name must not contain a dot", t, f.Name, tag))
		}
		if name == "-" || !follows(f.Type) {
			continue
		}
		info := field{index: i, name: f.Name, buffer: option == "buffer"}
		switch {
		case f.Anonymous && !tagged && isStruct(f.Type), option == "inline":
		case f.IsExported():
			if info.key = name; name == "" {
				info.key = snake(f.Name)
			}
		case f.Type.Kind() == reflect.Interface:
			info.guard = true
		case holds(f.Type):
			failUnexported(t, f.Name, f.Type)
		default:
			continue
		}
		fields = append(fields, info)
	}
	c, _ := fieldCache.LoadOrStore(t, fields)
	return c.([]field)
}

// isStruct reports whether t is a struct, or a pointer to one, whose fields count as fields of an embedding struct.
func isStruct(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct && t != tensorType
}

// isLayer reports whether t has a method Forward that takes or returns any number of tensors. [Module] covers only
// those with one input and one result.
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

// hasTensor reports whether t is the type of a tensor, or of a struct, slice, array or map with tensors. It skips the
// types in seen.
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

// follows reports whether a value of type t may lead to a tensor, a layer or a generator. Every interface type may.
func follows(t reflect.Type) bool { return search(&followCache, t, true) }

// holds reports whether the type t contains a tensor, a module or a type with a training mode, not counting interfaces.
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
	if t == tensorType || t.Implements(moduleType) || p.Implements(moduleType) ||
		t.Implements(moderType) || p.Implements(moderType) {
		return true
	}
	if wide && (t == generatorType || isLayer(t) || isLayer(p)) {
		return true
	}
	if seen[t] || t.PkgPath() == tensorType.PkgPath() && t != recurrentWeightsType {
		return false // a scope or a device is not part of a model
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
