package remoting

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxXMLDepth    = 64
	maxXMLElements = 20000
)

// stream is one piece of output.
type stream struct {
	name, commandID string
	data            []byte
}

// reply is what an answer says, of whichever kind it is.
type reply struct {
	relatesTo string
	shellID   string
	commandID string
	state     string
	exitCode  int
	streams   []stream
	fault     *fault
}

// parseReply reads an answer token by token, within limits. A document type
// declaration is refused: no answer of WinRM has one.
func parseReply(b []byte) (*reply, error) {
	var (
		r        reply
		path     []xml.StartElement
		text     strings.Builder
		elements int
	)
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("XML: %w: %w", errBadAnswer, err)
		}
		switch t := tok.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("a document type declaration: %w", errBadAnswer)
		case xml.StartElement:
			if elements++; elements > maxXMLElements || len(path) >= maxXMLDepth {
				return nil, fmt.Errorf("too many or too deep elements: %w", errTooLarge)
			}
			if len(path) == 0 && t.Name.Local != "Envelope" {
				return nil, fmt.Errorf("not a SOAP envelope: %w", errBadAnswer)
			}
			path = append(path, t.Copy())
			text.Reset()
			r.begin(t)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			parent := ""
			if len(path) > 1 {
				parent = path[len(path)-2].Name.Local
			}
			if err := r.end(path[len(path)-1], parent, text.String()); err != nil {
				return nil, err
			}
			path = path[:len(path)-1]
			text.Reset()
		}
	}
	if elements == 0 {
		return nil, fmt.Errorf("empty: %w", errBadAnswer)
	}
	return &r, nil
}

func (r *reply) begin(t xml.StartElement) {
	switch t.Name.Local {
	case "Fault":
		r.theFault()
	case "WSManFault":
		f := r.theFault()
		if code, err := strconv.ParseUint(attr(t, "Code"), 10, 32); err == nil && f.Code == 0 {
			f.Code = uint32(code)
		}
	case "CommandState":
		r.state = attr(t, "State")
	}
}

func (r *reply) end(t xml.StartElement, parent, text string) error {
	trimmed := strings.TrimSpace(text)
	switch t.Name.Local {
	case "RelatesTo":
		r.relatesTo = trimmed
	case "Selector":
		if attr(t, "Name") == "ShellId" {
			r.shellID = trimmed
		}
	case "ShellId":
		if r.shellID == "" {
			r.shellID = trimmed
		}
	case "CommandId":
		r.commandID = trimmed
	case "ExitCode":
		r.exitCode, _ = strconv.Atoi(trimmed) // -1073741510 and the like fit; anything else is as good as 0
	case "Stream":
		data, err := base64.StdEncoding.DecodeString(trimmed)
		if err != nil {
			return fmt.Errorf("output is not base64: %w", errBadAnswer)
		}
		r.streams = append(r.streams, stream{attr(t, "Name"), attr(t, "CommandId"), data})
	case "Value":
		if r.fault != nil && parent == "Subcode" {
			r.fault.Subcode = clean(trimmed[strings.LastIndexByte(trimmed, ':')+1:], 64)
		}
	case "Text":
		if r.fault != nil && parent == "Reason" {
			r.fault.Reason = clean(trimmed, 300)
		}
	}
	return nil
}

func (r *reply) theFault() *fault {
	if r.fault == nil {
		r.fault = &fault{}
	}
	return r.fault
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
