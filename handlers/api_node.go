package handlers

import (
	"net/http"
	"strings"
	"time"

	"looksalive/cluster"
)

type apiNodeList struct {
	Version uint64     `json:"version"`
	At      *time.Time `json:"at"`
	Nodes   []apiNode  `json:"nodes"`
}

type apiNode struct {
	Cluster    string               `json:"cluster"`
	Name       string               `json:"name"`
	Health     cluster.Health       `json:"health"`
	Reason     *string              `json:"reason"`
	State      *cluster.NodeState   `json:"state"`
	Status     []string             `json:"statusInformation"` // null while unknown
	Drain      *cluster.DrainStatus `json:"drainStatus"`
	Weight     *int                 `json:"nodeWeight"`
	Vote       *int                 `json:"dynamicWeight"`
	Site       *string              `json:"site"`
	Rack       *string              `json:"rack"`
	StateAt    *time.Time           `json:"stateAt"`
	StateAge   *float64             `json:"stateAgeSeconds"`
	StateStale bool                 `json:"stateStale"`
	Contact    apiContact           `json:"contact"`
	Vitals     *apiVitals           `json:"vitals"`
	Denied     []string             `json:"denied"` // parts it would not let us read
}

type apiContact struct {
	Reach       cluster.Reach        `json:"reach"`
	Detail      *string              `json:"detail"`
	LastTry     *time.Time           `json:"lastTry"`
	LastSuccess *time.Time           `json:"lastSuccess"`
	Age         *float64             `json:"ageSeconds"` // of the last success
	Took        *float64             `json:"tookSeconds"`
	Failures    int                  `json:"failures"`
	Since       *time.Time           `json:"failingSince"`
	Breaker     cluster.BreakerState `json:"breaker"`
	RetryAt     *time.Time           `json:"retryAt"`
}

type apiVitals struct {
	At          time.Time  `json:"at"`
	Age         float64    `json:"ageSeconds"`
	Stale       bool       `json:"stale"`
	CPU         *float64   `json:"cpuPercent"`
	Cores       *int       `json:"logicalProcessors"`
	MemoryUsed  *int64     `json:"memoryUsed"`
	MemoryTotal *int64     `json:"memoryTotal"`
	VMs         *int       `json:"runningVirtualMachines"`
	Skew        float64    `json:"clockSkewSeconds"`
	Boot        *time.Time `json:"boot"`
	Rx          *int64     `json:"receivedBitsPerSecond"`
	Tx          *int64     `json:"sentBitsPerSecond"`
	Disk        *apiRates  `json:"disk"`
}

type apiRates struct {
	ReadIOPS  float64 `json:"readIOPS"`
	WriteIOPS float64 `json:"writeIOPS"`
	ReadBps   int64   `json:"readBytesPerSecond"`
	WriteBps  int64   `json:"writeBytesPerSecond"`
	Latency   float64 `json:"latencySeconds"`
}

type apiNodeDetail struct {
	apiNode
	Services   []apiService   `json:"services"`
	Adapters   []apiAdapter   `json:"adapters"`
	Interfaces []apiInterface `json:"interfaces"`
	Roles      []apiRole      `json:"roles"`
	Inventory  *apiInventory  `json:"inventory"`
	Faults     []apiFault     `json:"faults"`
}

type apiService struct {
	Name    string `json:"name"`
	Display string `json:"displayName"`
	State   string `json:"state"`
	Start   string `json:"startMode"`
	Running bool   `json:"running"`
}

type apiAdapter struct {
	Name string `json:"name"`
	Link *int64 `json:"linkBitsPerSecond"`
	Rx   int64  `json:"receivedBitsPerSecond"`
	Tx   int64  `json:"sentBitsPerSecond"`
}

type apiInventory struct {
	At           time.Time        `json:"at"`
	Age          float64          `json:"ageSeconds"`
	OS           *string          `json:"os"`
	Version      *string          `json:"version"`
	Build        *string          `json:"build"`
	Domain       *string          `json:"domain"`
	Manufacturer *string          `json:"manufacturer"`
	Model        *string          `json:"model"`
	Serial       *string          `json:"serial"`
	BIOS         *string          `json:"bios"`
	CPU          *string          `json:"cpuName"`
	Sockets      *int             `json:"sockets"`
	Cores        *int             `json:"cores"`
	Memory       *int64           `json:"memory"`
	PowerShell   *string          `json:"powerShell"`
	ClockSource  *string          `json:"clockSource"`
	Certificates []apiCertificate `json:"certificates"`
}

type apiCertificate struct {
	Subject    string     `json:"subject"`
	Issuer     string     `json:"issuer"`
	Thumbprint string     `json:"thumbprint"`
	NotBefore  *time.Time `json:"notBefore"`
	NotAfter   *time.Time `json:"notAfter"`
	WinRM      bool       `json:"usedByWinRM"`
}

func (a *App) apiNodes(r *http.Request) (any, error) {
	m, q := momentOf(r), r.URL.Query()
	name := q.Get("cluster")
	if name != "" && m.snap.Cluster(name) == nil {
		return nil, noCluster
	}
	keep := func(cluster.Health) bool { return true }
	if word := q.Get("health"); word != "" {
		want, ok := healthByWord(word)
		if !ok {
			return nil, badRequest("health must be one of the words this API answers with, such as Healthy or Critical.")
		}
		keep = func(h cluster.Health) bool { return h == want }
	}
	nodes := []apiNode{}
	for _, p := range m.snap.Clusters {
		if name != "" && p.Cluster != name {
			continue
		}
		for _, n := range p.NodeNames() {
			if v := nodeOf(p, n, m); keep(v.Health) {
				nodes = append(nodes, v)
			}
		}
	}
	return apiNodeList{m.snap.Version, utc(m.snap.At), nodes}, nil
}

func healthByWord(word string) (cluster.Health, bool) {
	for h := cluster.Paused; h <= cluster.Critical; h++ {
		if strings.EqualFold(h.String(), word) {
			return h, true
		}
	}
	return 0, false
}

func (a *App) apiNode(r *http.Request) (any, error) {
	m, node := momentOf(r), param(r, "node")
	p, err := findNode(m.snap, param(r, "cluster"), node)
	if err != nil {
		return nil, err
	}
	v, _ := p.View(node)
	d := apiNodeDetail{
		apiNode:  nodeOf(p, node, m),
		Services: []apiService{}, Adapters: []apiAdapter{}, Interfaces: []apiInterface{}, Roles: []apiRole{},
		Inventory: inventoryOf(v, m.now), Faults: []apiFault{},
	}
	if v.Vitals != nil {
		d.Services = each(v.Vitals.Services, func(s cluster.Service) apiService {
			return apiService{s.Name, s.Display, s.State, s.Start, s.Running()}
		})
		d.Adapters = each(v.Vitals.Adapters, func(x cluster.Adapter) apiAdapter {
			return apiAdapter{x.Name, nonZero(x.LinkBps), x.RxBps, x.TxBps}
		})
	}
	if p.State != nil {
		for _, i := range p.State.Interfaces {
			if i.Node == node {
				d.Interfaces = append(d.Interfaces, interfaceOf(i))
			}
		}
		for _, role := range p.State.Roles {
			if role.Owner == node {
				d.Roles = append(d.Roles, roleOf(role))
			}
		}
	}
	for _, f := range m.snap.FaultsOf(p.Cluster) {
		if f.Node == node {
			d.Faults = append(d.Faults, faultOf(f, m))
		}
	}
	return d, nil
}

func nodeOf(p *cluster.Picture, name string, m moment) apiNode {
	health, why := p.NodeHealth(name, m.now)
	view, _ := p.View(name)
	out := apiNode{
		Cluster: p.Cluster, Name: name, Health: health, Reason: nonZero(why),
		StateAt: utc(p.StateAt), StateAge: age(p.StateAt, m.now), StateStale: p.StateStale(m.now),
		Contact: contactOf(view.Contact, m.now), Vitals: vitalsOf(p, name, view, m.now),
		Denied: append([]string{}, view.Denied...),
	}
	if n, ok := p.State.Node(name); ok {
		out.State, out.Status, out.Drain = &n.State, n.Status.Words(), &n.Drain
		out.Weight, out.Vote, out.Site, out.Rack = &n.Weight, &n.DynamicWeight, nonZero(n.Site), nonZero(n.Rack)
	}
	return out
}

func contactOf(c cluster.Contact, now time.Time) apiContact {
	return apiContact{
		Reach: c.Reach, Detail: nonZero(c.Detail), LastTry: utc(c.LastTry), LastSuccess: utc(c.LastOK), Age: age(c.LastOK, now),
		Took: known(c.Took.Seconds(), !c.LastTry.IsZero()), Failures: c.Failures, Since: utc(c.Since),
		Breaker: c.Breaker, RetryAt: utc(c.RetryAt),
	}
}

func vitalsOf(p *cluster.Picture, name string, view cluster.NodeView, now time.Time) *apiVitals {
	v := view.Vitals
	if v == nil {
		return nil
	}
	told := func(part string) bool { return !view.Lacks(cluster.QuestionVitals, part) }
	memory, adapters := told("OperatingSystem"), told("Adapters")
	var rx, tx int64
	for _, a := range v.Adapters {
		rx += a.RxBps
		tx += a.TxBps
	}
	return &apiVitals{
		At: view.VitalsAt.UTC(), Age: max(now.Sub(view.VitalsAt).Seconds(), 0), Stale: p.VitalsStale(name, now),
		CPU: known(v.CPU, told("Processor")), Cores: known(v.Cores, told("ComputerSystem")),
		MemoryUsed: known(v.MemoryUsed(), memory), MemoryTotal: known(v.MemoryTotal, memory), VMs: known(v.VMs, told("VirtualMachines")),
		Skew: v.Skew.Seconds(), Boot: utc(v.Boot), Rx: known(rx, adapters), Tx: known(tx, adapters),
		Disk: known(apiRates{v.Disk.ReadIOPS, v.Disk.WriteIOPS, v.Disk.ReadBps, v.Disk.WriteBps, v.Disk.Latency.Seconds()}, told("SharedVolumes")),
	}
}

func inventoryOf(view cluster.NodeView, now time.Time) *apiInventory {
	v := view.Inventory
	if v == nil {
		return nil
	}
	system := !view.Lacks(cluster.QuestionInventory, "OperatingSystem") // without it Build is a revision alone
	return &apiInventory{
		At: view.InventoryAt.UTC(), Age: max(now.Sub(view.InventoryAt).Seconds(), 0),
		OS: known(v.OS, system), Version: known(v.Version, system), Build: known(v.Build, system),
		Domain: nonZero(v.Domain), Manufacturer: nonZero(v.Manufacturer), Model: nonZero(v.Model), Serial: nonZero(v.Serial),
		BIOS: nonZero(v.BIOS), CPU: nonZero(v.CPUName), Sockets: nonZero(v.Sockets), Cores: nonZero(v.Cores), Memory: nonZero(v.Memory),
		PowerShell: nonZero(v.PSVersion), ClockSource: nonZero(v.ClockSource),
		Certificates: each(v.Certificates, func(c cluster.Certificate) apiCertificate {
			return apiCertificate{c.Subject, c.Issuer, c.Thumbprint, utc(c.NotBefore), utc(c.NotAfter), c.Listener}
		}),
	}
}
