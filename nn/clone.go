package nn

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Clone returns a deep copy of model. It copies tensors, generators with their state, and every struct, slice and map
// that contains them. Shared parts stay shared in the copy, so tied weights stay tied. Pointers, functions and
// channels that lead to no tensor, module or generator are shared with the original. Gradients are not copied.
func Clone[M any](model M) M {
	out := model
	newCloner(cloneTensor).clone(reflect.ValueOf(&out).Elem())
	return out
}

func newCloner(copyTensor func(tensor.Tensor) tensor.Tensor) *cloner {
	return &cloner{
		tensors:    map[tensor.Tensor]tensor.Tensor{},
		generators: map[*rng.Torch]*rng.Torch{},
		copies:     map[ref]reflect.Value{},
		copyTensor: copyTensor,
	}
}

// cloneTensor returns a copy of a model's tensor.
func cloneTensor(t tensor.Tensor) tensor.Tensor {
	if t.Scope() != nil {
		fail("Clone", nil, fmt.Sprintf("the model holds a %s tensor that belongs to a step's scope: Keep copies it to the heap",
			t.DType()), t.Shape())
	}
	y := t.Keep()
	if t.RequiresGrad() || t.Frozen() {
		y.SetRequiresGrad(t.RequiresGrad())
	}
	return y
}

// A cloner makes deep copies and records those made so far.
type cloner struct {
	tensors    map[tensor.Tensor]tensor.Tensor
	generators map[*rng.Torch]*rng.Torch
	copies     map[ref]reflect.Value // of pointers, slices and maps
	copyTensor func(tensor.Tensor) tensor.Tensor
}

// clone replaces what the variable v refers to by deep copies. v holds a shallow copy.
func (c *cloner) clone(v reflect.Value) {
	switch v.Type() {
	case tensorType:
		v.Set(reflect.ValueOf(c.tensor(v.Interface().(tensor.Tensor))))
		return
	case generatorType:
		if g := v.Interface().(*rng.Torch); g != nil {
			v.Set(reflect.ValueOf(c.generator(g)))
		}
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		if e := v.Elem(); e.IsValid() {
			v.Set(c.copyOf(e))
		}
	case reflect.Pointer:
		if !v.IsNil() && follows(v.Type().Elem()) {
			c.pointer(v)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			// An unexported field is set through its address, because a layer's scratch memory must not be shared.
			c.clone(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
		}
	case reflect.Array:
		for i := range v.Len() {
			c.clone(v.Index(i))
		}
	case reflect.Slice:
		if v.IsNil() || c.reuse(v) {
			return
		}
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(s, v)
		c.copies[refOf(v)] = s
		for i := range s.Len() {
			c.clone(s.Index(i))
		}
		v.Set(s)
	case reflect.Map:
		if v.IsNil() || c.reuse(v) {
			return
		}
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		c.copies[refOf(v)] = m
		for _, k := range v.MapKeys() {
			m.SetMapIndex(k, c.copyOf(v.MapIndex(k)))
		}
		v.Set(m)
	}
}

// reuse sets v to the copy of what it refers to, if that copy exists already. So shared values are copied once, and
// cycles end.
func (c *cloner) reuse(v reflect.Value) bool {
	y, ok := c.copies[refOf(v)]
	if ok {
		v.Set(y)
	}
	return ok
}

// copyOf returns a deep copy of a value that is not addressable.
func (c *cloner) copyOf(v reflect.Value) reflect.Value {
	e := reflect.New(v.Type()).Elem()
	e.Set(v)
	c.clone(e)
	return e
}

func (c *cloner) pointer(v reflect.Value) {
	if c.reuse(v) {
		return
	}
	p := reflect.New(v.Type().Elem())
	at := refOf(v)
	c.copies[at] = p.Convert(v.Type())
	p.Elem().Set(v.Elem())
	v.Set(c.copies[at])
	c.clone(p.Elem())
}

func (c *cloner) tensor(t tensor.Tensor) tensor.Tensor {
	if !t.Defined() {
		return t
	}
	if _, ok := c.tensors[t]; !ok {
		c.tensors[t] = c.copyTensor(t)
	}
	return c.tensors[t]
}

func (c *cloner) generator(g *rng.Torch) *rng.Torch {
	if _, ok := c.generators[g]; !ok {
		state, err := g.MarshalBinary()
		y := rng.NewTorch(0)
		if err == nil {
			err = y.UnmarshalBinary(state)
		}
		if err != nil {
			fail("Clone", nil, err.Error())
		}
		c.generators[g] = y
	}
	return c.generators[g]
}
