package ui

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// cached is a value that knows whether it was freed.
type cached struct {
	name  string
	freed bool // written without a lock, so that the race detector finds a use at the same time
}

// countedCache returns a cache whose values are counted when they are loaded and freed.
func countedCache(t *testing.T, limit int) (c *cache[*cached], loads, frees *atomic.Int64) {
	loads, frees = new(atomic.Int64), new(atomic.Int64)
	return &cache[*cached]{
		limit: limit,
		load: func(name string) (*cached, error) {
			loads.Add(1)
			return &cached{name: name}, nil
		},
		free: func(v *cached) {
			if v.freed {
				t.Error(v.name, "is freed twice")
			}
			v.freed = true
			frees.Add(1)
		},
	}, loads, frees
}

// TestCacheConcurrent holds that no client sees a value freed that it uses, while others push it out, ask for other
// weights, and close the cache, and that in the end each value was freed once.
func TestCacheConcurrent(t *testing.T) {
	c, loads, frees := countedCache(t, 2)
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 0))
			for j := range 500 {
				if i == 0 && j == 400 {
					c.close()
				}
				name := fmt.Sprint(r.IntN(4))
				v, done, err := c.use(name, fmt.Sprint(r.IntN(8)/7))
				if err != nil {
					return // closed
				}
				if v.name != name || v.freed {
					t.Errorf("client of %s got %+v", name, *v)
				}
				done()
			}
		})
	}
	clients.Wait()
	if loads.Load() < 4 || loads.Load() != frees.Load() {
		t.Errorf("%d values were loaded and %d freed", loads.Load(), frees.Load())
	}
}

// TestCacheLoads holds that a slow load delays no other name, that clients of one name share a load, and that a load
// that failed is repeated.
func TestCacheLoads(t *testing.T) {
	c, loads, frees := countedCache(t, 2)
	count := c.load
	begun, slow := make(chan struct{}), make(chan struct{})
	c.load = func(name string) (*cached, error) {
		switch name {
		case "slow":
			close(begun)
			<-slow
		case "error":
			return nil, errors.New("broken")
		case "panic":
			panic("broken")
		}
		return count(name)
	}
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			v, done, err := c.use("slow", "")
			if err != nil || v.freed {
				t.Error("slow:", err)
				return
			}
			done()
		})
	}
	<-begun
	eventually(t, "all clients wait", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.entries[0].users == 4 // and the cache
	})
	for _, name := range []string{"a", "b", "c"} { // they push the slow one out while it is loaded
		_, done, err := c.use(name, "")
		if err != nil {
			t.Fatal(err)
		}
		done()
	}
	for range 2 {
		if _, _, err := c.use("error", ""); err == nil || err.Error() != "broken" {
			t.Error("error:", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			c.use("panic", "")
		}()
	}
	close(slow)
	clients.Wait()
	c.close()
	if loads.Load() != 4 || frees.Load() != 4 {
		t.Errorf("%d values were loaded and %d freed, want 4", loads.Load(), frees.Load())
	}
	if _, _, err := c.use("a", ""); err == nil {
		t.Error("a closed cache loads")
	}
}
