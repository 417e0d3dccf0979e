package wsman

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	maxHeader = 64 << 10
	// bodyCost is what sealing adds to an envelope at most.
	bodyCost = 4 << 10
	// idleConnection is http.sys's IdleConnectionTimeout.
	idleConnection = 2 * time.Minute
	writeTimeout   = time.Minute
	// A refused client may finish sending this much, this long.
	lingerTime = time.Second
	maxLinger  = 16 << 20
)

// conn is one client connection. NTLM authenticates connections, not requests,
// so the account and the security context live here. One goroutine serves it,
// request by request.
type conn struct {
	s        *Server
	nc       net.Conn
	listener bool // the HTTPS one
	secure   bool // there is TLS
	limit    io.LimitedReader
	br       *bufio.Reader
	ctx      context.Context
	cancel   context.CancelFunc
	watched  chan struct{} // not nil while watch reads; closed when it has read

	binding []byte // of the certificate this connection shows
	nego    negotiation
	account string
	session *session
}

func newConn(s *Server, nc net.Conn, secure bool) *conn {
	c := &conn{s: s, nc: nc, listener: secure}
	if config := s.tlsNow(secure); config != nil {
		c.secure = true
		if len(config.Certificates) > 0 && len(config.Certificates[0].Certificate) > 0 {
			c.binding = channelBinding(config.Certificates[0])
		}
		c.nc = tls.Server(nc, config)
	}
	c.limit.R = c.nc
	c.br = bufio.NewReader(&c.limit)
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	return c
}

func (c *conn) serve() {
	defer c.nc.Close()
	defer c.cancel()
	for c.ctx.Err() == nil {
		c.deadline(idleConnection)
		c.awaitWatch()
		c.limit.N = maxHeader
		req, err := http.ReadRequest(c.br)
		if c.s.o.Refuse() {
			c.reset()
			return
		}
		if err != nil {
			var netErr net.Error
			if !errors.Is(err, io.EOF) && !errors.As(err, &netErr) && c.ctx.Err() == nil {
				c.write(htmlError(400, "Bad Request", "Bad Request - Invalid Header", "HTTP Error 400. The request has an invalid header name."))
			}
			return
		}
		resp := c.respond(req)
		resp.close = resp.close || req.Close
		resp.noBody = req.Method == http.MethodHead
		if c.ctx.Err() != nil || c.write(resp) != nil {
			return
		}
		if resp.close {
			if resp.unread {
				c.linger()
			}
			return
		}
	}
}

// deadline bounds the next reads. It is a property of the transport and not
// part of any model's time, so it goes by the process's own clock.
func (c *conn) deadline(d time.Duration) { _ = c.nc.SetReadDeadline(time.Now().Add(d)) }

func (c *conn) write(r *response) error {
	_ = c.nc.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := c.nc.Write(r.bytes(c.s.o.Now()))
	return err
}

// reset cuts the connection without a farewell.
func (c *conn) reset() {
	c.cancel()
	raw := c.nc
	if t, ok := raw.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if t, ok := raw.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	raw.Close()
}

// linger takes in what the client is still sending, for a while, so that the
// answer is not lost with a reset.
func (c *conn) linger() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		c.deadline(lingerTime)
		_, _ = io.CopyN(io.Discard, c.nc, maxLinger)
	}
}

// unavailable is the answer beyond MaxConnections.
func (c *conn) unavailable() {
	defer c.nc.Close()
	defer c.cancel()
	_ = c.write(htmlError(503, "Service Unavailable", "Service Unavailable", "HTTP Error 503. The service is unavailable."))
}

// watch notices a client that goes away while its request waits, by reading
// ahead for the next request.
func (c *conn) watch() {
	if c.watched != nil {
		return
	}
	_ = c.nc.SetReadDeadline(time.Time{})
	c.limit.N = maxHeader
	read := make(chan struct{})
	c.watched = read
	go func() {
		defer close(read)
		if _, err := c.br.Peek(1); err != nil {
			c.cancel()
		}
	}()
}

// awaitWatch waits for the next request to begin when watch is reading.
func (c *conn) awaitWatch() {
	if c.watched != nil {
		<-c.watched
		c.watched = nil
	}
}

// respond answers one request.
func (c *conn) respond(req *http.Request) *response {
	s := c.s
	most := int64(s.o.MaxEnvelopeKB)<<10 + bodyCost
	if req.ContentLength > most {
		return &response{status: 413, close: true, unread: true}
	}
	if req.ContentLength != 0 && strings.EqualFold(req.Header.Get("Expect"), "100-continue") {
		if _, err := io.WriteString(c.nc, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return &response{status: 400, close: true}
		}
	}
	c.limit.N = 2 * most // chunk headers included
	body, err := io.ReadAll(io.LimitReader(req.Body, most+1))
	switch {
	case int64(len(body)) > most || c.limit.N <= 0:
		return &response{status: 413, close: true, unread: true}
	case err != nil:
		return &response{status: 400, close: true, unread: true}
	}
	anonymous := strings.EqualFold(req.Header.Get("WSMANIDENTIFY"), "unauthenticated")
	switch path := strings.TrimSuffix(req.URL.Path, "/"); {
	case !strings.EqualFold(path, "/wsman") && !(anonymous && strings.EqualFold(path, "/wsman-anon/identify")):
		return htmlError(404, "Not Found", "Not Found", "HTTP Error 404. The requested resource is not found.")
	case req.Method != http.MethodPost:
		return &response{status: 405, header: []string{"Allow: POST"}}
	}
	if anonymous {
		// The version is kept from strangers (Win32 documentation, "Detecting
		// Whether a Remote Computer Supports WS-Management Protocol").
		text, _ := toUTF8(req.Header.Get("Content-Type"), body)
		if r, f := parseRequest(text); f == nil && r.body != nil && r.body.name.Local == "Identify" {
			return soap(200, s.identify("OS: 0.0.0 SP: 0.0 Stack: 3.0"))
		}
	}
	account, reply, refusal := c.authenticate(req)
	if refusal != nil {
		return refusal
	}
	resp := c.deliver(req, account, body)
	if reply != "" && resp.status != 401 {
		resp.header = append([]string{"WWW-Authenticate: " + reply}, resp.header...)
	}
	return resp
}

// authenticate returns the account a request runs under and the last token for
// the client, or the refusal to send.
func (c *conn) authenticate(req *http.Request) (account, reply string, refusal *response) {
	scheme, value, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	value = strings.TrimSpace(value)
	methods := c.s.o.Methods()
	switch {
	case scheme == "" && c.account != "":
		return c.account, "", nil
	case strings.EqualFold(scheme, mutual) && c.s.o.Mapping != nil && methods.Certificate && c.secure:
		if account, ok := c.certificate(); ok {
			return account, "", nil
		}
	case strings.EqualFold(scheme, "Basic") && c.offersBasic():
		if account, ok := basic(&c.s.o, value); ok {
			return account, "", nil
		}
	case strings.EqualFold(scheme, "Negotiate") && methods.Negotiate:
		c.account, c.session = "", nil
		token, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			break
		}
		out, account, session, err := c.nego.step(&c.s.o, token, c.binding)
		if err != nil {
			c.s.o.Logger.Debug("authentication refused", "node", c.s.o.Machine, "err", err)
			break
		}
		if out != nil {
			reply = "Negotiate " + base64.StdEncoding.EncodeToString(out)
		}
		if account == "" {
			return "", "", &response{status: 401, header: []string{serverHeader, "WWW-Authenticate: " + reply}}
		}
		c.account, c.session = account, session
		return account, reply, nil
	}
	c.account, c.session, c.nego = "", nil, negotiation{}
	return "", "", c.unauthorized()
}

// offersBasic: Windows refuses it on an unencrypted connection by default.
func (c *conn) offersBasic() bool {
	return c.s.o.Methods().Basic && (c.secure || c.s.o.AllowUnencrypted)
}

func (c *conn) unauthorized() *response {
	r := &response{status: 401, close: true, header: []string{serverHeader}}
	if c.s.o.Methods().Negotiate {
		r.header = append(r.header, "WWW-Authenticate: Negotiate")
	}
	if c.offersBasic() {
		r.header = append(r.header, `WWW-Authenticate: Basic realm="WSMAN"`)
	}
	return r
}

// deliver opens the body of an authenticated request and carries it out.
func (c *conn) deliver(req *http.Request, account string, body []byte) *response {
	if len(body) == 0 {
		return &response{status: 200}
	}
	sealed := strings.HasPrefix(strings.ToLower(req.Header.Get("Content-Type")), "multipart/encrypted")
	switch {
	case sealed:
		if c.session == nil {
			return &response{status: 400, close: true}
		}
		plain, err := c.session.openBody(body)
		if err != nil {
			c.s.o.Logger.Debug("sealed message refused", "node", c.s.o.Machine, "err", err)
			return &response{status: 400, close: true}
		}
		body = plain
	case !c.secure && !c.s.o.AllowUnencrypted:
		return c.unauthorized()
	}
	wide := false
	if body, wide = toUTF8(req.Header.Get("Content-Type"), body); body == nil {
		return &response{status: 400, close: true}
	}
	ip, _, _ := net.SplitHostPort(c.nc.RemoteAddr().String())
	scheme := "http://"
	if c.secure {
		scheme = "https://"
	}
	from := &caller{account: account, ip: ip, endpoint: scheme + req.Host + "/wsman", waits: c.watch}
	status, answer := c.s.handle(c.ctx, from, body)
	kind := soapType
	if wide {
		answer, kind = toUTF16(answer), soapTypeWide
	}
	resp := &response{status: status, contentType: kind, body: answer}
	if sealed && c.ctx.Err() == nil {
		resp.contentType, resp.body = sealedType, c.session.sealBody(kind, answer)
	}
	return resp
}
