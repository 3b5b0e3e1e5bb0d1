package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var output = regexp.MustCompile(`^13066 parameters, 2000 training digits, 500 test digits
Epoch 1/2: loss (\S+), accuracy (\S+)%
Epoch 2/2: loss (\S+), accuracy (\S+)%
The first test digit is 7. The network reads 7 with probability (\S+)%.
$`)

// TestRun trains on fewer digits and checks the output: the loss decreases, and the network reads unknown digits.
func TestRun(t *testing.T) {
	var b strings.Builder
	if err := run(&b, 2000, 500, 2); err != nil {
		t.Fatal(err)
	}
	m := output.FindStringSubmatch(b.String())
	if m == nil {
		t.Fatalf("got\n%s\nwant\n%v", b.String(), output)
	}
	var v [6]float64
	for i, s := range m[1:] {
		var err error
		if v[i+1], err = strconv.ParseFloat(s, 64); err != nil {
			t.Fatal(err)
		}
	}
	if loss1, loss2, accuracy, probability := v[1], v[3], v[4], v[5]; !(loss2 < loss1/2) || !(accuracy > 90) || !(probability > 90) {
		t.Errorf("want half the loss, more than 90%% of the digits and a probability above 90%%; got\n%s", b.String())
	}
}
