package ui

import (
	"math"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/ui/figure"
)

// TestAttention holds that each row of each head adds up to 1 and reads nothing that follows, and that the sample network
// reads, where it repeats, the letter that comes next.
func TestAttention(t *testing.T) {
	_, url := serving(t, Config{Runs: t.TempDir()})
	var reply struct {
		Tokens []string
		Heads  []figure.Values
		Layers int
		Cut    bool
	}
	q := map[string]any{"reader": "repeat", "text": "cafebadgehcafebadgeh", "layer": 0}
	if status := post(t, url+"/api/attention/look", q, &reply); status != 200 {
		t.Fatalf("status %d", status)
	}
	n := len(reply.Tokens)
	if strings.Join(reply.Tokens, "") != q["text"] || reply.Layers != 2 || len(reply.Heads) != 2 || reply.Cut {
		t.Fatalf("%+v", reply)
	}
	for h, w := range reply.Heads {
		for i := range n {
			sum := 0.0
			for j := range n {
				sum += float64(w[i*n+j])
				if j > i && w[i*n+j] != 0 {
					t.Fatalf("head %d: token %d reads token %d", h, i, j)
				}
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Errorf("head %d: row %d adds up to %v", h, i, sum)
			}
		}
	}
	for i := 10; i < 18; i++ {
		if w := reply.Heads[1][i*n+i-9]; w < 0.5 {
			t.Errorf("token %d reads the letter that comes next with %v", i, w)
		}
	}
	q["text"] = strings.Repeat("abcd", 50)
	if post(t, url+"/api/attention/look", q, &reply); len(reply.Tokens) != 20 || !reply.Cut {
		t.Errorf("%d tokens of a long text", len(reply.Tokens))
	}
	for name, c := range map[string]struct {
		q    map[string]any
		want int
	}{
		"empty": {map[string]any{"reader": "repeat", "text": "", "layer": 0}, 200},
		"none":  {map[string]any{"reader": "repeat", "text": "???", "layer": 0}, 200},
		"layer": {map[string]any{"reader": "repeat", "text": "abc", "layer": 2}, 404},
		"other": {map[string]any{"reader": "/etc", "text": "abc", "layer": 0}, 404},
	} {
		if status := post(t, url+"/api/attention/look", c.q, nil); status != c.want {
			t.Errorf("%s: status %d, want %d", name, status, c.want)
		}
	}
}
