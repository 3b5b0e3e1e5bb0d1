// Package defaults is the module's one rule for settings that are left out.
//
// The zero value of a field of a config struct means PyTorch's default. Where that default is another number than 0, and 0 means
// something too, [Zero] says 0. A whole number says 0 as −1, a switch that is on by default has a name that says off (NoBias), and
// the zero DType is Float32.
package defaults

import "math"

// Zero says 0 for a setting whose zero value means another number.
const Zero = -math.SmallestNonzeroFloat64

// Float returns the number that a setting of value v stands for.
func Float(v, byDefault float64) float64 {
	switch v {
	case 0:
		return byDefault
	case Zero:
		return 0
	}
	return v
}

// Int returns the whole number that a setting of value v stands for.
func Int(v, byDefault int) int {
	switch v {
	case 0:
		return byDefault
	case -1:
		return 0
	}
	return v
}
