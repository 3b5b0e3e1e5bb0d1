package main

// Arithmetic on matrices whose rows have a stride, with one call for all rows. One operand may repeat a row, or have
// single numbers as rows.

var gridOps = []struct {
	name     string
	op       op
	reversed bool
}{
	{"Add", opAdd, false}, {"Sub", opSub, false}, {"Mul", opMul, false}, {"Div", opDiv, false}, {"RSub", opSub, true},
	{"RDiv", opDiv, true},
}

// gridCommon is the number of ops of two matrices. The other ops have the operand of single numbers first.
const gridCommon = 4

func gridNames() []string {
	var list []string
	for _, o := range gridOps {
		list = append(list, o.name)
	}
	return list
}

// gridKernel sets row i of dst to row i of x op row i of y. The steps are the distances of rows in elements.
func gridKernel(isa *isa, p *pool) *machine {
	return gridOf(isa, p, "grid", gridCommon, func(m *machine, o op, dst, x, y, cols, left, index reg, _ bool) {
		m.each(cols, left, index, 4, func(vectors int) {
			for k := range vectors {
				m.store(dst, k, m.do(o, m.load(x, k), m.load(y, k)))
			}
		})
	})
}

// gridNumbersKernel is gridKernel for a y with a single number for each row.
func gridNumbersKernel(isa *isa, p *pool) *machine {
	return gridOf(isa, p, "gridNumbers", len(gridOps),
		func(m *machine, o op, dst, x, y, cols, left, index reg, reversed bool) {
			number := m.broadcast(y, 0)
			m.each(cols, left, index, 4, func(vectors int) {
				for k := range vectors {
					a, b := m.load(x, k), number
					if reversed {
						a, b = b, a
					}
					m.store(dst, k, m.do(o, a, b))
				}
			})
		})
}

func gridOf(isa *isa, p *pool, name string, ops int,
	row func(m *machine, o op, dst, x, y, cols, left, index reg, reversed bool)) *machine {
	m := newMachine(isa, p, name, "op int", "dst *float32", "x *float32", "y *float32", "rows int", "cols int",
		"dstStep int", "xStep int",
		"yStep int")
	op, dst, x, y, rows, cols := m.arg("op"), m.arg("dst"), m.arg("x"), m.arg("y"), m.arg("rows"), m.arg("cols")
	dstStep, xStep, yStep := m.arg("dstStep"), m.arg("xStep"), m.arg("yStep")
	left, index := op, m.reg()
	for _, step := range []reg{dstStep, xStep, yStep} {
		m.shl(step, 2)
	}
	done := m.newLabel("done")
	m.choose(op, gridNames()[:ops], func(i int) {
		m.loop(rows, func() {
			row(m, gridOps[i].op, dst, x, y, cols, left, index, gridOps[i].reversed)
			m.addReg(dst, dstStep)
			m.addReg(x, xStep)
			m.addReg(y, yStep)
		})
		m.jump(done)
	})
	m.label(done)
	return m
}
