package text

import "math/bits"

// hashTable maps numbers to numbers of type int32. It never shrinks, and has no remove.
type hashTable struct {
	keys  []uint64 // key+1; 0 is free
	vals  []int32
	count int
	shift uint
}

func newHashTable(n int) *hashTable {
	t := &hashTable{}
	t.resize(max(bits.Len(uint(2*n)), 4))
	return t
}

func (t *hashTable) resize(log int) {
	keys, vals := t.keys, t.vals
	t.keys, t.vals, t.shift, t.count = make([]uint64, 1<<log), make([]int32, 1<<log), uint(64-log), 0
	for i, k := range keys {
		if k != 0 {
			t.set(k-1, vals[i])
		}
	}
}

// slot returns the index of the key, or of the free slot where it belongs.
func (t *hashTable) slot(key uint64) int {
	mask := len(t.keys) - 1
	for i := int(key * 0x9E3779B97F4A7C15 >> t.shift); ; i = (i + 1) & mask {
		if k := t.keys[i]; k == key+1 || k == 0 {
			return i
		}
	}
}

// get returns the value of key, or −1.
func (t *hashTable) get(key uint64) int32 {
	i := t.slot(key)
	if t.keys[i] == 0 {
		return -1
	}
	return t.vals[i]
}

func (t *hashTable) set(key uint64, val int32) {
	i := t.slot(key)
	if t.keys[i] == 0 {
		if t.count++; 2*t.count > len(t.keys) {
			t.count--
			t.resize(bits.Len(uint(len(t.keys))))
			t.set(key, val)
			return
		}
	}
	t.keys[i], t.vals[i] = key+1, val
}
