package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// element is an element type for which Go has arithmetic.
type element interface {
	float32 | float64 | int64 | int32 | int16 | int8 | uint8
}

type integer interface {
	int64 | int32 | int16 | int8 | uint8
}

// typeLoops are the loops for one element type.
type typeLoops struct {
	loadFloats  func(dst []float64, a *device.Array, off, step int)
	loadInts    func(dst []int64, a *device.Array, off, step int)
	storeFloats func(a *device.Array, off, step int, src []float64)
	storeInts   func(a *device.Array, off, step int, src []int64)

	fill       func(dst *device.Array, value float64)
	scatterAdd func(dst, index, src *device.Array, dim int)
	count      func(x *device.Array) int // the number of elements that are not 0
	nonZero    func(dst, x *device.Array)
	rank       func(out []ranked, x *device.Array, off, step int, flip uint64)
	argOf      func(op device.Reduction, x *device.Array, off, step, n int) int
	sum        func(dst, x *device.Array) bool                                        // sums contiguous integers to int64
	matMul     func(l loop, dst, a, b *device.Array)                                  // nil if package gemm has the kernel
	scan       func(op device.Reduction, dst, x *device.Array, dim int, reverse bool) // nil if the type has none

	// These return the loop for a row of the elementwise table, which has loops for float32, float64 and int64.
	unary           func(r *unaryRow) runner1
	binary          func(r *binaryRow) runner2
	unaryPredicate  func(r *unaryRow) runner1
	binaryPredicate func(r *binaryRow) runner2
}

var types [device.NumDTypes]typeLoops

func init() {
	types = [device.NumDTypes]typeLoops{
		device.Float32:  float32Loops(),
		device.Float64:  float64Loops(),
		device.BFloat16: halfLoops(0),
		device.Float16:  halfLoops(1),
		device.Int64:    intLoops[int64](1 << 63),
		device.Int32:    intLoops[int32](1 << 31),
		device.Int16:    intLoops[int16](1 << 15),
		device.Int8:     intLoops[int8](1 << 7),
		device.Uint8:    intLoops[uint8](0),
		device.Bool:     boolLoops(),
	}
	i64, u8, bools := &types[device.Int64], &types[device.Uint8], &types[device.Bool]
	i64.unary = func(r *unaryRow) runner1 { return &loop1[int64, int64]{run: r.i64} }
	i64.binary = func(r *binaryRow) runner2 { return &loop2[int64, int64]{run: r.i64} }
	i64.unaryPredicate = func(r *unaryRow) runner1 { return &loop1[bool, int64]{run: r.predicate.i64} }
	i64.binaryPredicate = func(r *binaryRow) runner2 {
		return &loop2[bool, int64]{run: r.predicate.i64, scalar: r.predicate.si64}
	}
	u8.unaryPredicate, bools.unaryPredicate = unaryBytes, unaryBools
	u8.binaryPredicate = binaryBytes
	i64.scan = scan[int64, int64]
	u8.count, bools.count = countBytes, countBytes

	conversionsFrom[float32](device.Float32)
	conversionsFrom[float64](device.Float64)
	conversionsFrom[int64](device.Int64)
	conversionsFrom[int32](device.Int32)
	conversionsFrom[int16](device.Int16)
	conversionsFrom[int8](device.Int8)
	conversionsFrom[uint8](device.Uint8)
	conversionsFrom[uint8](device.Bool)
	for k, code := range halfCodes {
		conversionsFromHalf(device.BFloat16+device.DType(k), code)
		conversions[device.Float16-device.DType(k)][device.BFloat16+device.DType(k)] = conversion(viaFloat32(code.widen,
			halfCodes[1-k].narrow))
	}
	kernelConversions()
}

// numberLoops returns the loops that are the same for all of Go's number types.
func numberLoops[T element]() typeLoops {
	return typeLoops{
		loadFloats: func(dst []float64, a *device.Array, off, step int) { convertIn(dst, fromOffset[T](a)[off:], step) },
		loadInts:   func(dst []int64, a *device.Array, off, step int) { convertIn(dst, fromOffset[T](a)[off:], step) },
		storeFloats: func(a *device.Array, off, step int, src []float64) {
			convertOut(fromOffset[T](a)[off:], step, src)
		},
		storeInts: func(a *device.Array, off, step int, src []int64) { convertOut(fromOffset[T](a)[off:], step, src) },
		count:     func(x *device.Array) int { return countNonZero(x, count[T]) },
		nonZero:   func(dst, x *device.Array) { nonZero(dst, x, nonZeroIndices[T]) },
		argOf: func(op device.Reduction, x *device.Array, off, step, n int) int {
			return argExtreme(op, fromOffset[T](x)[off:], step, n)
		},
	}
}

func float32Loops() typeLoops {
	t := numberLoops[float32]()
	t.fill = func(dst *device.Array, value float64) { fill(dst, float32(value)) }
	t.scatterAdd = func(dst, index, src *device.Array, dim int) { scatterAdd(dst, index, src, dim, vec.Add[float32]) }
	t.rank, t.scan = rankFloat32s, scan[float32, float64]
	t.unary = func(r *unaryRow) runner1 { return &loop1[float32, float32]{run: r.f32, parallel: r.parallel} }
	t.binary = func(r *binaryRow) runner2 {
		return &loop2[float32, float32]{run: r.f32, scalar: r.s32, first: r.first32, grid: r.grid32,
			parallel: r.parallel}
	}
	t.unaryPredicate = func(r *unaryRow) runner1 { return &loop1[bool, float32]{run: r.predicate.f32} }
	t.binaryPredicate = func(r *binaryRow) runner2 {
		return &loop2[bool, float32]{run: r.predicate.f32, scalar: r.predicate.s32}
	}
	return t
}

func float64Loops() typeLoops {
	t := numberLoops[float64]()
	t.fill = func(dst *device.Array, value float64) { fill(dst, value) }
	t.scatterAdd = func(dst, index, src *device.Array, dim int) { scatterAdd(dst, index, src, dim, vec.Add[float64]) }
	t.rank, t.scan = rankFloat64s, scan[float64, float64]
	t.unary = func(r *unaryRow) runner1 { return &loop1[float64, float64]{run: r.f64} }
	t.binary = func(r *binaryRow) runner2 {
		return &loop2[float64, float64]{run: r.f64, scalar: r.s64, first: r.first64}
	}
	t.unaryPredicate = func(r *unaryRow) runner1 { return &loop1[bool, float64]{run: r.predicate.f64} }
	t.binaryPredicate = func(r *binaryRow) runner2 {
		return &loop2[bool, float64]{run: r.predicate.f64, scalar: r.predicate.s64}
	}
	return t
}

// intLoops returns the loops of an integer type; sign is its sign bit, or 0 for an unsigned type. It computes rows of
// the elementwise table in int64.
func intLoops[T integer](sign uint64) typeLoops {
	t := numberLoops[T]()
	t.storeFloats = func(a *device.Array, off, step int, src []float64) { storeLow(fromOffset[T](a)[off:], step, src) }
	t.fill = func(dst *device.Array, value float64) { fill(dst, T(int64(value))) }
	t.scatterAdd = func(dst, index, src *device.Array, dim int) { scatterAdd(dst, index, src, dim, addRun[T]) }
	t.rank = func(out []ranked, x *device.Array, off, step int, flip uint64) {
		mask := 2*sign - 1
		if sign == 0 {
			mask = 0xff
		}
		v := fromOffset[T](x)
		for i := range out {
			out[i] = ranked{flip ^ uint64(v[off+i*step])&mask ^ sign, i}
		}
	}
	t.matMul, t.sum = intMatMul[T], sumLoop[T]()
	t.unary = func(r *unaryRow) runner1 {
		return &loop1[T, T]{run: convertingLoop1(r.i64, convert[int64, T], convert[T, int64])}
	}
	t.binary = func(r *binaryRow) runner2 {
		return &loop2[T, T]{run: convertingLoop2(r.i64, convert[int64, T], convert[T, int64])}
	}
	t.unaryPredicate = func(r *unaryRow) runner1 {
		return &loop1[bool, T]{run: convertingPredicate1(r.predicate.i64, convert[int64, T])}
	}
	t.binaryPredicate = func(r *binaryRow) runner2 {
		return &loop2[bool, T]{run: convertingPredicate2(r.predicate.i64, convert[int64, T])}
	}
	return t
}

// boolLoops returns the loops of booleans, which are stored as the bytes 0 and 1.
func boolLoops() typeLoops {
	t := numberLoops[uint8]()
	t.storeFloats, t.storeInts = storeBool[float64], storeBool[int64]
	t.fill = func(dst *device.Array, value float64) { fill(dst, uint8(bit(value != 0))) }
	t.scatterAdd = scatterOr
	t.rank, t.sum = intLoops[uint8](0).rank, sumLoop[uint8]()
	t.unary = func(r *unaryRow) runner1 {
		return &loop1[uint8, uint8]{run: convertingLoop1(r.i64, convert[int64, uint8], toBool[int64])}
	}
	t.binary = func(r *binaryRow) runner2 {
		return &loop2[uint8, uint8]{run: convertingLoop2(r.i64, convert[int64, uint8], toBool[int64])}
	}
	t.binaryPredicate = func(r *binaryRow) runner2 {
		if r.predicate.bool != nil {
			return &loop2[bool, uint8]{run: r.predicate.bool}
		}
		return binaryBytes(r)
	}
	return t
}

// unaryBytes and binaryBytes return a row's loop for bytes or, if it has none, the loop that converts to int64.
func unaryBytes(r *unaryRow) runner1 {
	if r.predicate.u8 != nil {
		return &loop1[bool, uint8]{run: r.predicate.u8}
	}
	return &loop1[bool, uint8]{run: convertingPredicate1(r.predicate.i64, convert[int64, uint8])}
}

// unaryBools is unaryBytes for bytes that are 0 or 1.
func unaryBools(r *unaryRow) runner1 {
	if r.predicate.bool != nil {
		return &loop1[bool, uint8]{run: r.predicate.bool}
	}
	return unaryBytes(r)
}

func binaryBytes(r *binaryRow) runner2 {
	if r.predicate.u8 != nil {
		return &loop2[bool, uint8]{run: r.predicate.u8}
	}
	return &loop2[bool, uint8]{run: convertingPredicate2(r.predicate.i64, convert[int64, uint8])}
}

// halfLoops returns the loops of the 16-bit type halfCodes[k]. It computes rows of the elementwise table in float32.
func halfLoops(k int) typeLoops {
	c := halfCodes[k]
	return typeLoops{
		loadFloats:  func(dst []float64, a *device.Array, off, step int) { loadHalf(c, dst, a, off, step) },
		loadInts:    func(dst []int64, a *device.Array, off, step int) { loadHalf(c, dst, a, off, step) },
		storeFloats: func(a *device.Array, off, step int, src []float64) { storeHalf(c, a, off, step, src) },
		storeInts:   func(a *device.Array, off, step int, src []int64) { storeHalf(c, a, off, step, src) },
		fill:        func(dst *device.Array, value float64) { fill(dst, c.encode(float32(value))) },
		scatterAdd:  scatterAddHalf,
		count:       func(x *device.Array) int { return countNonZero(x, countHalf) },
		nonZero:     func(dst, x *device.Array) { nonZero(dst, x, nonZeroIndicesHalf) },
		rank: func(out []ranked, x *device.Array, off, step int, flip uint64) {
			v := fromOffset[uint16](x)
			for i := range out {
				out[i] = ranked{flip ^ uint64(rank32(c.decode(v[off+i*step]))), i}
			}
		},
		argOf: argExtremeHalf,
		scan:  scanHalf,
		unary: func(r *unaryRow) runner1 {
			return &loop1[uint16, uint16]{run: convertingLoop1(r.f32, c.widen, c.narrow)}
		},
		binary: func(r *binaryRow) runner2 {
			if run := r.half[k]; run != nil {
				return &loop2[uint16, uint16]{run: run}
			}
			return &loop2[uint16, uint16]{run: convertingLoop2(r.f32, c.widen, c.narrow)}
		},
		unaryPredicate: func(r *unaryRow) runner1 {
			return &loop1[bool, uint16]{run: convertingPredicate1(r.predicate.f32, c.widen)}
		},
		binaryPredicate: func(r *binaryRow) runner2 {
			return &loop2[bool, uint16]{run: convertingPredicate2(r.predicate.f32, c.widen)}
		},
	}
}
