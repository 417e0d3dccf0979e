package handlers

import (
	"net/http"
	"slices"
	"time"

	"looksalive/cluster"
)

type apiClusterList struct {
	Version  uint64              `json:"version"` // of the snapshot
	At       *time.Time          `json:"at"`
	Clusters []apiClusterSummary `json:"clusters"`
}

type apiClusterSummary struct {
	Name            string            `json:"name"`
	Health          cluster.Health    `json:"health"`
	Reason          *string           `json:"reason"`
	OpenFaults      int               `json:"openFaults"`
	Nodes           apiNodeCount      `json:"nodes"`
	CPUPercent      *float64          `json:"cpuPercent"`
	Memory          *apiUse           `json:"memory"`
	Storage         *apiUse           `json:"storage"`
	VirtualMachines *apiVMCount       `json:"virtualMachines"`
	Survivability   *apiSurvivability `json:"survivability"`
	StateAt         *time.Time        `json:"stateAt"`
	StateAge        *float64          `json:"stateAgeSeconds"`
	StateStale      bool              `json:"stateStale"`
	StateFrom       *string           `json:"stateFrom"`
	Denied          []string          `json:"denied"` // parts some node would not let us read
}

type apiNodeCount struct {
	Total int  `json:"total"`
	Up    *int `json:"up"`
	Fresh int  `json:"fresh"`
}

type apiVMCount struct {
	Total   int `json:"total"`
	Running int `json:"running"`
}

type apiUse struct {
	Used  int64 `json:"used"`
	Total int64 `json:"total"`
}

type apiSurvivability struct {
	Simultaneous int          `json:"simultaneous"`
	Sequential   int          `json:"sequential"`
	Limit        string       `json:"limit"`
	Ceilings     []apiCeiling `json:"ceilings"`
}

type apiCeiling struct {
	Name         string `json:"name"`
	Simultaneous *int   `json:"simultaneous"`
	Sequential   *int   `json:"sequential"`
	Detail       string `json:"detail"`
}

type apiClusterDetail struct {
	apiClusterSummary
	FunctionalLevel     *int           `json:"functionalLevel"`
	StorageSpacesDirect *bool          `json:"storageSpacesDirect"`
	Quorum              *apiQuorum     `json:"quorum"`
	Heartbeat           *apiHeartbeat  `json:"heartbeat"`
	Members             []apiNode      `json:"members"`
	Networks            []apiNetwork   `json:"networks"`
	Interfaces          []apiInterface `json:"interfaces"`
	Roles               []apiRole      `json:"roles"`
	Volumes             []apiVolume    `json:"volumes"`
	StorageAt           *time.Time     `json:"storageAt"`
	StorageAge          *float64       `json:"storageAgeSeconds"`
	StorageStale        bool           `json:"storageStale"`
	StorageFrom         *string        `json:"storageFrom"`
	Pools               []apiPool      `json:"pools"`
	VirtualDisks        []apiDisk      `json:"virtualDisks"`
	Drives              []apiDrive     `json:"drives"`
	Jobs                []apiJob       `json:"jobs"`
	Faults              []apiFault     `json:"faults"`
}

type apiQuorum struct {
	Dynamic      bool                   `json:"dynamic"`
	Witness      cluster.WitnessKind    `json:"witness"`
	WitnessName  *string                `json:"witnessName"`
	WitnessPath  *string                `json:"witnessPath"`
	WitnessState *cluster.ResourceState `json:"witnessState"`
	WitnessVote  *int                   `json:"witnessVote"`
	Votes        int                    `json:"votes"` // that nodes and witness hold now
}

type apiHeartbeat struct {
	SameSubnet  apiLimit `json:"sameSubnet"`
	CrossSubnet apiLimit `json:"crossSubnet"`
	CrossSite   apiLimit `json:"crossSite"`
}

type apiLimit struct {
	Delay     float64 `json:"delaySeconds"`
	Threshold int     `json:"threshold"`
	Tolerance float64 `json:"toleranceSeconds"`
}

func (a *App) apiClusters(r *http.Request) (any, error) {
	m := momentOf(r)
	return apiClusterList{m.snap.Version, utc(m.snap.At),
		each(m.snap.Clusters, func(p *cluster.Picture) apiClusterSummary { return summaryOf(p, m) })}, nil
}

func (a *App) apiCluster(r *http.Request) (any, error) {
	m := momentOf(r)
	p := m.snap.Cluster(param(r, "cluster"))
	if p == nil {
		return nil, noCluster
	}
	return detailOf(p, m), nil
}

var noCluster = &HTTPError{Code: http.StatusNotFound, Msg: "There is no cluster by that name.", Err: cluster.ErrNotFound}

func summaryOf(p *cluster.Picture, m moment) apiClusterSummary {
	faults := m.snap.FaultsOf(p.Cluster)
	health, why := p.Health(faults, m.now)
	u := p.Usage(m.now)
	told := func(part string) bool { return u.StateKnown && !p.Lacks(cluster.QuestionState, part) }
	return apiClusterSummary{
		Name: p.Cluster, Health: health, Reason: nonZero(why), OpenFaults: len(faults),
		Nodes:           apiNodeCount{Total: u.NodesTotal, Up: known(u.NodesUp, told("Nodes")), Fresh: u.NodesFresh},
		CPUPercent:      known(u.CPU, u.CPUKnown),
		Memory:          known(apiUse{u.MemoryUsed, u.MemoryTotal}, u.MemoryKnown),
		Storage:         known(apiUse{u.StorageUsed, u.StorageTotal}, u.StorageKnown),
		VirtualMachines: known(apiVMCount{u.VMs, u.VMsRunning}, told("Groups")),
		Survivability:   survivabilityOf(p),
		StateAt:         utc(p.StateAt), StateAge: age(p.StateAt, m.now), StateStale: p.StateStale(m.now), StateFrom: nonZero(p.StateFrom),
		Denied: deniedOf(p),
	}
}

// deniedOf lists each part once that some node would not let us read.
func deniedOf(p *cluster.Picture) []string {
	out := []string{}
	for _, n := range p.NodeNames() {
		for _, part := range p.DeniedParts(n) {
			if !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	slices.Sort(out)
	return out
}

func survivabilityOf(p *cluster.Picture) *apiSurvivability {
	s := cluster.Survive(p)
	return known(apiSurvivability{s.Simultaneous, s.Sequential, s.Limit, each(s.Ceilings, func(c cluster.Ceiling) apiCeiling {
		return apiCeiling{c.Name, known(c.Simultaneous, c.Known), known(c.Sequential, c.Known), c.Detail}
	})}, s.Known)
}

func detailOf(p *cluster.Picture, m moment) apiClusterDetail {
	d := apiClusterDetail{
		apiClusterSummary: summaryOf(p, m),
		Members:           each(p.NodeNames(), func(n string) apiNode { return nodeOf(p, n, m) }),
		StorageAt:         utc(p.StorageAt), StorageAge: age(p.StorageAt, m.now),
		StorageStale: p.StorageStale(m.now), StorageFrom: nonZero(p.StorageFrom),
		Faults: faultsOf(m.snap.FaultsOf(p.Cluster), m),
	}
	s, st := p.State, p.Storage
	if s != nil {
		d.FunctionalLevel, d.StorageSpacesDirect = nonZero(s.Level), &s.S2D
		d.Quorum, d.Heartbeat = quorumOf(s), heartbeatOf(s.Heartbeat)
	} else {
		s = &cluster.State{}
	}
	if st == nil {
		st = &cluster.Storage{}
	}
	d.Networks = each(s.Networks, networkOf)
	d.Interfaces = each(s.Interfaces, interfaceOf)
	d.Roles = each(s.Roles, roleOf)
	d.Volumes = each(s.Volumes, volumeOf)
	d.Pools = each(st.Pools, poolOf)
	d.VirtualDisks = each(st.VirtualDisks, diskOf)
	d.Drives = each(st.Drives, driveOf)
	d.Jobs = each(st.Jobs, jobOf)
	return d
}

func quorumOf(s *cluster.State) *apiQuorum {
	q := s.Quorum
	has := q.Witness != cluster.WitnessNone
	votes := 0
	for _, n := range s.Nodes {
		votes += n.DynamicWeight
	}
	if has {
		votes += q.WitnessWeight
	}
	return &apiQuorum{q.Dynamic, q.Witness, nonZero(q.WitnessName), nonZero(q.WitnessPath),
		known(q.WitnessState, has), known(q.WitnessWeight, has), votes}
}

func heartbeatOf(h cluster.HeartbeatPolicy) *apiHeartbeat {
	limit := func(delay time.Duration, threshold int) apiLimit {
		l := cluster.Limit{Delay: delay, Threshold: threshold}
		return apiLimit{delay.Seconds(), threshold, l.Tolerance().Seconds()}
	}
	return &apiHeartbeat{
		limit(h.SameSubnetDelay, h.SameSubnetThreshold),
		limit(h.CrossSubnetDelay, h.CrossSubnetThreshold),
		limit(h.CrossSiteDelay, h.CrossSiteThreshold),
	}
}
