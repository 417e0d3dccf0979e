package wsman

import (
	"bytes"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

const anonymous = nsA + "/role/anonymous"

var namespaces = map[string]string{"s": nsS, "a": nsA, "w": nsW, "p": nsP, "x": nsX, "n": nsN, "e": nsE, "rsp": nsRSP}

// writer builds an answer; Windows writes no white space between elements.
type writer struct{ b bytes.Buffer }

// newEnvelope writes everything up to the body. Besides s and a, an answer
// declares the prefixes its kind of message uses, in Windows' order.
func newEnvelope(action, relatesTo string, prefixes ...string) *writer {
	return newEnvelopeWith(func(*writer) {}, action, relatesTo, prefixes...)
}

// newEnvelopeWith lets header add its own headers after the usual ones.
func newEnvelopeWith(header func(*writer), action, relatesTo string, prefixes ...string) *writer {
	w := &writer{}
	w.raw(`<s:Envelope xml:lang="en-US" xmlns:s="`, nsS, `" xmlns:a="`, nsA)
	for _, p := range prefixes {
		w.raw(`" xmlns:`, p, `="`, namespaces[p])
	}
	w.raw(`"><s:Header><a:Action>`, action, `</a:Action><a:MessageID>uuid:`, newUUID(),
		`</a:MessageID><a:To>`, anonymous, `</a:To>`)
	if relatesTo != "" {
		w.raw(`<a:RelatesTo>`).text(relatesTo).raw(`</a:RelatesTo>`)
	}
	header(w)
	return w.raw(`</s:Header><s:Body>`)
}

func (w *writer) raw(parts ...string) *writer {
	for _, p := range parts {
		w.b.WriteString(p)
	}
	return w
}

// text writes s escaped, good inside elements and attributes.
func (w *writer) text(s string) *writer {
	_ = xml.EscapeText(&w.b, []byte(s)) // a bytes.Buffer does not fail
	return w
}

// element writes <name>text</name>, or nothing when text is empty.
func (w *writer) element(name, text string) *writer {
	if text == "" {
		return w
	}
	return w.raw("<", name, ">").text(text).raw("</", name, ">")
}

func (w *writer) end() []byte { return w.raw(`</s:Body></s:Envelope>`).b.Bytes() }

// newUUID returns a random UUID in the upper case Windows uses.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return strings.ToUpper(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

// elapsed writes a duration as Windows does for ShellRunTime: P0DT0H40M30S.
func elapsed(d time.Duration) string {
	s := int64(d / time.Second)
	return fmt.Sprintf("P%dDT%dH%dM%dS", s/86400, s/3600%24, s/60%60, s%60)
}

// seconds writes a duration as Windows does for IdleTimeOut: PT7200.000S.
func seconds(d time.Duration) string { return fmt.Sprintf("PT%.3fS", d.Seconds()) }
