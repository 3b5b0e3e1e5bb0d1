package main

import "fmt"

// dots writes the kernel that dotsGeneric defines. It computes four columns of B at a time, or one, with two
// interleaved vectors of partial sums each.
func (x *x86) dots() {
	const (
		args, a, b, c = "DI", "AX", "BX", "DX"
		row           = "R8" // row of A
		s, s3         = "R9", "R10"
		i, left       = "CX", "SI"
		cols          = "R11"
		pc            = "R12"
	)
	x.function("dots"+x.suffix, 8, 8, fmt.Sprintf("d *dots[float%d]", 8*x.size))
	shift := fmt.Sprint("$", map[int]int{4: 2, 8: 3}[x.size])
	x.op("MOVQ", "d+0(FP)", args)
	x.op("MOVQ", field("dotsB", args), b)
	x.op("MOVQ", field("dotsC", args), c)
	x.op("MOVQ", field("dotsBcs", args), s)
	x.op("SHLQ", shift, s)
	x.op("LEAQ", scaled(s, s, 2), s3)
	x.op("MOVQ", field("dotsN", args), cols)
	x.op("MOVQ", field("dotsK", args), i)
	x.op("ANDQ", fmt.Sprint("$", x.lanes-1), i)
	noTail := x.newLabel("noTail")
	x.op("JZ", noTail)
	x.setMask(i, left)
	x.label(noTail)

	for _, width := range []int{4, 1} {
		next, end := x.newLabel("columns"), x.newLabel("columnsEnd")
		x.label(next)
		x.comment("%d columns at a time, while at least as many are left.", width)
		x.op("CMPQ", cols, fmt.Sprint("$", width))
		x.op("JLT", end)
		x.op("MOVQ", field("dotsA", args), row)
		x.op("MOVQ", c, pc)
		x.op("MOVQ", field("dotsM", args), left)
		x.op("MOVQ", left, "rows-8(SP)")

		rows := x.newLabel("row")
		x.label(rows)
		x.op("MOVQ", b, "R13")
		x.op("MOVQ", row, a)
		at := func(column, offset int) string {
			return fmt.Sprintf("%d%s", offset, [...]string{"(R13)", "(R13)(" + s + "*1)", "(R13)(" + s + "*2)",
				"(R13)(" + s3 + "*1)"}[column])
		}
		bytes := x.lanes * x.size
		for j := range 2 * width {
			x.clear(4 + j)
		}
		two, one, tail, sum := x.newLabel("two"), x.newLabel("one"), x.newLabel("tail"), x.newLabel("sum")
		x.op("MOVQ", field("dotsK", args), left)
		x.op("SUBQ", fmt.Sprint("$", 2*x.lanes), left)
		x.op("JLT", one)
		x.label(two)
		x.comment("Two vectors of terms.")
		x.op(x.p("VMOVUP*"), "("+a+")", x.v(0))
		x.op(x.p("VMOVUP*"), fmt.Sprintf("%d(%s)", bytes, a), x.v(1))
		for j := range width {
			x.op(x.p("VFMADD231P*"), at(j, 0), x.v(0), x.v(4+j))
			x.op(x.p("VFMADD231P*"), at(j, bytes), x.v(1), x.v(4+width+j))
		}
		x.op("ADDQ", fmt.Sprint("$", 2*bytes), a)
		x.op("ADDQ", fmt.Sprint("$", 2*bytes), "R13")
		x.op("SUBQ", fmt.Sprint("$", 2*x.lanes), left)
		x.op("JGE", two)
		x.label(one)
		x.comment("One vector of terms, if at least as many are left.")
		x.op("ADDQ", fmt.Sprint("$", x.lanes), left) // terms left, less one vector
		x.op("JLT", tail)
		x.op(x.p("VMOVUP*"), "("+a+")", x.v(0))
		for j := range width {
			x.op(x.p("VFMADD231P*"), at(j, 0), x.v(0), x.v(4+j))
		}
		x.op("ADDQ", fmt.Sprint("$", bytes), a)
		x.op("ADDQ", fmt.Sprint("$", bytes), "R13")
		x.op("SUBQ", fmt.Sprint("$", x.lanes), left)
		x.label(tail)
		x.comment("The last terms, under a mask.")
		x.op("CMPQ", left, fmt.Sprint("$", -x.lanes))
		x.op("JEQ", sum)
		x.load("("+a+")", x.v(0), true)
		for j := range width {
			x.load(at(j, 0), x.v(1), true)
			x.op(x.p("VFMADD231P*"), x.v(1), x.v(0), x.v(4+width+j))
		}
		x.label(sum)
		x.comment("Add up the lanes, add C if dots.add is set, and store.")
		for j := range width {
			x.op(x.p("VADDP*"), x.v(4+width+j), x.v(4+j), x.v(4+j))
		}
		noAdd := x.newLabel("noAdd")
		move, add, sums := x.p("VMOVUP*"), x.p("VADDP*"), "X4"
		if width == 1 {
			x.sumLanes()
			move, add = x.p("VMOVS*"), x.p("VADDS*")
		} else {
			sums = x.sumLanesOfFour()
		}
		x.op("CMPB", field("dotsAdd", args), "$0")
		x.op("JEQ", noAdd)
		x.op(add, "("+pc+")", sums, sums)
		x.label(noAdd)
		x.op(move, sums, "("+pc+")")
		x.op("MOVQ", field("dotsArs", args), "R13")
		x.op("LEAQ", fmt.Sprintf("(%s)(R13*%d)", row, x.size), row)
		x.op("MOVQ", field("dotsLdc", args), "R13")
		x.op("LEAQ", fmt.Sprintf("(%s)(R13*%d)", pc, x.size), pc)
		x.op("DECQ", "rows-8(SP)")
		x.op("JNZ", rows)
		x.op("ADDQ", fmt.Sprint("$", width*x.size), c)
		x.op("LEAQ", fmt.Sprintf("(%s)(%s*%d)", b, s, width), b)
		x.op("SUBQ", fmt.Sprint("$", width), cols)
		x.op("JMP", next)
		x.label(end)
	}
	x.op("VZEROUPPER")
	x.op("RET")
}

// halve adds the upper half of a register of 512 bits to its lower half.
func (x *x86) halve(i int) {
	if x.avx512() {
		x.op("VEXTRACTF64X4", "$1", fmt.Sprint("Z", i), "Y0")
		x.op(x.p("VADDP*"), "Y0", fmt.Sprint("Y", i), fmt.Sprint("Y", i))
	}
}

// sumLanes adds up the lanes of register 4 by repeated halving. The sum is in its first lane.
func (x *x86) sumLanes() {
	x.halve(4)
	x.op("VEXTRACTF128", "$1", "Y4", "X0")
	x.op(x.p("VADDP*"), "X0", "X4", "X4")
	x.op("VPERMILPD", "$1", "X4", "X0")
	x.op(x.p("VADDP*"), "X0", "X4", "X4")
	if x.size == 4 {
		x.op("VMOVSHDUP", "X4", "X0")
		x.op("VADDPS", "X0", "X4", "X4")
	}
}

// sumLanesOfFour adds up the lanes of each of the registers 4 to 7 and returns the register that holds the four sums.
func (x *x86) sumLanesOfFour() string {
	for i := 4; i < 8; i++ {
		x.halve(i)
	}
	x.op(x.p("VHADDP*"), "Y5", "Y4", "Y4")
	x.op(x.p("VHADDP*"), "Y7", "Y6", "Y6")
	if x.size == 4 {
		x.op("VHADDPS", "Y6", "Y4", "Y4")
		x.op("VEXTRACTF128", "$1", "Y4", "X0")
		x.op("VADDPS", "X0", "X4", "X4")
		return "X4"
	}
	x.op("VPERM2F128", "$0x21", "Y6", "Y4", "Y0") // the upper half of 4, the lower of 6
	x.op("VBLENDPD", "$0xC", "Y6", "Y4", "Y4")    // the lower half of 4, the upper of 6
	x.op("VADDPD", "Y0", "Y4", "Y4")
	return "Y4"
}
