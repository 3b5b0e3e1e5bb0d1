package device

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

var registry struct {
	sync.Mutex
	open map[string]func() (Device, error)
}

// Register makes a kind of device available by name. A package that drives a device calls it from init, so that
// importing the package is all it takes.
func Register(name string, open func() (Device, error)) {
	registry.Lock()
	defer registry.Unlock()
	if registry.open == nil {
		registry.open = map[string]func() (Device, error){}
	}
	registry.open[name] = open
}

// Open returns the device called name.
func Open(name string) (Device, error) {
	registry.Lock()
	open := registry.open[name]
	var known []string
	for k := range registry.open {
		known = append(known, k)
	}
	registry.Unlock()
	if open == nil {
		sort.Strings(known)
		return nil, fmt.Errorf("no device %q in this program (it has: %s)", name, strings.Join(known, ", "))
	}
	d, err := open()
	if err != nil {
		return nil, fmt.Errorf("device %q: %w", name, err)
	}
	return d, nil
}
