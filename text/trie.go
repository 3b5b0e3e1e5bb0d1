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

// trie maps strings to numbers ≥ 0, and finds the strings that a text begins with.
type trie struct {
	children *hashTable // of node<<8 | byte
	vals     []int32    // of each node, −1 if no string ends there
	first    [256]bool  // bytes that a string begins with
}

func newTrie() *trie { return &trie{children: newHashTable(0), vals: []int32{-1}} }

// add maps s, which is not empty, to val.
func (t *trie) add(s string, val int32) {
	node := int32(0)
	t.first[s[0]] = true
	for i := range len(s) {
		key := uint64(node)<<8 | uint64(s[i])
		next := t.children.get(key)
		if next < 0 {
			next = int32(len(t.vals))
			t.vals = append(t.vals, -1)
			t.children.set(key, next)
		}
		node = next
	}
	t.vals[node] = val
}

// child returns the node of a node's byte, or −1. The root is node 0.
func (t *trie) child(node int32, b byte) int32 { return t.children.get(uint64(node)<<8 | uint64(b)) }

// longest returns the length and the value of the longest string that b begins with, or 0.
func (t *trie) longest(b []byte) (n int, val int32) {
	if len(b) == 0 || !t.first[b[0]] {
		return 0, -1
	}
	node := int32(0)
	val = -1
	for i, c := range b {
		if node = t.child(node, c); node < 0 {
			break
		}
		if v := t.vals[node]; v >= 0 {
			n, val = i+1, v
		}
	}
	return n, val
}
