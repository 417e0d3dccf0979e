package remoting

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"looksalive/cluster"
)

const (
	otherPortLimit = 3 * time.Second // of looking at the port that was not asked for
	certificateDue = 30 * 24 * time.Hour
)

// connectSteps are those before anybody signs in.
func (n *nodeCheck) connectSteps(ctx context.Context) bool {
	return n.try(ctx, cluster.StepName, n.o.Step, n.tryName) &&
		n.try(ctx, cluster.StepPort, n.o.Step, n.tryPort) &&
		n.try(ctx, cluster.StepTLS, n.o.Step, n.tryTLS) &&
		n.try(ctx, cluster.StepWinRM, n.o.Step, n.tryWinRM)
}

func (n *nodeCheck) tryName(ctx context.Context) outcome {
	_, host, _ := n.target()
	if ip, err := netip.ParseAddr(host); err == nil {
		return good(ip.String() + " is an address: no name has to be looked up.")
	}
	addresses, err := n.o.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		_, detail := classify(lookupError(err, host), n.node, "")
		return failed(detail, fixName(host)...)
	}
	four := 0
	var shown []string
	for i, a := range addresses {
		a = a.Unmap()
		if a.Is4() {
			four++
		}
		if i < 8 {
			shown = append(shown, a.String())
		}
	}
	switch {
	case len(addresses) == 0:
		return failed("The name "+clean(host, 100)+" is known to DNS, but has no address.", fixName(host)...)
	case four == 0:
		return good(clean(host, 100) + " has IPv6 addresses only: " + strings.Join(shown, ", ") + ".")
	case len(addresses) > 1:
		return good(fmt.Sprintf("%s has %d addresses: %s. They are tried one after the other.", clean(host, 100), len(addresses), strings.Join(shown, ", ")))
	}
	return good(clean(host, 100) + " is " + shown[0] + ".")
}

// lookupError makes an error that is not one of DNS look like one.
func lookupError(err error, host string) error {
	var dns *net.DNSError
	if errors.As(err, &dns) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &net.DNSError{Err: err.Error(), Name: host}
}

func (n *nodeCheck) tryPort(ctx context.Context) outcome {
	_, host, port := n.target()
	err := dialOnly(ctx, host, port)
	if err == nil {
		return good("Something listens on port " + port + ".")
	}
	other := map[string]string{"5985": "5986", "5986": "5985"}[port]
	open := false
	if other != "" {
		look, cancel := context.WithTimeout(context.WithoutCancel(ctx), otherPortLimit)
		open = dialOnly(look, host, other) == nil
		cancel()
	}
	return portOutcome(err, n.node, port, other, open)
}

// portOutcome says why a port could not be reached. other is the other of WinRM's two
// ports, "" if a port of its own was asked for; open says that something listens there.
func portOutcome(err error, node Node, port, other string, open bool) outcome {
	_, detail := classify(err, node, "")
	var fix []cluster.Step
	var ne net.Error
	listen := fixListener(port)
	if strings.HasPrefix(node.URL, "https:") {
		listen = fixListener("5986")
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		detail, fix = "Nothing listens on port "+port+": WinRM does not run, or has no listener there.", listen
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		detail = "There is no route from here to the node."
		fix = []cluster.Step{{Text: "Check the address, the gateway and the firewalls between here and the node."}}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		detail = "Port " + port + " does not answer: the node is off, or a firewall discards what is sent to it."
		fix = append(fixFirewall(port), listen...)
	}
	if open {
		detail += " Port " + other + " does answer: WinRM over " + map[string]string{"5985": "HTTP", "5986": "HTTPS"}[other] + "."
		if other == "5985" {
			fix = append(slices.Clone(fixHTTPS()), cluster.Step{Text: "Or choose HTTP for this cluster: every message is then sealed with NTLM or Kerberos. Nothing switches to it by itself."})
		} else {
			fix = []cluster.Step{{Text: "Choose HTTPS for this cluster, which is the better way."}}
		}
	}
	return failed(detail, fix...)
}

func dialOnly(ctx context.Context, host, port string) error {
	c, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	return c.Close()
}

func (n *nodeCheck) tryTLS(ctx context.Context) outcome {
	scheme, host, port := n.target()
	if scheme != "https" {
		return skipped("Plain HTTP: there is no certificate, every message is sealed by the sign-in.")
	}
	shown, version, err := showCertificate(ctx, host, port, n.node.ServerName)
	if err != nil {
		_, detail := classify(err, n.node, "")
		var alert tls.AlertError
		switch {
		case errors.As(err, &alert):
			detail = "The node refused the TLS handshake (" + alert.Error() + "). At least TLS 1.2 is needed."
		case errors.Is(err, syscall.ECONNRESET), broken(err) && !errors.Is(err, context.DeadlineExceeded):
			detail = "The connection was closed during the TLS handshake. The listener may have no certificate, or no TLS 1.2."
		}
		return failed(detail, fixHTTPS()...)
	}
	n.fact("TLS", version)
	seen := TLSOf(shown)
	l, err := n.lane()
	if err == nil {
		l.conn, err = l.connect(ctx)
		l.drop()
	}
	seen.Accepted = err == nil
	n.changeNode(func(r *cluster.NodeCheck) { r.Certificate = &seen })
	return tlsOutcome(err, n.node, host, seen, n.o.Now())
}

// showCertificate looks at the certificate whoever it is from. Nothing is sent but
// the handshake: no certificate of ours, no request.
func showCertificate(ctx context.Context, host, port, name string) (*x509.Certificate, string, error) {
	tcp, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = tcp.Close() }() // nothing is left to be lost
	if name == "" {
		name = host
	}
	// Nothing is trusted on the strength of this connection: it is only looked at.
	over := tls.Client(tcp, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name, InsecureSkipVerify: true})
	ctx, cancel := context.WithTimeout(ctx, tlsTimeout)
	defer cancel()
	if err := over.HandshakeContext(ctx); err != nil {
		return nil, "", err
	}
	s := over.ConnectionState()
	if len(s.PeerCertificates) == 0 {
		return nil, "", fmt.Errorf("no certificate: %w", errBadAnswer)
	}
	return s.PeerCertificates[0], tls.VersionName(s.Version), nil
}

// tlsOutcome says what the trust that was chosen makes of a certificate.
func tlsOutcome(err error, node Node, host string, c cluster.NodeTLS, now time.Time) outcome {
	var (
		pin     *pinError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	dates := "valid from " + c.NotBefore.Format(time.DateOnly) + " to " + c.NotAfter.Format(time.DateOnly)
	to := "It is made out to " + strings.Join(c.Names, ", ") + "."
	if len(c.Names) == 0 {
		to = "It is made out to nobody: it has no alternative names, only the subject " + c.Subject + ", which no longer counts."
	}
	trustKey := cluster.Step{Text: "Or trust this key: compare the thumbprint with the node's first, and confirm it.", Command: `Get-ChildItem Cert:\LocalMachine\My | Format-List Subject, NotAfter, Thumbprint, DnsNameList`}
	switch {
	case err == nil && node.Trust == cluster.TrustPin:
		return good("The node has the key that was confirmed.")
	case err == nil && c.NotAfter.Sub(now) < certificateDue:
		return partial("The certificate is accepted, but valid only until "+c.NotAfter.Format(time.DateOnly)+".", fixCertificate(host)...)
	case err == nil:
		return good("The certificate of " + host + " is accepted, " + dates + ", issued by " + c.Issuer + ".")
	case errors.As(err, &pin) && pin.confirmed == "":
		return failed("The key of this node was not confirmed yet.", cluster.Step{Text: "Compare the thumbprint " + c.SHA1 + " with the node's, then confirm the key.", Command: trustKey.Command})
	case errors.As(err, &pin):
		return failed("The node shows another key than the one that was confirmed: "+c.Pin+" instead of "+pin.confirmed+". Somebody renewed its certificate, or somebody else answers in its place.",
			cluster.Step{Text: "Confirm the new key only when the thumbprint " + c.SHA1 + " is that of the node.", Command: trustKey.Command})
	case errors.As(err, &name):
		return failed("The certificate is not for "+clean(host, 100)+". "+to, append([]cluster.Step{{Text: "Ask the node by a name of its certificate, or give it one for this name."}}, append(fixCertificate(host), trustKey)...)...)
	case errors.As(err, &unknown):
		detail := "The certificate is signed by an authority that is not trusted here: " + c.Issuer + "."
		if c.Issuer == c.Subject {
			detail = "The certificate is signed by the node itself."
		}
		return failed(detail, cluster.Step{Text: "Give the certificate of the authority (PEM) with the cluster."}, trustKey)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		detail := "The certificate is " + dates + " only"
		if now.Before(c.NotBefore) {
			detail += ": it is not valid yet, or a clock is wrong"
		}
		return failed(detail+".", fixCertificate(host)...)
	default:
		_, detail := classify(err, node, "")
		return failed(detail, append(fixCertificate(host), trustKey)...)
	}
}

// tryWinRM asks without signing in. Windows answers 401 with the ways to sign in, no
// body, and closes the connection (recorded).
func (n *nodeCheck) tryWinRM(ctx context.Context) outcome {
	_, _, port := n.target()
	l, err := n.lane()
	if err != nil {
		return n.classified(err)
	}
	defer l.drop()
	if l.conn, err = l.connect(ctx); err != nil {
		return n.classified(err)
	}
	res, _, err := l.conn.roundTrip(ctx, l.request(soapType, "", nil), l.limit)
	switch {
	case errors.Is(err, errBadAnswer):
		return failed("What listens on port "+port+" does not speak HTTP: it is not WinRM.", fixListener(port)...)
	case err != nil:
		return n.classified(err)
	}
	schemes := schemesOf(res.Header)
	if res.StatusCode == http.StatusUnauthorized && len(schemes) > 0 {
		n.fact("sign-ins offered", strings.Join(schemes, ", "))
		n.identify(ctx)
	}
	return winrmOutcome(res.StatusCode, res.Header.Get("Server"), schemes, n.node.Auth, port)
}

// schemesOf lists the sign-ins a 401 offers.
func schemesOf(h http.Header) []string {
	var out []string
	for _, line := range h.Values("WWW-Authenticate") {
		scheme, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if scheme = clean(scheme, 40); scheme != "" && !slices.Contains(out, scheme) && len(out) < 8 {
			out = append(out, scheme)
		}
	}
	return out
}

// winrmOutcome says what answers there, from its answer to an anonymous request.
func winrmOutcome(status int, server string, schemes []string, auth cluster.Auth, port string) outcome {
	who := ""
	if server = clean(server, 80); server != "" {
		who = " (" + server + ")"
	}
	offers := func(names ...string) bool {
		return slices.ContainsFunc(schemes, func(s string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(s, n) })
		})
	}
	switch {
	case status != http.StatusUnauthorized && strings.HasPrefix(server, "Microsoft-HTTPAPI") && (status == http.StatusNotFound || status == http.StatusServiceUnavailable):
		return failed(fmt.Sprintf("Windows answers on port %s, but WinRM does not (HTTP status %d): its service is stopped, or it listens under another path than /wsman.", port, status), fixListener(port)...)
	case status >= 300 && status < 400:
		return failed(fmt.Sprintf("What listens on port %s%s sends us elsewhere (HTTP status %d). It is not WinRM, and we do not follow.", port, who, status), fixListener(port)...)
	case status != http.StatusUnauthorized:
		return failed(fmt.Sprintf("What listens on port %s%s is not WinRM: to a request without sign-in it answers HTTP status %d instead of 401.", port, who, status), fixListener(port)...)
	case auth == cluster.AuthCertificate: // not announced: it travels in TLS
		return good("WinRM answers.")
	case auth == cluster.AuthBasic && !offers("Basic"):
		return failed("WinRM answers, but does not offer Basic. It offers "+offered(schemes)+". Nothing else was tried.", fixAuth("Basic")...)
	case auth == cluster.AuthNTLM && !offers("Negotiate"):
		return failed("WinRM answers, but does not offer Negotiate, which NTLM needs. It offers "+offered(schemes)+". Nothing weaker was tried.", fixAuth("Negotiate")...)
	case auth == cluster.AuthKerberos && !offers("Negotiate", "Kerberos"):
		return failed("WinRM answers, but does not offer Kerberos. It offers "+offered(schemes)+". Nothing weaker was tried.", fixAuth("Kerberos")...)
	}
	return good("WinRM answers and offers " + offered(schemes) + ".")
}

func offered(schemes []string) string {
	if len(schemes) == 0 {
		return "no sign-in at all"
	}
	return strings.Join(schemes, ", ")
}

// lane is a connection of its own, with the trust and the identity of the node.
func (n *nodeCheck) lane() (*lane, error) {
	limits := Options{Limits: n.o.Limits}
	limits.setDefaults()
	return newLane(n.node, nil, limits.Limits.Body)
}

// classified turns an error into a failed step.
func (n *nodeCheck) classified(err error) outcome {
	_, detail := classify(err, n.node, "check")
	return failed(detail)
}

const identifyBody = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>`

// identify asks who answers. Windows tells vendor and version of the stack to anybody
// who sends this header, as Test-WSMan does; whoever does not is asked no further.
func (n *nodeCheck) identify(ctx context.Context) {
	l, err := n.lane()
	if err != nil {
		return
	}
	defer l.drop()
	if l.conn, err = l.connect(ctx); err != nil {
		return
	}
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nWSMANIDENTIFY: unauthenticated\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		l.url.RequestURI(), l.url.Host, userAgent, soapType, len(identifyBody), identifyBody)
	res, body, err := l.conn.roundTrip(ctx, []byte(request), l.limit)
	if err != nil || res.StatusCode != http.StatusOK {
		return
	}
	n.factOfIdentify("WinRM", body)
}

// identified reads vendor and version from the answer to Identify, "" if there are none.
func identified(answer []byte) string {
	said := map[string]string{}
	err := walkXML(answer, func(element, int) error { return nil }, func(e, _ element, text []byte) error {
		if len(said) < 50 {
			said[string(e.local())] = clean(string(text), 80)
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return strings.TrimSpace(said["ProductVendor"] + " " + said["ProductVersion"])
}
