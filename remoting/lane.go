package remoting

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	soapType    = "application/soap+xml;charset=UTF-8"
	dialTimeout = 10 * time.Second
	tlsTimeout  = 10 * time.Second
	keepAlive   = 30 * time.Second
	userAgent   = "LooksAlive"
)

// errNotConnected is what our own dialer answers when the connection an
// authentication belongs to is gone. Nothing has been sent then.
var errNotConnected = errors.New("the signed-in connection is gone")

// lane is one connection to a node with the sign-in that belongs to it. Any error
// drops both. One request at a time; redirects and proxies are not followed.
type lane struct {
	node  Node
	url   *url.URL
	limit int           // bytes of an answer
	busy  chan struct{} // a token while a request runs
	conn  *laneConn     // nil when not connected and signed in
}

// laneConn is one connection. It has a transport of its own, which dials once: so a
// connection that is late or gone can never be mistaken for another.
type laneConn struct {
	transport *http.Transport
	dialed    atomic.Bool
	peer      *x509.Certificate // of the server, over TLS
	seal      sealer            // nil over TLS
}

func newLane(n Node, limit int) (*lane, error) {
	u, err := url.Parse(n.URL)
	if err != nil {
		return nil, errors.New("URL cannot be read")
	}
	return &lane{node: n, url: u, limit: limit, busy: make(chan struct{}, 1)}, nil
}

func (l *lane) newConn() *laneConn {
	c := &laneConn{}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if c.dialed.Swap(true) {
			return nil, errNotConnected
		}
		return dialer.DialContext(ctx, network, addr)
	}
	c.transport = &http.Transport{
		DialContext: dial,
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			raw, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return l.handshake(ctx, c, raw)
		},
		MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return c
}

func (l *lane) handshake(ctx context.Context, conn *laneConn, raw net.Conn) (net.Conn, error) {
	name := l.node.ServerName
	if name == "" {
		name = l.url.Hostname()
	}
	ctx, cancel := context.WithTimeout(ctx, tlsTimeout)
	defer cancel()
	c := tls.Client(raw, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.node.RootCAs, ServerName: name})
	if err := c.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error is the one that counts
		return nil, err
	}
	if certs := c.ConnectionState().PeerCertificates; len(certs) > 0 {
		conn.peer = certs[0]
	}
	return c, nil
}

// post sends a message and returns the checked answer. A fault is an error.
func (l *lane) post(ctx context.Context, m message) (*reply, error) {
	select {
	case l.busy <- struct{}{}:
		defer func() { <-l.busy }()
	case <-ctx.Done():
		return nil, ctxError(ctx)
	}
	var body []byte
	var err error
	for range 2 { // a kept-alive connection may have been closed meanwhile: once more, on a new one
		if body, err = l.once(ctx, m.body); !errors.Is(err, errNotConnected) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	r, err := parseReply(body)
	if err != nil {
		l.drop()
		return nil, err
	}
	if r.relatesTo != "" && !strings.EqualFold(r.relatesTo, m.id) {
		l.drop()
		return nil, fmt.Errorf("it belongs to another request: %w", errBadAnswer)
	}
	if r.fault != nil {
		return nil, r.fault
	}
	return r, nil
}

// once makes one attempt, signing in first if needed.
func (l *lane) once(ctx context.Context, body []byte) (answer []byte, err error) {
	defer func() {
		if err != nil {
			l.drop()
		}
		if err != nil && ctx.Err() != nil {
			err = ctxError(ctx)
		}
	}()
	if l.conn == nil {
		l.conn = l.newConn()
		if err := l.signIn(ctx); err != nil {
			return nil, err
		}
	}
	status, answer, err := l.exchange(ctx, body)
	if err != nil {
		return nil, err
	}
	switch {
	case status == http.StatusOK, status == http.StatusInternalServerError && len(answer) > 0: // faults are 500
		return answer, nil
	case status == http.StatusUnauthorized:
		return nil, errPassword
	case status == http.StatusForbidden:
		return nil, errForbidden
	default:
		return nil, fmt.Errorf("%w: %w", errBadAnswer, statusError(status))
	}
}

// exchange sends a SOAP body, sealed where the connection seals.
func (l *lane) exchange(ctx context.Context, body []byte) (int, []byte, error) {
	header := http.Header{"Content-Type": {soapType}}
	if l.node.Auth == AuthBasic { // over TLS only, New sees to that
		header.Set("Authorization", basic(l.node))
	}
	seal := l.conn.seal
	if seal != nil {
		sealed, err := sealBody(seal, body)
		if err != nil {
			return 0, nil, err
		}
		body = sealed
		header.Set("Content-Type", sealedType)
	}
	res, answer, err := l.roundTrip(ctx, header, body)
	if err != nil {
		return 0, nil, err
	}
	if seal != nil && (res.StatusCode == http.StatusOK || res.StatusCode == http.StatusInternalServerError) {
		if !strings.HasPrefix(strings.ToLower(res.Header.Get("Content-Type")), "multipart/encrypted") {
			return 0, nil, errPlain
		}
		if answer, err = openBody(seal, answer); err != nil {
			return 0, nil, err
		}
	}
	return res.StatusCode, answer, nil
}

// roundTrip makes one HTTP request and reads its answer, at most limit bytes.
func (l *lane) roundTrip(ctx context.Context, header http.Header, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("request: %w", err)
	}
	// A body that cannot be wound back is not sent twice behind our back.
	req.GetBody = nil
	req.Header = header
	req.Header.Set("User-Agent", userAgent)
	res, err := l.conn.transport.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end or dropped with the connection
	answer, err := io.ReadAll(io.LimitReader(res.Body, int64(l.limit)+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errLane, err)
	}
	if len(answer) > l.limit {
		return nil, nil, fmt.Errorf("more than %d bytes: %w", l.limit, errTooLarge)
	}
	return res, answer, nil
}

// drop gives up the connection and what was agreed on it.
func (l *lane) drop() {
	if l.conn != nil {
		l.conn.transport.CloseIdleConnections()
		l.conn = nil
	}
}

// shut drops the connection once no request uses it, or when ctx ends.
func (l *lane) shut(ctx context.Context) {
	select {
	case l.busy <- struct{}{}:
		l.drop()
		<-l.busy
	case <-ctx.Done():
	}
}
