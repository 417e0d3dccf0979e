package wsman

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// WinRM's answers pass through http.sys, which writes an empty reason phrase
// and these headers. net/http's server can do neither, hence this writer.
const (
	serverHeader = "Server: Microsoft-HTTPAPI/2.0"
	soapType     = "application/soap+xml;charset=UTF-8"
	soapTypeWide = "application/soap+xml;charset=UTF-16"
	htmlType     = "text/html; charset=us-ascii"
)

// response is an HTTP answer with an explicit Content-Length.
type response struct {
	status      int
	reason      string // empty but for http.sys's own errors
	contentType string
	header      []string // lines; the Server line is added unless it is here
	body        []byte
	close       bool
	noBody      bool // the answer to HEAD
	unread      bool // the request's body was not read to its end
}

func soap(status int, body []byte) *response {
	return &response{status: status, contentType: soapType, body: body}
}

// htmlError is an error http.sys answers by itself.
func htmlError(status int, reason, heading, text string) *response {
	return &response{status: status, reason: reason, contentType: htmlType, close: true, body: fmt.Appendf(nil,
		`<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">`+"\r\n"+
			"<HTML><HEAD><TITLE>%s</TITLE>\r\n"+
			`<META HTTP-EQUIV="Content-Type" Content="text/html; charset=us-ascii"></HEAD>`+"\r\n"+
			"<BODY><h2>%s</h2>\r\n<hr><p>%s</p>\r\n</BODY></HTML>\r\n", reason, heading, text)}
}

// bytes writes the whole answer, in Windows' order of headers, for one Write.
func (r *response) bytes(now time.Time) []byte {
	b := make([]byte, 0, 512+len(r.body))
	line := func(s string) { b = append(append(b, s...), '\r', '\n') }
	line("HTTP/1.1 " + strconv.Itoa(r.status) + " " + r.reason)
	if r.contentType != "" {
		line("Content-Type: " + r.contentType)
	}
	hasServer := false
	for _, h := range r.header {
		hasServer = hasServer || h == serverHeader
	}
	for _, h := range r.header {
		line(h)
	}
	if !hasServer {
		line(serverHeader)
	}
	line("Date: " + now.UTC().Format(http.TimeFormat))
	if r.close {
		line("Connection: close")
	}
	line("Content-Length: " + strconv.Itoa(len(r.body)))
	line("")
	if r.noBody {
		return b
	}
	return append(b, r.body...)
}
