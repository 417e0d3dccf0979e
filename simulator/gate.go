package simulator

import (
	"errors"
	"net"
	"sync"
	"time"
)

// gate owns one port and decides what becomes of its connections: to the good
// server, to the denying one, held without an answer, or, with the listener
// closed, refused by the operating system.
type gate struct {
	address    string
	good, deny *feed
	other      *feed // a server that is not WinRM

	mu     sync.Mutex
	mode   string
	l      net.Listener // nil while refused
	held   map[net.Conn]bool
	closed bool
	retry  *time.Timer
}

func newGate(host string) (*gate, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	g := &gate{address: l.Addr().String(), l: l, held: map[net.Conn]bool{}, good: newFeed(l.Addr()), deny: newFeed(l.Addr()), other: newFeed(l.Addr())}
	go g.accept(l)
	return g, nil
}

// set switches. A port that somebody else took meanwhile is tried again every
// second until it is free; the first failure is reported.
func (g *gate) set(mode string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mode = mode
	for c := range g.held {
		c.Close()
		delete(g.held, c)
	}
	if mode == "refused" {
		if g.l != nil {
			g.l.Close()
			g.l = nil
		}
		return nil
	}
	return g.openLocked()
}

func (g *gate) openLocked() error {
	if g.l != nil || g.closed || g.mode == "refused" {
		return nil
	}
	l, err := net.Listen("tcp", g.address)
	if err != nil {
		g.retry = time.AfterFunc(time.Second, func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			_ = g.openLocked() // reported once, by set
		})
		return err
	}
	g.l = l
	go g.accept(l)
	return nil
}

func (g *gate) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of file handles: let others go first
			continue
		}
		g.mu.Lock()
		mode := g.mode
		if mode == "hang" {
			g.held[conn] = true
		}
		g.mu.Unlock()
		switch mode {
		case "":
			g.good.give(conn)
		case "slow":
			g.good.give(&slowConn{Conn: conn, closed: make(chan struct{})})
		case listenerOtherHTTP:
			g.other.give(conn)
		case "401":
			g.deny.give(conn)
		case "refused":
			conn.Close()
		}
	}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.retry != nil {
		g.retry.Stop()
	}
	if g.l != nil {
		g.l.Close()
		g.l = nil
	}
	for c := range g.held {
		c.Close()
	}
	g.good.Close()
	g.deny.Close()
	g.other.Close()
}

// feed is a net.Listener that is handed its connections.
type feed struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newFeed(addr net.Addr) *feed {
	return &feed{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (f *feed) give(c net.Conn) {
	select {
	case f.conns <- c:
	case <-f.done:
		c.Close()
	}
}

// Accept waits for the next connection.
func (f *feed) Accept() (net.Conn, error) {
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (f *feed) Close() error {
	f.once.Do(func() { close(f.done) })
	return nil
}

// Addr is that of the real listener.
func (f *feed) Addr() net.Addr { return f.addr }
