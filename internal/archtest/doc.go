// Package archtest tests the repository's structure: which package may import which, that the core needs only the
// standard library and golang.org/x, that every public type has an example, and that a module outside can write its own
// elementwise functions, layers, fused ops, optimizers and datasets.
package archtest
