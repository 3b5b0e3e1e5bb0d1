// Package archtest holds tests of the house itself: who imports whom, how long files are, whether generated code is what its
// generator writes.
package archtest
