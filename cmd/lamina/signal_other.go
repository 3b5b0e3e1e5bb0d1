//go:build !unix

package main

import "os"

// hangups returns nothing: there is no such signal.
func hangups() []os.Signal { return nil }
