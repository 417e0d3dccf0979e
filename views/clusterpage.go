package views

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// clusterView is what "/c/{cluster}" shows.
type clusterView struct {
	Name      string
	Base      string
	Notice    *Notice
	Denied    *Notice
	Attention attention
	Inventory []InventoryTile
	Now       []Tile
	Nodes     Table
	Volumes   Table
	Survival  survival
	Quorum    quorum
	Heartbeat Table
	Rules     []Fact
	AsOf      *Meta // set when what the cluster told is not looked at any more
}

// Fact is a line of a list of facts.
type Fact struct {
	Label string
	Value string
	Href  string
	State *State
	At    *When
	Note  string
	Class string
	Title string // tip
}

// Notice is a box above the content.
type Notice struct {
	Class string // "stale", "warn", "crit", "info"
	Icon  string
	Title string
	Text  string
	At    When

	Href, Link string // where more is said, "" for nowhere
	Retry      string // where a rejected password is tried again, "" for nowhere
	Of         string // what Retry is about
}

// survival says how many nodes a cluster may lose.
type survival struct {
	Known      bool
	Headline   string
	Text       string
	Ceilings   []ceiling
	Class      string
	Limit      string
	LostWord   string
	Sequential string
}

type ceiling struct {
	Name, At, After string
	Detail          string
	Limits, Known   bool
}

// quorum is votes and witness.
type quorum struct {
	Known    bool
	Headline string // "5 of 5 votes"
	Text     string
	Votes    []vote
	Facts    []Fact
}

// vote is one mark in the row of votes.
type vote struct{ Class, Title, Label string }

// ClusterPage is "/c/{cluster}". trend holds the series ClusterTrends names
// and may be nil.
func ClusterPage(s *cluster.Snapshot, name string, trend Trends, q Query, now time.Time) (Page, error) {
	p := s.Cluster(name)
	if p == nil {
		return Page{}, fmt.Errorf("cluster %q: %w", name, cluster.ErrNotFound)
	}
	v := newClusterView(s, p, trend, now)
	h, why := p.Health(s.Faults, now)
	st := stateOf(h)
	page := Page{
		Title: name, Path: clusterPath(name), Nav: navFor(s, name, tabOverview), Live: true, Layout: "split",
		Crumbs: crumbs(name),
		Head:   Head{Title: name, State: &st, Sub: clusterSub(p, why), Actions: []Action{{Label: "All faults", Href: Query{Cluster: name, Page: 1}.on("/faults"), Icon: "alert-16-regular"}}},
		table:  &v.Nodes,
	}
	if p.StateFrom != "" {
		page.Head.Facts = []Meta{{Text: "seen through " + p.StateFrom + ",", At: ago(p.StateAt, now)}}
	}
	page.Regions = append(page.Regions,
		noticeRegion(v.Notice, v.Denied),
		Region{ID: "r-inventory", Class: "wide", Label: "Inventory", Body: inventory(v.Inventory)},
		Region{ID: "r-main", Class: "col", Body: clusterMain(v)},
		Region{ID: "r-side", Class: "aside", Body: clusterSide(v)},
	)
	return page, nil
}

func clusterSub(p *cluster.Picture, why string) string {
	parts := []string{plural(len(p.NodeNames()), "node")}
	if at := sites(p); len(at) > 0 {
		parts[0] += " in " + strings.Join(at, ", ")
	}
	if st := p.State; st != nil {
		if st.S2D {
			parts = append(parts, "Storage Spaces Direct")
		}
		if st.Level > 0 {
			parts = append(parts, "functional level "+strconv.Itoa(st.Level))
		}
	}
	return strings.Join(parts, " · ")
}

func newClusterView(s *cluster.Snapshot, p *cluster.Picture, trend Trends, now time.Time) clusterView {
	a := accessOf(s)
	all := []*cluster.Picture{p}
	v := clusterView{
		Denied: a.notice(all, cluster.QuestionState, "Nodes", "Groups", "Volumes", "Networks", "Witness"),
		Name:   p.Cluster, Base: clusterPath(p.Cluster),
		Notice:    staleNotice(p, now),
		Attention: newAttention(s.FaultsOf(p.Cluster), Query{Cluster: p.Cluster, Page: 1}.on("/faults"), 4, now),
		Inventory: clusterInventory(p, now),
		Now:       usageTiles(p.Usage(now), flowOf(p, p.NodeNames(), now), trend, true, lackOf(p), now),
		Nodes:     nodesTable(all, false, a, now),
		Volumes:   volumesTable(all, false, a, now),
		Survival:  newSurvival(cluster.Survive(p)),
		Quorum:    newQuorum(p),
		Heartbeat: policyTable(p),
		Rules:     resiliencyFacts(p),
	}
	if p.AllPaused() {
		v.AsOf, v.Survival.Class = asOf(p.StateAt, now, false), ""
	}
	worstFirst(v.Nodes.Rows)
	v.Nodes.all = v.Nodes.Rows
	worstFirst(v.Volumes.Rows)
	return v
}

func clusterInventory(p *cluster.Picture, now time.Time) []InventoryTile {
	base := clusterPath(p.Cluster)
	u := p.Usage(now)
	worst := cluster.Healthy
	for _, n := range p.NodeNames() {
		h, _ := p.NodeHealth(n, now)
		worst = max(worst, h)
	}
	up := strconv.Itoa(u.NodesUp) + " up"
	if p.Lacks(cluster.QuestionState, "Nodes") {
		up = noAccess
	}
	if u.NodesPaused > 0 {
		up += ", " + strconv.Itoa(u.NodesPaused) + " " + pausedWord
	}
	out := []InventoryTile{inventoryTile(p, "Nodes", base+"/nodes", "server-20-regular", u.NodesTotal, up, worst)}
	if p.State == nil {
		return out
	}
	var vm, role, vol, net cluster.Health
	roles, online, running := 0, 0, 0
	for _, r := range p.State.Roles {
		h, _ := cluster.RoleHealth(r)
		if r.IsVM() {
			vm = max(vm, h)
			continue
		}
		role, roles = max(role, h), roles+1
		if r.State == cluster.GroupOnline {
			online++
		}
	}
	var free int64
	for _, v := range p.State.Volumes {
		h, _ := cluster.VolumeHealth(v)
		vol, free = max(vol, h), free+v.Free
	}
	for _, n := range p.State.Networks {
		h, _ := cluster.NetworkHealth(n)
		net = max(net, h)
		if n.State == cluster.NetworkUp {
			running++
		}
	}
	locked := func(t InventoryTile, q cluster.Question, part string) InventoryTile {
		if p.Lacks(q, part) {
			st := State{Class: "stale", Icon: lockIcon, Glyph: lockIcon, Word: noAccess}
			t.Value, t.Note, t.State, t.Title = noAccess, "", &st, missingText(q, part)
		}
		return t
	}
	state := cluster.QuestionState
	out = append(out,
		locked(inventoryTile(p, "Virtual machines", base+"/vms", "desktop-20-regular", u.VMs, strconv.Itoa(u.VMsRunning)+" running", vm), state, "Groups"),
		locked(inventoryTile(p, "Roles", base+"/roles", "apps-list-detail-20-regular", roles, strconv.Itoa(online)+" online", role), state, "Groups"),
		locked(inventoryTile(p, "Volumes", base+"/storage", "storage-20-regular", len(p.State.Volumes), binary(free)+" free", vol), state, "Volumes"),
		locked(inventoryTile(p, "Networks", base+"/networks", "router-20-regular", len(p.State.Networks), strconv.Itoa(running)+" up", net), state, "Networks"),
	)
	if p.Lacks(cluster.QuestionStorage, "Drives") {
		return append(out, locked(inventoryTile(p, "Drives", base+"/storage", "hard-drive-20-regular", 0, "", cluster.NoData), cluster.QuestionStorage, "Drives"))
	}
	if p.Storage != nil && len(p.Storage.Drives) > 0 {
		var drive cluster.Health
		var size int64
		for _, d := range p.Storage.Drives {
			h, _ := cluster.DriveHealth(d)
			drive, size = max(drive, h), size+d.Size
		}
		out = append(out, inventoryTile(p, "Drives", base+"/storage", "hard-drive-20-regular", len(p.Storage.Drives), decimal(size), drive))
	}
	return out
}

func newSurvival(s cluster.Survivability) survival {
	v := survival{Known: s.Known, Limit: s.Limit}
	for _, c := range s.Ceilings {
		at, after := noData, noData
		if c.Known {
			at, after = strconv.Itoa(c.Simultaneous), strconv.Itoa(c.Sequential)
		}
		v.Ceilings = append(v.Ceilings, ceiling{Name: sentence(c.Name), At: at, After: after, Detail: c.Detail, Known: c.Known,
			Limits: s.Known && c.Known && c.Simultaneous == s.Simultaneous})
	}
	if !s.Known {
		v.Text = "The cluster has not told enough yet."
		return v
	}
	v.Headline = plural(s.Simultaneous, "node")
	v.Text = "may be lost at the same instant"
	if s.Simultaneous == 0 {
		v.Headline, v.Class = "No node", "warn-t"
	}
	if s.Sequential > s.Simultaneous {
		v.Sequential = strconv.Itoa(s.Sequential) + " one after the other, with time to settle between"
	}
	return v
}

// sentence begins a text with a capital.
func sentence(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

func newQuorum(p *cluster.Picture) quorum {
	if p.State == nil {
		return quorum{Text: "The cluster has not told its votes yet."}
	}
	if p.Lacks(cluster.QuestionState, "Nodes") {
		return quorum{Text: "No access. " + missingText(cluster.QuestionState, "Nodes")}
	}
	qr := p.State.Quorum
	have, all := 0, 0
	v := quorum{Known: true}
	for _, n := range p.State.Nodes {
		mark := vote{Title: n.Name + ": no vote", Class: "none", Label: n.Name}
		all += n.Weight
		if n.DynamicWeight > 0 && n.State != cluster.NodeDown {
			have += n.DynamicWeight
			mark.Class, mark.Title = "has", n.Name+": votes"
		} else if n.Weight > 0 {
			mark.Class, mark.Title = "lost", n.Name+": its vote does not count now"
		}
		v.Votes = append(v.Votes, mark)
	}
	if qr.Witness != cluster.WitnessNone {
		mark := vote{Class: "wit none", Title: "Witness: its vote does not count now"}
		all++
		if qr.WitnessWeight > 0 {
			have += qr.WitnessWeight
			mark.Class, mark.Title = "wit has", "Witness: votes"
		}
		if qr.WitnessState == cluster.ResourceFailed || qr.WitnessState == cluster.ResourceOffline {
			mark.Class, mark.Title = "wit lost", "Witness: "+strings.ToLower(qr.WitnessState.String())
		}
		v.Votes = append(v.Votes, mark)
	}
	v.Headline = strconv.Itoa(have) + " of " + plural(all, "vote")
	v.Text = strconv.Itoa(have/2+1) + " needed to stay alive"
	v.Facts = append(v.Facts, Fact{Label: "Dynamic quorum", Value: onOff(qr.Dynamic)}, witnessFact(qr))
	if qr.WitnessPath != "" {
		v.Facts = append(v.Facts, Fact{Label: "Witness path", Value: qr.WitnessPath, Class: "mono"})
	}
	return v
}

func witnessFact(q cluster.Quorum) Fact {
	if q.Witness == cluster.WitnessNone {
		return Fact{Label: "Witness", Value: "none"}
	}
	kind := map[cluster.WitnessKind]string{cluster.WitnessDisk: "Disk", cluster.WitnessFileShare: "File share", cluster.WitnessCloud: "Cloud"}[q.Witness]
	f := Fact{Label: "Witness", Value: cmp.Or(kind, q.Witness.String()) + ", " + strings.ToLower(q.WitnessState.String())}
	if q.WitnessState != cluster.ResourceOnline {
		st := stateOf(cluster.Warning)
		f.State = &st
	}
	return f
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// policyTable says how long a node may be silent on each kind of route.
func policyTable(p *cluster.Picture) Table {
	t := Table{Label: "Heartbeat policy", Class: "policy",
		Cols: []Col{{Label: "Between nodes"}, {Label: "Interval", Class: "r"}, {Label: "Missed", Class: "r"}, {Label: "Tolerance", Class: "r"}},
		None: unknown("No policy yet", "The cluster has not told its settings.")}
	if p.State == nil {
		return t
	}
	hb := p.State.Heartbeat
	for _, l := range []struct {
		name, class string
		limit       cluster.Limit
	}{
		{"Same subnet", "ss", hb.Between("", "", true)},
		{"Cross subnet", "cs", hb.Between("", "", false)},
		{"Cross site", "xs", hb.Between("a", "b", false)},
	} {
		t.Rows = append(t.Rows, Row{ID: rowID("policy", l.name), Cells: []Cell{
			{Text: l.name, Class: "pol " + l.class}, {Text: duration(l.limit.Delay), Class: "r"},
			{Text: strconv.Itoa(l.limit.Threshold), Class: "r"}, {Text: duration(l.limit.Tolerance()), Class: "r strong"},
		}})
	}
	return t
}

func resiliencyFacts(p *cluster.Picture) []Fact {
	if p.State == nil {
		return nil
	}
	r := p.State.Resiliency
	return []Fact{
		{Label: "Isolated machines run on for", Value: duration(r.DefaultPeriod)},
		{Label: "Quarantine", Value: "after " + plural(r.QuarantineThreshold, "isolation") + " within an hour, for " + duration(r.QuarantineDuration)},
	}
}
