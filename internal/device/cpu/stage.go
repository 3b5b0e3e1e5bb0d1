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

// conversions are the loops from one type, the second, to another.
var conversions [device.NumDTypes][device.NumDTypes]func(dst, src *device.Array)

func init() {
	conversionsFrom[float32](device.Float32)
	conversionsFrom[float64](device.Float64)
	conversionsFrom[int64](device.Int64)
	conversionsFrom[int32](device.Int32)
	conversionsFrom[uint8](device.Uint8)
	conversionsFrom[uint8](device.Bool)
	for k, code := range codes {
		conversions[device.BFloat16+device.DType(k)][device.Float32] = conversion(code.narrow)
		half := device.BFloat16 + device.DType(k)
		conversions[device.Float32][half] = conversion(code.widen)
		conversions[device.Float64][half] = conversion(by(code.widen, convert[float64, float32]))
		conversions[device.Int64][half] = conversion(by(code.widen, convert[int64, float32]))
		conversions[device.Int32][half] = conversion(by(code.widen, convert[int32, float32]))
		conversions[device.Uint8][half] = conversion(by(code.widen, toUint8[float32]))
		conversions[device.Bool][half] = conversion(by(code.widen, toBool[float32]))
		conversions[device.BFloat16+device.Float16-half][half] = conversion(by(code.widen, codes[1-k].narrow))
	}
}

func conversionsFrom[S element](src device.DType) {
	conversions[device.Float32][src] = conversion(convert[float32, S])
	conversions[device.Float64][src] = conversion(convert[float64, S])
	conversions[device.Int64][src] = conversion(convert[int64, S])
	conversions[device.Int32][src] = conversion(convert[int32, S])
	conversions[device.Uint8][src] = conversion(toUint8[S])
	conversions[device.Bool][src] = conversion(toBool[S])
	for k, code := range codes {
		conversions[device.BFloat16+device.DType(k)][src] = conversion(by(convert[float32, S], code.narrow))
	}
}

func conversion[D, S any](run func(dst []D, x []S)) func(dst, src *device.Array) {
	f := &loop1[D, S]{run: func(dst []D, x []S, _ device.Params) { run(dst, x) }}
	return func(dst, src *device.Array) { unary(f, false, dst, src, device.Params{}) }
}

// by converts in two steps, by way of float32.
func by[D, S any](first func(dst []float32, x []S), second func(dst []D, x []float32)) func(dst []D, x []S) {
	return func(dst []D, x []S) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			v := room[float32](s, 0)[:n]
			first(v, x[i:i+n])
			second(dst[i:i+n], v)
		}
		scratches.Put(s)
	}
}

func convert[D, S element](dst []D, x []S) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = D(x[i])
	}
}

// toUint8 keeps an integer's low bits.
func toUint8[S element](dst []uint8, x []S) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = uint8(int64(x[i]))
	}
}

// toBool stores what is not 0 as 1.
func toBool[S element](dst []uint8, x []S) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = uint8(bit(x[i] != 0))
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
			repeat(d[l.at[0]:l.at[0]+l.n], v)
			continue
		}
		for i := range l.n {
			d[l.at[0]+i*l.step[0]] = v
		}
	}
}
