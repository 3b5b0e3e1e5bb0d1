package vec

// A Grid describes the memory of matrices with Rows rows and Cols columns: the rows of the destination and of both
// operands start DstStep, XStep and YStep elements apart. A step of 0 repeats a row. If XNumbers or YNumbers is true, a
// row of that operand is a single number.
type Grid struct {
	Rows, Cols            int
	DstStep, XStep, YStep int
	XNumbers, YNumbers    bool // not both
}

// GridOp is an arithmetic operation on matrices.
type GridOp int

// The operations of MapGrid.
const (
	GridAdd = GridOp(gridAdd)
	GridSub = GridOp(gridSub)
	GridMul = GridOp(gridMul)
	GridDiv = GridOp(gridDiv)
)

// of returns a op b.
func (op GridOp) of(a, b float32) float32 {
	switch op {
	case GridAdd:
		return a + b
	case GridSub:
		return a - b
	case GridMul:
		return a * b
	}
	return a / b
}

// MapGrid sets dst[i,j] = x[i,j] op y[i,j] for the matrices that g describes.
func MapGrid(op GridOp, dst, x, y []float32, g Grid) {
	if g.Rows <= 0 || g.Cols <= 0 {
		return
	}
	// Check that the last elements exist.
	width := func(numbers bool) int {
		if numbers {
			return 1
		}
		return g.Cols
	}
	dst = dst[:(g.Rows-1)*g.DstStep+g.Cols]
	x = x[:(g.Rows-1)*g.XStep+width(g.XNumbers)]
	y = y[:(g.Rows-1)*g.YStep+width(g.YNumbers)]
	if isa, ok := vectors[float32](); ok {
		switch {
		case g.YNumbers:
			gridNumbersAt(isa, int(op), first(dst), first(x), first(y), g.Rows, g.Cols, g.DstStep, g.XStep, g.YStep)
		case g.XNumbers:
			gridNumbersAt(isa, reversed[op], first(dst), first(y), first(x), g.Rows, g.Cols, g.DstStep, g.YStep,
				g.XStep)
		default:
			gridAt(isa, int(op), first(dst), first(x), first(y), g.Rows, g.Cols, g.DstStep, g.XStep, g.YStep)
		}
		return
	}
	for i := range g.Rows {
		dst, x, y := dst[i*g.DstStep:][:g.Cols], x[i*g.XStep:], y[i*g.YStep:]
		for j := range dst {
			a, b := x[0], y[0]
			if !g.XNumbers {
				a = x[j]
			}
			if !g.YNumbers {
				b = y[j]
			}
			dst[j] = op.of(a, b)
		}
	}
}

// reversed has the kernel's ops for a single number as the first operand.
var reversed = [...]int{GridAdd: gridAdd, GridSub: gridRSub, GridMul: gridMul, GridDiv: gridRDiv}
