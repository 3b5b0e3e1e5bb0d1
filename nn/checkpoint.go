package nn

import (
	"fmt"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/rng"
	"github.com/lamina-ml/lamina/tensor"
)

// Checkpoint is a part of a model whose inside is computed again in Backward, so that the step keeps only the part's
// inputs and result: activation checkpointing. A deep stack of such parts needs the memory of one part and of the
// results between them; a step takes one more forward pass. Random layers inside draw the same numbers again, and
// gradients are equal to those without it.
//
// The keys of the state dict, the paths and the modes are those of the model without the Checkpoint. A batch norm
// inside updates its running statistics twice a step, as in PyTorch. In a scope that does not record, a Checkpoint
// only calls the part. (https://arxiv.org/abs/1604.06174, https://docs.pytorch.org/docs/stable/checkpoint.html)
type Checkpoint struct {
	Model any `nn:",inline"` // the layers that compute

	compute    func(model any, xs []tensor.Tensor) tensor.Tensor
	parameters []tensor.Tensor `nn:"-"`
	generators []*rng.Torch    `nn:"-"`
}

// NewCheckpoint returns a Checkpoint of a module with one input. Its parameters and generators are those that the
// module has now: call [AddWeightNorm] and the like before. ([AddLoRA] may be called later.)
func NewCheckpoint(m Module) *Checkpoint {
	if m == nil {
		fail("checkpoint", nil, "the module is nil")
	}
	return CheckpointOf(m, func(m Module, xs []tensor.Tensor) tensor.Tensor {
		if len(xs) != 1 {
			fail("checkpoint", nil, fmt.Sprintf("a module has one input, not %d: use CheckpointOf for others", len(xs)))
		}
		return m.Forward(xs[0])
	})
}

// CheckpointOf returns a Checkpoint of a computation with any number of inputs and one result:
//
//	l.again = nn.CheckpointOf(block, func(b *Block, xs []tensor.Tensor) tensor.Tensor { return b.Forward(xs[0], xs[1]) })
//	y := l.again.Call(x, mask)
//
// model holds all parameters and generators that f uses; f uses no other tensors than xs and those of model.
func CheckpointOf[M any](model M, f func(model M, xs []tensor.Tensor) tensor.Tensor) *Checkpoint {
	compute := func(model any, xs []tensor.Tensor) tensor.Tensor { return f(model.(M), xs) }
	c := &Checkpoint{Model: model, compute: compute}
	c.find()
	return c
}

// find finds the parameters and generators of the part.
func (c *Checkpoint) find() { c.parameters, c.generators = Parameters(c.Model), Generators(c.Model) }

// findInCheckpoints calls find for each Checkpoint of a model whose parameters have changed.
func findInCheckpoints(model any) {
	walker{module: func(_ string, m any) {
		if c, ok := m.(*Checkpoint); ok {
			c.find()
		}
	}}.walk(model)
}

// Forward returns the module's result for x.
func (c *Checkpoint) Forward(x tensor.Tensor) tensor.Tensor { return c.Call(x) }

// Call returns the result for the inputs xs, at least one of which is present.
func (c *Checkpoint) Call(xs ...tensor.Tensor) tensor.Tensor {
	defer InLayer(c)
	if c.compute == nil {
		fail("checkpoint", c, "create it with NewCheckpoint or CheckpointOf")
	}
	b := checkpointBuffers.Get()
	defer checkpointBuffers.Put(b)
	defer func() { clear(b.inputs) }()
	b.inputs = append(b.inputs[:0], xs...)
	for _, x := range xs {
		if s := scopeOf(x); s != nil && !s.Recording() {
			return c.compute(c.Model, b.inputs)
		}
	}
	b.inputs = append(b.inputs, c.parameters...)
	tensor.ApplyN(checkpoint{c: c, n: len(xs)}, b.result[:], b.inputs...)
	return b.result[0]
}

func scopeOf(x tensor.Tensor) *tensor.Scope {
	if !x.Defined() {
		return nil
	}
	return x.Scope()
}

var checkpointBuffers freelist.List[checkpointBuffer]

// A checkpointBuffer is scratch memory of a call.
type checkpointBuffer struct {
	inputs []tensor.Tensor
	result [1]tensor.Tensor
	states []byte // of generators
	now    []byte
	op     *checkpoint
	again  func(xs []tensor.Tensor) tensor.Tensor // computes op's part; made once, so that Backward allocates nothing
}

// checkpoint is the op of a Checkpoint. Its inputs are those of the part and the part's parameters.
type checkpoint struct {
	c      *Checkpoint
	n      int           // inputs of the part
	states tensor.Tensor // of the generators before Forward; the zero Tensor without generators
}

func (checkpoint) Saves() tensor.Saved  { return tensor.SaveInputs }
func (o *checkpoint) Optional(int) bool { return true }

func (o *checkpoint) Forward(s *tensor.Scope, xs, ys []tensor.Tensor) {
	if len(o.c.generators) > 0 {
		b := checkpointBuffers.Get()
		b.states = appendStates(b.states[:0], o.c.generators)
		for _, x := range xs {
			if x.Defined() {
				o.states = s.NewEmpty(x, tensor.Uint8, tensor.ShapeOf(len(b.states)))
				break
			}
		}
		tensor.SetBytes(o.states, b.states)
		s.Save(o.states)
		checkpointBuffers.Put(b)
	}
	ys[0] = o.c.compute(o.c.Model, xs[:o.n])
}

// Backward computes the part again, with the generators as they were, and differentiates it.
func (o *checkpoint) Backward(xs, ys, dys, dxs []tensor.Tensor) {
	b := checkpointBuffers.Get()
	defer checkpointBuffers.Put(b)
	b.inputs = append(b.inputs[:0], o.c.parameters...)
	defer func() {
		clear(b.inputs)
		b.op = nil
	}()
	for i, x := range xs[o.n:] {
		if !x.NeedsGrad() {
			b.inputs[i] = tensor.Tensor{}
		}
	}
	if o.states.Defined() {
		b.now = appendStates(b.now[:0], o.c.generators)
		b.states = append(b.states[:0], b.now...)
		tensor.CopyTo(b.states, o.states)
		setStates(o.c.generators, b.states)
		defer setStates(o.c.generators, b.now)
	}
	if b.op = o; b.again == nil {
		b.again = func(xs []tensor.Tensor) tensor.Tensor { return b.op.c.compute(b.op.c.Model, xs) }
	}
	tensor.VJPWithLeaves(b.again, xs[:o.n], b.inputs, dys[0], dxs)
}

// appendStates appends the states of generators to b.
func appendStates(b []byte, generators []*rng.Torch) []byte {
	for _, g := range generators {
		b, _ = g.AppendBinary(b) // its error is nil
	}
	return b
}

// setStates restores what appendStates appended.
func setStates(generators []*rng.Torch, states []byte) {
	n := len(states) / max(len(generators), 1)
	for i, g := range generators {
		if err := g.UnmarshalBinary(states[i*n : (i+1)*n]); err != nil {
			fail("checkpoint", nil, err.Error())
		}
	}
}

// String returns the text of the part in "Checkpoint(…)".
func (c *Checkpoint) String() string { return "Checkpoint(" + Sprint(c.Model) + ")" }
