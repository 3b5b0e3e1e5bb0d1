package cpu

import (
	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/kernel/vec"
)

// Check checks the values of x immediately.
func (*Device) Check(x *device.Array, c device.Check) device.Checked {
	if x.DType.IsFloat() {
		return checkValues[float64](x, &c)
	}
	return checkValues[int64](x, &c)
}

func checkValues[T int64 | float64](x *device.Array, c *device.Check) device.Checked {
	s := scratches.Get()
	defer scratches.Put(s)
	seen := 0
	for l := plan(x, nil, nil, nil); l.left > 0; l.next() {
		if l.step[0] == 1 && runWithin(x, l.off[0], l.n, c) {
			seen += l.n
			continue
		}
		for i := 0; i < l.n; i += chunk {
			v := scratchBuffer[T](s, 0)[:min(chunk, l.n-i)]
			load(v, x, l.off[0]+i*l.step[0], l.step[0])
			for j, e := range v {
				if !c.Passes(float64(e)) {
					return device.Checked{Known: true, Failed: true, Position: seen + j, Int: int64(e),
						Float: float64(e)}
				}
			}
			seen += len(v)
		}
	}
	return device.Checked{Known: true}
}

// runWithin reports whether all elements of a contiguous run are within the range of c. False may also mean that there
// is no kernel for the type.
func runWithin(x *device.Array, off, n int, c *device.Check) bool {
	switch x.DType {
	case device.Int64:
		return c.Lo <= 0 && c.Hi >= -1 && vec.Within(fromOffset[int64](x)[off:][:n], int64(c.Lo), int64(c.Hi))
	case device.Float32:
		return floatsWithin(fromOffset[float32](x)[off:][:n], c)
	case device.Float64:
		return floatsWithin(fromOffset[float64](x)[off:][:n], c)
	}
	return false
}

func floatsWithin[T float](v []T, c *device.Check) bool {
	return float64(vec.MinOf(v)) >= c.Lo && float64(vec.MaxOf(v)) <= c.Hi
}
