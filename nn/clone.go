package nn

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Clone returns a deep copy of model: its tensors and generators are copies, in the state that they are in, and so is every struct,
// slice and map on the way to them. What occurs at several places occurs there in the copy too, so tied weights stay tied. Values
// that lead to no tensor, module or generator are shared where they are pointers, functions or channels. Gradients stay behind.
func Clone[M any](model M) M {
	out := model
	newCloner(cloneTensor).own(reflect.ValueOf(&out).Elem())
	return out
}

func newCloner(copyTensor func(tensor.Tensor) tensor.Tensor) *cloner {
	return &cloner{
		tensors:    map[tensor.Tensor]tensor.Tensor{},
		generators: map[*rng.Torch]*rng.Torch{},
		copies:     map[place]reflect.Value{},
		copyTensor: copyTensor,
	}
}

// cloneTensor returns a copy of a model's tensor.
func cloneTensor(t tensor.Tensor) tensor.Tensor {
	if t.Scope() != nil {
		fail("clone", nil, fmt.Sprintf("the model holds a tensor of a step, %s, which is no part of it", t.DType()), t.Shape())
	}
	y := t.Keep()
	if t.RequiresGrad() || t.Frozen() {
		y.SetRequiresGrad(t.RequiresGrad())
	}
	return y
}

// A cloner knows the copies that it has made.
type cloner struct {
	tensors    map[tensor.Tensor]tensor.Tensor
	generators map[*rng.Torch]*rng.Torch
	copies     map[place]reflect.Value // of pointers, slices and maps
	copyTensor func(tensor.Tensor) tensor.Tensor
}

// own makes what v refers to v's own. v is a variable that holds a shallow copy.
func (c *cloner) own(v reflect.Value) {
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
			// A field that is not exported is set through its address: a layer's scratch must not be shared.
			c.own(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
		}
	case reflect.Array:
		for i := range v.Len() {
			c.own(v.Index(i))
		}
	case reflect.Slice:
		if v.IsNil() || c.again(v) {
			return
		}
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(s, v)
		c.copies[placeOf(v)] = s
		for i := range s.Len() {
			c.own(s.Index(i))
		}
		v.Set(s)
	case reflect.Map:
		if v.IsNil() || c.again(v) {
			return
		}
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		c.copies[placeOf(v)] = m
		for _, k := range v.MapKeys() {
			m.SetMapIndex(k, c.copyOf(v.MapIndex(k)))
		}
		v.Set(m)
	}
}

// again sets v to the copy of what it refers to, if there is one already: what occurs at several places is copied once, and cycles
// end there.
func (c *cloner) again(v reflect.Value) bool {
	y, ok := c.copies[placeOf(v)]
	if ok {
		v.Set(y)
	}
	return ok
}

// copyOf returns a deep copy of a value that is no variable.
func (c *cloner) copyOf(v reflect.Value) reflect.Value {
	e := reflect.New(v.Type()).Elem()
	e.Set(v)
	c.own(e)
	return e
}

func (c *cloner) pointer(v reflect.Value) {
	if c.again(v) {
		return
	}
	p := reflect.New(v.Type().Elem())
	at := placeOf(v)
	c.copies[at] = p.Convert(v.Type())
	p.Elem().Set(v.Elem())
	v.Set(c.copies[at])
	c.own(p.Elem())
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
			fail("clone", nil, err.Error())
		}
		c.generators[g] = y
	}
	return c.generators[g]
}
