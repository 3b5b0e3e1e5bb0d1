//go:build linux && amd64

package main

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"unsafe"
)

// The limits of palette 1, the only palette: eight tiles of at most sixteen rows of 64 bytes.
const (
	numTiles  = 8
	maxRows   = 16
	maxColsb  = 64
	configLen = 64
)

// tile is a tile register: the 32-bit elements of its rows.
type tile [maxRows][maxColsb / 4]uint32

// bytes returns the tile's memory.
func (t *tile) bytes() *[maxRows * maxColsb]byte {
	return (*[maxRows * maxColsb]byte)(unsafe.Pointer(t))
}

// tiles is the AMX state of a thread; the zero value is the initial state. All tiles are zero outside their
// configured rows and columns: a configuration clears them, and no instruction writes there.
type tiles struct {
	palette uint8 // 0: not configured
	rows    [numTiles]uint8
	colsb   [numTiles]uint16 // bytes per row
	tile    [numTiles]tile
}

// memory is the memory of a thread's process.
type memory interface {
	// move copies n bytes for each of len(rows)/maxColsb rows: between rows[i*maxColsb] and address addr+i*stride.
	// store is the direction to addr. If ok is false, bad is the first address that is not accessible.
	move(store bool, rows []byte, n int, addr, stride uint64) (bad uint64, ok bool)
}

// fault is an exception raised by an instruction.
type fault struct {
	signal syscall.Signal
	cause  int32  // of SIGSEGV: si_code
	addr   uint64 // of the inaccessible memory
	rule   string
}

const (
	mapErr = 1    // SEGV_MAPERR
	kernel = 0x80 // SI_KERNEL, for #GP
)

func (f *fault) Error() string { return f.rule }

func undefined(rule string, args ...any) *fault {
	return &fault{signal: syscall.SIGILL, rule: "#UD: " + fmt.Sprintf(rule, args...)}
}

func protection(rule string, args ...any) *fault {
	return &fault{signal: syscall.SIGSEGV, cause: kernel, rule: "#GP: " + fmt.Sprintf(rule, args...)}
}

func unreachable(addr uint64) *fault {
	return &fault{signal: syscall.SIGSEGV, cause: mapErr, addr: addr, rule: fmt.Sprintf("#PF: the memory at %#x is not accessible", addr)}
}

// execute executes one instruction with the given registers and memory.
func (t *tiles) execute(in insn, r *registers, m memory) *fault {
	addr, stride := in.operand(r)
	switch in.op {
	case ldtilecfg:
		var config [configLen]byte
		if bad, ok := m.move(false, config[:], configLen, addr+stride, 0); !ok {
			return unreachable(bad)
		}
		return t.configure(&config)

	case sttilecfg:
		config := t.config()
		if bad, ok := m.move(true, config[:], configLen, addr+stride, 0); !ok {
			return unreachable(bad)
		}

	case tilerelease:
		*t = tiles{}

	case tilezero:
		if f := t.usable(in.dst); f != nil {
			return f
		}
		t.tile[in.dst] = tile{}

	case tileloadd, tileloaddt1, tilestored:
		if f := t.usable(in.dst); f != nil {
			return f
		}
		rows := t.tile[in.dst].bytes()[:int(t.rows[in.dst])*maxColsb]
		if bad, ok := m.move(in.op == tilestored, rows, int(t.colsb[in.dst]), addr, stride); !ok {
			return unreachable(bad)
		}

	case tdpbf16ps:
		return t.dot(in.dst, in.src1, in.src2)
	}
	return nil
}

// configure executes LDTILECFG. In c, byte 0 is the palette, byte 1 the start row, bytes 16-31 hold the bytes per row
// of each tile, bytes 48-55 the numbers of rows; the rest is zero. It clears all tiles.
func (t *tiles) configure(c *[configLen]byte) *fault {
	if c[0] > 1 {
		return protection("palette %d, want 0 or 1", c[0])
	}
	if c[0] == 0 {
		*t = tiles{}
		return nil
	}
	if c[1] != 0 {
		return protection("start_row %d, want 0 (amxemu supports no other)", c[1])
	}
	next := tiles{palette: 1}
	for i := range numTiles {
		next.colsb[i] = binary.LittleEndian.Uint16(c[16+2*i:])
		next.rows[i] = c[48+i]
		switch {
		case next.colsb[i] > maxColsb || next.rows[i] > maxRows:
			return protection("tmm%d has %d rows of %d bytes, want at most %d rows of %d bytes", i, next.rows[i],
				next.colsb[i], maxRows, maxColsb)
		case (next.colsb[i] == 0) != (next.rows[i] == 0):
			return protection("tmm%d has %d rows of %d bytes, want both zero or both positive", i, next.rows[i], next.colsb[i])
		}
	}
	if next.config() != *c {
		return protection("reserved bytes of the tile configuration are not zero")
	}
	*t = next
	return nil
}

// config returns the configuration as STTILECFG stores it: all zeros without a configuration.
func (t *tiles) config() (c [configLen]byte) {
	c[0] = t.palette
	for i := range numTiles {
		binary.LittleEndian.PutUint16(c[16+2*i:], t.colsb[i])
		c[48+i] = t.rows[i]
	}
	return c
}

// usable returns a fault if tile i is not configured, or if its row is not a multiple of an element.
func (t *tiles) usable(i uint8) *fault {
	switch {
	case t.palette == 0:
		return undefined("tiles are not configured")
	case t.rows[i] == 0:
		return undefined("tmm%d is not configured", i)
	case t.colsb[i]%4 != 0:
		return undefined("a row of tmm%d has %d bytes, want a multiple of 4", i, t.colsb[i])
	}
	return nil
}

// dot executes TDPBF16PS: dst (m rows, n elements) += src1 (m, k) · src2 (k, n). The elements of the sources are
// pairs of bfloat16.
func (t *tiles) dot(dst, src1, src2 uint8) *fault {
	if dst == src1 || dst == src2 || src1 == src2 {
		return undefined("tmm%d, tmm%d and tmm%d, want three different tiles", dst, src1, src2)
	}
	for _, i := range [...]uint8{dst, src1, src2} {
		if f := t.usable(i); f != nil {
			return f
		}
	}
	m, k, n := int(t.rows[dst]), int(t.rows[src2]), int(t.colsb[dst]/4)
	if int(t.rows[src1]) != m || int(t.colsb[src1]/4) != k || int(t.colsb[src2]/4) != n {
		return undefined("the shapes do not match: tmm%d (%d, %d) += tmm%d (%d, %d) · tmm%d (%d, %d)", dst, m, n,
			src1, t.rows[src1], t.colsb[src1]/4, src2, k, t.colsb[src2]/4)
	}
	dotBF16(&t.tile[dst], &t.tile[src1], &t.tile[src2], m, k, n)
	return nil
}
