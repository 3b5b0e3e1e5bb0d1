package main

import (
	"fmt"
	"strings"
)

// A pool holds the constants and tables of one file.
type pool struct {
	symbol  string
	words   []uint32
	scalars map[uint32]int
	wides   map[uint64]int
	tables  map[*[16]uint32]int
	masks   int
	copies  int // copies of each scalar
}

func newPool(symbol string, copies int) *pool {
	return &pool{symbol: symbol, scalars: map[uint32]int{}, wides: map[uint64]int{}, tables: map[*[16]uint32]int{},
		masks: -1, copies: copies}
}

func (p *pool) scalar(bits uint32) int {
	at, ok := p.scalars[bits]
	if !ok {
		at = 4 * len(p.words)
		p.scalars[bits] = at
		for range p.copies {
			p.words = append(p.words, bits)
		}
	}
	return at
}

// constant returns the offset of a number, of 32 bits or 64.
func (p *pool) constant(v value) int {
	if !v.wide {
		return p.scalar(v.bits)
	}
	b := uint64(v.high)<<32 | uint64(v.bits)
	at, ok := p.wides[b]
	if !ok {
		at = 4 * len(p.words)
		p.wides[b] = at
		for range max(1, p.copies/2) {
			p.words = append(p.words, v.bits, v.high)
		}
	}
	return at
}

func (p *pool) table(t *[16]uint32) int {
	at, ok := p.tables[t]
	if !ok {
		at = 4 * len(p.words)
		p.tables[t] = at
		p.words = append(p.words, t[:]...)
	}
	return at
}

// tailMasks returns the address of the end of eight ones, which eight zeros follow.
func (p *pool) tailMasks() string {
	if p.masks < 0 {
		p.masks = 4*len(p.words) + 32
		for range 8 {
			p.words = append(p.words, 1<<32-1)
		}
		p.words = append(p.words, make([]uint32, 8)...)
	}
	return fmt.Sprintf("%s<>+%d(SB)", p.symbol, p.masks)
}

func (p *pool) print(w *strings.Builder) {
	if len(p.words) == 0 {
		return
	}
	for len(p.words)%2 != 0 {
		p.words = append(p.words, 0)
	}
	for i := 0; i < len(p.words); i += 2 {
		fmt.Fprintf(w, "DATA %s<>+%d(SB)/8, $0x%08x%08x\n", p.symbol, 4*i, p.words[i+1], p.words[i])
	}
	fmt.Fprintf(w, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", p.symbol, 4*len(p.words))
}

// print writes the function.
func (m *machine) print(w *strings.Builder) {
	frame := 0
	if m.flush && m.x86() {
		frame = 8
	}
	fmt.Fprintf(w, "\n// func %s(%s)\n", m.name, m.params())
	fmt.Fprintf(w, "TEXT ·%s(SB), NOSPLIT, $%d-%d\n", m.name, frame, m.argSize())
	line := func(format string, a ...any) {
		s := fmt.Sprintf(format, a...)
		if strings.HasSuffix(s, ":") && !strings.HasPrefix(s, "//") {
			s = "\n" + s
		} else {
			s = "\t" + s
		}
		w.WriteString(s + "\n")
	}
	if m.flush {
		m.flushOn(line)
	}
	if !m.x86() {
		line("MOVD $%s<>(SB), R20", m.pool.symbol)
	}
	m.allocate(func(c instr, dies [3]bool) {
		if c.op == opText {
			line("%s", c.text)
			return
		}
		switch m.isa {
		case neon:
			m.emitNEON(c, dies, line)
		default:
			m.emitAVX(c, dies, line)
		}
	})
	if m.flush {
		m.flushOff(line)
	}
	if m.x86() {
		line("VZEROUPPER")
	}
	line("RET")
}

func (m *machine) flushOn(line func(string, ...any)) {
	if m.x86() {
		line("STMXCSR 0(SP)")
		line("MOVL 0(SP), AX")
		line("ORL $0x8040, AX")
		line("MOVL AX, 4(SP)")
		line("LDMXCSR 4(SP)")
		return
	}
	line("MOVD FPCR, R21")
	line("ORR $(1<<24), R21, R22")
	line("MOVD R22, FPCR")
}

func (m *machine) flushOff(line func(string, ...any)) {
	if m.x86() {
		line("LDMXCSR 0(SP)")
		return
	}
	line("MOVD R21, FPCR")
}
