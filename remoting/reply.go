package remoting

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
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

	shells  []listed // of an enumeration
	context string   // where it goes on
	ended   bool     // it does not
}

// parseReply reads an answer within limits.
func parseReply(b []byte) (*reply, error) {
	var r reply
	if err := walkXML(b, r.begin, r.end); err != nil {
		return nil, err
	}
	return &r, nil
}

func (r *reply) begin(e element, depth int) error {
	name := string(e.local())
	if depth == 0 && name != "Envelope" {
		return fmt.Errorf("not a SOAP envelope: %w", errBadAnswer)
	}
	switch name {
	case "Fault":
		r.theFault()
	case "WSManFault":
		f := r.theFault()
		if code, err := strconv.ParseUint(e.attr("Code"), 10, 32); err == nil && f.Code == 0 {
			f.Code = uint32(code)
		}
	case "CommandState":
		r.state = e.attr("State")
	case "Shell":
		r.shells = append(r.shells, listed{})
	case "EndOfSequence":
		r.ended = true
	}
	return nil
}

func (r *reply) end(e, parent element, text []byte) error {
	text = bytes.TrimSpace(text)
	if n := len(r.shells); n > 0 && string(parent.local()) == "Shell" {
		r.shells[n-1].learn(string(e.local()), string(text))
	}
	switch string(e.local()) {
	case "EnumerationContext":
		r.context = string(text)
	case "RelatesTo":
		r.relatesTo = string(text)
	case "Selector":
		if e.attr("Name") == "ShellId" {
			r.shellID = string(text)
		}
	case "ShellId":
		if r.shellID == "" {
			r.shellID = string(text)
		}
	case "CommandId":
		r.commandID = string(text)
	case "ExitCode":
		r.exitCode, _ = strconv.Atoi(string(text)) // -1073741510 and the like fit; anything else is as good as 0
	case "Stream":
		data, err := base64.StdEncoding.AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(text))), text)
		if err != nil {
			return fmt.Errorf("output is not base64: %w", errBadAnswer)
		}
		r.streams = append(r.streams, stream{e.attr("Name"), e.attr("CommandId"), data})
	case "Value":
		if r.fault != nil && string(parent.local()) == "Subcode" {
			r.fault.Subcode = clean(string(text[bytes.LastIndexByte(text, ':')+1:]), 64)
		}
	case "Text":
		if r.fault != nil && string(parent.local()) == "Reason" {
			r.fault.Reason = clean(string(text), 300)
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

func (l *listed) learn(name, text string) {
	switch name {
	case "ShellId":
		l.id = text
	case "Name":
		l.name = text
	case "ResourceUri":
		l.resource = text
	case "ShellRunTime":
		l.age, l.knowsAge = parseAge(text)
	}
}
