//go:build linux && amd64

package main

import (
	"encoding/binary"
	"math"
	"strings"
	"syscall"
	"testing"
)

// block is a memory whose only accessible part begins at base.
type block struct {
	base  uint64
	bytes []byte
}

func (b *block) move(store bool, rows []byte, n int, addr, stride uint64) (bad uint64, ok bool) {
	for i := 0; i*maxColsb < len(rows); i++ {
		row, at := rows[i*maxColsb:][:n], addr+uint64(i)*stride
		if at < b.base || at+uint64(n) > b.base+uint64(len(b.bytes)) {
			return at, false
		}
		if store {
			copy(b.bytes[at-b.base:], row)
		} else {
			copy(row, b.bytes[at-b.base:])
		}
	}
	return 0, true
}

// layout returns the configuration of tiles with the given rows and bytes per row.
func layout(shapes ...[2]int) (c [configLen]byte) {
	c[0] = 1
	for i, s := range shapes {
		c[48+i] = byte(s[0])
		binary.LittleEndian.PutUint16(c[16+2*i:], uint16(s[1]))
	}
	return c
}

func configured(t *testing.T, shapes ...[2]int) *tiles {
	t.Helper()
	var s tiles
	c := layout(shapes...)
	if f := s.configure(&c); f != nil {
		t.Fatal(f)
	}
	return &s
}

func set(c [configLen]byte, at int, to byte) [configLen]byte {
	c[at] = to
	return c
}

func TestConfigure(t *testing.T) {
	good := layout([2]int{16, 64}, [2]int{1, 4}, [2]int{}, [2]int{3, 5}, [2]int{}, [2]int{}, [2]int{}, [2]int{8, 32})
	var s tiles
	s.tile[5][2][3] = 7
	m := &block{base: 0x1000, bytes: append(make([]byte, 8), good[:]...)}
	r := registers{rax: 0x1000, rbx: 0x1020}
	if f := s.execute(insn{op: ldtilecfg, base: rax, index: noReg, disp: 8}, &r, m); f != nil {
		t.Fatal(f)
	}
	if s.palette != 1 || s.rows != [8]uint8{16, 1, 0, 3, 0, 0, 0, 8} || s.colsb != [8]uint16{64, 4, 0, 5, 0, 0, 0, 32} {
		t.Errorf("palette %d, rows %d, bytes %d", s.palette, s.rows, s.colsb)
	}
	if s.tile != [8]tile{} {
		t.Error("LDTILECFG left tiles as they were")
	}
	clear(m.bytes)
	if f := s.execute(insn{op: sttilecfg, base: rbx, index: rax, disp: -0x1018}, &r, m); f != nil {
		t.Fatal(f)
	}
	if [configLen]byte(m.bytes[8:]) != good {
		t.Errorf("STTILECFG stored % x, want % x", m.bytes[8:], good)
	}

	s.tile[0][0][0] = 1
	for _, c := range []struct {
		config [configLen]byte
		want   string
	}{
		{set(good, 0, 2), "palette 2, want 0 or 1"},
		{set(good, 1, 3), "start_row 3"},
		{set(good, 2, 1), "reserved bytes"},
		{set(good, 15, 1), "reserved bytes"},
		{set(good, 32, 1), "reserved bytes"},
		{set(good, 47, 1), "reserved bytes"},
		{set(good, 56, 1), "reserved bytes"},
		{set(good, 63, 1), "reserved bytes"},
		{set(good, 16, 65), "tmm0 has 16 rows of 65 bytes, want at most 16 rows of 64 bytes"},
		{set(good, 19, 1), "tmm1 has 1 rows of 260 bytes, want at most 16 rows of 64 bytes"},
		{set(good, 55, 17), "tmm7 has 17 rows of 32 bytes, want at most 16 rows of 64 bytes"},
		{set(good, 50, 1), "tmm2 has 1 rows of 0 bytes, want both zero or both positive"},
		{set(good, 49, 0), "tmm1 has 0 rows of 4 bytes, want both zero or both positive"},
	} {
		f := s.configure(&c.config)
		if f == nil || f.signal != syscall.SIGSEGV || f.addr != 0 || !strings.HasPrefix(f.rule, "#GP: ") ||
			!strings.Contains(f.rule, c.want) {
			t.Errorf("got %+v, want #GP: %s", f, c.want)
		}
	}
	if s.tile[0][0][0] != 1 || s.config() != good {
		t.Error("a bad configuration changed something")
	}

	// Palette 0 restores the initial state and ignores the rest.
	zero := set(set(good, 0, 0), 60, 9)
	if f := s.configure(&zero); f != nil || s != (tiles{}) {
		t.Errorf("palette 0: %v, %d", f, s.rows)
	}
	if s.config() != [configLen]byte{} {
		t.Error("the configuration of unconfigured tiles is not zero")
	}
	s = *configured(t, [2]int{2, 8})
	s.tile[0][0][0] = 1
	if f := s.execute(insn{op: tilerelease, base: noReg, index: noReg}, &r, m); f != nil || s != (tiles{}) {
		t.Errorf("TILERELEASE: %v, %d", f, s.rows)
	}
}

func TestLoadStore(t *testing.T) {
	const base = 0x7000
	memory := func() *block {
		b := &block{base: base, bytes: make([]byte, 1024)}
		for i := range b.bytes {
			b.bytes[i] = byte(i*7 + i>>8)
		}
		return b
	}
	back := ^uint64(0) - 39 // -40
	for _, c := range []struct {
		name        string
		rows, colsb int
		in          insn
		r           registers
		first       int // offset of row 0 in the block
		stride      int
	}{
		{"full", 16, 64, insn{base: rax, index: rcx}, registers{rax: base, rcx: 64}, 0, 64},
		{"part", 3, 20, insn{base: rax, index: rcx, shift: 1, disp: 4}, registers{rax: base, rcx: 50}, 4, 100},
		{"backwards", 5, 8, insn{base: r13, index: r12, disp: -8}, registers{r13: base + 208, r12: back}, 200, -40},
		{"no stride", 4, 12, insn{base: rsp, index: noReg}, registers{rsp: base + 32, rcx: 99}, 32, 0},
		{"no base", 2, 64, insn{base: noReg, index: r9, disp: base}, registers{r9: 100}, 0, 100},
	} {
		s := configured(t, [2]int{}, [2]int{c.rows, c.colsb})
		for i := range c.rows { // values that the load overwrites
			for j := range c.colsb / 4 {
				s.tile[1][i][j] = 0xAAAAAAAA
			}
		}
		for _, o := range []op{tileloadd, tileloaddt1} {
			b := memory()
			c.in.op, c.in.dst = o, 1
			if f := s.execute(c.in, &c.r, b); f != nil {
				t.Errorf("%s: %v", c.name, f)
			}
			var want tile
			for i := range c.rows {
				copy(want.bytes()[i*maxColsb:][:c.colsb], b.bytes[c.first+i*c.stride:])
			}
			if s.tile[1] != want {
				t.Errorf("%s: %v loaded something else", c.name, o)
			}
		}
		b, want := memory(), memory()
		clear(b.bytes)
		clear(want.bytes)
		c.in.op = tilestored
		if f := s.execute(c.in, &c.r, b); f != nil {
			t.Errorf("%s: %v", c.name, f)
		}
		for i := range c.rows {
			copy(want.bytes[c.first+i*c.stride:], s.tile[1].bytes()[i*maxColsb:][:c.colsb])
		}
		if string(b.bytes) != string(want.bytes) {
			t.Errorf("%s: stored something else", c.name)
		}
	}

	s := configured(t, [2]int{16, 64})
	r := registers{rax: base, rcx: 128}
	for _, o := range []op{tileloadd, tilestored} {
		f := s.execute(insn{op: o, base: rax, index: rcx}, &r, memory())
		if f == nil || f.signal != syscall.SIGSEGV || f.addr != base+1024 || f.rule != "#PF: the memory at 0x7400 is not accessible" {
			t.Errorf("%v beyond the memory: %+v", o, f)
		}
	}
	for _, o := range []op{ldtilecfg, sttilecfg} {
		if f := s.execute(insn{op: o, base: rcx, index: noReg}, &r, memory()); f == nil || f.signal != syscall.SIGSEGV || f.addr != 128 {
			t.Errorf("%v beyond the memory: %+v", o, f)
		}
	}

	s.tile[0][3][3] = 9
	if f := s.execute(insn{op: tilezero, base: noReg, index: noReg}, &r, memory()); f != nil || s.tile[0] != (tile{}) || s.palette != 1 {
		t.Errorf("TILEZERO: %v", f)
	}
}

// TestDot checks the order of the operands and the shapes; TestDotBF16 checks the arithmetic.
func TestDot(t *testing.T) {
	s := configured(t, [2]int{2, 12}, [2]int{2, 4}, [2]int{1, 12}) // (2, 3) += (2, 1)·(1, 3)
	pair := func(low, high float32) uint32 { return math.Float32bits(low)>>16 | math.Float32bits(high) }
	s.tile[1][0][0], s.tile[1][1][0] = pair(1, 2), pair(3, 4)
	for j := range 3 {
		s.tile[2][0][j] = pair(float32(j), 10)
		s.tile[0][1][j] = math.Float32bits(0.5)
	}
	var r registers
	if f := s.execute(insn{op: tdpbf16ps, dst: 0, src1: 1, src2: 2, base: noReg, index: noReg}, &r, nil); f != nil {
		t.Fatal(f)
	}
	var want tile
	for j := range 3 {
		want[0][j] = math.Float32bits(float32(j) + 20)
		want[1][j] = math.Float32bits(3*float32(j) + 40 + 0.5)
	}
	if s.tile[0] != want {
		t.Errorf("got %v, want %v", s.tile[0][:2], want[:2])
	}
}

func TestUndefined(t *testing.T) {
	var r registers
	good := [][2]int{{2, 12}, {2, 4}, {1, 12}, {16, 64}, {2, 10}}
	dot := func(dst, src1, src2 uint8) insn { return insn{op: tdpbf16ps, dst: dst, src1: src1, src2: src2} }
	for _, c := range []struct {
		shapes [][2]int
		in     insn
		want   string
	}{
		{nil, insn{op: tilezero}, "tiles are not configured"},
		{nil, insn{op: tileloadd}, "tiles are not configured"},
		{nil, dot(0, 1, 2), "tiles are not configured"},
		{good, insn{op: tilezero, dst: 5}, "tmm5 is not configured"},
		{good, insn{op: tilestored, dst: 6}, "tmm6 is not configured"},
		{good, insn{op: tileloadd, dst: 4}, "a row of tmm4 has 10 bytes, want a multiple of 4"},
		{good, dot(0, 1, 7), "tmm7 is not configured"},
		{good, dot(4, 1, 2), "a row of tmm4 has 10 bytes, want a multiple of 4"},
		{good, dot(0, 0, 2), "tmm0, tmm0 and tmm2, want three different tiles"},
		{good, dot(0, 1, 0), "tmm0, tmm1 and tmm0, want three different tiles"},
		{good, dot(0, 1, 1), "tmm0, tmm1 and tmm1, want three different tiles"},
		{nil, dot(1, 1, 1), "tmm1, tmm1 and tmm1, want three different tiles"},
		{good, dot(3, 1, 2), "the shapes do not match: tmm3 (16, 16) += tmm1 (2, 1) · tmm2 (1, 3)"},
		{[][2]int{{2, 12}, {3, 4}, {1, 12}}, dot(0, 1, 2), "the shapes do not match: tmm0 (2, 3) += tmm1 (3, 1) · tmm2 (1, 3)"},
		{[][2]int{{2, 12}, {2, 8}, {1, 12}}, dot(0, 1, 2), "the shapes do not match: tmm0 (2, 3) += tmm1 (2, 2) · tmm2 (1, 3)"},
		{[][2]int{{2, 12}, {2, 4}, {1, 16}}, dot(0, 1, 2), "the shapes do not match: tmm0 (2, 3) += tmm1 (2, 1) · tmm2 (1, 4)"},
		{[][2]int{{2, 12}, {2, 4}, {2, 12}}, dot(0, 1, 2), "the shapes do not match: tmm0 (2, 3) += tmm1 (2, 1) · tmm2 (2, 3)"},
	} {
		s := new(tiles)
		if c.shapes != nil {
			s = configured(t, c.shapes...)
		}
		before := *s
		c.in.base, c.in.index = noReg, noReg
		f := s.execute(c.in, &r, &block{})
		if f == nil || f.signal != syscall.SIGILL || f.rule != "#UD: "+c.want {
			t.Errorf("%+v: got %v, want %s", c.in, f, c.want)
		}
		if *s != before {
			t.Errorf("%+v changed the tiles", c.in)
		}
	}
}
