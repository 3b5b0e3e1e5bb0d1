package cpu

import "github.com/lamina-ml/lamina/internal/device"

// Types other than float32 and float64 are computed by staging: a few hundred elements at a time are read as float64 or int64,
// computed, and stored again.

// load reads n elements of a from place at on, stride step apart, as T.
func load[T float64 | int64](dst []T, a *device.Array, at, step int) {
	switch a.DType {
	case device.Float32:
		convertIn(dst, from[float32](a)[at:], step)
	case device.Float64:
		convertIn(dst, from[float64](a)[at:], step)
	case device.Int64:
		convertIn(dst, from[int64](a)[at:], step)
	case device.Int32:
		convertIn(dst, from[int32](a)[at:], step)
	case device.Uint8, device.Bool:
		convertIn(dst, from[uint8](a)[at:], step)
	case device.BFloat16, device.Float16:
		loadHalf(dst, a, at, step)
	default:
		missing("load", a.DType)
	}
}

// store writes elements to a, converted.
func store[T float64 | int64](a *device.Array, at, step int, src []T) {
	switch a.DType {
	case device.Float32:
		convertOut(from[float32](a)[at:], step, src)
	case device.Float64:
		convertOut(from[float64](a)[at:], step, src)
	case device.Int64:
		convertOut(from[int64](a)[at:], step, src)
	case device.Int32:
		convertOut(from[int32](a)[at:], step, src)
	case device.Uint8:
		out := from[uint8](a)[at:]
		for i, v := range src {
			out[i*step] = uint8(int64(v))
		}
	case device.BFloat16, device.Float16:
		storeHalf(a, at, step, src)
	case device.Bool:
		out := from[uint8](a)[at:]
		for i, v := range src {
			out[i*step] = 0
			if v != 0 {
				out[i*step] = 1
			}
		}
	default:
		missing("store", a.DType)
	}
}

type element interface {
	float32 | float64 | int64 | int32 | uint8
}

func convertIn[T float64 | int64, S element](dst []T, src []S, step int) {
	for i := range dst {
		dst[i] = T(src[i*step])
	}
}

func convertOut[D element, T float64 | int64](dst []D, step int, src []T) {
	for i, v := range src {
		dst[i*step] = D(v)
	}
}

// Copy copies src, broadcast, into dst, converting elements.
func (*Device) Copy(dst, src *device.Array) {
	if dst.DType == src.DType {
		if dst.Dense && src.Dense && dst.Size == src.Size {
			copy(bytes(dst), bytes(src))
			return
		}
		switch dst.DType.Size() {
		case 1:
			move[uint8](dst, src)
		case 2:
			move[uint16](dst, src)
		case 4:
			move[uint32](dst, src)
		case 8:
			move[uint64](dst, src)
		}
		return
	}
	s := scratches.Get()
	defer scratches.Put(s)
	ints := !dst.DType.IsFloat() && !src.DType.IsFloat()
	wide := src.DType == device.Int64 && dst.DType.IsFloat()
	for l := plan(dst, src, nil, nil); l.left > 0; l.next() {
		for i := 0; i < l.n; i += chunk {
			n := min(chunk, l.n-i)
			at0, at1 := l.at[0]+i*l.step[0], l.at[1]+i*l.step[1]
			switch {
			case ints, wide: // int64 to float32 in one rounding
				load(s.i64[0][:n], src, at1, l.step[1])
				store(dst, at0, l.step[0], s.i64[0][:n])
			default:
				load(s.f64[0][:n], src, at1, l.step[1])
				store(dst, at0, l.step[0], s.f64[0][:n])
			}
		}
	}
}

// move copies elements of one size, whatever they mean.
func move[T any](dst, src *device.Array) {
	d, x := from[T](dst), from[T](src)
	for l := plan(dst, src, nil, nil); l.left > 0; l.next() {
		if l.step[0] == 1 && l.step[1] == 1 {
			copy(d[l.at[0]:l.at[0]+l.n], x[l.at[1]:])
			continue
		}
		i, j := l.at[0], l.at[1]
		for range l.n {
			d[i] = x[j]
			i += l.step[0]
			j += l.step[1]
		}
	}
}

// Fill sets every element.
func (*Device) Fill(dst *device.Array, value float64) {
	switch dst.DType {
	case device.Float32:
		fill(dst, float32(value))
	case device.Float64:
		fill(dst, value)
	case device.Int64:
		fill(dst, int64(value))
	case device.Int32:
		fill(dst, int32(value))
	case device.Uint8:
		fill(dst, uint8(int64(value)))
	case device.Bool:
		if value != 0 {
			value = 1
		}
		fill(dst, uint8(value))
	case device.BFloat16, device.Float16:
		fill(dst, codeOf(dst.DType).encode(float32(value)))
	default:
		missing("fill", dst.DType)
	}
}

func fill[T element | uint16](dst *device.Array, v T) {
	d := from[T](dst)
	for l := plan(dst, nil, nil, nil); l.left > 0; l.next() {
		if l.step[0] == 1 || l.n == 1 {
			run := d[l.at[0] : l.at[0]+l.n]
			for i := range run {
				run[i] = v
			}
			continue
		}
		for i := range l.n {
			d[l.at[0]+i*l.step[0]] = v
		}
	}
}
