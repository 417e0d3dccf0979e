package remoting

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

var asked = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// understand decodes JSON as the answer to a question; it took 200 ms.
func understand(t *testing.T, q cluster.Question, text string) (cluster.Observation, error) {
	t.Helper()
	var o cluster.Observation
	err := questions[q].decode(answer{json: []byte(text), sent: asked, received: asked.Add(200 * time.Millisecond)}, new(peer), &o)
	return o, err
}

const stateJSON = `{"UtcNow":"2026-03-01T12:00:00.1234567Z","Denied":["Volumes"],"Name":"HCI01","ClusterFunctionalLevel":12,"S2DEnabled":1,
"DynamicQuorumEnabled":1,"WitnessDynamicWeight":1,"QuorumTypeValue":2,"QuorumPath":"\\\\fs\\w","WitnessResource":"File Share Witness","WitnessResourceType":"File Share Witness",
"SameSubnetDelay":1000,"SameSubnetThreshold":20,"CrossSiteDelay":2000,"CrossSiteThreshold":30,"PlumbAllCrossSubnetRoutes":1,"ResiliencyLevel":2,"ResiliencyDefaultPeriod":240,"QuarantineThreshold":3,"QuarantineDuration":7200,
"Nodes":[{"Name":"hv-01","Id":1,"State":2,"StatusInformation":12,"NodeDrainStatus":1,"NodeWeight":1,"DynamicWeight":1,"BuildNumber":20348,"Site":"FRA","Rack":"R1"},{"Name":"hv\u001b[31m-02\u202e\n"}],
"Networks":[{"Name":"SMB A","Id":"n1","State":3,"Role":1,"Metric":30384,"Address":"10.0.1.0","PrefixLength":24}],
"Interfaces":[{"Name":"hv-01 - SMB A","Node":"hv-01","Network":"SMB A","Adapter":"NIC 1","Address":"10.0.1.1","State":-1}],
"Groups":[{"Name":"Cluster Group","GroupType":1,"State":0,"OwnerNode":"hv-01"},{"Name":"VM1","Id":"g2","GroupType":111,"State":3,"StatusInformation":256,"OwnerNode":"hv-02","Priority":2000}],
"Resources":[{"Name":"File Share Witness","Type":"File Share Witness","State":2,"OwnerGroup":"Cluster Group","OwnerNode":"hv-01","CoreResource":true},{"Name":"Virtual Machine VM1","Type":"Virtual Machine","State":4,"OwnerGroup":"VM1","OwnerNode":"hv-02"},{"Name":"stray","OwnerGroup":"gone"}],
"Volumes":[{"Name":"Vol1","Path":"C:\\ClusterStorage\\Vol1","VolumeName":"\\\\?\\Volume{1}\\","OwnerNode":"hv-01","State":2,"WorstAccess":4,"FileSystem":"CSVFS","Size":1099511627776,"Free":4096,"InMaintenance":true}],"SomethingNew":{"a":1}}`

func TestDecodeState(t *testing.T) {
	o, err := understand(t, cluster.QuestionState, stateJSON)
	if err != nil {
		t.Fatal(err)
	}
	want := &cluster.State{
		Name: "HCI01", Level: 12, S2D: true,
		Quorum: cluster.Quorum{Dynamic: true, Witness: cluster.WitnessFileShare, WitnessName: "File Share Witness", WitnessPath: `\\fs\w`, WitnessState: cluster.ResourceOnline, WitnessWeight: 1},
		Heartbeat: cluster.HeartbeatPolicy{
			SameSubnetDelay: time.Second, SameSubnetThreshold: 20, CrossSiteDelay: 2 * time.Second, CrossSiteThreshold: 30, PlumbAllCrossSubnetRoutes: true,
		},
		Resiliency: cluster.Resiliency{Level: 2, DefaultPeriod: 4 * time.Minute, QuarantineThreshold: 3, QuarantineDuration: 2 * time.Hour},
		Nodes: []cluster.Node{
			{Name: "hv-01", ID: 1, State: cluster.NodePaused, Status: cluster.StatusDrainInProgress | cluster.StatusDrainCompleted, Drain: cluster.DrainInProgress, Weight: 1, DynamicWeight: 1, Site: "FRA", Rack: "R1", Build: "20348"},
			{Name: "hv[31m-02"},
		},
		Networks:   []cluster.Network{{Name: "SMB A", ID: "n1", State: cluster.NetworkUp, Role: cluster.RoleCluster, Metric: 30384, Address: "10.0.1.0", Prefix: 24}},
		Interfaces: []cluster.Interface{{Node: "hv-01", Network: "SMB A", Name: "hv-01 - SMB A", Adapter: "NIC 1", Address: "10.0.1.1", State: cluster.InterfaceUnknown}},
		Roles: []cluster.Role{
			{Name: "Cluster Group", Type: cluster.GroupCluster, Owner: "hv-01", Resources: []cluster.Resource{{Name: "File Share Witness", Type: "File Share Witness", State: cluster.ResourceOnline, Owner: "hv-01", Core: true}}},
			{Name: "VM1", ID: "g2", Type: cluster.GroupVirtualMachine, State: cluster.GroupPartialOnline, Status: cluster.GroupUnmonitored, Owner: "hv-02", Priority: 2000, Resources: []cluster.Resource{{Name: "Virtual Machine VM1", Type: "Virtual Machine", State: cluster.ResourceFailed, Owner: "hv-02"}}},
		},
		Volumes: []cluster.Volume{{Name: "Vol1", Path: `C:\ClusterStorage\Vol1`, ID: `\\?\Volume{1}\`, Owner: "hv-01", State: cluster.ResourceOnline, FileSystem: "CSVFS", Size: 1 << 40, Free: 4096, InMaint: true, Access: cluster.VolumeBlockRedirected}},
	}
	if diff := cmp.Diff(want, o.State); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Volumes"}, o.Denied); diff != "" {
		t.Errorf("denied -want +got:\n%s", diff)
	}
}

func TestUnchangedStateIsShared(t *testing.T) {
	p := new(peer)
	tell := func(text string) cluster.Observation {
		t.Helper()
		var o cluster.Observation
		if err := decodeState(answer{json: []byte(text)}, p, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	shared := func(a, b cluster.Observation) bool { return &a.State.Roles[0] == &b.State.Roles[0] }
	first := tell(stateJSON)
	later := strings.Replace(stateJSON, "12:00:00", "12:00:05", 1)
	calm := tell(later)
	if diff := cmp.Diff(first, calm); diff != "" || !shared(first, calm) {
		t.Errorf("only the time differs, shared %v: %s", shared(first, calm), diff)
	}
	fuller := tell(strings.Replace(later, `"Free":4096`, `"Free":100`, 1))
	if v := fuller.State.Volumes[0]; v.Free != 100 || first.State.Volumes[0].Free != 4096 || !shared(first, fuller) {
		t.Errorf("a fuller volume: free %d, before %d, shared %v", v.Free, first.State.Volumes[0].Free, shared(first, fuller))
	}
	for _, change := range [][2]string{{`"State":2,"StatusInformation":12`, `"State":1,"StatusInformation":12`}, {`["Volumes"]`, `[]`}, {`"Priority":2000`, `"Priority":2001`}} {
		text := strings.Replace(later, change[0], change[1], 1)
		var want cluster.Observation
		if err := decodeState(answer{json: []byte(text)}, new(peer), &want); err != nil {
			t.Fatal(err)
		}
		if got := tell(text); cmp.Diff(want, got) != "" || cmp.Equal(got, first) {
			t.Errorf("%s was not seen: %s", change[1], cmp.Diff(want, got))
		}
		if got := tell(later); !cmp.Equal(got, first) {
			t.Errorf("back from %s: %s", change[1], cmp.Diff(first, got))
		}
	}
	if err := decodeState(answer{json: []byte(strings.Replace(later, `"Volumes":[{`, `"Volumes":[[`, 1))}, p, new(cluster.Observation)); !errors.Is(err, errBadAnswer) {
		t.Errorf("broken volumes: %v", err)
	}
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(stateJSON))
	f.Add([]byte(`{"a":"\"}\\","b":[{"c":1},{}],"d":{"e":[]} , "f" : null}`))
	f.Add([]byte(`{"a":"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := map[string]string{}
		end := 0
		members(b, func(key, value []byte, at int) {
			if at < end || string(b[at:at+len(value)]) != string(value) {
				t.Errorf("%q is not at %d behind %d", value, at, end)
			}
			end = at + len(value)
			var k string
			if json.Unmarshal(key, &k) == nil {
				got[k] = strings.TrimSpace(string(value))
			}
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(b, &want) != nil || want == nil {
			return
		}
		for k, v := range want {
			if got[k] != string(v) {
				t.Errorf("%q is %q, want %q", k, got[k], v)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d members, want %d", len(got), len(want))
		}
	})
}

func TestWitnessKinds(t *testing.T) {
	for _, c := range []struct {
		kind  string
		value string
		want  cluster.WitnessKind
	}{
		{"Cloud Witness", "2", cluster.WitnessCloud},
		{"File Share Witness", "2", cluster.WitnessFileShare},
		{"Physical Disk", "3", cluster.WitnessDisk},
		{"", "2", cluster.WitnessFileShare}, // resources may not be read
		{"", "3", cluster.WitnessDisk},
		{"", "1", cluster.WitnessNone},
		{"", "4", cluster.WitnessNone},
		{"", "-1", cluster.WitnessNone},
	} {
		o, err := understand(t, cluster.QuestionState, `{"Name":"C","WitnessResourceType":"`+c.kind+`","QuorumTypeValue":`+c.value+`}`)
		if err != nil || o.State.Quorum.Witness != c.want {
			t.Errorf("%q, %s: %v, %v; want %v", c.kind, c.value, o.State.Quorum.Witness, err, c.want)
		}
	}
}

func TestDecodeStorage(t *testing.T) {
	o, err := understand(t, cluster.QuestionStorage, `{"UtcNow":"2026-03-01T12:00:00Z","Denied":null,
"Pools":[{"FriendlyName":"S2D","HealthStatus":1,"OperationalStatus":[3,53250],"IsReadOnly":true,"Size":9007199254740993,"AllocatedSize":2}],
"VirtualDisks":[{"FriendlyName":"Archive","HealthStatus":0,"OperationalStatus":[2],"ResiliencySettingName":"Parity","NumberOfDataCopies":1,"PhysicalDiskRedundancy":2,"Size":10,"FootprintOnPool":20}],
"Drives":[{"UniqueId":"u","MediaType":4,"Node":"hv-01","SlotNumber":7,"Usage":5,"HealthStatus":5,"OperationalStatus":[61234]}],
"Jobs":[{"Name":"Repair","JobState":4,"PercentComplete":40,"BytesProcessed":4,"BytesTotal":10,"ElapsedSeconds":90,"IsBackgroundTask":true}],
"Faults":[{"FaultId":"f","FaultType":"t","PerceivedSeverity":6,"Reason":"r","RecommendedActions":["a",""],"FaultTime":"2026-03-01T11:00:00+01:00"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := &cluster.Storage{
		Pools:        []cluster.Pool{{Name: "S2D", Health: cluster.StorageWarning, Status: []string{"Degraded", "Detached"}, ReadOnly: true, Size: 9007199254740993, Allocated: 2}},
		VirtualDisks: []cluster.VirtualDisk{{Name: "Archive", Status: []string{"OK"}, Resiliency: "Parity", Copies: 1, Redundancy: 2, Size: 10, Footprint: 20}},
		Drives:       []cluster.Drive{{ID: "u", Media: "SSD", Node: "hv-01", Slot: "7", Usage: "Journal", Health: cluster.StorageUnknown, Status: []string{"Unknown(61234)"}}},
		Jobs:         []cluster.StorageJob{{Name: "Repair", State: "Running", Percent: 40, Done: 4, Total: 10, Elapsed: 90 * time.Second, Permanent: true}},
		Faults:       []cluster.HealthFault{{ID: "f", Type: "t", Severity: 6, Reason: "r", Actions: []string{"a"}, Time: asked.Add(-2 * time.Hour)}},
	}
	if diff := cmp.Diff(want, o.Storage); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDecodeVitals(t *testing.T) {
	o, err := understand(t, cluster.QuestionVitals, `{"UtcNow":"2026-03-01T12:01:30.1000000Z","IsClusterNode":true,"BootTime":"2026-02-01T00:00:00Z","CpuPercent":12.5,"LogicalCPUs":64,"MemoryTotal":100,"MemoryFree":40,
"ReadsPerSec":1.5,"WriteBytesPerSec":7,"LatencySeconds":0.0025,"RunningVMs":9,"LoopMemory":123,"Adapters":[{"Name":"NIC","LinkBits":25000000000,"RxBytesPerSec":10,"TxBytesPerSec":20}],"Services":[{"Name":"ClusSvc","State":"Start Pending","StartMode":"Auto"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := &cluster.Vitals{
		UTC: asked.Add(90*time.Second + 100*time.Millisecond), Skew: 90 * time.Second, SkewError: 100 * time.Millisecond, Boot: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		CPU: 12.5, Cores: 64, MemoryTotal: 100, MemoryFree: 40, VMs: 9,
		Adapters: []cluster.Adapter{{Name: "NIC", LinkBps: 25e9, RxBps: 80, TxBps: 160}},
		Disk:     cluster.DiskRates{ReadIOPS: 1.5, WriteBps: 7, Latency: 2500 * time.Microsecond},
		Services: []cluster.Service{{Name: "ClusSvc", State: "Start Pending", Start: "Auto"}},
	}
	if diff := cmp.Diff(want, o.Vitals); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		q    cluster.Question
		text string
		want error
	}{
		"no JSON":                   {cluster.QuestionState, "PS C:\\>", errBadAnswer},
		"a list":                    {cluster.QuestionState, "[]", errBadAnswer},
		"null":                      {cluster.QuestionState, "null", errBadAnswer},
		"text where a number is":    {cluster.QuestionState, `{"Name":"C","Nodes":[{"State":"Up"}]}`, errBadAnswer},
		"more than one object":      {cluster.QuestionVitals, `{"UtcNow":"2026-03-01T12:00:00Z"}{}`, errBadAnswer},
		"vitals without a time":     {cluster.QuestionVitals, `{"IsClusterNode":true}`, errBadAnswer},
		"vitals of a plain server":  {cluster.QuestionVitals, `{"UtcNow":"2026-03-01T12:00:00Z"}`, errNoCluster},
		"storage of something else": {cluster.QuestionStorage, `{"Name":"C"}`, errBadAnswer},
		"an empty inventory":        {cluster.QuestionInventory, `{}`, errBadAnswer},
	} {
		if _, err := understand(t, c.q, c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := understand(t, cluster.QuestionVitals, `{"UtcNow":"2026-03-01T12:00:00Z","Denied":["Services"]}`); err != nil {
		t.Errorf("without rights to see services it cannot be told that there is no cluster: %v", err)
	}
}

func TestInventoryNeverHasNullLists(t *testing.T) {
	o, err := understand(t, cluster.QuestionInventory, `{"UtcNow":"2026-03-01T12:00:00Z","Certificates":[{"Subject":"CN=x","NotAfter":"2027-03-01T12:00:00.0000000Z","WinRM":true}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if c := o.Inventory.Certificates[0]; !c.Listener || c.NotAfter.Year() != 2027 {
		t.Errorf("certificate %+v", c)
	}
	b, err := json.Marshal(o.Inventory)
	if err != nil || strings.Contains(string(b), "null") {
		t.Errorf("%s, %v", b, err)
	}
}
