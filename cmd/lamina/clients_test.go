//go:build clients

package main

import "testing"

// TestKills200 is TestKills with 200 kills and more.
func TestKills200(t *testing.T) { testKills(t, 70) }
