package tensor

// Release ends the use of t. Its memory is freed at once, or when the step ends if a gradient needs it. Every later
// use of t or of a view of it panics. Memory on the Go heap is freed by the garbage collector when nothing refers to
// it.
//
//	y := x.MulScalar(2)
//	x.Release()
func (t Tensor) Release() { t.header().store.release() }

func (st *storage) release() {
	if st.inField {
		return // a recorded op refers to it
	}
	st.released = true
	if st.saved || st.block == nil {
		st.gen++ // handles become invalid, the memory stays
		return
	}
	st.scope.free(st)
}

// Chain releases the results of consecutive layers, so that a model holds the results of two layers at a time and,
// beyond that, only what gradients need. [NewChain] starts it with the model's input, and each Next ends a layer:
//
//	func (m *MLP) Forward(x tensor.Tensor) tensor.Tensor {
//		c := tensor.NewChain(x)
//		x = c.Next(m.FC1.Forward(x).ReLU())
//		x = c.Next(m.FC2.Forward(x).ReLU())
//		return c.Next(m.FC3.Forward(x))
//	}
//
// On the Go heap the garbage collector frees memory, and a chain does nothing.
type Chain struct {
	s      *Scope
	serial uint64   // of s when the chain began, which identifies the step
	mark   int      // the number of storages of s at the last Next
	last   *storage // the last result's, if the chain may release it
}

// NewChain starts a chain at x, which the chain never releases.
func NewChain(x Tensor) Chain {
	s := x.header().scope
	if s == nil {
		return Chain{}
	}
	return Chain{s: s, serial: s.serial, mark: s.nstores}
}

// Next returns y, a layer's result. It releases the result before it and everything else that was computed in y's step
// since then, except what gradients need. While the scope has an observer, nothing is released.
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
			c.last = st // an older one belongs to the caller
		} else if !st.held && st.mem != nil && !st.released {
			st.release()
		}
	}
	c.mark = s.nstores
	return y
}

// Hold keeps a Chain from releasing t, a result that a later layer uses too, such as a skip connection's. It returns
// t.
func (c *Chain) Hold(t Tensor) Tensor {
	t.header().store.held = true
	return t
}
