package device

import "fmt"

// Check is a demand on the values of an array: Lo ≤ x ≤ Hi for all its elements, so that NaN fails too. It finds indices and class numbers that
// do not exist, and what is no probability.
type Check struct {
	Lo, Hi  float64
	Skip    int64 // a value that passes wherever the range lies, such as an ignored class
	HasSkip bool

	Op string // the operation that demands it
	// Format is the text of the error, in fmt's form, for an element's value, its position in row-major order and Args. Its last verb has
	// an index, such as %[3]d.
	Format string
	Args   [2]int
	Layer  any      // the layer that demands it, nil for none
	Shapes [2]Shape // of the tensors involved
}

// Shape is the shape of a tensor in an error; a tensor that is not involved has Rank −1.
type Shape struct {
	Rank int
	Dims [MaxRank]int
}

// Passes reports whether a value passes the check.
func (c *Check) Passes(v float64) bool {
	return v >= c.Lo && v <= c.Hi || c.HasSkip && v == float64(c.Skip)
}

// Checked is what a device says of a check.
type Checked struct {
	Known    bool // the device has looked at the values
	Failed   bool // one of them fails: the first one is at Position
	Position int
	Int      int64   // its value in an integer array
	Float    float64 // its value in another
}

// RangeError says which element failed a check: the first one.
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

// Message says what is wrong, without the operation.
func (e *RangeError) Message() string {
	return fmt.Sprintf(e.Format, e.Value, e.Position, e.Args[0], e.Args[1])
}
