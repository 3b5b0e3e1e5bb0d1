//go:build !unix

package main

import "os"

// hangups returns nothing: the system has no SIGHUP.
func hangups() []os.Signal { return nil }
