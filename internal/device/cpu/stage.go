package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Loops without a kernel for a type convert a few hundred elements at a time to float64 or int64, compute with them,
// and convert the results back.

// load reads len(dst) elements of a from offset off with stride step, converted to T.
func load[T float64 | int64](dst []T, a *device.Array, off, step int) {
	switch dst := any(dst).(type) {
	case []float64:
		types[a.DType].loadFloats(dst, a, off, step)
	case []int64:
		types[a.DType].loadInts(dst, a, off, step)
	}
}

// store writes src to a from offset off with stride step, converted to a's type.
func store[T float64 | int64](a *device.Array, off, step int, src []T) {
	switch src := any(src).(type) {
	case []float64:
		types[a.DType].storeFloats(a, off, step, src)
	case []int64:
		types[a.DType].storeInts(a, off, step, src)
	}
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

// storeLow converts to an integer's low bits.
func storeLow[D integer](dst []D, step int, src []float64) {
	for i, v := range src {
		dst[i*step] = D(int64(v))
	}
}

func storeBool[T float64 | int64](a *device.Array, off, step int, src []T) {
	out := fromOffset[uint8](a)[off:]
	for i, v := range src {
		out[i*step] = uint8(bit(v != 0))
	}
}

// conversions[d][s] converts elements of type s to type d.
var conversions [device.NumDTypes][device.NumDTypes]func(dst, src *device.Array)

func conversionsFrom[S element](src device.DType) {
	conversions[device.Float32][src] = conversion(convert[float32, S])
	conversions[device.Float64][src] = conversion(convert[float64, S])
	conversions[device.Int64][src] = conversion(convert[int64, S])
	conversions[device.Int32][src] = conversion(convert[int32, S])
	conversions[device.Int16][src] = conversion(toLow[int16, S])
	conversions[device.Int8][src] = conversion(toLow[int8, S])
	conversions[device.Uint8][src] = conversion(toLow[uint8, S])
	conversions[device.Bool][src] = conversion(toBool[S])
	for k, code := range halfCodes {
		conversions[device.BFloat16+device.DType(k)][src] = conversion(viaFloat32(convert[float32, S], code.narrow))
	}
}

func conversionsFromHalf(src device.DType, c halfCode) {
	conversions[device.Float32][src] = conversion(c.widen)
	conversions[device.Float64][src] = conversion(viaFloat32(c.widen, convert[float64, float32]))
	conversions[device.Int64][src] = conversion(viaFloat32(c.widen, convert[int64, float32]))
	conversions[device.Int32][src] = conversion(viaFloat32(c.widen, convert[int32, float32]))
	conversions[device.Int16][src] = conversion(viaFloat32(c.widen, toLow[int16, float32]))
	conversions[device.Int8][src] = conversion(viaFloat32(c.widen, toLow[int8, float32]))
	conversions[device.Uint8][src] = conversion(viaFloat32(c.widen, toLow[uint8, float32]))
	conversions[device.Bool][src] = conversion(viaFloat32(c.widen, toBool[float32]))
	conversions[src][device.Float32] = conversion(c.narrow)
}

// kernelConversions sets the conversions that have kernels in package vec.
func kernelConversions() {
	conversions[device.Float64][device.Float32] = conversion(vec.WidenF64)
	conversions[device.Float32][device.Float64] = conversion(vec.NarrowF64)
	conversions[device.Float32][device.Int32] = conversion(vec.FromInt32)
	conversions[device.Float32][device.Int64] = conversion(vec.FromInt64)
	conversions[device.Int64][device.Float32] = conversion(vec.ToInt64)
	conversions[device.Float32][device.Uint8] = conversion(vec.FromUint8)
	conversions[device.Float32][device.Bool] = conversion(vec.FromUint8)
	conversions[device.Bool][device.Float32] = conversion(func(dst []bool, x []float32) { vec.CompareScalar(dst, vec.NotEqual, x, 0) })
}

func conversion[D, S any](run func(dst []D, x []S)) func(dst, src *device.Array) {
	f := &loop1[D, S]{run: func(dst []D, x []S, _ device.Params) { run(dst, x) }}
	return func(dst, src *device.Array) { f.do(dst, src, device.Params{}) }
}

// viaFloat32 returns a conversion in two steps, through float32.
func viaFloat32[D, S any](first func(dst []float32, x []S), second func(dst []D, x []float32)) func(dst []D, x []S) {
	return func(dst []D, x []S) {
		s := scratches.Get()
		for i := 0; i < len(x); i += chunk {
			n := min(chunk, len(x)-i)
			v := scratchBuffer[float32](s, 0)[:n]
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

// toLow converts to an integer's low bits.
func toLow[D int16 | int8 | uint8, S element](dst []D, x []S) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = D(int64(x[i]))
	}
}

// toBool converts nonzero elements to 1.
func toBool[S element](dst []uint8, x []S) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = uint8(bit(x[i] != 0))
	}
}

// Fill sets every element of dst to value.
func (*Device) Fill(dst *device.Array, value float64) { types[dst.DType].fill(dst, value) }

func fill[T element | uint16](dst *device.Array, v T) {
	d := fromOffset[T](dst)
	for l := plan(dst, nil, nil, nil); l.left > 0; l.next() {
		if l.step[0] == 1 || l.n == 1 {
			fillRun(d[l.off[0]:l.off[0]+l.n], v)
			continue
		}
		for i := range l.n {
			d[l.off[0]+i*l.step[0]] = v
		}
	}
}
