package simulator

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// otherServer answers in WinRM's place: a web server that knows nothing of it.
func otherServer() *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
			h := w.Header()
			h.Set("Content-Type", "text/html")
			h.Set("Server", "Microsoft-IIS/10.0")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "<html><head><title>404 - File or directory not found.</title></head><body><h1>Server Error</h1></body></html>")
		}),
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
	}
}

// serveOther lets otherServer answer on a gate's connections; secure ones get the
// TLS of the moment.
func (e *endpoint) serveOther(g *gate, secure bool) {
	var l net.Listener = g.other
	if secure {
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return e.tlsNow(), nil
		}})
	}
	_ = e.web.Serve(l) // ends with the feed
}

// slowPace is how long a slow node thinks about each byte.
const slowPace = time.Second

// slowConn passes what the node says a byte at a time.
type slowConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

func (c *slowConn) Write(b []byte) (int, error) {
	t := time.NewTicker(slowPace)
	defer t.Stop()
	for i := range b {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
		select {
		case <-t.C:
		case <-c.closed:
			return i + 1, net.ErrClosed
		}
	}
	return len(b), nil
}

func (c *slowConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
