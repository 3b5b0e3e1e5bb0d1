//go:build unix

package message

import (
	"os/exec"
	"testing"
)

// TestQuoteInShell checks quote with a shell.
func TestQuoteInShell(t *testing.T) {
	for _, arg := range []string{"", "a b", "it's", "$HOME", "`id`", `a\b"c`, "~", "*", "a\nb", "#x", "{a,b}", "!x",
		"ä", "a=b", "[x]", "%s"} {
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+quote(arg, false)).Output()
		if err != nil || string(out) != arg {
			t.Errorf("a shell reads %s as %q, %v", quote(arg, false), out, err)
		}
	}
}
