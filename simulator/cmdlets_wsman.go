package simulator

import (
	"strings"

	"looksalive/simulator/powershell"
)

const wsmanProvider = `Microsoft.WSMan.Management\WSMan::`

var wsmanView = &powershell.View{
	Table: []powershell.Column{{Label: "Type", Width: 15}, {Label: "Keys", Width: 33}, {Label: "Name"}},
	Group: func(v any) string { return "WSManConfig: " + v.(*powershell.Object).Get("PSParentPath").(string) },
}

var wsmanLeafView = &powershell.View{
	Table: []powershell.Column{{Label: "Type", Width: 15}, {Label: "Name", Width: 30}, {Label: "SourceOfValue", Width: 14}, {Label: "Value"}},
	Group: wsmanView.Group,
}

// listeners lists WSMan:\localhost\Listener and what is in one of them. Only
// administrators may look there.
func (s *console) listeners(call *powershell.Call, path string) (known bool, err error) {
	rest, ok := strings.CutPrefix(strings.ToLower(path), strings.ToLower(wsmanProvider))
	if !ok {
		if rest, ok = strings.CutPrefix(strings.ToLower(path), "wsman:"); !ok {
			return false, nil
		}
	}
	rest = strings.Trim(strings.ReplaceAll(rest, "/", `\`), `\`)
	name, ok := strings.CutPrefix(rest, `localhost\listener`)
	if !ok || name != "" && name[0] != '\\' {
		return true, call.Fail(pathMissing(path))
	}
	name = strings.TrimPrefix(name, `\`)
	if !s.h.allowed(RightAdmin) {
		return true, call.Fail(powershell.NewError("System.InvalidOperationException", "WsManError", "NotSpecified", nil, "Access is denied. "))
	}
	found := false
	err = s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		for _, l := range s.listening(c) {
			switch {
			case name == "" || name == "*":
				found = true
				out = append(out, l.object())
			case strings.EqualFold(name, l.name):
				found = true
				out = append(out, l.settings()...)
			}
		}
		return out, nil
	})
	if err == nil && !found && name != "" {
		err = call.Fail(pathMissing(path))
	}
	return true, err
}

// listening are the node's listeners; the cluster's lock is held.
func (s *console) listening(c *simCluster) []wsmanListener {
	out := []wsmanListener{{name: "Listener_1084132640", transport: "HTTP", port: "5985"}}
	if c.condOf(s.h.node).listener == listenerNoHTTP {
		out = nil
	}
	for _, e := range s.h.sim.nodes {
		if e.node != s.h.node {
			continue
		}
		if shown := e.shown(); shown != nil {
			out = append(out, wsmanListener{"Listener_1305953032", "HTTPS", "5986", shown.Subject.CommonName, thumbprint(shown.Raw)})
		}
	}
	return out
}

type wsmanListener struct{ name, transport, port, host, thumbprint string }

func (l wsmanListener) object() *powershell.Object {
	const at = wsmanProvider + `localhost\Listener`
	o := powershell.NewObject("Microsoft.WSMan.Management.WSManConfigContainerElement", "PSPath", at+`\`+l.name, "PSParentPath", at, "PSChildName", l.name, "PSIsContainer", true,
		"Keys", []any{"Transport=" + l.transport, "Address=*"}, "Name", l.name, "TypeNameOfElement", "Container", "Type", "Container")
	return o
}

func (l wsmanListener) settings() []any {
	at := wsmanProvider + `localhost\Listener\` + l.name
	var out []any
	for _, set := range [][2]string{{"Address", "*"}, {"Transport", l.transport}, {"Port", l.port}, {"Hostname", l.host}, {"Enabled", "true"}, {"URLPrefix", "wsman"}, {"CertificateThumbprint", l.thumbprint}} {
		o := powershell.NewObject("Microsoft.WSMan.Management.WSManConfigLeafElement", "PSPath", at+`\`+set[0], "PSParentPath", at, "PSChildName", set[0], "PSIsContainer", false,
			"SourceOfValue", "", "Value", set[1], "Name", set[0], "TypeNameOfElement", "System.String", "Type", "System.String")
		out = append(out, o)
	}
	return out
}
