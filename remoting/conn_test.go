package remoting

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"looksalive/cluster"
)

// wireServer reads HTTP requests and writes what the test wants, byte for byte.
type wireServer struct {
	url   string
	pin   string
	conns atomic.Int64
}

func newWireServer(t *testing.T, answer func(n int, r *http.Request, w io.Writer)) *wireServer {
	t.Helper()
	own := (&authority{}).issue(t, nil)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &wireServer{url: "https://" + l.Addr().String() + "/wsman?a=b", pin: PinOf(own.Leaf)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			t.Cleanup(func() { _ = conn.Close() })
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for n := 0; ; n++ {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					answer(n, r, conn)
				}
			}()
		}
	}()
	return s
}

// lane does not sign in: Basic needs no messages of its own.
func (s *wireServer) lane(t *testing.T) *lane {
	t.Helper()
	n := Node{URL: s.url, Auth: cluster.AuthBasic, Trust: cluster.TrustPin, Pin: s.pin, Identity: cluster.Identity{User: "u", Password: cluster.NewSecret("p")}}
	l, err := newLane(n, nil, 10000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.drop)
	return l
}

func TestAnswersOnTheWire(t *testing.T) {
	soap := answerTo("", "<rsp:CommandId>C</rsp:CommandId>")
	plain := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(soap), soap)
	for name, c := range map[string]struct {
		bytes string
		want  error // nil: it is understood
		again bool  // the connection carries the next request
	}{
		"as Windows does":          {plain, nil, true},
		"in chunks":                {fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", 5, soap[:5], len(soap)-5, soap[5:]), nil, true},
		"after an interim one":     {"HTTP/1.1 100 Continue\r\n\r\n" + plain, nil, true},
		"and closes":               {strings.Replace(plain, "\r\n", "\r\nConnection: close\r\n", 1), nil, false},
		"of HTTP/1.0":              {strings.Replace(plain, "HTTP/1.1", "HTTP/1.0", 1), nil, false},
		"and one nobody asked for": {plain + plain, nil, false},
		"interim without end":      {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), errBadAnswer, false},
		"another protocol":         {"HTTP/1.1 101 Switching Protocols\r\n\r\n", errBadAnswer, false},
		"no HTTP":                  {"SSH-2.0-OpenSSH_9.2\r\n", errBadAnswer, false},
		"a header without end":     {"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 1000), errTooLarge, false},
		"a line without end":       {"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 1<<20), errTooLarge, false},
		"a body announced too big": {"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n", errTooLarge, false},
		"a body that is too big":   {"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("a", 20000), errTooLarge, false},
		"chunks that are too big":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("3e8\r\n"+strings.Repeat("a", 1000)+"\r\n", 20), errTooLarge, false},
		"a length below zero":      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", errBadAnswer, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWireServer(t, func(_ int, r *http.Request, w io.Writer) {
				if user, password, _ := r.BasicAuth(); user != "u" || password != "p" || r.RequestURI != "/wsman?a=b" || r.Header.Get("Content-Type") != soapType {
					t.Errorf("the request was %+v", r)
				}
				_, _ = io.WriteString(w, c.bytes)
			})
			l := s.lane(t)
			for range 2 {
				r, err := l.post(t.Context(), message{body: []byte("<x/>")})
				if !errors.Is(err, c.want) || c.want == nil && r.commandID != "C" {
					t.Errorf("got %+v, %v, want %v", r, err, c.want)
				}
			}
			if n := s.conns.Load(); (n == 1) != c.again {
				t.Errorf("two requests took %d connections", n)
			}
		})
	}
}

func TestZoneStaysHere(t *testing.T) {
	for raw, want := range map[string]string{
		"https://[fe80::1%25eth0]:5986/wsman": "[fe80::1]:5986", "https://[fe80::1%25eth0]/wsman": "[fe80::1]", "https://[2001:db8::1]:5986/wsman": "[2001:db8::1]:5986",
		"https://hv-01:5986/wsman": "hv-01:5986",
	} {
		l, err := newLane(Node{URL: raw}, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(l.request("", "", nil)); !strings.Contains(got, "\r\nHost: "+want+"\r\n") {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

func TestGivenUpRequestEndsItsConnection(t *testing.T) {
	soap := answerTo("", "")
	reached := make(chan struct{})
	s := newWireServer(t, func(n int, r *http.Request, w io.Writer) {
		if n == 1 {
			close(reached) // and no answer
			return
		}
		_, _ = fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(soap), soap)
	})
	l := s.lane(t)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := l.post(ctx, message{}); err != nil {
		t.Fatal(err)
	}
	go func() { <-reached; cancel() }()
	if _, err := l.post(ctx, message{}); !errors.Is(err, errCanceled) {
		t.Errorf("got %v", err)
	}
	if _, err := l.post(t.Context(), message{}); err != nil || s.conns.Load() != 2 {
		t.Errorf("the next request: %v, on %d connections", err, s.conns.Load())
	}
}
