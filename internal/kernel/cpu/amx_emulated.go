//go:build amd64 && !noasm && amxemu

package cpu

// hasAMX returns true: a program with the build tag amxemu runs under internal/amxemu, which emulates AMX instructions.
func hasAMX() bool { return true }
