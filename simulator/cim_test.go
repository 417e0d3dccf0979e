package simulator

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"looksalive/remoting/scripts"
	"looksalive/simulator/wsman"
)

// instances lists a class or fails.
func instances(t *testing.T, h *host, namespace, class string) []wsman.Instance {
	t.Helper()
	c, err := cimNode{h}.Class(namespace, class)
	if err != nil {
		t.Fatal(err)
	}
	list, err := cimNode{h}.Instances(c)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestClassesFit checks every class on both demo clusters: what is set is
// declared, in the declared type, and keys are there and unique.
func TestClassesFit(t *testing.T) {
	for _, shape := range DemoShapes() {
		h := testHost(t, Cost{})
		c := newCluster(shape, 1, noon)
		h.sim.clusters, h.cluster, h.node = []*simCluster{c}, c, c.nodes[0]
		c.mu.Lock()
		view := &cimView{sim: h.sim, c: c, n: h.node}
		for _, space := range cimClasses {
			for _, class := range space {
				seen := map[string]bool{}
				for _, r := range class.rows(view) {
					key := ""
					for name, v := range r {
						i := class.Property(name)
						if i < 0 {
							t.Errorf("%s has no property %s", class.Name, name)
							continue
						}
						if p := class.Properties[i]; !fits(p, v) {
							t.Errorf("%s.%s is %s, array %t, and holds a %T", class.Name, name, p.Type, p.Array, v)
						}
					}
					for _, k := range class.Keys {
						if r[k] == nil || r[k] == "" {
							t.Errorf("%s: key %s is missing", class.Name, k)
						}
						key += fmt.Sprint(r[k], "|")
					}
					if seen[key] {
						t.Errorf("%s: two instances are %s", class.Name, key)
					}
					seen[key] = true
				}
			}
		}
		c.mu.Unlock()
	}
}

func fits(p wsman.PropertyType, v any) bool {
	kind := fmt.Sprintf("%T", v)
	if elem, array := strings.CutPrefix(kind, "[]"); array != p.Array {
		return false
	} else if array {
		kind = elem
	}
	switch p.Type {
	case wsman.TypeString:
		return kind == "string"
	case wsman.TypeBoolean:
		return kind == "bool"
	case wsman.TypeDatetime:
		return kind == "time.Time" || kind == "time.Duration"
	case wsman.TypeReference:
		return kind == "wsman.Reference"
	}
	return regexp.MustCompile(`^u?int(8|16|32|64)?$`).MatchString(kind)
}

// TestSameNumbers compares what WMI clients see with what our scripts see.
func TestSameNumbers(t *testing.T) {
	h := testHost(t, Cost{})
	c := h.cluster
	c.cause(t, "service-stopped", "HV-FRA-01", map[string]any{"service": "W32Time"})
	c.mu.Lock()
	state, vitals, inventory := c.answerState(h.node), c.answerVitals(h.node, []string{"ClusSvc", "W32Time", "himds"}), c.answerInventory(h.node, nil)
	c.mu.Unlock()
	same := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v, the script says %v", what, got, want)
		}
	}
	cl := instances(t, h, "root/mscluster", "mscluster_cluster")[0]
	same("cluster", cl.Value("Name"), state.Name)
	same("QuorumTypeValue", cl.Value("QuorumTypeValue"), state.QuorumTypeValue)
	same("SameSubnetThreshold", cl.Value("SameSubnetThreshold"), state.SameSubnetThreshold)
	for i, n := range instances(t, h, nsCluster, "MSCluster_Node") {
		same("node", []any{n.Value("Name"), n.Value("State"), n.Value("DynamicWeight")}, []any{state.Nodes[i].Name, state.Nodes[i].State, state.Nodes[i].DynamicWeight})
	}
	same("groups", len(instances(t, h, nsCluster, "MSCluster_ResourceGroup")), len(state.Groups))
	same("resources", len(instances(t, h, nsCluster, "MSCluster_Resource")), len(state.Resources))
	same("interfaces", len(instances(t, h, nsCluster, "MSCluster_NetworkInterface")), len(state.Interfaces))
	for i, p := range instances(t, h, nsCluster, "MSCluster_DiskPartition") {
		same("partition", p.Value("TotalSize"), state.Volumes[i].Size>>20)
		same("free", p.Value("FreeSpace"), state.Volumes[i].Free>>20)
		if !strings.Contains(state.Volumes[i].VolumeName, p.Value("VolumeGuid").(string)) {
			t.Errorf("guid %v of %s", p.Value("VolumeGuid"), state.Volumes[i].VolumeName)
		}
	}
	// The witness is found as state.ps1 finds it.
	quorum := instances(t, h, nsCluster, "MSCluster_ClusterToQuorumResource")[0]
	same("witness", quorum.Value("PartComponent").(wsman.Reference).Keys[0].Value, state.WitnessResource)

	os := instances(t, h, nsCimv2, "Win32_OperatingSystem")[0]
	same("TotalVisibleMemorySize", os.Value("TotalVisibleMemorySize").(int64)<<10, vitals.MemoryTotal)
	same("FreePhysicalMemory", os.Value("FreePhysicalMemory"), vitals.MemoryFree>>10)
	same("Caption", os.Value("Caption"), inventory.OS)
	same("Version", os.Value("Version"), inventory.Version)
	cores := 0
	for _, p := range instances(t, h, nsCimv2, "Win32_Processor") {
		cores += p.Value("NumberOfCores").(int)
	}
	same("cores", cores, inventory.Cores)
	bios := instances(t, h, nsCimv2, "Win32_BIOS")[0]
	same("BIOS", []any{bios.Value("SerialNumber"), bios.Value("SMBIOSBIOSVersion")}, []any{inventory.SerialNumber, inventory.BIOSVersion})
	for _, s := range instances(t, h, nsCimv2, "Win32_Service") {
		for _, want := range vitals.Services {
			if want.Name == s.Value("Name") {
				same(want.Name, []any{s.Value("State"), s.Value("StartMode"), s.Value("DisplayName")}, []any{want.State, want.StartMode, want.DisplayName})
			}
		}
	}
}

func TestCIMFollowsFaults(t *testing.T) {
	h := testHost(t, Cost{})
	c := h.cluster
	class, err := cimNode{h}.Class(nsCluster, "MSCluster_Node")
	if err != nil {
		t.Fatal(err)
	}
	c.cause(t, "service-stopped", "HV-FRA-01", map[string]any{"service": "ClusSvc"})
	var fail *wsman.CIMError
	if _, err := (cimNode{h}).Instances(class); !errors.As(err, &fail) || fail.HRESULT != 0x800706d9 {
		t.Errorf("without the cluster service: %v", err)
	}
	for _, s := range instances(t, h, nsCimv2, "Win32_Service") {
		if s.Value("Name") == "ClusSvc" && (s.Value("State") != "Stopped" || s.Value("ProcessId") != uint64(0)) {
			t.Errorf("ClusSvc: %v", s.Values)
		}
	}
	h = testHost(t, Cost{})
	h.cluster.cause(t, "service-stopped", "HV-FRA-01", map[string]any{"service": "Winmgmt"})
	if class, err = (cimNode{h}).Class(nsCimv2, "Win32_BIOS"); err != nil {
		t.Fatal(err)
	}
	if _, err := (cimNode{h}).Instances(class); !errors.As(err, &fail) || fail.HRESULT != 0x80070422 {
		t.Errorf("without WMI: %v", err)
	}
	if _, err := (cimNode{h}).Class(nsCimv2, "Win32_Nothing"); !errors.Is(err, wsman.ErrNoClass) {
		t.Error(err)
	}
	if _, err := (cimNode{h}).Class("root/nowhere", "Win32_BIOS"); !errors.Is(err, wsman.ErrNoNamespace) {
		t.Error(err)
	}
}

// enumerate runs a WQL query over HTTPS as WinRb and txwinrm do, and pulls the rest.
func (c *client) enumerate(namespace, query string) []map[string]string {
	c.t.Helper()
	const enumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
	send := func(action, body string) string {
		c.t.Helper()
		text := `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:n="` + enumeration + `" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>` +
			`<a:To>` + c.node.HTTPS + `</a:To><w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/wmi/` + namespace + `/*</w:ResourceURI><a:Action>` + enumeration + "/" + action + `</a:Action>` +
			`<w:MaxEnvelopeSize>51200</w:MaxEnvelopeSize><a:MessageID>uuid:55F28C75-F63E-4F68-8360-A8C478003959</a:MessageID></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
		r, err := http.NewRequestWithContext(c.t.Context(), "POST", c.node.HTTPS, strings.NewReader(text))
		if err != nil {
			c.t.Fatal(err)
		}
		r.SetBasicAuth(c.node.User, c.node.Password)
		r.Header.Set("Content-Type", "application/soap+xml;charset=UTF-8")
		answer, err := c.http.Do(r)
		if err != nil {
			c.t.Fatal(err)
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 || len(b) > 51200 {
			c.t.Fatalf("%s: %d, %d bytes, %v: %.2000s", action, answer.StatusCode, len(b), err, b)
		}
		return string(b)
	}
	var out []map[string]string
	text := send("Enumerate", `<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>32000</w:MaxElements><w:Filter Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL">`+query+`</w:Filter></n:Enumerate>`)
	for {
		var e struct {
			Optimised []items `xml:"Body>EnumerateResponse>Items"`
			Pulled    []items `xml:"Body>PullResponse>Items"`
			Context   string  `xml:"Body>EnumerateResponse>EnumerationContext"`
			Next      string  `xml:"Body>PullResponse>EnumerationContext"`
		}
		if err := xml.Unmarshal([]byte(text), &e); err != nil {
			c.t.Fatal(err)
		}
		for _, list := range append(e.Optimised, e.Pulled...) {
			for _, o := range list.Objects {
				r := map[string]string{}
				for _, p := range o.Properties {
					r[p.XMLName.Local] = p.Text
				}
				out = append(out, r)
			}
		}
		context := e.Context + e.Next
		if context == "" {
			return out
		}
		text = send("Pull", `<n:Pull><n:EnumerationContext>`+context+`</n:EnumerationContext><n:MaxElements>32000</n:MaxElements></n:Pull>`)
	}
}

type items struct {
	Objects []struct {
		Properties []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	} `xml:",any"`
}

func TestQueriesOverTheWire(t *testing.T) {
	s, _ := startTest(t, Options{})
	c := s.client(t, s.Nodes()[0])
	if got := c.enumerate("root/cimv2", "SELECT Name, State FROM Win32_Service WHERE Name = 'ClusSvc'"); len(got) != 1 || got[0]["State"] != "Running" || len(got[0]) != 2 {
		t.Errorf("ClusSvc: %v", got)
	}
	var state scripts.ClusterState
	s.clusters[0].mu.Lock()
	state = s.clusters[0].answerState(s.clusters[0].nodes[0])
	s.clusters[0].mu.Unlock()
	if got := c.enumerate("root/MSCluster", "SELECT * FROM MSCluster_Resource"); len(got) != len(state.Resources) { // in several pulls
		t.Errorf("%d resources, want %d", len(got), len(state.Resources))
	}
	if _, err := s.Inject(FaultSpec{Kind: "service-stopped", Target: s.Nodes()[0].Node, Params: map[string]any{"service": "vmms"}}); err != nil {
		t.Fatal(err)
	}
	if got := c.enumerate("root/cimv2", "SELECT Name FROM Win32_Service WHERE StartMode = 'Auto' AND State &lt;&gt; 'Running'"); len(got) != 1 || got[0]["Name"] != "vmms" {
		t.Errorf("stopped: %v", got)
	}
}
