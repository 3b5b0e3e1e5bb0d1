//go:build amd64 && !linux && !noasm && !amxemu

package cpu

// hasAMX returns false: AMX is not tested on other operating systems.
func hasAMX() bool { return false }
