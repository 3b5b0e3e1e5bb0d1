//go:build !unix

package atomicfile

// syncDir does nothing: the system has no such call.
func syncDir(string) error { return nil }
