package recurrent

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// split returns the parts of a row of gates.
func split[T vec.Float](gates []T, i int, hidden int) []T { return gates[i*hidden:][:hidden] }

// lstm computes the gates i, f, g, o of one row in place, then c = f·c + i·g and m = o·tanh(c).
func lstm[T vec.Float](m, gates, c []T) {
	n := len(c)
	i, f, g, o := split(gates, 0, n), split(gates, 1, n), split(gates, 2, n), split(gates, 3, n)
	vec.Sigmoid(gates[:2*n], gates[:2*n])
	vec.Tanh(g, g)
	vec.Sigmoid(o, o)
	cell(c, i, f, g, c, m)
	vec.Tanh(m, c)
	vec.Mul(m, m, o)
}

// cell sets c = f·prev + i·g. c may be prev.
func cell[T vec.Float](c, i, f, g, prev, scratch []T) {
	vec.Mul(scratch, i, g)
	vec.Mul(c, f, prev)
	vec.Add(c, c, scratch)
}

// lstmGrad computes the gradient d of one row before its gates' functions, from the gradients dm of m and dc of c. It
// sets dc to the gradient of the step before.
func lstmGrad[T vec.Float](d, dc, dm, gates, prev []T) {
	n := len(dc)
	i, f, g, o := split(gates, 0, n), split(gates, 1, n), split(gates, 2, n), split(gates, 3, n)
	di, df, dg, do := split(d, 0, n), split(d, 1, n), split(d, 2, n), split(d, 3, n)
	tanh, scratch := di, df
	cell(tanh, i, f, g, prev, scratch)
	vec.Tanh(tanh, tanh)
	vec.Mul(do, dm, tanh)
	vec.SigmoidGrad(do, do, o)
	vec.Mul(scratch, dm, o) // dc += dm·o·(1 − tanh²)
	vec.TanhGrad(scratch, scratch, tanh)
	vec.Add(dc, dc, scratch)
	vec.Mul(df, dc, prev)
	vec.SigmoidGrad(df, df, f)
	vec.Mul(dg, dc, i)
	vec.TanhGrad(dg, dg, g)
	vec.Mul(di, dc, g)
	vec.SigmoidGrad(di, di, i)
	vec.Mul(dc, dc, f)
}

// gru computes the gates r, z, n of one row in place, with n = tanh(n + r·hn), then y = (h − n)·z + n.
func gru[T vec.Float](y, gates, hn, h []T) {
	size := len(h)
	r, z, n := split(gates, 0, size), split(gates, 1, size), split(gates, 2, size)
	vec.Sigmoid(gates[:2*size], gates[:2*size])
	vec.Mul(y, r, hn)
	vec.Add(n, n, y)
	vec.Tanh(n, n)
	vec.Sub(y, h, n)
	vec.Mul(y, y, z)
	vec.Add(y, y, n)
}

// gruGrad computes the gradients of one row before its gates' functions, d of the input's part and dhh of the
// state's, from the gradient dh of y. It sets dh to the part of the gradient of h that does not come through the
// gates.
func gruGrad[T vec.Float](d, dhh, dh, gates, hn, h []T) {
	size := len(h)
	r, z, n := split(gates, 0, size), split(gates, 1, size), split(gates, 2, size)
	dr, dz, dn := split(d, 0, size), split(d, 1, size), split(d, 2, size)
	scratch := dr
	vec.Sub(dz, h, n)
	vec.Mul(dz, dz, dh)
	vec.SigmoidGrad(dz, dz, z)
	vec.Mul(scratch, dh, z)
	vec.Sub(dn, dh, scratch)
	vec.TanhGrad(dn, dn, n)
	copy(dh, scratch)
	vec.Mul(dr, dn, hn)
	vec.SigmoidGrad(dr, dr, r)
	copy(dhh, d[:2*size])
	vec.Mul(split(dhh, 2, size), dn, r)
}
