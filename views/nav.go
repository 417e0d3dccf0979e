package views

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"

	"looksalive/cluster"
)

// tab names the part of the site a page belongs to.
type tab string

const (
	tabOverview tab = "overview"
	tabFaults   tab = "faults"
	tabClusters tab = "clusters"
	tabNodes    tab = "nodes"
	tabVMs      tab = "vms"
	tabRoles    tab = "roles"
	tabNetworks tab = "networks"
	tabStorage  tab = "storage"
	tabSettings tab = "settings"
	tabConsole  tab = "console"
)

// navFor is the navigation of a page at cluster scope, or at fleet scope for "".
func navFor(s *cluster.Snapshot, name string, at tab) Nav {
	if p := lookup(s, name); p != nil {
		return clusterNav(s, p, at)
	}
	return fleetNav(s, at)
}

func lookup(s *cluster.Snapshot, name string) *cluster.Picture {
	if s == nil || name == "" {
		return nil
	}
	return s.Cluster(name)
}

func fleetNav(s *cluster.Snapshot, at tab) Nav {
	var faults []cluster.Fault
	clusters := NavItem{Label: "Clusters", Href: "/clusters", Icon: "server-multiple-20-regular", Current: at == tabClusters}
	if s != nil {
		faults = s.Faults
		clusters.Count, clusters.CountLabel = strconv.Itoa(len(s.Clusters)), "clusters"
	}
	fault := faultItem(faults, "/faults", at)
	n := Nav{
		Items: []NavItem{
			{Label: "Overview", Href: "/", Icon: "home-20-regular", Current: at == tabOverview},
			fault,
			clusters,
			{Label: "Nodes", Href: "/nodes", Icon: "server-20-regular", Current: at == tabNodes},
			{Label: "Virtual machines", Href: "/vms", Icon: "desktop-20-regular", Current: at == tabVMs},
			{Label: "Roles", Href: "/roles", Icon: "apps-list-detail-20-regular", Current: at == tabRoles},
			{Label: "Networks", Href: "/networks", Icon: "router-20-regular", Current: at == tabNetworks},
			{Label: "Storage", Href: "/storage", Icon: "storage-20-regular", Current: at == tabStorage},
			{Label: "Console", Href: ConsolePath, Icon: "window-console-20-regular", Current: at == tabConsole},
			{Label: "Wall screen", Href: "/wall", Icon: "tv-20-regular"},
			{Label: "Settings", Href: SettingsPath, Icon: "settings-20-regular", Current: at == tabSettings},
		},
	}
	n.finish(faults, at)
	if s == nil { // an error page knows of no faults, not that there are none
		n.Bell.Item.CountLabel = "Faults"
	}
	return n
}

func clusterNav(s *cluster.Snapshot, p *cluster.Picture, at tab) Nav {
	faults := s.FaultsOf(p.Cluster)
	base := clusterPath(p.Cluster)
	nodes, vms, roles, volumes, networks := len(p.NodeNames()), "", "", "", ""
	if st := p.State; st != nil {
		v := 0
		for _, r := range st.Roles {
			if r.IsVM() {
				v++
			}
		}
		vms, roles = strconv.Itoa(v), strconv.Itoa(len(st.Roles)-v)
		volumes, networks = strconv.Itoa(len(st.Volumes)), strconv.Itoa(len(st.Networks))
	}
	n := Nav{
		Cluster: p.Cluster,
		Back:    "/",
		Items: []NavItem{
			{Label: "Dashboard", Href: base, Icon: "board-20-regular", Current: at == tabOverview},
			faultItem(faults, Query{Cluster: p.Cluster, Page: 1}.on("/faults"), at),
			{Label: "Nodes", Href: base + "/nodes", Icon: "server-20-regular", Count: strconv.Itoa(nodes), Current: at == tabNodes},
			{Label: "Virtual machines", Href: base + "/vms", Icon: "desktop-20-regular", Count: vms, Current: at == tabVMs},
			{Label: "Roles", Href: base + "/roles", Icon: "apps-list-detail-20-regular", Count: roles, Current: at == tabRoles},
			{Label: "Networks", Href: base + "/networks", Icon: "router-20-regular", Count: networks, Current: at == tabNetworks},
			{Label: "Storage", Href: base + "/storage", Icon: "storage-20-regular", Count: volumes, Current: at == tabStorage},
			{Label: "Console", Href: ConsolePath + "?cluster=" + url.QueryEscape(p.Cluster), Icon: "window-console-20-regular"},
			{Label: "Connection settings", Href: SettingPath(p.Cluster, "edit"), Icon: "plug-connected-20-regular"},
		},
	}
	n.finish(s.Faults, at)
	return n
}

// finish adds the bottom bar and the bell, which always speak of the fleet.
func (n *Nav) finish(all []cluster.Fault, at tab) {
	fault := faultItem(all, "/faults", at)
	n.Tabs = []NavItem{
		{Label: "Overview", Href: "/", Icon: "home-24-regular", Current: at == tabOverview && n.Cluster == ""},
		fault,
		{Label: "Clusters", Href: "/clusters", Icon: "server-multiple-20-regular", Current: at == tabClusters || n.Cluster != "" && at == tabOverview},
		{Label: "Nodes", Href: "/nodes", Icon: "server-24-regular", Current: at == tabNodes},
	}
	n.Tabs[1].Icon = "alert-24-regular"
	for _, it := range n.Items {
		if it.Label != "Overview" && it.Label != "Faults" && it.Label != "Clusters" {
			n.More = append(n.More, it)
		}
	}
	n.Bell = bell{Item: fault, News: newestFaults(all)}
	n.Bell.Item.CountLabel = "No open faults"
	if len(all) > 0 {
		n.Bell.Item.CountLabel = plural(len(all), "open fault")
		if waiting := len(toLookAt(all)); waiting < len(all) {
			n.Bell.Item.CountLabel += ", " + strconv.Itoa(waiting) + " to look at"
		}
	}
}

// bell is the button in the top bar. It is on every page, so it also carries
// the newest faults for the browser to announce.
type bell struct {
	Item NavItem
	News []newsItem
}

// newsItem is a fault as it is announced. ID grows with every fault.
type newsItem struct {
	ID     int64  `json:"id"`
	Text   string `json:"text"`
	Urgent bool   `json:"urgent,omitempty"`
}

// newestFaults are the last few that were opened, newest first.
func newestFaults(all []cluster.Fault) []newsItem {
	const most = 8
	var out []newsItem
	for _, f := range all {
		i, _ := slices.BinarySearchFunc(out, f.ID, func(n newsItem, id int64) int { return cmp.Compare(id, n.ID) })
		if i < most {
			out = slices.Insert(out, i, newsItem{f.ID, f.Title + ", " + f.Cluster, f.Health >= cluster.Quarantined})
			out = out[:min(most, len(out))]
		}
	}
	return out
}

// json is the news as the browser reads it.
func (b bell) json() string {
	text, err := json.Marshal(b.News)
	if err != nil || len(b.News) == 0 {
		return "[]"
	}
	return string(text)
}

// faultItem counts what somebody has to look at.
func faultItem(faults []cluster.Fault, href string, at tab) NavItem {
	it := NavItem{Label: "Faults", Href: href, Icon: "alert-20-regular", Current: at == tabFaults}
	faults = toLookAt(faults)
	if len(faults) == 0 {
		return it
	}
	it.Count, it.CountLabel, it.Tone = strconv.Itoa(len(faults)), "to look at", "warn"
	for _, f := range faults {
		if f.Health >= cluster.Quarantined {
			it.Tone = "crit"
		}
	}
	return it
}
