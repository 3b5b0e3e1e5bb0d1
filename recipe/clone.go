package recipe

import (
	"maps"
	"reflect"
)

// Clone returns a copy of the recipe that shares no options with r: a task that opens one does not change the other.
func (r *Recipe) Clone() *Recipe {
	c := copyOf(reflect.ValueOf(r)).Interface().(*Recipe)
	c.origins = maps.Clone(r.origins)
	return c
}

// copyOf returns a copy of v and of what its exported fields refer to.
func copyOf(v reflect.Value) reflect.Value {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface || v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.IsNil() {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Pointer:
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(copyOf(v.Elem()))
	case reflect.Interface:
		out.Set(copyOf(v.Elem()))
	case reflect.Struct:
		out.Set(v)
		for i := range v.NumField() {
			if out.Field(i).CanSet() {
				out.Field(i).Set(copyOf(v.Field(i)))
			}
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(copyOf(v.Index(i)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(k, copyOf(v.MapIndex(k)))
		}
	default:
		return v
	}
	return out
}
