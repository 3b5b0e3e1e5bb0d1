package vec

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkUnary(b *testing.B) {
	x, y, dy := make([]float32, 65536), make([]float32, 65536), make([]float32, 65536)
	for i := range x {
		x[i], dy[i] = float32(rand.NormFloat64()*3), float32(rand.NormFloat64())
	}
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
		})
	}
	run("Add", func() { map2(opAdd, y, x, dy, 0, 0) })
	for _, f := range functions {
		run(f.name, func() { f.f(y, x) })
	}
	run("GELUGrad", func() { GELUGrad(y, dy, x) })
	run("GELUTanhGrad", func() { GELUTanhGrad(y, dy, x) })
	run("SiLUGrad", func() { SiLUGrad(y, dy, x) })
	run("Sqrt", func() { Sqrt(y, x) })
	run("Div", func() { Div(y, x, dy) })
}
