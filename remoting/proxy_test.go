package remoting_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a client and a node: it counts HTTP requests and can cut
// every connection.
type proxy struct {
	listener net.Listener
	target   string
	requests atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// newProxy listens in front of a URL and returns the URL to use instead.
func newProxy(t testing.TB, raw string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: u.Host, conns: make(map[net.Conn]bool)}
	go p.serve()
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.conns[in], p.conns[out] = true, true
		p.mu.Unlock()
		go p.copy(in, out, nil)
		go p.copy(out, in, func(b []byte) { p.requests.Add(int64(bytes.Count(b, []byte("POST /wsman HTTP/1.1\r\n")))) })
	}
}

func (p *proxy) copy(dst, src net.Conn, saw func([]byte)) {
	defer func() {
		_ = dst.Close()
		_ = src.Close()
		p.mu.Lock()
		delete(p.conns, dst)
		delete(p.conns, src)
		p.mu.Unlock()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := src.Read(buf)
		if saw != nil {
			saw(buf[:n]) // net/http writes the request line in one piece with the header
		}
		if _, werr := dst.Write(buf[:n]); werr != nil || err != nil && err != io.EOF {
			return
		}
		if err == io.EOF {
			return
		}
	}
}

// cut breaks every connection, as a crash of the node does.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}
