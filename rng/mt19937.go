package rng

// mt19937 is the Mersenne Twister with 32-bit words and period 2^19937 − 1, the engine under both
// PyTorch's CPU generator and NumPy's legacy generator (Matsumoto and Nishimura, "Mersenne Twister",
// ACM TOMACS 8(1), 1998).
//
// The recurrence is advanced a whole block of 624 words at a time; words are tempered when they are read,
// so that a filler can walk the block as a slice.
type mt19937 struct {
	state [mtN]uint32
	pos   int // words of the block already read, in [0, mtN]
}

const (
	mtN      = 624
	mtM      = 397
	mtMatrix = 0x9908b0df
)

// seed is the reference implementation's init_genrand.
func (m *mt19937) seed(s uint32) {
	for i := range m.state {
		if i > 0 {
			s = 1812433253*(s^s>>30) + uint32(i)
		}
		m.state[i] = s
	}
	m.pos = mtN
}

// twist is one step of the recurrence, without the word it is added to: the top bit of u and the rest of v,
// times the matrix.
func twist(u, v uint32) uint32 {
	return (u&0x80000000|v&0x7fffffff)>>1 ^ -(v&1)&mtMatrix
}

// refill computes the next block in place.
func (m *mt19937) refill() {
	s := &m.state
	for i := range mtN - mtM {
		s[i] = s[i+mtM] ^ twist(s[i], s[i+1])
	}
	for i := mtN - mtM; i < mtN-1; i++ {
		s[i] = s[i-(mtN-mtM)] ^ twist(s[i], s[i+1])
	}
	s[mtN-1] = s[mtM-1] ^ twist(s[mtN-1], s[0])
	m.pos = 0
}

// temper turns a word of the state into a word of output.
func temper(y uint32) uint32 {
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

func (m *mt19937) uint32() uint32 {
	if m.pos == mtN {
		m.refill()
	}
	y := m.state[m.pos]
	m.pos++
	return temper(y)
}

// uint64 joins two words, the first one high.
func (m *mt19937) uint64() uint64 {
	hi := m.uint32()
	return uint64(hi)<<32 | uint64(m.uint32())
}

// words consumes between 1 and max of the next words and returns them untempered. The slice is valid until
// the next draw.
func (m *mt19937) words(max int) []uint32 {
	if m.pos == mtN {
		m.refill()
	}
	w := m.state[m.pos:]
	if len(w) > max {
		w = w[:max]
	}
	m.pos += len(w)
	return w
}

// fill64 draws len(dst) values as uint64 does.
func (m *mt19937) fill64(dst []uint64) {
	for len(dst) > 0 {
		if m.pos >= mtN-1 { // the next pair begins a block or straddles two
			dst[0] = m.uint64()
			dst = dst[1:]
			continue
		}
		n := min((mtN-m.pos)/2, len(dst))
		w := m.state[m.pos : m.pos+2*n]
		for i := range dst[:n] {
			dst[i] = uint64(temper(w[2*i]))<<32 | uint64(temper(w[2*i+1]))
		}
		m.pos += 2 * n
		dst = dst[n:]
	}
}

// chunk is how many 64-bit draws the fillers hold on the stack at a time.
const chunk = 128
