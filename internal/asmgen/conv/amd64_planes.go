package main

import "fmt"

// Registers of planes and planesGrad.
const (
	pArgs  = "DI"
	pC     = "DX" // C (dy in planesGrad) at the current rows and columns
	pB     = "BX" // B at the current rows and columns
	pRow   = "SI" // a row of B at the current kernel column
	pW     = "R8" // the current kernel column of the weights
	pKw    = "R9" // the row stride of the weights; three and five times
	pKw3   = "R10"
	pKw5   = "R11"
	pLdb   = "R12"
	pTable = "CX"
	pCols  = "R13" // columns left, less one vector
	pRows  = "R14" // rows left
	pTmp   = "AX"
	pEnd   = "R15" // the end of the table
)

// kernelHeights are the heights of the kernels of planes.
var kernelHeights = []int{1, 2, 3, 4, 5, 7}

// planesStart writes the beginning of planes or planesGrad: it loads the arguments and jumps to the code of the height
// of the kernel and the row step.
func (x *x86) planesStart(name string, frame int, code func(kh, step int)) {
	x.function(name+x.suffix, frame, 8, fmt.Sprintf("p *planes[float%d]", 8*x.size))
	x.op("MOVQ", "p+0(FP)", pArgs)
	x.op("MOVQ", field("planesKw", pArgs), pKw)
	x.op("MOVQ", field("planesTable", pArgs), pEnd)
	x.op("LEAQ", scaled(pEnd, pKw, 4), pEnd)
	x.op("SHLQ", x.shift(), pKw)
	x.op("LEAQ", scaled(pKw, pKw, 2), pKw3)
	x.op("LEAQ", scaled(pKw, pKw, 4), pKw5)
	x.op("MOVQ", field("planesLdb", pArgs), pLdb)
	x.op("SHLQ", x.shift(), pLdb)
	x.op("MOVQ", field("planesN", pArgs), pCols)
	x.op("DECQ", pCols)
	x.op("ANDQ", fmt.Sprint("$", x.lanes-1), pCols)
	x.op("INCQ", pCols) // lanes of the last vector
	x.setMask(pCols, pTmp)
	x.op("MOVQ", field("planesKh", pArgs), pTmp)
	x.op("MOVQ", field("planesStep", pArgs), pRows)
	var labels []string
	for _, kh := range kernelHeights {
		for step := 1; step <= 2; step++ {
			labels = append(labels, x.newLabel(fmt.Sprintf("kernel%dstep%d_", kh, step)))
			if kh == kernelHeights[len(kernelHeights)-1] && step == 2 {
				continue
			}
			other := x.newLabel("other")
			x.op("CMPQ", pTmp, fmt.Sprint("$", kh))
			x.op("JNE", other)
			x.op("CMPQ", pRows, fmt.Sprint("$", step))
			x.op("JEQ", labels[len(labels)-1])
			x.label(other)
		}
	}
	for i := len(labels); i > 0; i-- {
		x.label(labels[i-1])
		code(kernelHeights[(i-1)/2], (i-1)%2+1)
	}
}

// weight returns the operand for the weight of row ky of the kernel.
func weight(ky int) string {
	switch ky {
	case 0:
		return "(" + pW + ")"
	case 1, 2, 4:
		return scaled(pW, pKw, ky)
	case 3, 6:
		return scaled(pW, pKw3, ky/3)
	}
	return scaled(pW, pKw5, 1)
}

// planes writes the kernel that planesGeneric defines. A vector of B, once loaded, is multiplied by the weights of all
// kernel rows that use it.
func (x *x86) planes() {
	x.planesStart("planes", 24, func(kh, step int) {
		x.comment("Kernels of %d rows, row step %d.", kh, step)
		x.op("MOVQ", field("planesRows", pArgs), pRows)
		x.op("MOVQ", field("planesC", pArgs), pC)
		x.op("MOVQ", field("planesB", pArgs), pB)
		for _, rows := range x.rowGroups() {
			group, end := x.newLabel("rows"), x.newLabel("rowsEnd")
			x.label(group)
			x.comment("%d rows at a time, while at least as many are left.", rows)
			x.op("CMPQ", pRows, fmt.Sprint("$", rows))
			x.op("JLT", end)
			x.op("MOVQ", pC, "c-8(SP)")
			x.op("MOVQ", pB, "b-16(SP)")
			x.op("MOVQ", field("planesN", pArgs), pCols)
			x.op("SUBQ", fmt.Sprint("$", x.lanes), pCols)
			columns, last := x.newLabel("columns"), x.newLabel("last")
			x.op("JLE", last)
			x.label(columns)
			x.planesVector(kh, step, rows, false)
			x.op("ADDQ", fmt.Sprint("$", x.lanes*x.size), pC)
			x.op("ADDQ", fmt.Sprint("$", x.lanes*x.size), pB)
			x.op("SUBQ", fmt.Sprint("$", x.lanes), pCols)
			x.op("JG", columns)
			x.label(last)
			x.comment("The last vector, under a mask.")
			x.planesVector(kh, step, rows, true)
			x.op("MOVQ", "c-8(SP)", pC)
			x.op("MOVQ", field("planesLdc", pArgs), pTmp)
			x.op("IMULQ", fmt.Sprint("$", rows*x.size), pTmp)
			x.op("ADDQ", pTmp, pC)
			x.op("MOVQ", "b-16(SP)", pB)
			x.op("MOVQ", pLdb, pTmp)
			x.op("IMULQ", fmt.Sprint("$", rows*step), pTmp)
			x.op("ADDQ", pTmp, pB)
			x.op("SUBQ", fmt.Sprint("$", rows), pRows)
			x.op("JMP", group)
			x.label(end)
		}
		x.op("VZEROUPPER")
		x.op("RET")
	})
}

// rowGroups returns the numbers of rows that planes computes together, for which there are registers.
func (x *x86) rowGroups() []int {
	if x.avx512() {
		return []int{8, 4, 2, 1}
	}
	return []int{4, 2, 1}
}

// planesVector writes the sums of one vector in each of some rows of C.
func (x *x86) planesVector(kh, step, rows int, masked bool) {
	most := x.rowGroups()[0]
	acc := func(i int) string { return x.v(i) }
	w := func(ky int) string { return x.v(most + ky) }
	b := func(r int) string { return x.v(most + kh + r%2) }
	for i := range rows {
		x.op(x.p("VBROADCASTS*"), field("planesBias", pArgs), acc(i))
	}
	x.op("MOVQ", field("planesW", pArgs), pW)
	x.op("MOVQ", field("planesTable", pArgs), pTable)
	loop := x.newLabel("loop")
	x.label(loop)
	x.op("MOVLQSX", "("+pTable+")", pRow)
	x.op("LEAQ", scaled(pB, pRow, x.size), pRow)
	for ky := range kh {
		x.op(x.p("VBROADCASTS*"), weight(ky), w(ky))
	}
	last := (rows-1)*step + kh - 1
	for r := range last + 1 {
		used := false
		for i := range rows {
			ky := r - i*step
			if ky < 0 || ky >= kh {
				continue
			}
			if !used {
				x.load("("+pRow+")", b(r), masked)
				used = true
			}
			x.op(x.p("VFMADD231P*"), b(r), w(ky), acc(i))
		}
		if r < last {
			x.op("ADDQ", pLdb, pRow)
		}
	}
	x.op("ADDQ", fmt.Sprint("$", x.size), pW)
	x.op("ADDQ", "$4", pTable)
	x.op("CMPQ", pTable, pEnd)
	x.op("JNE", loop)
	noReLU := x.newLabel("noReLU")
	x.op("CMPB", field("planesRelu", pArgs), "$0")
	x.op("JEQ", noReLU)
	x.clear(most)
	for i := range rows {
		x.op(x.p("VMAXP*"), acc(i), x.v(most), acc(i)) // this order of operands keeps NaN
	}
	x.label(noReLU)
	x.op("MOVQ", field("planesLdc", pArgs), pTmp)
	x.op("SHLQ", x.shift(), pTmp)
	x.op("MOVQ", pC, pRow)
	for i := range rows {
		x.store(acc(i), "("+pRow+")", masked)
		if i < rows-1 {
			x.op("ADDQ", pTmp, pRow)
		}
	}
}

// planesGrad writes the kernel that planesGradGeneric defines. A vector of B, once loaded, is multiplied by the vectors
// of C of all rows that use it.
func (x *x86) planesGrad() {
	x.planesStart("planesGrad", 24, func(kh, step int) {
		x.comment("Kernels of %d rows, row step %d.", kh, step)
		group := x.rowGroups()[0] // rows of C together
		sums := 2                 // for each kernel row, because one sum cannot be added to in every cycle
		if kh*sums+group+3 > x.vectors {
			sums = 1
		}
		acc := func(ky, i int) string { return x.v(ky*sums + i%sums) }
		c := func(i int) string { return x.v(kh*sums + i) }
		b := func(r int) string { return x.v(kh*sums + group + r%2) }
		x.op("MOVQ", field("planesW", pArgs), pW)
		x.op("MOVQ", field("planesTable", pArgs), pTable)
		column := x.newLabel("column")
		x.label(column)
		x.comment("A column of the kernel.")
		for i := range kh * sums {
			x.clear(i)
		}
		x.op("MOVQ", field("planesRows", pArgs), pRows)
		x.op("MOVQ", field("planesC", pArgs), pTmp)
		x.op("MOVQ", pTmp, "c-8(SP)")
		x.op("MOVQ", field("planesB", pArgs), pTmp)
		x.op("MOVLQSX", "("+pTable+")", pB)
		x.op("LEAQ", scaled(pTmp, pB, x.size), pTmp)
		x.op("MOVQ", pTmp, "b-16(SP)")
		for _, rows := range x.rowGroups() {
			next, end, columns, last := x.newLabel("rows"), x.newLabel("rowsEnd"), x.newLabel("columns"), x.newLabel("last")
			x.label(next)
			x.comment("%d rows at a time, while at least as many are left.", rows)
			x.op("CMPQ", pRows, fmt.Sprint("$", rows))
			x.op("JLT", end)
			x.op("MOVQ", "c-8(SP)", pC)
			x.op("MOVQ", "b-16(SP)", pB)
			terms := func(masked bool) {
				x.op("MOVQ", field("planesLdc", pArgs), pTmp)
				x.op("MOVQ", pC, pRow)
				for i := range rows {
					x.load("("+pRow+")", c(i), masked)
					if i < rows-1 {
						x.op("LEAQ", scaled(pRow, pTmp, x.size), pRow)
					}
				}
				x.op("MOVQ", pB, pRow)
				end := (rows-1)*step + kh - 1
				for r := range end + 1 {
					used := false
					for i := range rows {
						ky := r - i*step
						if ky < 0 || ky >= kh {
							continue
						}
						if !used {
							x.load("("+pRow+")", b(r), masked)
							used = true
						}
						x.op(x.p("VFMADD231P*"), b(r), c(i), acc(ky, i))
					}
					if r < end {
						x.op("ADDQ", pLdb, pRow)
					}
				}
			}
			x.op("MOVQ", field("planesN", pArgs), pCols)
			x.op("SUBQ", fmt.Sprint("$", x.lanes), pCols)
			x.op("JLE", last)
			x.label(columns)
			terms(false)
			x.op("ADDQ", fmt.Sprint("$", x.lanes*x.size), pC)
			x.op("ADDQ", fmt.Sprint("$", x.lanes*x.size), pB)
			x.op("SUBQ", fmt.Sprint("$", x.lanes), pCols)
			x.op("JG", columns)
			x.label(last)
			x.comment("The last vector, under a mask.")
			terms(true)
			x.op("MOVQ", field("planesLdc", pArgs), pTmp)
			x.op("IMULQ", fmt.Sprint("$", rows*x.size), pTmp)
			x.op("ADDQ", pTmp, "c-8(SP)")
			x.op("MOVQ", pLdb, pTmp)
			x.op("IMULQ", fmt.Sprint("$", rows*step), pTmp)
			x.op("ADDQ", pTmp, "b-16(SP)")
			x.op("SUBQ", fmt.Sprint("$", rows), pRows)
			x.op("JMP", next)
			x.label(end)
		}
		x.comment("Add up the lanes.")
		x.op("MOVQ", pW, pRow)
		for ky := range kh {
			if sums == 2 {
				x.op(x.p("VADDP*"), acc(ky, 1), acc(ky, 0), acc(ky, 0))
			}
			x.sumLanes(ky*sums, kh*sums)
			noAdd := x.newLabel("noAdd")
			x.op("CMPB", field("planesAdd", pArgs), "$0")
			x.op("JEQ", noAdd)
			x.op(x.p("VADDS*"), "("+pRow+")", fmt.Sprint("X", ky*sums), fmt.Sprint("X", ky*sums))
			x.label(noAdd)
			x.op(x.p("VMOVS*"), fmt.Sprint("X", ky*sums), "("+pRow+")")
			x.op("ADDQ", pKw, pRow)
		}
		x.op("ADDQ", fmt.Sprint("$", x.size), pW)
		x.op("ADDQ", "$4", pTable)
		x.op("CMPQ", pTable, pEnd)
		x.op("JNE", column)
		x.op("VZEROUPPER")
		x.op("RET")
	})
}

// sumLanes adds up the lanes of register i by repeated halving, with register tmp. The sum is in the first lane of i.
func (x *x86) sumLanes(i, tmp int) {
	xi, yi := fmt.Sprint("X", i), fmt.Sprint("Y", i)
	xt, yt := fmt.Sprint("X", tmp), fmt.Sprint("Y", tmp)
	if x.avx512() {
		x.op("VEXTRACTF64X4", "$1", fmt.Sprint("Z", i), yt)
		x.op(x.p("VADDP*"), yt, yi, yi)
	}
	x.op("VEXTRACTF128", "$1", yi, xt)
	x.op(x.p("VADDP*"), xt, xi, xi)
	x.op("VPERMILPD", "$1", xi, xt)
	x.op(x.p("VADDP*"), xt, xi, xi)
	if x.size == 4 {
		x.op("VMOVSHDUP", xi, xt)
		x.op("VADDPS", xt, xi, xi)
	}
}
