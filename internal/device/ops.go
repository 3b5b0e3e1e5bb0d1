package device

import "sync"

// Params are the constants of an elementwise op (a slope, a scalar operand). A device rounds them to the arrays' type first,
// as PyTorch does.
type Params = [2]float64

// UnaryOp is a row of the elementwise table with one input. F is the definition; a device may have a faster loop for it.
// Results are rounded once from float64, so the definition is exact for +, −, ×, ÷ and √ in float32.
type UnaryOp struct {
	Name string
	F    func(x float64, p Params) float64
	// Int is the definition for integer and boolean arrays; nil where the op has none.
	Int func(x int64, p Params) int64
	// Predicate says that the result is boolean: 1 or 0.
	Predicate bool
	// Custom says that a program made the row: a device has no loop of that name for it.
	Custom bool
	// Formula says that F is a short formula of float64 arithmetic: a call for each element is fast enough until a device has a loop.
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

// MaxRows is how many rows of a kind there can be.
const MaxRows = 1024

// Reduction names how Reduce joins elements.
type Reduction uint8

// The reductions. Max and Min return NaN where an element is NaN; ArgMax and ArgMin return the first of equals and count
// NaN as the extreme, as PyTorch does. Of booleans Max says whether any is true and Min whether all are. Mean is of floats, NaN of none;
// Norm is the root of the sum of squares, of floats. Sums and squares on the way neither overflow nor vanish where the result does not.
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

// Rows returns the table as it stands.
func Rows() ([]*UnaryOp, []*BinaryOp) {
	rows.Lock()
	defer rows.Unlock()
	return rows.unary, rows.binary
}
