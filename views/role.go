package views

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// Roles is "/roles" and "/c/{cluster}/roles": all roles but virtual machines.
func Roles(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	list, path, err := pictures(s, name, "roles")
	if err != nil {
		return Page{}, err
	}
	a := accessOf(s)
	t := rolesTable(list, name == "", a, func(r cluster.Role) bool { return !r.IsVM() })
	return listPage(s, name, "Roles", path, "Filter roles", tabRoles, t, roleNotices(list, name == "", a, now), q), nil
}

// VMs is "/vms" and "/c/{cluster}/vms".
func VMs(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	list, path, err := pictures(s, name, "vms")
	if err != nil {
		return Page{}, err
	}
	a := accessOf(s)
	t := rolesTable(list, name == "", a, cluster.Role.IsVM)
	t.Cols[0].Label = "Virtual machine"
	return listPage(s, name, "Virtual machines", path, "Filter virtual machines", tabVMs, t, roleNotices(list, name == "", a, now), q), nil
}

func roleNotices(list []*cluster.Picture, fleet bool, a access, now time.Time) []*Notice {
	return []*Notice{staleClusters(list, fleet, now), a.notice(list, cluster.QuestionState, "Groups", "Resources")}
}

func rolesTable(list []*cluster.Picture, fleet bool, a access, keep func(cluster.Role) bool) Table {
	t := Table{Label: "Roles", Class: "roles", None: unknown("Nothing here", "The cluster has told of none."),
		Cols: []Col{{Key: "name", Label: "Role"}}}
	if fleet {
		t.Cols = append(t.Cols, Col{Key: "cluster", Label: "Cluster"})
	}
	t.Cols = append(t.Cols, Col{Key: "state", Label: "State"}, Col{Key: "owner", Label: "Owner node"}, Col{Key: "type", Label: "Type"},
		Col{Key: "priority", Label: "Priority"}, Col{Key: "resources", Label: "Resources", Class: "r"})
	if len(list) == 1 && list[0].Lacks(cluster.QuestionState, "Groups") {
		t.None = a.empty(list[0], cluster.QuestionState, "Groups")
	}
	for _, p := range list {
		if p.State == nil {
			continue
		}
		for _, r := range p.State.Roles {
			if keep(r) {
				t.Rows = append(t.Rows, roleRow(p, r, fleet, a))
			}
		}
	}
	return t
}

func roleRow(p *cluster.Picture, r cluster.Role, fleet bool, a access) Row {
	h, why := seenAs(p)(cluster.RoleHealth(r))
	st := stateOf(h)
	if r.State == cluster.GroupOffline && h == cluster.Healthy {
		st = State{Health: h, Class: "quiet", Icon: "circle-16-regular", Word: "Offline"}
	}
	first := Cell{Text: r.Name, State: &st, Class: "full strong"}
	if r.Owner != "" {
		first.Console = ConsoleOnRole(p.Cluster, r.Name)
	}
	if h != cluster.Healthy {
		first.Sub, first.Tone = sentence(why), "st "+st.Class
	}
	cells := []Cell{first}
	if fleet {
		cells = append(cells, Cell{Text: p.Cluster, Href: clusterPath(p.Cluster), Class: "plain"})
	}
	online := 0
	for _, res := range r.Resources {
		if res.State == cluster.ResourceOnline {
			online++
		}
	}
	owner := Cell{Text: "none", Class: "none"}
	if r.Owner != "" {
		owner = Cell{Text: r.Owner, Href: nodePath(p.Cluster, r.Owner), Class: "plain"}
	}
	state, resources := Cell{Text: roleWord(r)}, Cell{Text: strconv.Itoa(online) + " of " + strconv.Itoa(len(r.Resources)), Class: "r num"}.by(float64(len(r.Resources)))
	if p.AllPaused() {
		state, resources = state.asLastKnown(), resources.asLastKnown()
	}
	if p.Lacks(cluster.QuestionState, "Resources") {
		resources = a.cell(p, cluster.QuestionState, "Resources", "r")
	}
	cells = append(cells, state, owner, Cell{Text: roleKind(r.Type)}, Cell{Text: priority(r.Priority)}.by(float64(r.Priority)), resources)
	return Row{ID: rowID("g", p.Cluster, cmp.Or(r.ID, r.Name)), Health: h, Cells: cells}
}

func roleWord(r cluster.Role) string {
	w := sentence(spaced(r.State.String()))
	if r.Status != 0 {
		w += ", " + spaced(r.Status.String())
	}
	return w
}

var roleKinds = map[cluster.GroupType]string{
	cluster.GroupCluster: "Cluster core", cluster.GroupAvailableStorage: "Available storage", cluster.GroupCSV: "Cluster shared volume",
	cluster.GroupStoragePool: "Storage pool", cluster.GroupFileServer: "File server", cluster.GroupGenericService: "Generic service",
	cluster.GroupVirtualMachine: "Virtual machine", cluster.GroupISCSITarget: "iSCSI target", cluster.GroupScaleOutFile: "Scale-out file server",
	cluster.GroupReplicaBroker: "Replica broker", cluster.GroupUpdating: "Cluster-aware updating", cluster.GroupStorageReplica: "Storage replica",
	cluster.GroupInfraFileServer: "Infrastructure file server", cluster.GroupCoreSddc: "SDDC core", cluster.GroupUserManager: "User manager",
}

func roleKind(t cluster.GroupType) string { return cmp.Or(roleKinds[t], t.String()) }

// priority is the word of the cluster tools for a group's priority.
func priority(n int) string {
	switch n {
	case 0:
		return "No auto start"
	case 1000:
		return "Low"
	case 2000:
		return "Medium"
	case 3000:
		return "High"
	default:
		return strconv.Itoa(n)
	}
}

// joined joins what is not empty.
func joined(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}
