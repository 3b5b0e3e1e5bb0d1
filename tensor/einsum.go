package tensor

import (
	"fmt"
	"strings"
)

// Outer returns the outer product, aᵢ·bⱼ.
//
//	(n,), (m,) → (n, m)
func (a Tensor) Outer(b Tensor) Tensor {
	if a.Rank() != 1 || b.Rank() != 1 {
		fail("outer", "both must be vectors", a.Shape(), b.Shape())
	}
	return a.Unsqueeze(1).Mul(b)
}

// Dot returns the sum of the products of two vectors of one length.
func (a Tensor) Dot(b Tensor) Tensor {
	if a.Rank() != 1 || b.Shape() != a.Shape() {
		fail("dot", "both must be vectors of one length", a.Shape(), b.Shape())
	}
	return a.MatMul(b)
}

// Einsum computes a sum of products by an equation in Einstein's notation, which has a letter for each dimension of
// each operand and of the result. Dimensions with the same letter share an index, and letters that the result lacks are
// summed over.
//
//	y := tensor.Einsum("bij,bjk->bik", a, b) // products of matrices
//	y := tensor.Einsum("ii", a)              // a trace
//
// "..." means the remaining dimensions, which broadcast. Without "->" the result has the dimensions of "...", then the
// letters that occur once, in alphabetical order. Sizes of 1 broadcast. Operands are multiplied from left to right,
// each step a matrix product. (https://docs.pytorch.org/docs/stable/generated/torch.einsum.html)
func Einsum(equation string, xs ...Tensor) Tensor {
	e := parseEinsum(equation, xs)
	acc, labels := e.takeDiagonals(xs[0], e.in[0])
	for i := 1; i < len(xs); i++ {
		x, lx := e.takeDiagonals(xs[i], e.in[i])
		// Labels that neither the result nor a later operand has are summed over.
		var later labelSet
		later.add(e.out)
		for j := i + 1; j < len(xs); j++ {
			later.add(e.in[j])
		}
		acc, labels = e.product(acc, labels, x, lx, later)
	}
	return e.arrange(acc, labels)
}

// labels are the names of a tensor's dimensions: letters, and the numbers 1, 2, … for the dimensions of "...", counted
// from the last.
type labels struct {
	n  int
	at [2 * MaxRank]byte
}

func (l *labels) push(b byte)  { l.at[l.n] = b; l.n++ }
func (l *labels) list() []byte { return l.at[:l.n] }
func (l *labels) find(b byte) int {
	for i, c := range l.at[:l.n] {
		if c == b {
			return i
		}
	}
	return -1
}

// remove deletes label i.
func (l *labels) remove(i int) {
	copy(l.at[i:], l.at[i+1:l.n])
	l.n--
}

type labelSet [256]bool

func (s *labelSet) add(l labels) {
	for _, b := range l.at[:l.n] {
		s[b] = true
	}
}

const maxOperands = 16

type einsum struct {
	in  [maxOperands]labels
	out labels
	// size is each label's size after broadcasting.
	size [256]int
}

func einsumFail(equation, msg string) {
	fail("einsum", msg+" in "+fmt.Sprintf("%q", equation))
}

func parseEinsum(equation string, xs []Tensor) (e einsum) {
	if len(xs) == 0 || len(xs) > maxOperands {
		einsumFail(equation, "none or too many operands")
	}
	left, right, arrow := strings.Cut(equation, "->")
	k, dots := 0, 0
	for part, more := "", true; more; k++ {
		part, left, more = strings.Cut(left, ",")
		if k == len(xs) {
			einsumFail(equation, "more terms than operands")
		}
		e.in[k] = e.term(equation, part, xs[k].Rank(), &dots)
		for i, b := range e.in[k].list() {
			d := xs[k].Dim(i)
			if e.size[b] == 0 || e.size[b] == 1 {
				e.size[b] = d
			} else if d != 1 && d != e.size[b] {
				fail("einsum", fmt.Sprintf("%q: a letter has sizes %d and %d", equation, e.size[b], d), xs[k].Shape())
			}
		}
	}
	if k < len(xs) {
		einsumFail(equation, "fewer terms than operands")
	}
	if arrow {
		e.out = e.term(equation, right, -1, &dots)
		for i, b := range e.out.list() {
			known := false
			for j := range k {
				known = known || e.in[j].find(b) >= 0
			}
			if !known {
				einsumFail(equation, "the result has a letter that no operand has")
			}
			for _, c := range e.out.at[:i] {
				if b == c {
					einsumFail(equation, "the result has a letter twice")
				}
			}
		}
		return e
	}
	for i := dots; i > 0; i-- {
		e.out.push(byte(i))
	}
	for b := byte('A'); b <= 'z'; b++ {
		n := 0
		for j := range k {
			for _, c := range e.in[j].list() {
				if b == c {
					n++
				}
			}
		}
		if n == 1 {
			e.out.push(b)
		}
	}
	if e.out.n > MaxRank {
		einsumFail(equation, "too many dimensions")
	}
	return e
}

// term reads the labels of one operand, whose rank is given, or of the result.
func (e *einsum) term(equation, text string, rank int, dots *int) (l labels) {
	letters := 0
	for i := 0; i < len(text); i++ {
		if c := text[i] | 0x20; c >= 'a' && c <= 'z' {
			letters++
		}
	}
	seen := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ':
		case strings.HasPrefix(text[i:], "...") && !seen:
			seen = true
			n := *dots
			if rank >= 0 {
				n = rank - letters
				*dots = max(*dots, n)
			}
			for ; n > 0; n-- {
				l.pushChecked(equation, byte(n))
			}
			i += 2
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			l.pushChecked(equation, c)
		default:
			einsumFail(equation, fmt.Sprintf("%q is not a letter", c))
		}
	}
	if rank >= 0 && l.n != rank {
		einsumFail(equation, fmt.Sprintf("%d letters for %d dimensions", l.n, rank))
	}
	return l
}

func (l *labels) pushChecked(equation string, b byte) {
	if l.n == MaxRank {
		einsumFail(equation, "too many dimensions")
	}
	l.push(b)
}

// takeDiagonals replaces dimensions with the same label by their diagonal.
func (e *einsum) takeDiagonals(x Tensor, l labels) (Tensor, labels) {
	for i := 0; i < l.n; i++ {
		for j := i + 1; j < l.n; j++ {
			if l.at[i] == l.at[j] {
				b := l.at[i]
				if x.Dim(i) != x.Dim(j) {
					fail("einsum", "a letter has two sizes in one operand", x.Shape())
				}
				x = x.Diagonal(0, i, j)
				l.remove(j)
				l.remove(i)
				l.push(b)
				i, j = -1, l.n // begin again
			}
		}
	}
	return x, l
}

// sumOut sums x over the dimensions for whose labels wanted returns false.
func sumOut(x Tensor, l labels, wanted func(b byte) bool) (Tensor, labels) {
	var dims [MaxRank]bool
	var kept labels
	for i, b := range l.list() {
		if wanted(b) {
			kept.push(b)
		} else {
			dims[i] = true
		}
	}
	if kept.n == l.n {
		return x, l
	}
	return Apply1(sum{dims: dims}, x), kept
}

// product multiplies two operands and sums over the labels that are not in later.
func (e *einsum) product(a Tensor, la labels, b Tensor, lb labels, later labelSet) (Tensor, labels) {
	if a.DType() != b.DType() {
		fail("einsum", "the types differ, "+a.DType().String()+" and "+b.DType().String(), a.Shape(), b.Shape())
	}
	// Sum out before the product: a dimension of size 1 that the other operand has longer, and one that only this
	// operand has and that is not needed later.
	a, la = sumOut(a, la, func(c byte) bool { return e.inProduct(a, la, b, lb, c, &later) })
	b, lb = sumOut(b, lb, func(c byte) bool { return e.inProduct(b, lb, a, la, c, &later) })
	a, b = toCommonType(a, b) // a sum of integers is int64
	var batch, rows, cols, inner labels
	for _, c := range la.list() {
		switch {
		case lb.find(c) < 0:
			rows.push(c)
		case later[c]:
			batch.push(c)
		default:
			inner.push(c)
		}
	}
	for _, c := range lb.list() {
		if la.find(c) < 0 {
			cols.push(c)
		}
	}
	x := groupDims(a, la, batch, rows, inner)
	y := groupDims(b, lb, batch, inner, cols)
	var out labels
	shape := Shape{}
	for _, l := range []*labels{&batch, &rows, &cols} {
		for _, c := range l.list() {
			if out.n == MaxRank {
				fail("einsum", "an intermediate product has too many dimensions", a.Shape(), b.Shape())
			}
			d := 0
			if i := la.find(c); i >= 0 {
				d = a.Dim(i)
			} else {
				d = b.Dim(lb.find(c))
			}
			out.push(c)
			shape.dims[shape.rank] = d
			shape.rank++
		}
	}
	return x.MatMul(y).reshape(shape), out
}

// inProduct reports whether a's dimension c takes part in the product with b.
func (e *einsum) inProduct(a Tensor, la labels, b Tensor, lb labels, c byte, later *labelSet) bool {
	i, j := la.find(c), lb.find(c)
	if j < 0 {
		return later[c]
	}
	return a.Dim(i) != 1 || b.Dim(j) == 1
}

// groupDims permutes and reshapes x to three dimensions, one for each group of labels.
func groupDims(x Tensor, l labels, groups ...labels) Tensor {
	var o permute
	k := 0
	s := Shape{rank: 3, dims: [MaxRank]int{1, 1, 1}}
	for g := range groups {
		for _, c := range groups[g].list() {
			i := l.find(c)
			o.dims[k] = i
			k++
			s.dims[g] *= x.Dim(i)
		}
	}
	return Apply1(o, x).reshape(s)
}

// arrange sums over the labels that the result lacks, and permutes the dimensions to the result's order.
func (e *einsum) arrange(x Tensor, l labels) Tensor {
	x, l = sumOut(x, l, func(b byte) bool { return e.out.find(b) >= 0 })
	var o permute
	moved := false
	for i, b := range e.out.list() {
		o.dims[i] = l.find(b)
		moved = moved || o.dims[i] != i
	}
	if !moved {
		return x
	}
	return Apply1(o, x)
}
