package optim

import (
	"slices"
	"sync"

	"github.com/lamina-ml/lamina/tensor"
)

// idle holds scopes for what is computed on the way, so that steady steps allocate nothing.
var idle struct {
	sync.Mutex
	scopes []*tensor.Scope
}

// borrow returns an empty scope on d that does not record. It is given back with giveBack.
func borrow(d tensor.Device) *tensor.Scope {
	idle.Lock()
	defer idle.Unlock()
	for i, s := range idle.scopes {
		if s.Device() == d {
			idle.scopes = slices.Delete(idle.scopes, i, i+1)
			return s
		}
	}
	s := tensor.NewScope(d)
	s.SetRecording(false)
	return s
}

func giveBack(s *tensor.Scope) {
	s.Recycle()
	idle.Lock()
	defer idle.Unlock()
	idle.scopes = append(idle.scopes, s)
}
