package remoting

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

const (
	soapType  = "application/soap+xml;charset=UTF-8"
	userAgent = "LooksAlive"
)

// lane is one connection to a node with the sign-in that belongs to it. Any error
// drops both. One request at a time; redirects and proxies are not followed.
type lane struct {
	node  Node
	url   *url.URL
	host  string        // as the node is to see it
	limit int           // bytes of an answer
	busy  chan struct{} // a token while a request runs
	conn  *laneConn     // nil when not connected and signed in

	credential *credential
}

// newLane makes a lane that signs in with a credential; nil is one of its own.
func newLane(n Node, c *credential, limit int) (*lane, error) {
	if c == nil {
		c = newCredential(n.Identity, time.Now)
	}
	u, err := url.Parse(n.URL)
	if err != nil {
		return nil, errors.New("URL cannot be read")
	}
	host := u.Host
	if before, zone, ok := strings.Cut(host, "%"); ok { // an IPv6 zone is ours alone (RFC 6874 section 1)
		_, after, _ := strings.Cut(zone, "]")
		host = before + "]" + after
	}
	return &lane{node: n, url: u, host: host, limit: limit, credential: c, busy: make(chan struct{}, 1)}, nil
}

// post sends a message and returns the checked answer. A fault is an error.
func (l *lane) post(ctx context.Context, m message) (*reply, error) {
	select {
	case l.busy <- struct{}{}:
		defer func() { <-l.busy }()
	case <-ctx.Done():
		return nil, unsent{ctxError(ctx)}
	}
	body, err := l.once(ctx, m.body)
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

// once makes one attempt, signing in first if needed. The error is unsent if it did
// not get further than that.
func (l *lane) once(ctx context.Context, body []byte) (answer []byte, err error) {
	sent := false
	defer func() {
		if err == nil {
			return
		}
		l.drop()
		if ctx.Err() != nil {
			err = ctxError(ctx)
		}
		if !sent {
			err = unsent{err}
		}
	}()
	if l.conn != nil && l.conn.stale() {
		l.drop()
	}
	if l.conn != nil && l.eachRequest() {
		if err := l.credential.refused(l.node.key()); err != nil {
			return nil, err // the other lane found out
		}
	}
	if l.conn == nil {
		if l.conn, err = l.connect(ctx); err != nil {
			return nil, err
		}
		if err := l.signIn(ctx); err != nil {
			return nil, err
		}
	}
	sent = true
	res, answer, err := l.exchange(ctx, body)
	if err == nil {
		err = l.refused(res, answer)
	}
	if err = l.decided(err); err != nil {
		return nil, err
	}
	return answer, nil
}

// refused says what an answer's status means, nil if it is one to be read.
func (l *lane) refused(res *http.Response, answer []byte) error {
	switch status := res.StatusCode; {
	case status == http.StatusOK, status == http.StatusInternalServerError && len(answer) > 0: // faults are 500
		return nil
	case status == http.StatusForbidden:
		return errForbidden
	case status != http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", errBadAnswer, statusError(status))
	case l.node.Auth == cluster.AuthBasic && notOffered(res, "Basic"):
		return errNoBasic
	case l.eachRequest():
		return errPassword
	default:
		// The connection is signed in: what is rejected is not the password.
		return errSignedOut
	}
}

// eachRequest says that the credential goes with each request, not the connection.
func (l *lane) eachRequest() bool {
	return l.node.Auth == cluster.AuthBasic || l.node.Auth == cluster.AuthCertificate
}

// decided tells the credential what came of a request that carried it.
func (l *lane) decided(err error) error {
	if tell := l.conn.tell; tell != nil {
		l.conn.tell = nil
		return tell(err)
	}
	if l.eachRequest() && errors.Is(err, errPassword) {
		return l.credential.settle(l.node.key(), err)
	}
	return err
}

// notOffered says that a 401 lists ways to sign in, and this one is not among them.
func notOffered(res *http.Response, scheme string) bool {
	offers := res.Header.Values("WWW-Authenticate")
	for _, o := range offers {
		if name, _, _ := strings.Cut(strings.TrimSpace(o), " "); strings.EqualFold(name, scheme) {
			return false
		}
	}
	return len(offers) > 0
}

// exchange sends a SOAP body, sealed where the connection seals.
func (l *lane) exchange(ctx context.Context, body []byte) (*http.Response, []byte, error) {
	seal := l.conn.seal
	if seal == nil && l.url.Scheme != "https" {
		return nil, nil, errWeak // never leaves a body unsealed that should be sealed
	}
	contentType, authorization := soapType, ""
	switch l.node.Auth { // both over TLS only, as was just seen to
	case cluster.AuthBasic:
		authorization = basic(l.node)
	case cluster.AuthCertificate:
		authorization = mutual
	}
	if seal != nil {
		var err error
		if body, err = sealBody(seal, body); err != nil {
			return nil, nil, err
		}
		contentType = sealedType
	}
	res, answer, err := l.conn.roundTrip(ctx, l.request(contentType, authorization, body), l.limit)
	if err != nil {
		return nil, nil, err
	}
	if seal != nil && (res.StatusCode == http.StatusOK || res.StatusCode == http.StatusInternalServerError) {
		if !strings.HasPrefix(strings.ToLower(res.Header.Get("Content-Type")), "multipart/encrypted") {
			return nil, nil, errPlain
		}
		if answer, err = openBody(seal, answer); err != nil {
			return nil, nil, err
		}
	}
	return res, answer, nil
}

// request is an HTTP request in full. What is put into it is ours, or was checked
// when its URL was parsed.
func (l *lane) request(contentType, authorization string, body []byte) []byte {
	b := make([]byte, 0, 512+len(authorization)+len(body))
	b = append(b, "POST "...)
	b = append(b, l.url.RequestURI()...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, l.host...)
	b = append(b, "\r\nUser-Agent: "+userAgent+"\r\nContent-Type: "...)
	b = append(b, contentType...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	if authorization != "" {
		b = append(b, "\r\nAuthorization: "...)
		b = append(b, authorization...)
	}
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// drop gives up the connection and what was agreed on it.
func (l *lane) drop() {
	if l.conn != nil {
		_ = l.conn.tcp.Close() // nothing is left to be lost
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
