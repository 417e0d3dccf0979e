package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/store"
)

// hostile is a name as a bad neighbour would choose it.
const hostile = `</script><b>"O'Brien" & 100% /..\ ü`

// start is when the fixture's story begins.
var start = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// fixture is the App over a real store with two clusters: "AUE-01" with four
// nodes, of which HV-04 is down, and one with a hostile name.
type fixture struct {
	t     testing.TB
	app   *App
	store *store.Store
	now   func() time.Time
	pics  map[string]*cluster.Picture

	cookie   string // of whoever asks, "" for nobody
	programs int    // that asked so far
}

func newFixture(t testing.TB, change func(*Options)) *fixture {
	t.Helper()
	now := func() time.Time { return start }
	return newFixtureAt(t, now, change)
}

// newFixtureAt lets a test drive the clock, or synctest.
func newFixtureAt(t testing.TB, now func() time.Time, change func(*Options)) *fixture {
	t.Helper()
	st, err := store.Open(context.Background(), store.Options{Dir: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	f := &fixture{t: t, store: st, now: now, pics: map[string]*cluster.Picture{}}
	opt := Options{Store: st, Build: "test-build", Now: now, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if change != nil {
		change(&opt)
	}
	if f.app, err = New(opt); err != nil {
		t.Fatal(err)
	}
	f.add("AUE-01", "HV-01", "HV-02", "HV-03", "HV-04")
	f.add(hostile, hostile, "plain")
	return f
}

// add makes a cluster of these nodes, with all four questions answered. The
// last one is down.
func (f *fixture) add(name string, nodes ...string) {
	f.t.Helper()
	f.pics[name] = cluster.NewPicture(name, nodes)
	state := &cluster.State{
		Name: name, Level: 12, S2D: true,
		Quorum: cluster.Quorum{Dynamic: true, Witness: cluster.WitnessFileShare, WitnessName: "File Share Witness",
			WitnessPath: `\\FS-01\w`, WitnessState: cluster.ResourceOnline, WitnessWeight: 1},
		Heartbeat: cluster.HeartbeatPolicy{SameSubnetDelay: time.Second, SameSubnetThreshold: 10, CrossSubnetDelay: time.Second,
			CrossSubnetThreshold: 20, CrossSiteDelay: time.Second, CrossSiteThreshold: 20},
		Networks: []cluster.Network{{Name: "Management", State: cluster.NetworkUp, Role: cluster.RoleClusterAndClient, Address: "10.1.0.0", Prefix: 24}},
		Volumes: []cluster.Volume{
			{Name: "Volume-" + name, Path: `C:\ClusterStorage\V1`, Owner: nodes[0], State: cluster.ResourceOnline, FileSystem: "CSVFS_ReFS", Size: 1 << 40, Free: 1 << 39, Access: cluster.VolumeFileSystemRedirected},
			{Name: "Dark", State: cluster.ResourceOffline},
		},
	}
	for i, n := range nodes {
		node := cluster.Node{Name: n, ID: i + 1, State: cluster.NodeUp, Weight: 1, DynamicWeight: 1, Site: "A"}
		iface := cluster.InterfaceUp
		if i == len(nodes)-1 {
			node.State, node.DynamicWeight, iface = cluster.NodeDown, 0, cluster.InterfaceUnavailable
		}
		state.Nodes = append(state.Nodes, node)
		state.Interfaces = append(state.Interfaces, cluster.Interface{Node: n, Network: "Management", Name: n + " - Management", Address: fmt.Sprintf("10.1.0.%d", i+1), State: iface})
		state.Roles = append(state.Roles, cluster.Role{Name: "VM-" + n, Type: cluster.GroupVirtualMachine, State: cluster.GroupOnline, Owner: nodes[0], Priority: 2000,
			Resources: []cluster.Resource{{Name: "Virtual Machine VM-" + n, Type: "Virtual Machine", State: cluster.ResourceOnline, Owner: nodes[0]}}})
	}
	state.Roles = append(state.Roles, cluster.Role{Name: "Files", Type: cluster.GroupFileServer, State: cluster.GroupFailed, Owner: nodes[0]})
	f.record(name, cluster.Observation{Node: nodes[0], Question: cluster.QuestionState, State: state})
	f.record(name, cluster.Observation{Node: nodes[0], Question: cluster.QuestionStorage, Storage: &cluster.Storage{
		Pools:        []cluster.Pool{{Name: "Pool", Health: cluster.StorageHealthy, Status: []string{"OK"}, Size: 1 << 42, Allocated: 1 << 41}},
		VirtualDisks: []cluster.VirtualDisk{{Name: "Volume-" + name, Health: cluster.StorageWarning, Status: []string{"Degraded"}, Resiliency: "Mirror", Copies: 3, Size: 1 << 40, Footprint: 3 << 40}},
		Drives:       []cluster.Drive{{ID: "1000", Name: "PhysicalDisk1000", Health: cluster.StorageHealthy, Media: "SSD", Node: nodes[0], Size: 1 << 40}},
		Jobs:         []cluster.StorageJob{{Name: "Repair", State: "Running", Percent: 40, Done: 4, Total: 10, Elapsed: time.Minute}},
	}})
	for i, n := range nodes[:len(nodes)-1] {
		f.vitals(name, n, float64(10*i+5))
		f.record(name, cluster.Observation{Node: n, Question: cluster.QuestionInventory, Inventory: &cluster.Inventory{
			OS: "Windows Server 2025 Datacenter", Version: "10.0", Build: "26100", Model: "R760", Sockets: 2, Cores: 64, Memory: 1 << 40,
			Certificates: []cluster.Certificate{{Subject: "CN=" + n, Thumbprint: "AB", NotBefore: start, NotAfter: start.AddDate(1, 0, 0), Listener: true}},
		}})
	}
	last := nodes[len(nodes)-1]
	f.faults(name, cluster.Observation{Node: last, Question: cluster.QuestionVitals, Reach: cluster.ReachTimeout, Detail: "No answer within 5 s."}, nodeDown(name, last))
}

func nodeDown(name, node string) cluster.Fault {
	return cluster.Fault{Cluster: name, Kind: cluster.FaultNodeDown, Object: cluster.Ref{Kind: "node", Name: node}, Node: node,
		Health: cluster.Critical, Title: node + " is down", Impact: "Its roles moved.", Detail: "The cluster calls it Down.",
		Steps: []cluster.Step{{Text: "Look at the console."}, {Text: "Ask the cluster.", Command: "Get-ClusterNode"}}}
}

// vitals records that a node answered with this CPU load.
func (f *fixture) vitals(name, node string, cpu float64) {
	f.t.Helper()
	f.record(name, cluster.Observation{Node: node, Question: cluster.QuestionVitals, Vitals: &cluster.Vitals{
		UTC: f.now(), Boot: f.now().Add(-time.Hour), CPU: cpu, Cores: 64, MemoryTotal: 1 << 39, MemoryFree: 1 << 38, VMs: 3,
		Adapters: []cluster.Adapter{{Name: "SLOT 2", LinkBps: 25e9, RxBps: 1e9, TxBps: 2e9}},
		Services: []cluster.Service{{Name: "ClusSvc", Display: "Cluster Service", State: "Running", Start: "Auto"}, {Name: "vmms", Display: "Hyper-V Virtual Machine Management", State: "Stopped", Start: "Auto"}},
		Disk:     cluster.DiskRates{ReadIOPS: 100, WriteIOPS: 50, ReadBps: 1e6, WriteBps: 2e6, Latency: time.Millisecond},
	}})
}

// record stores an observation, with the faults the cluster already has.
func (f *fixture) record(name string, o cluster.Observation) {
	f.t.Helper()
	f.faults(name, o, f.store.Snapshot().FaultsOf(name)...)
}

// faults stores an observation and what is wrong from now on.
func (f *fixture) faults(name string, o cluster.Observation, faults ...cluster.Fault) {
	f.t.Helper()
	o.Cluster, o.At, o.Took = name, f.now(), 20*time.Millisecond
	if o.Reach == cluster.ReachUnknown {
		o.Reach = cluster.ReachOK
	}
	f.pics[name] = f.pics[name].With(o)
	if err := f.store.Record(context.Background(), cluster.Report{Observation: o, Picture: f.pics[name], Faults: faults}); err != nil {
		f.t.Fatal(err)
	}
	// A Run that ends at once writes and publishes what waits.
	ended, end := context.WithCancel(context.Background())
	end()
	if err := f.store.Run(ended); err != nil {
		f.t.Fatal(err)
	}
}

// resolve records that nothing is wrong with a cluster any more.
func (f *fixture) resolve(name string) {
	f.t.Helper()
	f.faults(name, cluster.Observation{Node: f.pics[name].Members[0], Question: cluster.QuestionState, State: f.pics[name].State})
}

// ask sends a request that did not come over a network. Header pairs may follow.
func (f *fixture) ask(method, target string, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Host = "127.0.0.1:8686"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	f.asked(r)
	w := httptest.NewRecorder()
	f.app.ServeHTTP(w, r)
	return w
}

func (f *fixture) get(target string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.ask(http.MethodGet, target)
}

var errDisk = errors.New("disk I/O error at /var/lib/secret.db")

// brokenStore cannot read history.
type brokenStore struct{ Store }

func (brokenStore) Series(context.Context, []cluster.SeriesKey, time.Time, time.Time, int) ([]cluster.Series, error) {
	return nil, errDisk
}
func (brokenStore) Faults(context.Context, cluster.FaultQuery) ([]cluster.Fault, error) {
	return nil, errDisk
}
func (brokenStore) Health() error { return errDisk }
