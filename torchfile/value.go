package torchfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/tensor"
)

// Dict is a Python dictionary. Its order is that of insertion.
type Dict struct {
	Items []Item
	index map[any]int // positions of keys in Items
}

// Item is an entry of a Dict.
type Item struct{ Key, Value any }

// Get returns the value of a key that is a string, an int64, a float64 or a bool; ok is false if there is none.
func (d *Dict) Get(key any) (value any, ok bool) {
	i, ok := d.index[key]
	if !ok {
		return nil, false
	}
	return d.Items[i].Value, true
}

func (d *Dict) set(key, value any) {
	switch key.(type) {
	case string, int64, float64, bool:
		if i, ok := d.index[key]; ok {
			d.Items[i].Value = value
			return
		}
		if d.index == nil {
			d.index = map[any]int{}
		}
		d.index[key] = len(d.Items)
	}
	d.Items = append(d.Items, Item{key, value})
}

// Object is a Python object that is not rebuilt: an instance of a class, or the result of a call.
type Object struct {
	Class string // the class or function with its module, such as "torch.nn.modules.linear.Linear"
	Args  []any  // the arguments of the constructor or function
	State any    // the attributes, mostly a *Dict; nil if the object has none
}

// isModule reports whether o is a torch.nn.Module.
func (o *Object) isModule() bool {
	if strings.HasPrefix(o.Class, "__torch__.") { // a script module
		return true
	}
	d, ok := o.State.(*Dict)
	if ok {
		_, ok = d.Get("_modules")
	}
	return ok
}

// list is a list, tuple or set while the pickle runs: several references to it see what is appended.
type list struct{ items []any }

// class is a class or function that the pickle names.
type class string

// storage is a block of elements in the file. Its bytes are read after the pickle.
type storage struct {
	key  string
	kind string // the storage class without "Storage", such as "Float", or "Untyped"
	size int64  // its length as the pickle says: elements, or bytes if the kind is Untyped
	uses []*view
}

// view is a tensor before its storage is read.
type view struct {
	of            *storage
	dtype         elementType
	offset        int64
	shape, stride []int64
	negative      bool // the elements are the negated ones of the storage
	tensor        tensor.Tensor
	unsupported   string // why there is no tensor
}

// Limits of what collect visits. A pickle can refer to one value many times, so that a small file can have
// exponentially many paths, and many paths that begin with one long key.
const (
	maxDepth     = 100
	maxPaths     = 1 << 20
	maxPathBytes = 64 << 20 // of all paths of tensors
)

// collect returns root with its tensors in place of views, and lists their paths.
func collect(root any) (*Contents, error) {
	w := collector{
		c: &Contents{path: "data", Tensors: map[string]tensor.Tensor{}, Unsupported: map[string]string{}},
	}
	if err := w.visit(root, nil); err != nil {
		return nil, err
	}
	f := finisher{done: map[any]any{}}
	if w.c.Root = f.value(root); f.tooDeep {
		return nil, errDepth
	}
	return w.c, nil
}

var errDepth = errorf("the saved value contains itself or is too large: it has more than %d levels or %d values", maxDepth, maxPaths)

// collector lists the paths of tensors.
type collector struct {
	c       *Contents
	visited int
	bytes   int // of the tensors' paths
}

func (w *collector) visit(v any, path []string) error {
	if w.visited++; w.visited > maxPaths || len(path) > maxDepth {
		return errDepth
	}
	switch v := v.(type) {
	case *view:
		for _, part := range path {
			w.bytes += len(part) + 1
		}
		if w.bytes > maxPathBytes {
			return errorf("the paths of the tensors have more than %d bytes", maxPathBytes)
		}
		name := strings.Join(path, ".")
		if v.unsupported != "" {
			w.c.Unsupported[name] = v.unsupported
			return nil
		}
		if _, ok := w.c.Tensors[name]; !ok {
			w.c.order = append(w.c.order, name)
		}
		w.c.Tensors[name] = v.tensor
	case *list:
		for i, item := range v.items {
			if err := w.visit(item, append(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	case *Dict:
		for _, item := range v.Items {
			if err := w.visit(item.Value, append(path, keyName(item.Key))); err != nil {
				return err
			}
		}
	case *Object:
		for i, a := range v.Args {
			if err := w.visit(a, append(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
		if d, ok := v.State.(*Dict); ok && v.isModule() {
			return w.visitModule(d, path)
		}
		return w.visit(v.State, path)
	}
	return nil
}

// visitModule lists the tensors of a module's attributes under the keys of its state dict.
func (w *collector) visitModule(attributes *Dict, path []string) error {
	temporary := map[string]bool{}
	if set, ok := attributes.Get("_non_persistent_buffers_set"); ok {
		if l, ok := set.(*list); ok {
			for _, item := range l.items {
				if name, ok := item.(string); ok {
					temporary[name] = true
				}
			}
		}
	}
	for _, item := range attributes.Items {
		var err error
		switch name := keyName(item.Key); name {
		case "_parameters", "_modules":
			err = w.visit(item.Value, path)
		case "_buffers":
			buffers, _ := item.Value.(*Dict)
			err = w.visitBuffers(buffers.items(), temporary, path)
		default:
			err = w.visit(item.Value, append(path, name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// visitBuffers lists the tensors of a module's buffers that are in its state dict.
func (w *collector) visitBuffers(buffers []Item, temporary map[string]bool, path []string) error {
	for _, b := range buffers {
		name := keyName(b.Key)
		if temporary[name] {
			continue
		}
		if err := w.visit(b.Value, append(path, name)); err != nil {
			return err
		}
	}
	return nil
}

// finisher maps the values of the pickle to those of Contents.Root. It visits the keys of dictionaries too, and all
// values once.
type finisher struct {
	done    map[any]any
	depth   int
	tooDeep bool
}

// maxNesting bounds the containers inside each other; a level of a module is three of them.
const maxNesting = 10 * maxDepth

// value returns the final form of v. Values with several references stay shared.
func (f *finisher) value(v any) any {
	switch v := v.(type) {
	case *view:
		if v.unsupported != "" {
			return &Object{Class: "torch.Tensor"}
		}
		return v.tensor
	case *storage:
		return &Object{Class: "torch." + v.kind + "Storage"}
	case class:
		return &Object{Class: string(v)}
	case *list, *Dict, *Object:
		done, ok := f.done[v]
		if !ok {
			if f.depth++; f.depth > maxNesting {
				f.tooDeep = true
			}
			if !f.tooDeep {
				done = f.container(v)
			}
			f.depth--
			f.done[v] = done
		}
		return done
	}
	return v
}

func (f *finisher) container(v any) any {
	switch v := v.(type) {
	case *list:
		for i := range v.items {
			v.items[i] = f.value(v.items[i])
		}
		return v.items
	case *Dict:
		for i := range v.Items {
			v.Items[i].Key, v.Items[i].Value = f.value(v.Items[i].Key), f.value(v.Items[i].Value)
		}
	case *Object:
		for i := range v.Args {
			v.Args[i] = f.value(v.Args[i])
		}
		v.State = f.value(v.State)
	}
	return v
}

// items returns the entries of d, or none if d is nil.
func (d *Dict) items() []Item {
	if d == nil {
		return nil
	}
	return d.Items
}

// keyName returns the part of a path for the key of a dictionary.
func keyName(key any) string {
	switch key := key.(type) {
	case string:
		return key
	case int64, float64, bool, nil:
		return fmt.Sprint(key)
	}
	return fmt.Sprintf("%T", key)
}
