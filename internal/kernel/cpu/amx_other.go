//go:build amd64 && !linux && !noasm && !amxemu

package cpu

// How other systems hand out AMX nobody has tried.
func hasAMX() bool { return false }
