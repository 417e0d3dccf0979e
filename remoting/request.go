package remoting

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"strings"
	"time"

	"github.com/masterzen/winrm/soap"
)

// Addresses of WS-Management's actions and of the command shell (MS-WSMV).
const (
	actionCreate  = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"
	actionDelete  = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete"
	shellURI      = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	cmdURI        = shellURI + "/cmd"
	anonymous     = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
	signalKill    = shellURI + "/signal/terminate"
	stateDone     = shellURI + "/CommandState/Done"
	maxEnvelope   = 153600       // bytes; every supported Windows accepts it
	shellIdle     = "PT180.000S" // a shell nobody asks any more, ours after a crash, goes away
	receiveFor    = "PT55S"      // below Windows' MaxTimeoutms of 60 s
	sendFor       = "PT20S"
	receiveLimit  = 70 * time.Second // of the HTTP request, longer than receiveFor
	laneSLimit    = 25 * time.Second
	sendLimit     = 5 * time.Second
	maxID         = 256      // bytes of an id a node gives, which goes back in every request
	errOutputSize = 16 << 10 // bytes of standard error that are looked at, per program
)

// message is a SOAP envelope and the id its answer must refer to.
type message struct {
	id   string
	body []byte
}

// newID is a random (version 4) UUID in the form WS-Management uses.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // does not fail
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	x := strings.ToUpper(hex.EncodeToString(b[:]))
	return "uuid:" + x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// escape makes a value safe as XML text and attribute: the builder does not.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// envelope begins a message about a shell or all of them; fill adds the body.
func envelope(url, action, shellID, timeout string, options [][2]string, fill func(*soap.SoapMessage)) message {
	return envelopeTo(cmdURI, url, action, shellID, timeout, options, fill)
}

func envelopeTo(resource, url, action, shellID, timeout string, options [][2]string, fill func(*soap.SoapMessage)) message {
	id := newID()
	m := soap.NewMessage()
	h := m.Header().To(escape(url)).ReplyTo(anonymous).MaxEnvelopeSize(maxEnvelope).Id(id).
		Locale("en-US").Timeout(timeout).Action(action).ResourceURI(resource).ShellId(escape(shellID))
	for _, o := range options {
		h.AddOption(soap.NewHeaderOption(o[0], o[1]))
	}
	h.Build()
	if fill == nil {
		m.NewBody()
	} else {
		fill(m)
	}
	return message{id: id, body: []byte(m.String())}
}

// template is a message sent again and again: its id and one text in it change.
// It is cut from the message the builder makes.
type template struct{ head, middle, tail string }

// placeholder stands for the text that changes. It is the last of the message.
const placeholder = "AAAA"

func newTemplate(m message, text string) template {
	head, rest, _ := strings.Cut(string(m.body), m.id)
	i := strings.LastIndex(rest, text)
	return template{head, rest[:i], rest[i+len(text):]}
}

// with makes a message with a new id and this text in base64.
func (t template) with(text []byte) message {
	id := newID()
	b := make([]byte, 0, len(t.head)+len(id)+len(t.middle)+base64.StdEncoding.EncodedLen(len(text))+len(t.tail))
	b = append(append(append(b, t.head...), id...), t.middle...)
	b = base64.StdEncoding.AppendEncode(b, text)
	return message{id: id, body: append(b, t.tail...)}
}

// createShell asks for a command shell with pipes for input and output. Windows shows
// the name in the list of shells (MS-WSMV 2.2.4.37: an element).
func createShell(url, name string) message {
	options := [][2]string{{"WINRS_NOPROFILE", "TRUE"}, {"WINRS_CODEPAGE", "65001"}}
	return envelope(url, actionCreate, "", sendFor, options, func(m *soap.SoapMessage) {
		shell := m.CreateBodyElement("Shell", soap.DOM_NS_WIN_SHELL)
		m.CreateElement(shell, "Name", soap.DOM_NS_WIN_SHELL).SetContent(escape(name))
		m.CreateElement(shell, "IdleTimeOut", soap.DOM_NS_WIN_SHELL).SetContent(shellIdle)
		m.CreateElement(shell, "InputStreams", soap.DOM_NS_WIN_SHELL).SetContent("stdin")
		m.CreateElement(shell, "OutputStreams", soap.DOM_NS_WIN_SHELL).SetContent("stdout stderr")
	})
}

// startCommand starts a program in pipe mode: no console, so no limits on lines
// and no conversion of characters.
func startCommand(url, shellID, line string) message {
	options := [][2]string{{"WINRS_CONSOLEMODE_STDIN", "FALSE"}, {"WINRS_SKIP_CMD_SHELL", "FALSE"}}
	return envelope(url, shellURI+"/Command", shellID, sendFor, options, func(m *soap.SoapMessage) {
		command := m.CreateBodyElement("CommandLine", soap.DOM_NS_WIN_SHELL)
		m.CreateElement(command, "Command", soap.DOM_NS_WIN_SHELL).SetContent(escape(line))
	})
}

// sendInput writes to standard input what base64 stands for, and closes it with end.
func sendInput(url, shellID, commandID, base64 string, end bool) message {
	return envelope(url, shellURI+"/Send", shellID, sendFor, nil, func(m *soap.SoapMessage) {
		send := m.CreateBodyElement("Send", soap.DOM_NS_WIN_SHELL)
		stream := m.CreateElement(send, "Stream", soap.DOM_NS_WIN_SHELL)
		stream.SetAttr("Name", "stdin")
		if end {
			stream.SetAttr("End", "true")
		}
		stream.SetAttr("CommandId", escape(commandID))
		stream.SetContent(base64)
	})
}

// receiveOutput waits for standard output and error.
func receiveOutput(url, shellID, commandID string) message {
	return envelope(url, shellURI+"/Receive", shellID, receiveFor, nil, func(m *soap.SoapMessage) {
		receive := m.CreateBodyElement("Receive", soap.DOM_NS_WIN_SHELL)
		stream := m.CreateElement(receive, "DesiredStream", soap.DOM_NS_WIN_SHELL)
		stream.SetAttr("CommandId", escape(commandID))
		stream.SetContent("stdout stderr")
	})
}

// terminate kills the command.
func terminate(url, shellID, commandID string) message {
	return envelope(url, shellURI+"/Signal", shellID, sendFor, nil, func(m *soap.SoapMessage) {
		signal := m.CreateBodyElement("Signal", soap.DOM_NS_WIN_SHELL)
		signal.SetAttr("CommandId", escape(commandID))
		m.CreateElement(signal, "Code", soap.DOM_NS_WIN_SHELL).SetContent(signalKill)
	})
}

// deleteShell ends the shell and what runs in it.
func deleteShell(url, shellID string) message {
	return envelope(url, actionDelete, shellID, sendFor, nil, nil)
}
