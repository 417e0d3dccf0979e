package wsman

import (
	"context"
	"encoding/base64"
	"strings"
	"time"
)

// caller is who sent a request.
type caller struct {
	account, ip, endpoint string
	waits                 func() // called before the request waits for long
}

// handle carries out a request and returns the HTTP status and the answer.
func (s *Server) handle(ctx context.Context, c *caller, message []byte) (status int, answer []byte) {
	r, f := parseRequest(message)
	if f == nil {
		if answer, f = s.dispatch(ctx, c, r); f == nil {
			return 200, answer
		}
	}
	s.o.Logger.Debug("fault", "node", s.o.Machine, "action", lastPart(r.action), "code", f.number)
	return 500, f.envelope(r, s.o.Machine)
}

func (s *Server) dispatch(ctx context.Context, c *caller, r *request) ([]byte, *fault) {
	if r.body != nil && r.body.name.Space == nsID && r.body.name.Local == "Identify" {
		return s.identify(s.o.ProductVersion), nil
	}
	do, ok := actions[r.action]
	if !ok {
		return nil, faultAction(r.action)
	}
	if !s.o.Authorize(c.account) {
		return nil, faultDenied()
	}
	r.cim = s.o.CIMFor(c.account)
	if f := do.allows(r); f != nil {
		return nil, f
	}
	if d := s.o.Delay(lastPart(r.action)); d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, faultAborted()
		}
	}
	if !s.enter(c.account) {
		return nil, faultOperationQuota(s.o.MaxOperationsPerUser)
	}
	defer s.leave(c.account, 1)
	ctx, cancel := context.WithTimeoutCause(ctx, operationTimeout(r.timeout, s.o.MaxTimeout), errOperationTimeout)
	defer cancel()
	return do.run(s, ctx, c, r)
}

// action is one operation and the resources it is for.
type action struct {
	shellOnly bool // takes the cmd shell's resource URI only
	run       func(*Server, context.Context, *caller, *request) ([]byte, *fault)
}

// allows says why an action cannot be carried out on the request's resource.
func (a action) allows(r *request) *fault {
	if a.shellOnly {
		t, f := r.target()
		if f == nil && t.kind != resourceShell {
			f = faultAction(r.action)
		}
		return f
	}
	return nil
}

var actions = map[string]action{
	nsX + "/Create":    {true, (*Server).doCreate},
	nsX + "/Delete":    {true, (*Server).doDelete},
	nsX + "/Get":       {false, (*Server).doGet},
	nsRSP + "/Command": {true, (*Server).doCommand},
	nsRSP + "/Send":    {true, (*Server).doSend},
	nsRSP + "/Receive": {true, (*Server).doReceive},
	nsRSP + "/Signal":  {true, (*Server).doSignal},
	nsN + "/Enumerate": {false, (*Server).doEnumerate},
	nsN + "/Pull":      {false, (*Server).doPull},
	nsN + "/Release":   {false, (*Server).doRelease},
}

// identify answers without a header's worth of addressing (DSP0226 11).
func (s *Server) identify(version string) []byte {
	w := &writer{}
	w.raw(`<s:Envelope xml:lang="en-US" xmlns:s="`, nsS, `"><s:Header></s:Header><s:Body><wsmid:IdentifyResponse xmlns:wsmid="`, nsID,
		`"><wsmid:ProtocolVersion>`, nsW, `</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>`).
		element("wsmid:ProductVersion", version)
	return w.raw(`</wsmid:IdentifyResponse>`).end()
}

func (s *Server) doCreate(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	if r.body == nil || r.body.name.Local != "Shell" {
		return nil, faultSchema()
	}
	sh, f := s.create(c, r.body)
	if f != nil {
		return nil, f
	}
	address := r.to
	if address == "" {
		address = c.endpoint
	}
	w := newEnvelope(nsX+"/CreateResponse", r.messageID, "x", "w", "rsp", "p")
	w.raw(`<x:ResourceCreated><a:Address>`).text(address).raw(`</a:Address><a:ReferenceParameters><w:ResourceURI>`, shellURI,
		`</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">`, sh.id,
		`</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>`)
	sh.write(w)
	return w.end(), nil
}

func (s *Server) doDelete(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	sh, f := s.findShell(c, r, true)
	if f != nil {
		return nil, f
	}
	sh.close()
	return newEnvelope(nsX+"/DeleteResponse", r.messageID, "w", "p").end(), nil
}

func (s *Server) doCommand(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	sh, f := s.find(c, r)
	if f != nil {
		return nil, f
	}
	defer sh.release()
	if r.body == nil || r.body.name.Local != "CommandLine" || r.body.child(nsRSP, "Command") == nil {
		return nil, faultSchema()
	}
	p := &Process{Command: r.body.child(nsRSP, "Command").text,
		ViaCmd:    !isTrue(r.options["WINRS_SKIP_CMD_SHELL"]),
		PipeStdin: !isTrue(r.options["WINRS_CONSOLEMODE_STDIN"])}
	for _, e := range r.body.children {
		if e.name.Local == "Arguments" {
			p.Args = append(p.Args, e.text)
		}
	}
	p.CommandLine = strings.Join(append([]string{p.Command}, p.Args...), " ")
	cmd, f := sh.start(r.body.attr("CommandId"), p)
	if f != nil {
		return nil, f
	}
	w := newEnvelope(nsRSP+"/CommandResponse", r.messageID, "x", "w", "rsp", "p")
	w.raw(`<rsp:CommandResponse><rsp:CommandId>`, cmd.id, `</rsp:CommandId></rsp:CommandResponse>`)
	return w.end(), nil
}

func (s *Server) doSend(ctx context.Context, c *caller, r *request) ([]byte, *fault) {
	sh, f := s.find(c, r)
	if f != nil {
		return nil, f
	}
	defer sh.release()
	if r.body == nil || r.body.name.Local != "Send" {
		return nil, faultSchema()
	}
	for _, e := range r.body.children {
		if e.name.Local != "Stream" {
			continue
		}
		if e.attr("Name") != "stdin" {
			return nil, faultParameter("Stream Name")
		}
		cmd, f := sh.command(e.attr("CommandId"))
		if f != nil {
			return nil, f
		}
		data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(e.text))
		if err != nil {
			return nil, faultParameter("Stream")
		}
		if f := cmd.send(ctx, c.waits, data, isTrue(e.attr("End"))); f != nil {
			return nil, f
		}
	}
	w := newEnvelope(nsRSP+"/SendResponse", r.messageID, "w", "rsp", "p")
	return w.raw(`<rsp:SendResponse></rsp:SendResponse>`).end(), nil
}

func (s *Server) doReceive(ctx context.Context, c *caller, r *request) ([]byte, *fault) {
	sh, f := s.find(c, r)
	if f != nil {
		return nil, f
	}
	defer sh.release()
	desired := r.body.child(nsRSP, "DesiredStream")
	if desired == nil {
		return nil, faultSchema()
	}
	streams := strings.Fields(desired.text)
	for _, name := range streams {
		if name != "stdout" && name != "stderr" {
			return nil, faultParameter("DesiredStream")
		}
	}
	cmd, f := sh.command(desired.attr("CommandId"))
	if f != nil {
		return nil, f
	}
	size := s.o.MaxEnvelopeKB << 10
	if r.maxEnvelope > 0 {
		size = min(size, r.maxEnvelope)
	}
	w := newEnvelope(nsRSP+"/ReceiveResponse", r.messageID, "w", "rsp", "p")
	w.raw(`<rsp:ReceiveResponse>`)
	if f := cmd.receive(ctx, c.waits, streams, size-envelopeCost, w); f != nil {
		return nil, f
	}
	return w.raw(`</rsp:ReceiveResponse>`).end(), nil
}

// envelopeCost is kept free in a ReceiveResponse for everything but output.
const envelopeCost = 2048

func (s *Server) doSignal(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	sh, f := s.find(c, r)
	if f != nil {
		return nil, f
	}
	defer sh.release()
	if r.body == nil || r.body.name.Local != "Signal" {
		return nil, faultSchema()
	}
	cmd, f := sh.command(r.body.attr("CommandId"))
	if f != nil {
		return nil, f
	}
	switch code := r.body.value(nsRSP, "Code"); strings.ToLower(lastPart(code)) {
	case "terminate":
		sh.forget(cmd)
	case "ctrl_c", "ctrl_break":
		if cmd.console {
			cmd.interrupt()
		}
	default:
		return nil, faultParameter("signal Code")
	}
	w := newEnvelope(nsRSP+"/SignalResponse", r.messageID, "w", "rsp", "p")
	return w.raw(`<rsp:SignalResponse></rsp:SignalResponse>`).end(), nil
}

func lastPart(uri string) string { return uri[strings.LastIndexByte(uri, '/')+1:] }

// isTrue reads a winrs option or xs:boolean.
func isTrue(s string) bool { return strings.EqualFold(s, "true") || s == "1" }
