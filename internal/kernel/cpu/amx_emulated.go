//go:build amd64 && !noasm && amxemu

package cpu

// A program built with the tag amxemu runs under internal/amxemu, which carries out AMX instructions on a processor that has none.
func hasAMX() bool { return true }
