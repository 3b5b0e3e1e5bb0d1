package rng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The state of Torch in bytes is that of torch.Generator.get_state(), little-endian:
//
//	  0  uint64       initial seed
//	  8  int32        words left of the block, plus one
//	 12  int32        1: seeded
//	 16  uint64       words read of the block
//	 24  uint64[624]  the block, a 32-bit word in each
//	5016  float64      0, unused
//	5024  float64      the cached normal
//	5032  float64      0, unused
//	5040  int32        1 if there is a cached normal
//	5048  float32, bool, padding: a cached float32 normal, which the CPU generator does not use
const (
	torchSize   = 5056
	torchBlock  = 24
	torchNormal = torchBlock + 8*mtN + 8
	torchCached = torchNormal + 16
)

// AppendBinary appends the state of g to b. It is what torch.get_rng_state() holds, byte for byte, so states can be
// exchanged with PyTorch. The error is always nil.
func (g *Torch) AppendBinary(b []byte) ([]byte, error) {
	le := binary.LittleEndian
	start := len(b)
	b = le.AppendUint64(b, g.initial)
	b = le.AppendUint32(b, uint32(mtN+1-g.mt.pos))
	b = le.AppendUint32(b, 1)
	next := g.mt.pos
	if g.mt.fresh { // a generator just seeded is at word 0 of no block in PyTorch
		next = 0
	}
	b = le.AppendUint64(b, uint64(next))
	for _, w := range g.mt.state() {
		b = le.AppendUint64(b, uint64(w))
	}
	b = le.AppendUint64(b, 0)
	b = le.AppendUint64(b, math.Float64bits(g.normal))
	b = le.AppendUint64(b, 0)
	cached := uint64(0)
	if g.cached {
		cached = 1
	}
	b = le.AppendUint64(b, cached)
	b = le.AppendUint64(b, 0)
	if len(b)-start != torchSize {
		panic("rng: Torch.AppendBinary: wrong size")
	}
	return b, nil
}

// MarshalBinary returns the state of g: what torch.get_rng_state() holds, byte for byte. The error is always nil.
func (g *Torch) MarshalBinary() ([]byte, error) { return g.AppendBinary(make([]byte, 0, torchSize)) }

// UnmarshalBinary restores a state that MarshalBinary or PyTorch saved. If the bytes are not a state, it returns an
// error and does not change g.
func (g *Torch) UnmarshalBinary(data []byte) error {
	le := binary.LittleEndian
	if len(data) != torchSize {
		return fmt.Errorf("rng: state of a Torch generator: %d bytes, want %d", len(data), torchSize)
	}
	left, seeded, next := le.Uint32(data[8:]), le.Uint32(data[12:]), le.Uint64(data[16:])
	fresh := left == 1 && next == 0
	if seeded != 1 || !fresh && (next == 0 || next > mtN || uint64(left) != mtN+1-next) {
		return fmt.Errorf("rng: state of a Torch generator: seeded %d, %d words read, %d left", seeded, next, left)
	}
	var state [mtN]uint32
	for i := range state {
		w := le.Uint64(data[torchBlock+8*i:])
		if w > math.MaxUint32 {
			return fmt.Errorf("rng: state of a Torch generator: word %d has more than 32 bits", i)
		}
		state[i] = uint32(w)
	}
	normal, err := readNormal(data[torchNormal:], le.Uint32(data[torchCached:]))
	if err == nil {
		err = checkBlock(&state)
	}
	if err != nil {
		return fmt.Errorf("rng: state of a Torch generator: %w", err)
	}
	g.mt.restore(&state, mtN+1-int(left))
	g.mt.fresh = fresh
	g.initial = le.Uint64(data)
	g.normal, g.cached = normal, le.Uint32(data[torchCached:]) == 1
	return nil
}

// The state of NumPy in bytes, little-endian: a mark, then the contents of RandomState.get_state().
//
//	  0  the mark
//	  8  uint32[624]  the block
//	2504  uint32       words read of the block
//	2508  uint32       1 if there is a cached normal
//	2512  float64      the cached normal
const (
	numpyMark   = "npmt0001"
	numpyBlock  = len(numpyMark)
	numpyPos    = numpyBlock + 4*mtN
	numpyCached = numpyPos + 4
	numpyNormal = numpyCached + 4
	numpySize   = numpyNormal + 8
)

// AppendBinary appends the state of g to b. The error is always nil.
func (g *NumPy) AppendBinary(b []byte) ([]byte, error) {
	le := binary.LittleEndian
	b = append(b, numpyMark...)
	for _, w := range g.mt.state() {
		b = le.AppendUint32(b, w)
	}
	b = le.AppendUint32(b, uint32(g.mt.pos))
	cached := uint32(0)
	if g.cached {
		cached = 1
	}
	b = le.AppendUint32(b, cached)
	return le.AppendUint64(b, math.Float64bits(g.gauss)), nil
}

// MarshalBinary returns the state of g. The error is always nil.
func (g *NumPy) MarshalBinary() ([]byte, error) { return g.AppendBinary(make([]byte, 0, numpySize)) }

// UnmarshalBinary restores a state that MarshalBinary saved. If the bytes are not a state, it returns an error
// and does not change g.
func (g *NumPy) UnmarshalBinary(data []byte) error {
	le := binary.LittleEndian
	if len(data) != numpySize || string(data[:numpyBlock]) != numpyMark {
		return fmt.Errorf("rng: state of a NumPy generator: the %d bytes are not such a state", len(data))
	}
	pos := le.Uint32(data[numpyPos:])
	if pos > mtN {
		return fmt.Errorf("rng: state of a NumPy generator: %d words read of %d", pos, mtN)
	}
	var state [mtN]uint32
	for i := range state {
		state[i] = le.Uint32(data[numpyBlock+4*i:])
	}
	cached := le.Uint32(data[numpyCached:])
	gauss, err := readNormal(data[numpyNormal:], cached)
	if err == nil {
		err = checkBlock(&state)
	}
	if err != nil {
		return fmt.Errorf("rng: state of a NumPy generator: %w", err)
	}
	g.mt.restore(&state, int(pos))
	g.gauss, g.cached = gauss, cached == 1
	return nil
}

// readNormal returns the cached normal, 0 if there is none.
func readNormal(data []byte, cached uint32) (float64, error) {
	v := math.Float64frombits(binary.LittleEndian.Uint64(data))
	switch {
	case cached == 0:
		return 0, nil
	case cached != 1 || math.IsNaN(v) || math.IsInf(v, 0):
		return 0, fmt.Errorf("cached normal %v, flag %d", v, cached)
	}
	return v, nil
}

// checkBlock refuses the block of zeros: the recurrence stays there, and no seed leads to it.
func checkBlock(state *[mtN]uint32) error {
	if *state == [mtN]uint32{} {
		return errors.New("all words are 0")
	}
	return nil
}
