// Package spelling finds the word that was meant by a misspelled one.
package spelling

import (
	"fmt"
	"strings"
)

// Similar returns the candidate that is most like a misspelled word, in upper or lower case; "" if none differs in at
// most a third of the word's letters, or in one letter.
func Similar(word string, candidates []string) string {
	best, least := "", min(max(1, len([]rune(word))/3)+1, longest)
	for _, c := range candidates {
		if d := Distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// DidYouMean returns a text such as ` (did you mean "epochs"?)`, "" if no candidate is similar.
func DidYouMean(word string, candidates []string) string {
	if s := Similar(word, candidates); s != "" {
		return fmt.Sprintf(" (did you mean %q?)", s)
	}
	return ""
}

// longest limits the words that are compared: the time is proportional to the product of their lengths.
const longest = 64

// Distance returns the number of letters to insert, delete, replace or exchange with their neighbor to turn a into b (the
// optimal string alignment distance); 64 if one of them has more than 64 letters.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > longest || len(y) > longest {
		return longest
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
