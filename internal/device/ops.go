package device

import "sync"

// Params are the constants of an elementwise op (a slope, a scalar operand). A device rounds them to the type in which
// it computes, as PyTorch does.
type Params = [2]float64

// UnaryOp is a row of the elementwise table with one input. F is the definition; a device may have a faster loop for
// it. Results are rounded once from float64, so the definition is exact for +, −, ×, ÷ and √ in float32.
type UnaryOp struct {
	Name string
	F    func(x float64, p Params) float64
	// Int is the definition for integer and boolean arrays, or nil if the op does not support them.
	Int func(x int64, p Params) int64
	// Predicate means that the result is boolean: 1 or 0.
	Predicate bool
	// Custom means that a program defined the row: a device's loop of the same name is not for it.
	Custom bool
	// Formula means that F is a short formula of float64 arithmetic: a call for each element is fast enough until a
	// device has a loop.
	Formula bool
	ID      int
}

// BinaryOp is a row of the elementwise table with two inputs.
type BinaryOp struct {
	Name      string
	F         func(x, y float64, p Params) float64
	Int       func(x, y int64, p Params) int64
	Predicate bool
	Custom    bool
	Formula   bool
	ID        int
}

// MaxRows is the largest number of unary rows, and of binary rows.
const MaxRows = 1024

// Reduction is the operation of Reduce and Scan.
type Reduction uint8

// The reductions. Max and Min return NaN if an element is NaN. ArgMax and ArgMin return the first index of the extreme,
// and NaN counts as the extreme, as in PyTorch. Max of booleans is true if any is, Min if all are. Mean and Norm are
// for floats: the mean of no elements is NaN, and the norm is the square root of the sum of squares. Intermediate sums
// and squares do not overflow or underflow if the result does not.
const (
	Sum Reduction = iota
	Prod
	Max
	Min
	ArgMax
	ArgMin
	Mean
	Norm
)

var reductions = [...]string{"sum", "prod", "max", "min", "argmax", "argmin", "mean", "norm"}

// String returns the reduction's name.
func (r Reduction) String() string { return reductions[r] }

var rows struct {
	sync.Mutex
	unary  []*UnaryOp
	binary []*BinaryOp
}

// NewUnary adds a row to the table. Rows are package variables: call it from their initialisers.
func NewUnary(op UnaryOp) *UnaryOp {
	rows.Lock()
	defer rows.Unlock()
	op.ID = len(rows.unary)
	rows.unary = append(rows.unary, &op)
	return &op
}

// NewBinary adds a row to the table.
func NewBinary(op BinaryOp) *BinaryOp {
	rows.Lock()
	defer rows.Unlock()
	op.ID = len(rows.binary)
	rows.binary = append(rows.binary, &op)
	return &op
}

// Rows returns the current rows of the table.
func Rows() ([]*UnaryOp, []*BinaryOp) {
	rows.Lock()
	defer rows.Unlock()
	return rows.unary, rows.binary
}
