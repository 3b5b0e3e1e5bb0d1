package tensor

// Release says that t is not used any more: its memory is free at once, or where a gradient needs it when the step ends. Every later
// use of t or of a view of it panics. Memory on the Go heap is taken by the garbage collector, when nothing else refers to it.
//
//	y := x.MulScalar(2)
//	x.Release()
func (t Tensor) Release() { t.header().store.release() }

func (st *storage) release() {
	if st.field {
		return // an op refers to it
	}
	st.released = true
	if st.saved || st.block == nil {
		st.gen++ // the handles end, the memory stays
		return
	}
	st.scope.free(st)
}

// A Chain releases the results of layers that follow one another, so that a model holds the results of two layers at a time, and beyond
// that only what gradients need. [NewChain] begins it at the model's input, and each Next ends a layer:
//
//	func (m *MLP) Forward(x tensor.Tensor) tensor.Tensor {
//		c := tensor.NewChain(x)
//		x = c.Next(m.FC1.Forward(x).ReLU())
//		x = c.Next(m.FC2.Forward(x).ReLU())
//		return c.Next(m.FC3.Forward(x))
//	}
//
// On the Go heap, where the garbage collector does this, a chain does nothing.
type Chain struct {
	s      *Scope
	serial uint64   // of s: the step that the chain is for
	mark   int      // what s allocated from here on has not been looked at
	last   *storage // the memory of the last result
}

// NewChain begins a chain with x, which stays the caller's.
func NewChain(x Tensor) Chain {
	s := x.header().scope
	if s == nil {
		return Chain{}
	}
	return Chain{s: s, serial: s.serial, mark: s.nstores}
}

// Next returns y, a layer's result, and releases the result before it and whatever else was computed in y's step since then, but for
// what gradients need. While an observer looks at the layers nothing is released.
func (c *Chain) Next(y Tensor) Tensor {
	result := y.header().store
	s := c.s
	if s == nil || s.serial != c.serial || s.observer != nil {
		return y
	}
	if last := c.last; last != nil && last != result {
		c.last = nil
		if !last.held {
			last.release()
		}
	}
	for _, st := range s.stores[c.mark:s.nstores] {
		if st == result {
			c.last = st // if it is older, it is the caller's
		} else if !st.held && st.mem != nil && !st.released {
			st.release()
		}
	}
	c.mark = s.nstores
	return y
}

// Hold has no Chain release t, a result that a later layer uses too, such as a skip connection's. It returns t.
func (c *Chain) Hold(t Tensor) Tensor {
	t.header().store.held = true
	return t
}
