package wsman

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// Server is the WinRM service of one node. One Server may serve an HTTP and an
// HTTPS listener; they share the shells.
type Server struct {
	o       Options
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup // connections and processes

	mu           sync.Mutex
	closed       bool
	listeners    map[net.Listener]bool // true: TLS
	conns        map[*conn]struct{}
	shells       map[string]*shell
	operations   map[string]int // by account: requests under way and commands not terminated
	enumerations map[string]*enumeration
	tls, tlsFrom *tls.Config // as served, and what it was made from
}

// tlsNow is the configuration of a new connection, nil for plain HTTP. One configuration is kept as
// long as TLSNow returns it, and with it the keys of its session tickets.
func (s *Server) tlsNow(secure bool) *tls.Config {
	if !secure {
		return nil
	}
	from := s.o.TLSNow()
	if from == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if from != s.tlsFrom {
		s.tls, s.tlsFrom = from.Clone(), from
		s.tls.NextProtos = []string{"http/1.1"}
		if s.o.Mapping != nil {
			s.tls.ClientAuth = tls.RequestClientCert // what comes is judged by Mapping
		}
	}
	return s.tls
}

// New returns a server that owns no listener yet. It panics without a Host,
// which is a mistake in the program.
func New(o Options) *Server {
	if o.Host == nil {
		panic("wsman: Options.Host is required")
	}
	s := &Server{o: o.withDefaults(), listeners: map[net.Listener]bool{}, conns: map[*conn]struct{}{},
		shells: map[string]*shell{}, operations: map[string]int{}, enumerations: map[string]*enumeration{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Serve answers WinRM over HTTP on l until Close; it then returns ErrClosed.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, false) }

// ServeTLS answers WinRM over HTTPS on l until Close; it then returns ErrClosed.
func (s *Server) ServeTLS(l net.Listener) error {
	if s.o.TLSNow == nil {
		return errors.New("wsman: Options.TLS is required for HTTPS")
	}
	return s.serve(l, true)
}

func (s *Server) serve(l net.Listener, secure bool) error {
	defer l.Close()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.listeners[l] = secure
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, l)
		s.mu.Unlock()
	}()
	for pause := 5 * time.Millisecond; ; {
		nc, err := l.Accept()
		if err == nil {
			pause = 5 * time.Millisecond
			s.accept(nc, secure)
			continue
		}
		if s.ctx.Err() != nil {
			return ErrClosed
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("wsman: listener of %s: %w", s.o.Machine, err)
		}
		// Out of descriptors, most likely: wait for some to be closed.
		s.o.Logger.Warn("accept", "node", s.o.Machine, "err", err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		case <-s.ctx.Done():
			return ErrClosed
		}
	}
}

// accept starts serving a connection, unless the server closes or refuses.
func (s *Server) accept(nc net.Conn, secure bool) {
	c := newConn(s, nc, secure)
	s.mu.Lock()
	full := len(s.conns) >= s.o.MaxConnections
	if s.closed {
		s.mu.Unlock()
		nc.Close()
		return
	}
	if !full {
		s.conns[c] = struct{}{}
	}
	s.running.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.running.Done()
		if full {
			c.unavailable()
			return
		}
		c.serve()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
}

// track registers a process about to start, false when the server is closing.
func (s *Server) track(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.operations[account]++
	s.running.Add(1)
	return true
}

// enter counts a request against the account's quota.
func (s *Server) enter(account string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[account] >= s.o.MaxOperationsPerUser {
		return false
	}
	s.operations[account]++
	return true
}

// leave gives n operations back.
func (s *Server) leave(account string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[account] -= n; s.operations[account] <= 0 {
		delete(s.operations, account)
	}
}

// Shells lists the open shells, oldest first.
func (s *Server) Shells() []ShellInfo {
	var list []ShellInfo
	for _, sh := range s.sorted() {
		list = append(list, sh.info())
	}
	return list
}

// DropListener cuts the connections of the HTTP or the HTTPS listener; the shells stay.
func (s *Server) DropListener(secure bool) {
	s.mu.Lock()
	var conns []*conn
	for c := range s.conns {
		if c.listener == secure {
			conns = append(conns, c)
		}
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.reset()
	}
}

// DropAll cuts every connection and ends every shell, as a power loss does.
// The listeners stay: combine it with Options.Refuse while the node is down.
// It does not wait for the processes to end.
func (s *Server) DropAll() {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.reset()
	}
	for _, sh := range s.sorted() {
		sh.close()
	}
	s.mu.Lock()
	open := slices.Collect(maps.Values(s.enumerations))
	s.mu.Unlock()
	for _, e := range open {
		e.mu.Lock()
		s.discard(e)
		e.mu.Unlock()
	}
}

// Close ends listeners, connections, shells and their processes, and waits for
// all of them.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	listeners := make([]net.Listener, 0, len(s.listeners))
	for l := range s.listeners {
		listeners = append(listeners, l)
	}
	s.mu.Unlock()
	s.cancel()
	var errs []error
	for _, l := range listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	s.DropAll()
	s.running.Wait()
	return errors.Join(errs...)
}
