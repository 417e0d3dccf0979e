package remoting

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"

	"looksalive/cluster"
)

// classify says in one sentence what an error means for the people who run the node.
func classify(err error, n Node, script string) (cluster.Reach, string) {
	var (
		dns  *net.DNSError
		f    *fault
		se   *scriptError
		cert *tls.CertificateVerificationError
		rec  tls.RecordHeaderError
		ne   net.Error
		pin  *pinError
	)
	if reach, text, ok := classifyKerberos(err, n); ok {
		return reach, text
	}
	host, port := hostPort(n.URL)
	said, isAlert := alert(err)
	switch {
	case errors.As(err, &se):
		return classifyScript(se, script)
	case errors.As(err, &f):
		return classifyFault(f)
	case errors.Is(err, errQueued):
		return cluster.ReachNotAsked, "Other sessions are being opened first."
	case errors.Is(err, errNoCluster):
		return cluster.ReachNotACluster, "The node answers, but the cluster service is not installed on it."
	case errors.Is(err, errRemoved):
		return cluster.ReachNotAsked, "The node was removed or paused while it was asked."
	case errors.Is(err, errChanged):
		return cluster.ReachNotAsked, "The settings of the node were changed while it was asked."
	case errors.Is(err, errPassword), errors.Is(err, errHeldBack):
		return cluster.ReachPassword, rejectedDetail(err, n)
	case errors.Is(err, errSignedOut):
		return cluster.ReachReset, "The node accepted the account and then refused a request on the same connection. The password is not the reason; the connection was given up."
	case errors.Is(err, errNoBasic):
		return cluster.ReachBadAnswer, "WinRM on this node does not offer Basic sign-in; nothing else was tried."
	case errors.As(err, &pin):
		return cluster.ReachCertificate, pinDetail(pin)
	case errors.Is(err, errKeyPair):
		return cluster.ReachCertificate, "Our client certificate or its key cannot be read, or they do not belong together."
	case errors.Is(err, errForbidden):
		return cluster.ReachNoRights, "The account " + clean(n.User, 100) + " may not use WinRM on this node; is it a member of Remote Management Users?"
	case errors.Is(err, errNoNegotiate):
		return cluster.ReachBadAnswer, "WinRM on this node does not offer Negotiate sign-in; nothing weaker was tried."
	case errors.Is(err, errWeak):
		return cluster.ReachBadAnswer, "The node does not agree to NTLMv2 with message encryption; nothing weaker was tried."
	case errors.Is(err, errPlain):
		return cluster.ReachBadAnswer, "The node answered an encrypted request without encryption; the answer was discarded."
	case errors.As(err, &cert):
		return cluster.ReachCertificate, certificateDetail(cert.Err, host)
	case isAlert:
		return cluster.ReachCertificate, alertDetail(said, n)
	case errors.As(err, &rec):
		return cluster.ReachCertificate, "What listens on port " + port + " does not speak TLS; is the address meant to be http?"
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return cluster.ReachNameNotFound, "The name " + clean(host, 100) + " is not known to DNS."
		}
		return cluster.ReachNameNotFound, "The name " + clean(host, 100) + " could not be looked up in DNS."
	case errors.Is(err, syscall.ECONNREFUSED):
		return cluster.ReachRefused, "Nothing listens on port " + port + "; is the WinRM service running?"
	case errors.Is(err, errNoAnswer), errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		return cluster.ReachTimeout, "No answer in time" + afterTimeout(err) + "."
	case errors.Is(err, errCanceled):
		return cluster.ReachTimeout, "The question was given up before the answer came."
	case errors.Is(err, errTooLarge):
		return cluster.ReachBadAnswer, "The answer was larger than we accept."
	case errors.Is(err, errEnded):
		return classifyEnded(err)
	case errors.Is(err, errClosed):
		return cluster.ReachReset, "The session was closed."
	case errors.Is(err, errBadAnswer):
		return cluster.ReachBadAnswer, "The node's answer made no sense to us: " + clean(err.Error(), 200) + "."
	case errors.Is(err, errLane), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.As(err, &ne):
		return cluster.ReachReset, "The connection broke before the answer was complete."
	default:
		return cluster.ReachReset, "The connection failed: " + clean(err.Error(), 200) + "."
	}
}

// afterTimeout keeps the part of our own text that says what was under way.
func afterTimeout(err error) string {
	if _, what, ok := strings.Cut(err.Error(), errNoAnswer.Error()); ok {
		if what = clean(what, 80); what != "" {
			return " " + what
		}
	}
	return ""
}

func classifyFault(f *fault) (cluster.Reach, string) {
	switch {
	case f.Code == faultDenied, f.Subcode == "AccessDenied":
		return cluster.ReachNoRights, "WinRM denied access; is the account a member of Remote Management Users?"
	case f.Code == faultQuota, f.Code == faultOperations:
		return cluster.ReachBadAnswer, fmt.Sprintf("The account has too many WinRM sessions open on this node (code %d).", f.Code)
	case f.Code == faultShellGone:
		return cluster.ReachReset, "The node ended our session."
	case f.Code == faultNoProgram:
		return cluster.ReachScriptFailed, "The node could not start powershell.exe."
	case f.Code == faultTimedOut, f.Subcode == "TimedOut":
		return cluster.ReachTimeout, "No answer in time: WinRM itself gave up waiting."
	default:
		return cluster.ReachBadAnswer, strings.TrimSpace(fmt.Sprintf("WinRM reported fault %d %s. %s", f.Code, f.Subcode, f.Reason))
	}
}

// classifyScript knows the numbers of CIM errors; their texts are localised.
func classifyScript(e *scriptError, script string) (cluster.Reach, string) {
	id := strings.ToLower(e.ID)
	has := func(hresult int64, code string) bool {
		return uint32(e.HResult) == uint32(hresult) || strings.Contains(id, code)
	}
	switch {
	case has(0x8004100e, "0x8004100e"): // WBEM_E_INVALID_NAMESPACE
		return cluster.ReachNotACluster, "The node answers, but has no cluster: the namespace root/MSCluster is missing."
	case has(0x80041003, "0x80041003"), has(0x80070005, "0x80070005"), strings.Contains(e.Type, "UnauthorizedAccess"):
		return cluster.ReachNoRights, "The account signed in, but may not read what " + script + ".ps1 asks for."
	case has(0x800706d9, "0x800706d9"), has(0x800706ba, "0x800706ba"), has(0x800713d0, "0x800713d0"):
		// no endpoint, no RPC server, node not ready
		return cluster.ReachScriptFailed, "The cluster service on this node does not answer: it is stopped, starting, or not part of the cluster at the moment."
	default:
		return cluster.ReachScriptFailed, script + ".ps1 failed: " + clean(e.Message, 300)
	}
}

func hostPort(raw string) (host, port string) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", ""
	}
	if port = u.Port(); port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Hostname(), port
}
