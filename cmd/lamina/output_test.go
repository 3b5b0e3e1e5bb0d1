package main

import "testing"

func TestPrintable(t *testing.T) {
	got := string(printable([]byte("price \x1b[31m\u009b2J\a€\n\tx\r")))
	if want := "price �[31m�2J�€\n\tx\r"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
