package simulator

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Other people's tools against a whole node.

// peer finds a program of the Debian package, or skips.
func peer(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is missing: apt-get install %s", program, pkg)
	}
	return path
}

func host0(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestWinrmcp uploads a file as Packer does: cmd.exe's echo >> in pieces that
// fit a command line, then a script that decodes them.
func TestWinrmcp(t *testing.T) {
	winrmcp := peer(t, "winrmcp", "winrmcp")
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	content := make([]byte, 40_000)
	rand.Read(content)
	local := filepath.Join(t.TempDir(), "up.bin")
	if err := os.WriteFile(local, content, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), winrmcp, "-https", "-insecure", "-addr", host0(t, node.HTTPS).Host, "-user", node.User, "-pass", node.Password, local, `C:\Program Files\Up Load\up.bin`)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := s.client(t, node)
	shell, command := c.start(`powershell -Command "[Convert]::ToBase64String([IO.File]::ReadAllBytes('C:\Program Files\Up Load\up.bin'))"`)
	out, code := c.receive(shell, command, func(string) bool { return false })
	got, err := decodeLines([]byte(out))
	if err != nil || code != "0" || !bytes.Equal(got, content) {
		t.Errorf("%d bytes came back, exit code %s, %v", len(got), code, err)
	}
	shell, command = c.start(`dir /b %TEMP%`)
	if out, _ := c.receive(shell, command, func(string) bool { return false }); strings.Contains(out, "winrmcp") {
		t.Errorf("left behind: %s", out)
	}
}

// TestAnsible runs a raw command over HTTP with NTLM message encryption:
// PowerShell inside PowerShell, each with -EncodedCommand.
func TestAnsible(t *testing.T) {
	ansible := peer(t, "ansible", "ansible-core python3-winrm")
	if exec.Command("/usr/bin/python3", "-c", "import winrm, requests_ntlm").Run() != nil {
		t.Skip("pywinrm is missing: apt-get install python3-winrm")
	}
	s, _ := startTest(t, Options{})
	node := s.Nodes()[1]
	home := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	conf := write("openssl.cnf", "openssl_conf = o\n[o]\nproviders = p\n[p]\ndefault = d\nlegacy = d\n[d]\nactivate = 1\n")
	u := host0(t, node.HTTP)
	inventory := write("inventory.ini", fmt.Sprintf("node ansible_host=%s ansible_port=%s ansible_user=%s ansible_password=%s ansible_connection=winrm ansible_winrm_transport=ntlm ansible_winrm_scheme=http ansible_winrm_message_encryption=always ansible_shell_type=powershell\n",
		u.Hostname(), u.Port(), node.User, node.Password))
	cmd := exec.CommandContext(t.Context(), ansible, "-i", inventory, "all", "-m", "raw", "-a", "hostname")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "OPENSSL_CONF=" + conf, "LANG=C.UTF-8", "no_proxy=*", "ANSIBLE_LOCAL_TEMP=" + home, "ANSIBLE_HOME=" + home}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "node | CHANGED | rc=0 >>\n"+node.Node) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestWsl asks with the WS-Management shell scripts: Get, Enumerate with Pull,
// optimised with endpoint references, WQL, and Identify.
func TestWsl(t *testing.T) {
	wslenum := peer(t, "wslenum", "wsl libxml2-utils uuid-runtime")
	for _, program := range []string{"wslid", "wslget", "xmllint", "uuidgen", "curl"} {
		peer(t, program, "wsl libxml2-utils uuid-runtime curl")
	}
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	run := func(program string, args ...string) string {
		t.Helper()
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "no_proxy=*", "IPINTERACTIVE=0", "WSDONTASK=y",
			"WSENDPOINT=" + host0(t, node.HTTPS).Host, "WSUSER=" + node.User, "WSPASS=" + node.Password}
		out, err := cmd.CombinedOutput()
		if refused := args[0] == "CIM_Nothing"; (err != nil) != refused {
			t.Errorf("%s %v: %v\n%s", program, args, err, out)
		}
		return string(out)
	}
	const wmi = "http://schemas.microsoft.com/wbem/wsman/1/wmi/"
	if out := run("wslid", "check"); !strings.Contains(out, "<wsmid:ProductVendor>Microsoft Corporation<") {
		t.Error(out)
	}
	if out := run("wslget", wmi+"root/cimv2/Win32_Service", "Name=ClusSvc"); !strings.Contains(out, "<p:State>Running</p:State>") {
		t.Error(out)
	}
	if out := run(wslenum, wmi+"root/MSCluster/MSCluster_Node"); strings.Count(out, "<p:MSCluster_Node ") != 4 || strings.Count(out, "<n:PullResponse>") != 4 || !strings.Contains(out, "<n:EndOfSequence/>") {
		t.Error(out)
	}
	if out := run(wslenum, wmi+"root/MSCluster/MSCluster_Node", "-opti", "3", "-mode", "objepr"); strings.Count(out, "<w:Item>") != 4 || strings.Count(out, `<w:Selector Name="Name">HV-`) != 4 {
		t.Error(out)
	}
	if out := run(wslenum, wmi+"root/cimv2/*", "-dialect", "http://schemas.microsoft.com/wbem/wsman/1/WQL", "-filter", "select Name, State from Win32_Service where Name like 'vm%'"); strings.Count(out, "<w:XmlFragment ") != 2 || !strings.Contains(out, "<Name>vmcompute</Name>") {
		t.Error(out)
	}
	if out := run(wslenum, "CIM_Nothing"); !strings.Contains(out, `Code="2150858752"`) {
		t.Error(out)
	}
}

// BenchmarkInstances gathers the resources of the larger demo cluster.
func BenchmarkInstances(b *testing.B) {
	h := &host{sim: &Simulator{opts: Options{Now: newClock().now}}, cluster: newCluster(DemoShapes()[0], 1, noon)}
	h.node = h.cluster.nodes[0]
	b.ReportAllocs()
	for b.Loop() {
		class, err := cimNode{h}.Class(nsCluster, "MSCluster_Resource")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := (cimNode{h}).Instances(class); err != nil {
			b.Fatal(err)
		}
	}
}
