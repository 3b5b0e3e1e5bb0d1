package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestRun trains for fewer steps: the transformer repeats five letters, and the LSTM is better than guessing.
func TestRun(t *testing.T) {
	var b strings.Builder
	run(&b, []int{5}, 120)
	m := regexp.MustCompile(`\n +5 +(\d+)% +(\d+)%\n$`).FindStringSubmatch(b.String())
	if m == nil {
		t.Fatalf("got\n%s", b.String())
	}
	lstm, _ := strconv.Atoi(m[1])
	attention, _ := strconv.Atoi(m[2])
	if attention < 98 || lstm < 30 || lstm > attention {
		t.Errorf("the LSTM has %d%%, want at least 30%% and not more than the transformer; the transformer has %d%%, want at least 98%%", lstm, attention)
	}
}
