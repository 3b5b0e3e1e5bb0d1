package ui

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/lamina-ml/lamina/task"
)

// Bounds of what clients may take from the process.
const (
	maxBody    = 1 << 20 // bytes of a POST's JSON
	maxHeader  = 64 << 10
	maxStreams = 128 // open streams of events
)

// Config holds the settings of a server. The zero value serves loopback.
type Config struct {
	Runs   string    // the folder of runs; "" means "runs"
	Models []string  // models whose attention the page shows: see CheckModel
	Hosts  []string  // names, besides loopback's, by which clients may reach the server; a name matches with any port
	Tasks  *task.Set // whose runs the page loads and explains; nil means none: then it shows only their curves
	Token  string    // what a client must present; "" means that none is asked for
	Log    io.Writer // takes a line for each fault of the server itself; nil means nowhere
}

// Server is the page and what it asks for. Close ends its streams, sessions and goroutines.
type Server struct {
	config  Config
	guard   http.Handler
	ctx     context.Context // ends with Close
	end     context.CancelFunc
	log     *log.Logger
	streams chan struct{} // holds an element for each open stream
	closers []func()      // of the views
	once    sync.Once

	tests      tests
	networks   cache[*network] // of the views Inside and Training
	lastReader cache[*reader]  // the network of the view Attention
}

// New returns a server.
func New(c Config) *Server {
	if c.Runs == "" {
		c.Runs = "runs"
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	s := &Server{config: c, log: log.New(c.Log, "lamina ui: ", log.LstdFlags), streams: make(chan struct{}, maxStreams)}
	s.networks.limit, s.networks.load, s.networks.free = maxNetworks, s.loadNetwork, freeNetwork
	s.lastReader.limit, s.lastReader.load = 1, s.loadReader
	s.ctx, s.end = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	assets(mux)
	for _, v := range views {
		v.routes(s, &routes{s, mux, "/api/" + v.name + "/"})
	}
	s.guard = s.guarded(mux)
	return s
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.guard.ServeHTTP(w, r) }

// Close ends the server's streams and sessions. Requests that come later see their contexts ended.
func (s *Server) Close() {
	s.once.Do(func() {
		s.end()
		for _, f := range s.closers {
			f()
		}
		s.networks.close()
		s.lastReader.close()
	})
}

// Serve listens on addr, such as "localhost:6006", and serves until ctx ends. It calls ready with the address of the
// page, which contains the token if one is asked for. If addr is not loopback's and c has no token, Serve makes one.
// Port 0 means any free port.
func Serve(ctx context.Context, addr string, c Config, ready func(url string)) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("ui: %w", err)
	}
	at := l.Addr().(*net.TCPAddr)
	host, _, _ := net.SplitHostPort(addr)
	if !at.IP.IsLoopback() {
		if c.Token == "" {
			c.Token = rand.Text()
		}
		if host != "" {
			c.Hosts = append(c.Hosts[:len(c.Hosts):len(c.Hosts)], host)
		}
	}
	s := New(c)
	defer s.Close()
	server := &http.Server{
		Handler:           s,
		ErrorLog:          s.log,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	if ready != nil {
		ready(pageURL(host, at, c.Token))
	}
	select {
	case err = <-ended:
		return fmt.Errorf("ui: %w", err)
	case <-ctx.Done():
	}
	s.Close()
	stop, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("ui: %w", err)
	}
	server.Close()
	return nil
}

// pageURL returns the address of the page. A listener on all addresses is reached by the name of this machine.
func pageURL(host string, at *net.TCPAddr, token string) string {
	if at.IP.IsUnspecified() {
		host = hostname()
	}
	if host == "" {
		host = "localhost"
	}
	page := "http://" + net.JoinHostPort(host, fmt.Sprint(at.Port)) + "/"
	if token != "" {
		page += "?token=" + url.QueryEscape(token)
	}
	return page
}
