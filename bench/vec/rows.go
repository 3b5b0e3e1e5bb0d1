package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/lamina-ml/lamina/internal/device"
	"github.com/lamina-ml/lamina/internal/device/cpu"
	_ "github.com/lamina-ml/lamina/nn" // registers the functions of the losses
)

// constants maps functions to their parameters.
var constants = map[string]device.Params{
	"add scalar": {1.5}, "mul scalar": {1.5}, "div scalar": {1.5}, "pow scalar": {3}, "eq scalar": {1}, "gt scalar": {1},
	"lt scalar": {1}, "clamp": {-1, 1}, "clamp gradient": {-1, 1}, "axpy": {0.5}, "lerp scalar": {0.3}, "leaky relu": {0.01},
	"elu": {1}, "celu": {1}, "softplus": {1, 20}, "hardtanh": {-1, 1}, "smooth l1": {1}, "huber": {1},
}

// positive lists the functions timed on positive numbers, unit those timed on numbers between 0 and 1.
var (
	positive = map[string]bool{"log": true, "log2": true, "log10": true, "log1p": true, "sqrt": true, "rsqrt": true, "pow": true}
	unit     = map[string]bool{"asin": true, "acos": true, "bce": true}
)

// arrays creates arrays of n elements on the CPU device.
type arrays struct {
	*cpu.Device
	n int
}

// memory allocates memory of the device.
func (d arrays) memory(bytes int) device.Memory {
	m, err := d.Alloc(bytes)
	if err != nil {
		panic(err)
	}
	return m
}

// of returns an array of type t with elements f().
func (d arrays) of(t device.DType, f func() float64) *device.Array {
	a := &device.Array{Mem: d.memory(8 * d.n), DType: device.Float64}
	a.SetContiguous([]int{d.n})
	raw := make([]byte, 0, 8*d.n)
	for range d.n {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(f()))
	}
	d.Upload(a, raw)
	b := &device.Array{Mem: d.memory(d.n * t.Size()), DType: t}
	b.SetContiguous([]int{d.n})
	d.Copy(b, a)
	return b
}

// matrices times reductions of n float32 numbers in rows of 1024.
func matrices(n int, measure func(name string, f func())) {
	d := arrays{cpu.New(), n}
	r := rand.New(rand.NewPCG(3, 4))
	x, y := d.of(device.Float32, r.NormFloat64), d.of(device.Float32, r.NormFloat64)
	row, at := &device.Array{Mem: d.memory(4 * n)}, &device.Array{Mem: d.memory(8 * n), DType: device.Int64}
	x.SetContiguous([]int{n / 1024, 1024})
	y.SetContiguous([]int{n / 1024, 1024})
	row.SetContiguous([]int{n / 1024, 1})
	at.SetContiguous([]int{n / 1024, 1})
	measure("row_max", func() { d.Reduce(device.Max, row, x) })
	measure("row_argmax", func() { d.Reduce(device.ArgMax, at, x) })
	measure("row_sum", func() { d.Reduce(device.Sum, row, x) })
	measure("cumsum", func() { d.Scan(device.Sum, y, x, 1, false) })
}

// rows times every elementwise function of the CPU device on n float32 numbers.
func rows(n int, measure func(name string, f func())) {
	d := arrays{cpu.New(), n}
	r := rand.New(rand.NewPCG(1, 2))
	array := func(t device.DType, f func() float64) *device.Array { return d.of(t, f) }
	normal := func() float64 { return 3 * r.NormFloat64() }
	x, y, dst := array(device.Float32, normal), array(device.Float32, normal), array(device.Float32, normal)
	above, between := array(device.Float32, func() float64 { return math.Abs(normal()) + 0.01 }), array(device.Float32, r.Float64)
	truth := array(device.Bool, func() float64 { return float64(r.IntN(2)) })
	pick := func(name string) *device.Array {
		switch {
		case positive[name]:
			return above
		case unit[name]:
			return between
		}
		return x
	}
	ones, twos := device.Rows()
	for _, op := range ones {
		out, name := dst, strings.ReplaceAll(op.Name, " ", "_")
		if op.Predicate {
			out = truth
		}
		measure(name, func() { d.Unary(op, out, pick(op.Name), constants[op.Name]) })
	}
	for _, op := range twos {
		out, name, second := dst, strings.ReplaceAll(op.Name, " ", "_"), y
		if op.Predicate {
			out = truth
		}
		if op.Name == "bce" {
			second = between
		}
		measure(name, func() {
			d.Binary(op, out, pick(op.Name), second, constants[strings.TrimSuffix(op.Name, " gradient")])
		})
	}
	measure("where", func() { d.Where(dst, truth, x, y) })
	measure("fill", func() { d.Fill(dst, 1) })
	number := func() float64 { return float64(1 + r.IntN(100)) }
	long, wide := array(device.Int64, number), array(device.Int64, number)
	ints := map[string]bool{"add": true, "mul": true, "maximum": true, "remainder": true, "floor_divide": true,
		"lt": true, "eq": true, "logical_and": true}
	for _, op := range twos {
		if !ints[op.Name] {
			continue
		}
		out := array(device.Int64, normal)
		if op.Predicate {
			out = truth
		}
		measure(op.Name+"_int64", func() { d.Binary(op, out, long, wide, device.Params{}) })
	}
	bit := func() float64 { return float64(r.IntN(2)) }
	b1, b2 := array(device.Bool, bit), array(device.Bool, bit)
	for _, op := range twos {
		if op.Name == "logical_and" {
			measure("and_bool", func() { d.Binary(op, truth, b1, b2, device.Params{}) })
		}
	}
	for _, t := range []device.DType{device.BFloat16, device.Float16} {
		h, g, o := array(t, normal), array(t, normal), array(t, normal)
		measure("widen_"+t.String(), func() { d.Copy(dst, h) })
		measure("narrow_"+t.String(), func() { d.Copy(o, x) })
		for _, op := range twos {
			if op.Name == "add" {
				measure("add_"+t.String(), func() { d.Binary(op, o, h, g, device.Params{}) })
			}
		}
		for _, op := range ones {
			if op.Name == "exp" || op.Name == "relu" {
				measure(op.Name+"_"+t.String(), func() { d.Unary(op, o, h, device.Params{}) })
			}
		}
	}
	measure("float_of_int64", func() { d.Copy(dst, long) })
	measure("int64_of_float", func() { d.Copy(long, x) })
	measure("float_of_bool", func() { d.Copy(dst, truth) })
}
