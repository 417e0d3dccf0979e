package remoting

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	tlsTimeout  = 10 * time.Second
	keepAlive   = 30 * time.Second
	// Windows closes a connection after two minutes without a request. One that was
	// idle for half of that is made anew: a request on a closed one may be lost.
	idleTimeout = time.Minute
	maxHeader   = 64 << 10 // bytes of the header of an answer
	maxInterim  = 5        // interim (1xx) answers before the real one

	lastWordsLimit = 100 * time.Millisecond
)

// laneConn is one connection, spoken to by one request at a time. net/http's
// transport would serve as well, at the price of two goroutines and four kinds of
// hand-over between them for each of 2,000 connections. It would also dial again
// by itself, and on a new connection nobody has signed in.
type laneConn struct {
	tcp  net.Conn          // what is closed in the end, without waiting for TLS to say goodbye
	raw  net.Conn          // what is spoken over: tcp, or TLS upon it
	from *io.LimitedReader // bounds what in reads
	in   *bufio.Reader
	peer *x509.Certificate // of the server, over TLS
	seal sealer            // nil over TLS
	used time.Time         // when the last answer was complete; only to tell idle ones
	lost bool              // not to be used again

	tell func(error) error // who waits for what comes of the first request, which signs in
}

// connect dials, and shakes hands for https.
func (l *lane) connect(ctx context.Context) (*laneConn, error) {
	port := l.url.Port()
	if port == "" {
		port = l.url.Scheme // net knows both by name
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	tcp, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(l.url.Hostname(), port))
	if err != nil {
		return nil, err
	}
	c := &laneConn{tcp: tcp, raw: tcp, used: time.Now()}
	if l.url.Scheme == "https" {
		if err := c.handshake(ctx, l); err != nil {
			_ = tcp.Close() // the handshake's error is the one that counts
			return nil, err
		}
	}
	c.from = &io.LimitedReader{R: c.raw}
	c.in = bufio.NewReader(c.from)
	return c, nil
}

func (c *laneConn) handshake(ctx context.Context, l *lane) error {
	config, err := l.tlsConfig()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tlsTimeout)
	defer cancel()
	over := tls.Client(c.tcp, config)
	if err := over.HandshakeContext(ctx); err != nil {
		return err
	}
	if certs := over.ConnectionState().PeerCertificates; len(certs) > 0 {
		c.peer = certs[0]
	}
	c.raw = over
	return nil
}

// stale says that the connection should not carry another request.
func (c *laneConn) stale() bool {
	return c.lost || time.Since(c.used) > idleTimeout
}

// posted is what http.ReadResponse needs to know of every request.
var posted = &http.Request{Method: http.MethodPost}

// roundTrip sends a request and reads its answer, at most limit bytes of body.
func (c *laneConn) roundTrip(ctx context.Context, request []byte, limit int) (*http.Response, []byte, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		c.used = time.Now()
		if !stop() { // the deadline is or will be set
			c.lost = true
		}
	}()
	if _, err := c.raw.Write(request); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errLane, c.lastWords(err))
	}
	res, err := c.header()
	if err != nil {
		return nil, nil, err
	}
	c.from.N = int64(limit) + maxHeader // chunked coding costs something, too
	body, err := readBody(res, limit)
	if err != nil {
		return nil, nil, err
	}
	// Bytes behind the answer were not asked for: a next answer they are not.
	c.lost = res.Close || c.in.Buffered() > 0
	return res, body, nil
}

// lastWords is what the node's TLS said before it closed, if it did: in TLS 1.3 a
// client learns only after the handshake that its certificate was not accepted.
func (c *laneConn) lastWords(err error) error {
	if c.peer != nil {
		_ = c.raw.SetReadDeadline(time.Now().Add(lastWordsLimit))
		c.from.N = maxHeader
		if _, said := c.in.Peek(1); said != nil {
			if _, ok := alert(said); ok {
				return said
			}
		}
	}
	return err
}

// header reads the header of the answer, past interim ones.
func (c *laneConn) header() (*http.Response, error) {
	for range maxInterim {
		c.from.N = maxHeader
		res, err := http.ReadResponse(c.in, posted)
		switch {
		case err != nil && c.from.N <= 0:
			return nil, fmt.Errorf("a header of more than %d bytes: %w", maxHeader, errTooLarge)
		case err != nil && !broken(err):
			return nil, fmt.Errorf("HTTP: %w: %w", errBadAnswer, err)
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errLane, err)
		case res.StatusCode == http.StatusSwitchingProtocols:
			return nil, fmt.Errorf("%w: %w", errBadAnswer, statusError(res.StatusCode))
		case res.StatusCode >= http.StatusOK:
			return res, nil
		}
	}
	return nil, fmt.Errorf("interim answers without end: %w", errBadAnswer)
}

// broken says that an error is the connection's and not of what came over it.
func broken(err error) bool {
	var ne net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &ne)
}

func readBody(res *http.Response, limit int) ([]byte, error) {
	tooLarge := fmt.Errorf("more than %d bytes: %w", limit, errTooLarge)
	if res.ContentLength > int64(limit) {
		return nil, tooLarge
	}
	if n := res.ContentLength; n >= 0 {
		body := make([]byte, n)
		if _, err := io.ReadFull(res.Body, body); err != nil {
			return nil, fmt.Errorf("%w: %w", errLane, err)
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errLane, err)
	case len(body) > limit:
		return nil, tooLarge
	}
	return body, nil
}
