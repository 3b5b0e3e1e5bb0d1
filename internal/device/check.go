package device

import "fmt"

// Check is a condition on the values of an array: Lo ≤ x ≤ Hi for all elements, so that NaN fails too. It finds
// indices and class numbers out of range, and numbers that are not probabilities.
type Check struct {
	Lo, Hi  float64
	Skip    int64 // a value that always passes if HasSkip, such as an ignored class
	HasSkip bool

	Op string // the operation that makes the check
	// Format is the text of the error, in fmt's form, for an element's value, its position in row-major order and Args.
	// Its last verb has an index, such as %[3]d.
	Format string
	Args   [2]int
	Layer  any      // the layer that makes the check, or nil
	Shapes [2]Shape // of the tensors involved
}

// Shape is the shape of a tensor in an error; Rank −1 means no tensor.
type Shape struct {
	Rank int
	Dims [MaxRank]int
}

// Passes reports whether a value passes the check.
func (c *Check) Passes(v float64) bool {
	return v >= c.Lo && v <= c.Hi || c.HasSkip && v == float64(c.Skip)
}

// Checked is the result of a check.
type Checked struct {
	Known    bool // the device has checked the values
	Failed   bool // a value fails; the first one is at Position
	Position int
	Int      int64   // its value in an integer array
	Float    float64 // its value in a floating-point array
}

// RangeError is the error of a failed check, for the first element that failed.
type RangeError struct {
	Check
	Position int
	Value    any // an int64 or a float64
}

// Err returns the error of a check that failed, for x.
func (r Checked) Err(x *Array, c Check) *RangeError {
	if x.DType.IsFloat() {
		return &RangeError{c, r.Position, r.Float}
	}
	return &RangeError{c, r.Position, r.Int}
}

// Error names the operation, the value, its position and the range.
func (e *RangeError) Error() string { return e.Op + ": " + e.Message() }

// Message returns the text of Error without the operation.
func (e *RangeError) Message() string {
	return fmt.Sprintf(e.Format, e.Value, e.Position, e.Args[0], e.Args[1])
}
