package wsman

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// Namespaces, with the prefixes Windows gives them in its answers.
const (
	nsS     = "http://www.w3.org/2003/05/soap-envelope"
	nsA     = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	nsW     = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
	nsP     = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
	nsX     = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
	nsN     = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
	nsE     = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
	nsRSP   = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	nsID    = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
	nsFault = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"

	shellURI = nsRSP + "/cmd"
)

// What a request may hold; a real one stays far below.
const (
	maxDepth    = 64
	maxElements = 10000
)

var errXML = errors.New("not an acceptable XML document")

// element is one node of a parsed request.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	text     string
	children []*element
}

func (e *element) child(space, local string) *element {
	if e != nil {
		for _, c := range e.children {
			if c.name.Space == space && c.name.Local == local {
				return c
			}
		}
	}
	return nil
}

// value is the trimmed text of a child, "" when there is none.
func (e *element) value(space, local string) string {
	if c := e.child(space, local); c != nil {
		return strings.TrimSpace(c.text)
	}
	return ""
}

// attrOr is an attribute's value, or what is meant when it is not there.
func (e *element) attrOr(local, otherwise string) string {
	if e != nil {
		if v := strings.TrimSpace(e.attr(local)); v != "" {
			return v
		}
	}
	return otherwise
}

func (e *element) attr(local string) string {
	for _, a := range e.attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// parseXML reads a whole document into memory; the caller bounds its size.
func parseXML(b []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(label), "utf-16") { // toUTF8 has done it
			return r, nil
		}
		return nil, errXML
	}
	var root *element
	var stack []*element
	text := make([]strings.Builder, 0, 8)
	for count := 0; ; {
		tok, err := d.Token()
		if err == io.EOF && root != nil && len(stack) == 0 {
			return root, nil
		}
		if err != nil {
			return nil, errXML
		}
		switch t := tok.(type) {
		case xml.StartElement:
			count++
			e := &element{name: t.Name, attrs: t.Attr}
			switch {
			case count > maxElements || len(stack) == maxDepth:
				return nil, errXML
			case len(stack) > 0:
				up := stack[len(stack)-1]
				up.children = append(up.children, e)
			case root != nil:
				return nil, errXML
			default:
				root = e
			}
			stack, text = append(stack, e), append(text, strings.Builder{})
		case xml.EndElement:
			last := len(stack) - 1
			stack[last].text = text[last].String()
			stack, text = stack[:last], text[:last]
		case xml.CharData:
			if len(stack) > 0 {
				text[len(stack)-1].Write(t)
			}
		case xml.Directive:
			return nil, errXML // no document type, no entities
		}
	}
}

// request is a WS-Management request.
type request struct {
	action, to, resource, messageID string
	fragment                        string // w:FragmentTransfer, "" without
	maxEnvelope                     int    // bytes, 0 when not said
	timeout                         time.Duration
	selectors, options              map[string]string
	body                            *element // first element of s:Body, may be nil
	cim                             CIM      // what the caller may see, may be nil
}

// parseRequest reads an envelope. The request is returned as far as it was
// understood even with a fault, for the fault's RelatesTo.
func parseRequest(b []byte) (*request, *fault) {
	r := &request{selectors: map[string]string{}, options: map[string]string{}}
	root, err := parseXML(b)
	if err != nil || root.name != (xml.Name{Space: nsS, Local: "Envelope"}) {
		return r, faultSchema()
	}
	body := root.child(nsS, "Body")
	if body != nil && len(body.children) > 0 {
		r.body = body.children[0]
	}
	h := root.child(nsS, "Header")
	r.action, r.to = h.value(nsA, "Action"), h.value(nsA, "To")
	r.resource, r.messageID = h.value(nsW, "ResourceURI"), h.value(nsA, "MessageID")
	r.fragment = h.value(nsW, "FragmentTransfer")
	if body == nil {
		return r, faultHeader("The SOAP packet that WS-Management received did not contain a valid Body element. ")
	}
	if r.body != nil && r.body.name == (xml.Name{Space: nsID, Local: "Identify"}) {
		return r, nil
	}
	if r.action == "" {
		return r, faultHeader("The SOAP packet did not contain a valid Action header. ")
	}
	if v := h.value(nsW, "MaxEnvelopeSize"); v != "" {
		if r.maxEnvelope, err = strconv.Atoi(v); err != nil || r.maxEnvelope < 8192 {
			return r, faultParameter("MaxEnvelopeSize")
		}
	}
	if v := h.value(nsW, "OperationTimeout"); v != "" {
		var ok bool
		if r.timeout, ok = parseDuration(v); !ok {
			return r, faultParameter("OperationTimeout")
		}
	}
	named := func(set, item string, to map[string]string) {
		if e := h.child(nsW, set); e != nil {
			for _, c := range e.children {
				if c.name.Local == item {
					to[c.attr("Name")] = strings.TrimSpace(c.text)
				}
			}
		}
	}
	named("SelectorSet", "Selector", r.selectors)
	named("OptionSet", "Option", r.options)
	return r, nil
}

// parseDuration reads an xs:duration of days, hours, minutes and seconds.
func parseDuration(s string) (time.Duration, bool) {
	s, ok := strings.CutPrefix(s, "P")
	days, clock, timed := strings.Cut(s, "T")
	if !ok || s == "" || timed && clock == "" {
		return 0, false
	}
	var total float64
	for _, part := range []struct {
		text  string
		units map[byte]float64
	}{{days, map[byte]float64{'D': 86400}}, {clock, map[byte]float64{'H': 3600, 'M': 60, 'S': 1}}} {
		for rest := part.text; rest != ""; {
			i := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
			if i <= 0 || part.units[rest[i]] == 0 {
				return 0, false
			}
			n, err := strconv.ParseFloat(rest[:i], 64)
			if err != nil {
				return 0, false
			}
			total += n * part.units[rest[i]]
			delete(part.units, rest[i])
			rest = rest[i+1:]
		}
	}
	if total > 1e9 { // thirty years, and well inside time.Duration
		return 0, false
	}
	return time.Duration(total * float64(time.Second)), true
}
