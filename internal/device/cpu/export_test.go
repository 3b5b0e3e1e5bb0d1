package cpu

import "github.com/lamina-ml/lamina/internal/device"

// SlowUnary and SlowBinary report whether a row of the table computes an element type through its scalar function.
func SlowUnary(op *device.UnaryOp) bool {
	r := unaryTable[op.Name]
	if r == nil {
		return true
	}
	if op.Predicate {
		return r.predicate.f32 == nil || r.predicate.f64 == nil || op.Int != nil && r.predicate.i64 == nil
	}
	return r.f32 == nil || r.f64 == nil || op.Int != nil && r.i64 == nil
}

func SlowBinary(op *device.BinaryOp) bool {
	r := binaryTable[op.Name]
	if r == nil {
		return true
	}
	if op.Predicate {
		return r.predicate.f32 == nil || r.predicate.f64 == nil || op.Int != nil && r.predicate.i64 == nil
	}
	return r.f32 == nil || r.f64 == nil || op.Int != nil && r.i64 == nil
}

// Reason returns why a row may be slow, or "" if no reason is given.
func Reason(name string) string { return scalarRows[name] }

// Names returns the names of the rows that have loops in the tables.
func Names() (names []string) {
	for name := range unaryTable {
		names = append(names, name)
	}
	for name := range binaryTable {
		names = append(names, name)
	}
	return names
}

// Alloc is Device.Alloc without the limit on the size.
func Alloc(bytes int) device.Memory { return allocate(bytes) }

// IdleTempBytes returns the bytes of the temporary arrays that are not in use.
func IdleTempBytes() int {
	temps.mu.Lock()
	defer temps.mu.Unlock()
	return temps.bytes
}
