package wsman

import (
	"crypto/sha1" // thumbprints are SHA-1 by definition
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// The configuration as `winrm get winrm/config` shows it (MS-WSMV 2.2.4.10,
// names and defaults as of Windows Server 2016 and later). What is stated is
// what this server does: no Kerberos, no CredSSP.

// setting is a value, or a group of settings.
type setting struct {
	name, value string
	group       []setting
}

func (s *Server) config() setting {
	o, methods := &s.o, s.o.Methods()
	num := func(name string, v int64) setting { return setting{name: name, value: strconv.FormatInt(v, 10)} }
	yes := func(name string, v bool) setting { return setting{name: name, value: strconv.FormatBool(v)} }
	text := func(name, v string) setting { return setting{name: name, value: v} }
	group := func(name string, g ...setting) setting { return setting{name: name, group: g} }
	const unlimited, unlimitedInt = 1<<32 - 1, 1<<31 - 1
	ports := group("DefaultPorts", num("HTTP", 5985), num("HTTPS", 5986))
	return group("Config",
		num("MaxEnvelopeSizekb", int64(o.MaxEnvelopeKB)), num("MaxTimeoutms", o.MaxTimeout.Milliseconds()),
		num("MaxBatchItems", maxBatchItems), num("MaxProviderRequests", unlimited),
		group("Client", num("NetworkDelayms", 5000), text("URLPrefix", "wsman"), yes("AllowUnencrypted", false),
			group("Auth", yes("Basic", true), yes("Digest", true), yes("Kerberos", true), yes("Negotiate", true), yes("Certificate", true), yes("CredSSP", false)),
			ports, text("TrustedHosts", "")),
		group("Service", text("RootSDDL", "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)"),
			num("MaxConcurrentOperations", unlimited), num("MaxConcurrentOperationsPerUser", int64(o.MaxOperationsPerUser)),
			num("EnumerationTimeoutms", o.EnumerationTimeout.Milliseconds()), num("MaxConnections", int64(o.MaxConnections)),
			num("MaxPacketRetrievalTimeSeconds", int64(idleConnection.Seconds())), yes("AllowUnencrypted", o.AllowUnencrypted),
			group("Auth", yes("Basic", methods.Basic), yes("Kerberos", false), yes("Negotiate", methods.Negotiate), yes("Certificate", methods.Certificate), yes("CredSSP", false), text("CbtHardeningLevel", "Relaxed")),
			ports, text("IPv4Filter", "*"), text("IPv6Filter", "*"), yes("EnableCompatibilityHttpListener", false),
			yes("EnableCompatibilityHttpsListener", false), text("CertificateThumbprint", ""), yes("AllowRemoteAccess", true)),
		group("Winrs", yes("AllowRemoteShellAccess", true), num("IdleTimeout", o.IdleTimeOut.Milliseconds()), num("MaxConcurrentUsers", unlimitedInt),
			num("MaxShellRunTime", unlimitedInt), num("MaxProcessesPerShell", int64(o.MaxCommandsPerShell)),
			num("MaxMemoryPerShellMB", unlimitedInt), num("MaxShellsPerUser", int64(o.MaxShellsPerUser))),
	)
}

// writeConfig writes the settings at path, in lower case; false if there are none.
func (s *Server) writeConfig(w *writer, path string) bool {
	at, uri := s.config(), configURI
	if path != "" {
		uri += "/" + path
		for part := range strings.SplitSeq(path, "/") {
			i := slices.IndexFunc(at.group, func(g setting) bool { return g.group != nil && strings.EqualFold(g.name, part) })
			if i < 0 {
				return false
			}
			at = at.group[i]
		}
	}
	w.raw(`<cfg:`, at.name, ` xmlns:cfg="`, uri, `" xml:lang="en-US">`)
	for _, g := range at.group {
		w.setting(g)
	}
	w.raw(`</cfg:`, at.name, `>`)
	return true
}

func (w *writer) setting(s setting) {
	w.raw("<cfg:", s.name, ">").text(s.value)
	for _, g := range s.group {
		w.setting(g)
	}
	w.raw("</cfg:", s.name, ">")
}

// listenerInfo is one row of config/listener.
type listenerInfo struct {
	transport, host, port, thumbprint, address string
}

// listenerTable lists the listeners that serve at the moment, HTTP first.
func (s *Server) listenerTable() []listenerInfo {
	var out []listenerInfo
	shown := &tls.Config{}
	if s.o.TLSNow != nil {
		if now := s.o.TLSNow(); now != nil {
			shown = now
		}
	}
	s.mu.Lock()
	for l, secure := range s.listeners {
		row := listenerInfo{transport: "HTTP"}
		row.address, row.port, _ = net.SplitHostPort(l.Addr().String())
		if secure {
			row.transport = "HTTPS"
			if certs := shown.Certificates; len(certs) > 0 && len(certs[0].Certificate) > 0 {
				row.thumbprint = fmt.Sprintf("%X", sha1.Sum(certs[0].Certificate[0]))
				if c, err := x509.ParseCertificate(certs[0].Certificate[0]); err == nil {
					row.host = c.Subject.CommonName
				}
			}
		}
		out = append(out, row)
	}
	s.mu.Unlock()
	slices.SortFunc(out, func(a, b listenerInfo) int { return strings.Compare(a.transport+a.port, b.transport+b.port) })
	return out
}

func (l listenerInfo) keys() []KeyValue {
	return []KeyValue{{"Address", "*"}, {"Transport", l.transport}}
}

func (l listenerInfo) write(w *writer) {
	w.raw(`<cfg:Listener xmlns:cfg="`, configURI, `/listener" xml:lang="en-US">`)
	for _, s := range []setting{{name: "Address", value: "*"}, {name: "Transport", value: l.transport}, {name: "Port", value: l.port},
		{name: "Hostname", value: l.host}, {name: "Enabled", value: "true"}, {name: "URLPrefix", value: "wsman"},
		{name: "CertificateThumbprint", value: l.thumbprint}, {name: "ListeningOn", value: l.address}} {
		w.setting(s)
	}
	w.raw(`</cfg:Listener>`)
}

func (s *Server) getListener(r *request) ([]byte, *fault) {
	for _, l := range s.listenerTable() {
		address, a := selectorOf(r, "Address")
		transport, t := selectorOf(r, "Transport")
		switch {
		case !a || !t:
			return nil, faultMissingSelectors()
		case address == "*" && strings.EqualFold(transport, l.transport):
			w := newEnvelope(nsX+"/GetResponse", r.messageID, "x", "w")
			l.write(w)
			return w.end(), nil
		}
	}
	return nil, faultNotFound()
}
