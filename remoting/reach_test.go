package remoting

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"looksalive/cluster"
)

func TestClassify(t *testing.T) {
	n := Node{Cluster: "c", Name: "hv-01", URL: "https://hv-01.corp:5986/wsman", Identity: cluster.Identity{User: `CORP\svc`, Password: cluster.NewSecret(canary)}}
	script := func(id string, hresult int64) error { return &scriptError{Message: "text", ID: id, HResult: hresult} }
	for _, c := range []struct {
		err  error
		want cluster.Reach
		say  string
	}{
		{&net.DNSError{Err: "no such host", Name: "hv-01", IsNotFound: true}, cluster.ReachNameNotFound, "not known to DNS"},
		{&net.DNSError{Err: "timeout", IsTimeout: true}, cluster.ReachNameNotFound, "could not be looked up"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, cluster.ReachRefused, "port 5986"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ETIMEDOUT)}, cluster.ReachTimeout, "No answer in time."},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, cluster.ReachReset, "broke"},
		{fmt.Errorf("x: %w", io.EOF), cluster.ReachReset, "broke"},
		{io.ErrUnexpectedEOF, cluster.ReachReset, "broke"},
		{context.DeadlineExceeded, cluster.ReachTimeout, "No answer in time."},
		{fmt.Errorf("%w while PowerShell was starting", errNoAnswer), cluster.ReachTimeout, "in time while PowerShell was starting."},
		{errCanceled, cluster.ReachTimeout, "given up"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, cluster.ReachCertificate, "authority"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}}, cluster.ReachCertificate, "made out to hv-01.corp"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{}}}, cluster.ReachCertificate, "valid from"},
		{tls.RecordHeaderError{Msg: "x"}, cluster.ReachCertificate, "does not speak TLS"},
		{errPassword, cluster.ReachPassword, `CORP\svc`},
		{errForbidden, cluster.ReachNoRights, "Remote Management Users"},
		{&fault{Code: 5}, cluster.ReachNoRights, "denied"},
		{&fault{Subcode: "AccessDenied"}, cluster.ReachNoRights, "denied"},
		{&fault{Code: faultShellGone}, cluster.ReachReset, "ended our session"},
		{&fault{Code: faultNoProgram}, cluster.ReachScriptFailed, "powershell.exe"},
		{&fault{Code: faultOperations}, cluster.ReachBadAnswer, "too many"},
		{&fault{Code: 87, Subcode: "InvalidParameter", Reason: "参数"}, cluster.ReachBadAnswer, "fault 87 InvalidParameter. 参数"},
		{script("HRESULT 0x8004100e,Microsoft.Management", -2146233088), cluster.ReachNotACluster, "root/MSCluster"},
		{script("", -2147217394), cluster.ReachNotACluster, "root/MSCluster"},
		{script("HRESULT 0x80070005,Microsoft.Management", 0), cluster.ReachNoRights, "may not read"},
		{script("", -2147217405), cluster.ReachNoRights, "may not read"},
		{script("HRESULT 0x800706d9,x", 0), cluster.ReachScriptFailed, "cluster service"},
		{script("other", 0), cluster.ReachScriptFailed, "state.ps1 failed: text"},
		{errNoCluster, cluster.ReachNotACluster, "not installed"},
		{fmt.Errorf("x: %w", errTooLarge), cluster.ReachBadAnswer, "larger"},
		{fmt.Errorf("XML: %w", errBadAnswer), cluster.ReachBadAnswer, "XML"},
		{fmt.Errorf("%w (exit code 1)", errEnded), cluster.ReachReset, "ended by itself"},
		{errors.New("something new"), cluster.ReachReset, "something new"},
	} {
		got, detail := classify(fmt.Errorf("wrapped: %w", c.err), n, "state")
		if got != c.want || !strings.Contains(detail, c.say) {
			t.Errorf("%v: got %v %q, want %v with %q", c.err, got, detail, c.want, c.say)
		}
		if strings.Contains(detail, canary) {
			t.Errorf("%v: the password is in %q", c.err, detail)
		}
	}
}
