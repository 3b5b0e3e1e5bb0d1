// Package archtest tests the repository's structure: which package may import which, that the core needs only the
// standard library and golang.org/x, and that every public type has an example.
package archtest
