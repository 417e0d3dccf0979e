package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/remoting/scripts"
)

// answers asks one question as an account and reads the answer, or the error.
func answers[T any](t *testing.T, h *host, user string, s scripts.Script, args any) (v T, fail *psError) {
	t.Helper()
	if user != "" {
		h = h.as(`SIM\` + user)
	}
	var raw json.RawMessage
	if args != nil {
		raw, _ = json.Marshal(args)
	}
	b, fail := h.answer(s, raw)
	if fail == nil {
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
	}
	return v, fail
}

func TestWhatAccountsMayRead(t *testing.T) {
	h := testHost(t, Cost{})
	all := scripts.VitalsArgs{Services: []string{"ClusSvc", "vmms"}}
	tests := []struct {
		user                              string
		vitals, inventory, storage, state []string // Denied; state nil: it fails
	}{
		{"looksalive", []string{}, []string{}, []string{}, []string{}},
		{"operator", []string{}, []string{}, []string{"Faults"}, []string{}},
		{"reader", []string{"Services", "VirtualMachines"}, []string{}, []string{"DriveNodes", "Drives", "Faults", "Jobs", "Pools", "VirtualDisks"}, []string{}},
		{"no-cluster", []string{"Services", "VirtualMachines"}, []string{}, []string{"DriveNodes", "Drives", "Faults", "Jobs", "Pools", "VirtualDisks"}, nil},
	}
	for _, tt := range tests {
		v, _ := answers[scripts.NodeVitals](t, h, tt.user, scripts.Vitals, all)
		inventory, _ := answers[scripts.NodeInventory](t, h, tt.user, scripts.Inventory, nil)
		storage, _ := answers[scripts.StorageState](t, h, tt.user, scripts.Storage, nil)
		state, fail := answers[scripts.ClusterState](t, h, tt.user, scripts.State, nil)
		if d := cmp.Diff([][]string{tt.vitals, tt.inventory, tt.storage}, [][]string{v.Denied, inventory.Denied, storage.Denied}); d != "" {
			t.Errorf("%s is denied (-want +got):\n%s", tt.user, d)
		}
		if denied := slices.Contains(v.Denied, "Services"); denied == (len(v.Services) > 0) || denied == v.IsClusterNode {
			t.Errorf("%s: services %v, a cluster node %t", tt.user, v.Services, v.IsClusterNode)
		}
		if (fail == nil) != (tt.state != nil) || fail != nil && uint32(fail.hresult) != 0x80041003 || fail == nil && state.Name == "" {
			t.Errorf("%s: state %+v", tt.user, fail)
		}
		if admin := tt.user == "looksalive"; admin != strings.HasPrefix(inventory.ClockSource, "dc-") {
			t.Errorf("%s: w32tm names %s", tt.user, inventory.ClockSource)
		}
	}
	// Every namespace by itself.
	c := h.cluster
	for right, want := range map[Right][]string{
		RightCimv2: {"Adapters", "ComputerSystem", "OperatingSystem", "Processor", "Services", "SharedVolumes"}, RightServices: {"Services"}, RightVirtualization: {"VirtualMachines"}, RightNetwork: {}, RightStorage: {},
	} {
		c.cause(t, "right-missing", h.node.Name, map[string]any{"user": user, "right": string(right)})
		v, _ := answers[scripts.NodeVitals](t, h, user, scripts.Vitals, all)
		inventory, _ := answers[scripts.NodeInventory](t, h, user, scripts.Inventory, nil)
		storage, _ := answers[scripts.StorageState](t, h, user, scripts.Storage, nil)
		if d := cmp.Diff(want, v.Denied); d != "" {
			t.Errorf("without %s, vitals (-want +got):\n%s", right, d)
		}
		if got := slices.Contains(inventory.Denied, "Adapters"); got != (right == RightNetwork) {
			t.Errorf("without %s: inventory denies %v", right, inventory.Denied)
		}
		if got := len(storage.Denied) > 0; got != (right == RightStorage) {
			t.Errorf("without %s: storage denies %v", right, storage.Denied)
		}
		if other, _ := answers[scripts.NodeVitals](t, h, "operator", scripts.Vitals, all); len(other.Denied) > 0 {
			t.Errorf("without %s, somebody else is denied %v", right, other.Denied)
		}
		for _, f := range slices.Clone(c.faults) {
			c.clear(f)
		}
	}
}

func TestCheckSaysWhatIsThere(t *testing.T) {
	check := func(h *host, user string) scripts.NodeAccess {
		t.Helper()
		v, fail := answers[scripts.NodeAccess](t, h, user, scripts.Check, nil)
		if fail != nil {
			t.Fatal(fail)
		}
		return v
	}
	// Cluster, members, storage, history; then the namespaces.
	ways := func(v scripts.NodeAccess) string {
		s := fmt.Sprint(v.Cluster.Access, " ", v.Members.Access, " ", v.Storage.Access, " ", v.History.Access, " |")
		for _, n := range v.Namespaces {
			s += " " + n.Access
		}
		return s
	}
	h := testHost(t, Cost{})
	for user, want := range map[string]string{
		"looksalive": "ok ok ok ok | ok ok ok ok ok",
		"reader":     "ok ok denied denied | ok ok denied ok denied",
		"no-cluster": "denied skipped absent absent | denied ok denied ok denied",
	} {
		v := check(h, user)
		if got := ways(v); got != want || v.Administrator != (user == "looksalive") || v.User != `SIM\`+user {
			t.Errorf("%s: %s, want %s; %s, administrator %t", user, got, want, v.User, v.Administrator)
		}
	}
	v := check(h, "reader")
	if v.ComputerName != "HV-FRA-01" || v.DnsSuffix != "sim.example" || len(v.Nodes) != 4 || v.S2DEnabled != 1 || v.ServiceState != "Unknown" || v.ServiceStart != 2 || v.ModuleVersion == "" || v.LanguageMode != "FullLanguage" || !slices.Contains(v.Groups, "S-1-5-32-580") {
		t.Errorf("%+v", v)
	}
	tests := []struct {
		kind, param, value, want string
		seen                     func(scripts.NodeAccess) bool
	}{
		{"feature-missing", "feature", featureModule, "ok ok ok ok | ok ok ok ok ok", func(v scripts.NodeAccess) bool {
			return v.ModuleVersion == "" && !slices.Contains(v.Commands, "Get-ClusterSharedVolumeState")
		}},
		{"feature-missing", "feature", featureCluster, "absent skipped absent absent | absent ok failed ok ok", func(v scripts.NodeAccess) bool {
			return v.ServiceState == "" && v.ServiceStart == 0 && v.ModuleVersion == ""
		}},
		{"feature-missing", "feature", featureMember, "failed skipped absent absent | failed ok failed ok ok", func(v scripts.NodeAccess) bool { return v.ServiceState == "Stopped" && v.ServiceStart == 4 }},
		{"feature-missing", "feature", featureHistory, "ok ok ok absent | ok ok ok ok ok", func(v scripts.NodeAccess) bool { return !slices.Contains(v.Commands, "Get-ClusterPerformanceHistory") }},
		{"service-stopped", "service", "ClusSvc", "failed skipped absent absent | failed ok failed ok ok", func(v scripts.NodeAccess) bool { return v.ServiceState == "Stopped" && v.ServiceStart == 2 }},
	}
	for _, tt := range tests {
		h := testHost(t, Cost{})
		h.cluster.cause(t, tt.kind, "HV-FRA-01", map[string]any{tt.param: tt.value})
		if v := check(h, "looksalive"); ways(v) != tt.want || !tt.seen(v) {
			t.Errorf("%s %s: %s, want %s; %+v", tt.kind, tt.value, ways(v), tt.want, v)
		}
	}
	// Other clusters: no Storage Spaces Direct; history turned off; too old for it.
	for _, tt := range []struct {
		shape Shape
		want  string
		level int
	}{
		{Shape{Name: "A", Nodes: []NodeShape{{Name: "A1"}}, SAN: true}, "ok ok absent absent", 11},
		{Shape{Name: "A", Nodes: []NodeShape{{Name: "A1"}}, NoHistory: true, Windows: "2019"}, "ok ok ok empty", 10},
		{Shape{Name: "A", Nodes: []NodeShape{{Name: "A1"}}, Windows: "2016"}, "ok ok ok absent", 9},
	} {
		h := testHost(t, Cost{})
		h.cluster = newCluster(tt.shape, 1, noon)
		h.node = h.cluster.nodes[0]
		if v := check(h, ""); !strings.HasPrefix(ways(v), tt.want) || v.ClusterFunctionalLevel != tt.level || !strings.Contains(v.OS, tt.shape.Windows) {
			t.Errorf("%+v: %s, want %s; level %d, %s", tt.shape, ways(v), tt.want, v.ClusterFunctionalLevel, v.OS)
		}
	}
	if err := checkShapes([]Shape{{Name: "A", Nodes: []NodeShape{{Name: "A1"}}, Windows: "2012"}}); err == nil {
		t.Error("Windows 2012 was accepted")
	}
}

func TestProbesAndEcho(t *testing.T) {
	h := testHost(t, Cost{})
	v, fail := answers[scripts.Probes](t, h, "looksalive", scripts.Probe, nil)
	if fail != nil || len(v.Points) != strings.Count(scripts.Probe.Text, "Test-Point '") {
		t.Fatalf("%d points, %v", len(v.Points), fail)
	}
	for _, p := range v.Points {
		if !strings.Contains(scripts.Probe.Text, "Test-Point '"+p.Name+"'") || p.State != "ok" && p.Name != "listener-key" {
			t.Errorf("%+v", p)
		}
	}
	v, _ = answers[scripts.Probes](t, h, "reader", scripts.Probe, nil)
	if i := slices.IndexFunc(v.Points, func(p scripts.ProbePoint) bool { return p.Name == "drive-association" }); v.Points[i].State != "denied" {
		t.Errorf("%+v", v.Points[i])
	}
	echo, _ := answers[scripts.Echoed](t, h, "reader", scripts.Echo, scripts.EchoArgs{Bytes: 70_000})
	if echo.Text != scripts.EchoText(70_000) || echo.Id == 0 || echo.Memory == 0 {
		t.Errorf("%d bytes, %+v", len(echo.Text), echo.Id)
	}
}

// TestRightsOnTheWire signs in as each account: what the shell's PowerShell and
// WS-Management itself let it see.
func TestRightsOnTheWire(t *testing.T) {
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	run := func(user, line string) (string, string) {
		t.Helper()
		c := s.client(t, node.as(user, node.Account(user).Password))
		shell, command := c.start(line)
		out, code := c.receive(shell, command, func(string) bool { return false })
		return out, code
	}
	if status, text := s.client(t, node.as("no-remote", node.Account("no-remote").Password)).create(); status != 500 || !strings.Contains(text, `Code="5"`) || s.FailedSignIns(node.Node) != 0 {
		t.Errorf("without the right to open shells: %d %s", status, text)
	}
	for _, tt := range []struct{ user, line, out, code string }{
		{"reader", "whoami", "sim\\reader\r\n", "0"},
		{"reader", `powershell -Command "$env:USERNAME; (Get-ClusterNode).Count"`, "reader\r\n4\r\n", "0"},
		{"no-cluster", `powershell -Command "try { Get-ClusterNode -ErrorAction Stop } catch { $_.FullyQualifiedErrorId; $_.Exception.HResult }"`, "ClusterAccessDenied,Microsoft.FailoverClusters.PowerShell.GetNodeCommand\r\n-2147024891\r\n", "0"},
		{"no-cluster", `powershell -Command "try { Get-CimInstance -Namespace root/MSCluster MSCluster_Node -ErrorAction Stop } catch { $_.Exception.HResult }"`, "-2147217405\r\n", "0"},
		{"reader", `powershell -Command "try { Suspend-ClusterNode HV-FRA-02 -ErrorAction Stop } catch { $_.Exception.Message.Substring(0, 46) }"`, "You do not have administrative privileges on t\r\n", "0"},
		{"reader", `powershell -Command "try { Get-Service vmms -ErrorAction Stop } catch { 'no services' }"`, "no services\r\n", "0"},
		{"operator", `powershell -Command "(Get-Service vmms).Status; try { Stop-Service vmms -ErrorAction Stop } catch { 'no' }"`, "Running\r\nno\r\n", "0"},
	} {
		if out, code := run(tt.user, tt.line); out != tt.out || code != tt.code {
			t.Errorf("%s, %s: %q, %s; want %q", tt.user, tt.line, out, code, tt.out)
		}
	}
	if faults := s.state().Faults; len(faults) > 0 {
		t.Errorf("somebody changed something: %+v", faults)
	}
	for user, want := range map[string]string{"looksalive": "<p:Name>ClusSvc</p:Name>", "reader": `Code="2147749891"`} { // 0x80041003
		c := s.client(t, node.as(user, node.Account(user).Password))
		if _, text, err := c.send("http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate", "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service", "",
			`<n:Enumerate xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"><w:OptimizeEnumeration/><w:MaxElements>50</w:MaxElements></n:Enumerate>`); err != nil || !strings.Contains(text, want) {
			t.Errorf("%s enumerates services: %v, %.300s", user, err, text)
		}
	}
}
