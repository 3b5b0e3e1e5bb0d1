package cpu

import "github.com/lamina-ml/lamina/internal/device"

// SlowUnary and SlowBinary report whether a row of the table computes an element type through its scalar function.
func SlowUnary(op *device.UnaryOp) bool {
	r := unaryTable[op.Name]
	if r == nil {
		return true
	}
	if op.Predicate {
		return r.ask.f32.run == nil || r.ask.f64.run == nil || op.Int != nil && r.ask.i64.run == nil
	}
	return r.f32.run == nil || r.f64.run == nil || op.Int != nil && r.i64.run == nil
}

func SlowBinary(op *device.BinaryOp) bool {
	r := binaryTable[op.Name]
	if r == nil {
		return true
	}
	if op.Predicate {
		return r.ask.f32.run == nil || r.ask.f64.run == nil || op.Int != nil && r.ask.i64.run == nil
	}
	return r.f32.run == nil || r.f64.run == nil || op.Int != nil && r.i64.run == nil
}

// Reason returns why a row may be slow, "" where there is no reason.
func Reason(name string) string { return scalarRows[name] }

// Names returns the names that the tables give loops for.
func Names() (names []string) {
	for name := range unaryTable {
		names = append(names, name)
	}
	for name := range binaryTable {
		names = append(names, name)
	}
	return names
}
