// Package defaults has the module's rule for settings that are left out.
//
// The zero value of a field of a config struct means PyTorch's default. If that default is not 0, and 0 means something
// too, [Zero] says 0. A whole number says 0 as −1, a switch that is on by default has a name that says off (NoBias),
// and the zero DType is Float32.
package defaults

import "math"

// Zero sets a setting to 0 whose zero value means another default.
const Zero = -math.SmallestNonzeroFloat64

// Float returns byDefault if the setting v is 0, 0 if it is Zero, and else v.
func Float(v, byDefault float64) float64 {
	switch v {
	case 0:
		return byDefault
	case Zero:
		return 0
	}
	return v
}

// Bool returns byDefault if the setting v is nil, and else what it points to.
func Bool(v *bool, byDefault bool) bool {
	if v == nil {
		return byDefault
	}
	return *v
}

// Int returns byDefault if the setting v is 0, 0 if it is −1, and else v.
func Int(v, byDefault int) int {
	switch v {
	case 0:
		return byDefault
	case -1:
		return 0
	}
	return v
}
