package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs checks that the commands and flags on the pages of docs and in README.md exist.
func TestDocs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile("(?m)^(?:\\$ |[A-Z_a-z]+=\\S+ )?(lamina .*)$|`(lamina [^`]*)`")
	found := 0
	root := newRoot()
	root.InitDefaultCompletionCmd()
	for _, page := range append(pages, "../../README.md") {
		for _, m := range command.FindAllStringSubmatch(string(read(t, page)), -1) {
			line := m[1] + m[2]
			found++
			words := strings.Fields(line)[1:]
			cmd, _, err := root.Find(words)
			if err != nil || cmd == root && words[0] != "--help" {
				t.Errorf("%s: %s: there is no such command", page, line)
				continue
			}
			for _, word := range words {
				name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
				if strings.HasPrefix(word, "--") && name != "help" && cmd.Flags().Lookup(name) == nil {
					t.Errorf("%s: %s: %s has no flag --%s", page, line, cmd.CommandPath(), name)
				}
			}
		}
	}
	if found < 40 {
		t.Errorf("the pages have only %d commands", found)
	}
}
