package rng

import "github.com/lamina-ml/lamina/internal/kernel/vec"

// mt19937 is the Mersenne Twister, the engine under both PyTorch's CPU generator and NumPy's legacy generator. It
// computes blocks of 624 words, which the methods that fill slices read directly.
type mt19937 struct {
	twister vec.Twister // its first mtN words are the state
	out     [mtN]uint32 // the output of the block
	pos     int         // words of the block already read, in [0, mtN]
	fresh   bool        // just seeded: pos is mtN, but no word was read
}

const mtN = 624

// seed sets the state from a seed, as init_genrand of the reference implementation.
func (m *mt19937) seed(s uint32) {
	state := m.state()
	for i := range state {
		if i > 0 {
			s = 1812433253*(s^s>>30) + uint32(i)
		}
		state[i] = s
	}
	m.pos, m.fresh = mtN, true
}

func (m *mt19937) state() []uint32 { return m.twister[:mtN] }

// restore sets the state, of which pos words have been read.
func (m *mt19937) restore(state *[mtN]uint32, pos int) {
	copy(m.state(), state[:])
	m.twister.Output(&m.out)
	m.pos, m.fresh = pos, false
}

func (m *mt19937) refill() {
	m.twister.Next(&m.out)
	m.pos, m.fresh = 0, false
}

func (m *mt19937) uint32() uint32 {
	if m.pos == mtN {
		m.refill()
	}
	y := m.out[m.pos]
	m.pos++
	return y
}

// uint64 returns two words as one, the first one high.
func (m *mt19937) uint64() uint64 {
	hi := m.uint32()
	return uint64(hi)<<32 | uint64(m.uint32())
}

// words consumes and returns between 1 and max of the next words. The caller may change them until the next draw.
func (m *mt19937) words(max int) []uint32 {
	if m.pos == mtN {
		m.refill()
	}
	w := m.out[m.pos:]
	if len(w) > max {
		w = w[:max]
	}
	m.pos += len(w)
	return w
}

// pairs holds the words of 64-bit draws, two each, the first one high, on the stack of a method that fills a slice.
type pairs [2 * chunk]uint32

// chunk is the number of 64-bit draws that such a method holds at a time.
const chunk = 128

// draw consumes the words of n 64-bit draws, or of as many as b holds.
func (m *mt19937) draw(b *pairs, n int) []uint32 {
	words := b[:2*min(n, chunk)]
	for at := 0; at < len(words); {
		at += copy(words[at:], m.words(len(words)-at))
	}
	return words
}

// fill64 draws len(dst) values as uint64 does.
func (m *mt19937) fill64(dst []uint64) {
	var buf pairs
	for len(dst) > 0 {
		w := m.draw(&buf, len(dst))
		d := dst[:len(w)/2]
		for i := range d {
			d[i] = uint64(w[2*i])<<32 | uint64(w[2*i+1])
		}
		dst = dst[len(d):]
	}
}
