package simulator

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPeersWithClientCertificates: other people's clients sign in with a certificate.
func TestPeersWithClientCertificates(t *testing.T) {
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	cert, key, err := s.ClientCertificate("local-admin")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	certPath, keyPath, caPath := write("cert.pem", cert), write("key.pem", key), write("ca.pem", s.CA())
	run := func(program string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "no_proxy=*"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", program, err, out)
		}
		return string(out)
	}
	t.Run("curl", func(t *testing.T) {
		curl := peer(t, "curl", "curl")
		identify := `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>`
		args := []string{"-sS", "--cacert", caPath, "-H", "Content-Type: application/soap+xml;charset=UTF-8", "-H", "Authorization: http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual",
			"-d", identify, "-w", "%{http_code}", node.HTTPS}
		if out := run(curl, append(args, "--cert", certPath, "--key", keyPath)...); !strings.HasSuffix(out, "200") || !strings.Contains(out, "OS: 10.0.25398") {
			t.Error(out)
		}
		if out := run(curl, args...); out != "401" {
			t.Errorf("without the certificate: %s", out)
		}
	})
	t.Run("pywinrm", func(t *testing.T) {
		const python = "/usr/bin/python3"
		if exec.Command(python, "-c", "import winrm").Run() != nil {
			t.Skip("pywinrm is missing: apt-get install python3-winrm")
		}
		out := run(python, "-W", "ignore", "-c", `
import sys, winrm
s = winrm.Session(sys.argv[1], auth=("", ""), transport="certificate", cert_pem=sys.argv[2], cert_key_pem=sys.argv[3], ca_trust_path=sys.argv[4])
r = s.run_cmd("whoami")
print(r.status_code, r.std_out.decode().strip(), r.std_err.decode())
`, node.HTTPS, certPath, keyPath, caPath)
		if strings.TrimSpace(out) != `0 hv-fra-01\local-admin` {
			t.Error(out)
		}
	})
}
