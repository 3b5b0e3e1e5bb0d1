package main

import (
	"fmt"
	"slices"
	"sort"
)

// Register allocation.

func (m *machine) live() {
	for v := range m.values {
		m.values[v].first, m.values[v].last = -1, -1
	}
	touch := func(v vec, i int) {
		if v == 0 || m.values[v].constant {
			return
		}
		if m.values[v].first < 0 {
			m.values[v].first = i
		}
		m.values[v].last = i
	}
	for i, c := range m.code {
		for _, s := range c.src {
			if s != 0 && !m.values[s].constant && m.values[s].first < 0 {
				panic(fmt.Sprintf("%s: value %d used before it is set, at %d", m.name, s, i))
			}
			touch(s, i)
		}
		touch(c.dst, i)
	}
	// A value that is set before a loop and used in it must live until the loop's end.
	for changed := true; changed; {
		changed = false
		for _, l := range m.loops {
			for v := range m.values {
				x := &m.values[v]
				if x.first >= 0 && x.first < l[0] && x.last >= l[0] && x.last < l[1] {
					x.last = l[1]
					changed = true
				}
			}
		}
	}
}

// hoist loads constants that are used in the code from position start on into registers before it, the most used first,
// as many as there are free registers.
func (m *machine) hoist(start int) {
	type key struct {
		bits, high uint32
		wide       bool
		table      *[16]uint32
	}
	uses := map[key]int{}
	var keys []key
	constants := func(f func(k key, at *vec)) {
		for i := start; i < len(m.code); i++ {
			for j := range m.code[i].src {
				v := m.code[i].src[j]
				if x := m.values[v]; x.constant && (x.table == nil || m.isa == avx512) {
					f(key{x.bits, x.high, x.wide, x.table}, &m.code[i].src[j])
				}
			}
		}
	}
	constants(func(k key, _ *vec) {
		if uses[k] == 0 {
			keys = append(keys, k)
		}
		uses[k]++
	})
	sort.SliceStable(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if (a.table != nil) != (b.table != nil) {
			return a.table != nil
		}
		return uses[a] > uses[b]
	})
	keys = keys[:min(len(keys), max(0, m.isa.vectors-m.peak(start)-1))]
	registers := map[key]vec{}
	var loads []instr
	for _, k := range keys {
		v := m.new(value{})
		registers[k] = v
		loads = append(loads, instr{op: opMove, dst: v,
			src: [3]vec{m.new(value{constant: true, wide: k.wide, bits: k.bits, high: k.high,
				table: k.table})}, base: -1, index: -1})
	}
	constants(func(k key, at *vec) {
		if v := registers[k]; v != 0 {
			*at = v
		}
	})
	m.code = slices.Insert(m.code, start, loads...)
	for i, l := range m.loops {
		if l[0] >= start {
			m.loops[i] = [2]int{l[0] + len(loads), l[1] + len(loads)}
		}
	}
}

// peak returns the largest number of registers that are in use at the same time from position start on.
func (m *machine) peak(start int) int {
	m.live()
	most := 0
	for i := start; i < len(m.code); i++ {
		n := 0
		for _, x := range m.values {
			if x.first >= 0 && x.first <= i && i <= x.last && !(x.mask && m.isa.masks > 0) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// allocate assigns each value a register from its definition to its last use, and calls emit for each instruction.
func (m *machine) allocate(emit func(c instr, dies [3]bool)) {
	m.live()
	var usedVec, usedMask [64]bool
	endsAt := map[int][]vec{}
	for v := range m.values {
		if x := m.values[v]; x.first >= 0 {
			endsAt[x.last] = append(endsAt[x.last], vec(v))
		}
	}
	take := func(v vec) {
		x := &m.values[v]
		used, n := &usedVec, m.isa.vectors
		if x.mask && m.isa.masks > 0 {
			used, n = &usedMask, m.isa.masks
		}
		for r := range n {
			if !used[r] {
				used[r] = true
				x.register = r
				return
			}
		}
		panic(m.name + ": out of vector registers")
	}
	free := func(v vec) {
		x := m.values[v]
		if x.mask && m.isa.masks > 0 {
			usedMask[x.register] = false
		} else {
			usedVec[x.register] = false
		}
	}
	for i, c := range m.code {
		var dies [3]bool
		for k, s := range c.src {
			dies[k] = s != 0 && !m.values[s].constant && m.values[s].last == i && s != c.dst
		}
		fresh := c.dst != 0 && m.values[c.dst].register < 0
		reused := vec(0)
		if fresh {
			if k := m.inPlace(c, dies); k >= 0 {
				reused = c.src[k]
				m.values[c.dst].register = m.values[reused].register
			} else if apart(c.op) {
				take(c.dst)
			} else {
				for _, v := range endsAt[i] {
					if v != c.dst {
						free(v)
					}
				}
				take(c.dst)
				emit(c, dies)
				if m.values[c.dst].last == i {
					free(c.dst)
				}
				continue
			}
		}
		emit(c, dies)
		for _, v := range endsAt[i] {
			if v != reused {
				free(v)
			}
		}
	}
}

// apart reports whether an operation writes its result before it has read all sources.
func apart(o op) bool {
	switch o {
	case opFMA, opFNMA, opSelect, opLookup, opSumWide, opMaxAll, opFMAWide, opTailOnly, opBytes, opFix, opNarrow,
		opReverse:
		return true
	}
	return false
}

// inPlace returns the source in its last use whose register the result should reuse, or -1.
func (m *machine) inPlace(c instr, dies [3]bool) int {
	switch c.op {
	case opFMA, opFNMA, opFMAWide:
		if dies[2] {
			return 2
		}
		if m.x86() {
			for k := range 2 {
				if dies[k] && c.src[k] != c.src[1-k] && c.src[k] != c.src[2] {
					return k
				}
			}
		}
	case opFix:
		if dies[0] && c.src[0] != c.src[1] {
			return 0
		}
	case opSelect:
		if !m.x86() && dies[2] && c.src[2] != c.src[0] && c.src[2] != c.src[1] {
			return 2
		}
	}
	return -1
}
