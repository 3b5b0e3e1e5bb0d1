package optim

import (
	"slices"
	"sync"

	"github.com/lamina-ml/lamina/tensor"
)

// idle holds unused scopes for temporary results, so a steady step does not allocate.
var idle struct {
	sync.Mutex
	scopes []*tensor.Scope
}

// acquireScope returns an empty scope on d that does not record; return it with releaseScope.
func acquireScope(d tensor.Device) *tensor.Scope {
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

// releaseScope frees the scope's tensors and keeps the scope for the next acquireScope.
func releaseScope(s *tensor.Scope) {
	s.Recycle()
	idle.Lock()
	defer idle.Unlock()
	idle.scopes = append(idle.scopes, s)
}
