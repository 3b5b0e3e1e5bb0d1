package text

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
