package views

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"looksalive/cluster"
)

// matrix shows each node's adapter on each network of one cluster.
type matrix struct {
	Cluster  string
	Networks []string
	Rows     []matrixRow
	Locked   string // why no adapter may be read, "" if they may
}

type matrixRow struct {
	ID, Node, Href string
	State          State
	Cells          []matrixCell
}

type matrixCell struct {
	State   State
	Address string
	Title   string
	None    bool // the node has no adapter on the network
}

// Networks is "/networks" and "/c/{cluster}/networks".
func Networks(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	list, path, err := pictures(s, name, "networks")
	if err != nil {
		return Page{}, err
	}
	a := accessOf(s)
	page := listPage(s, name, "Networks", path, "Filter networks", tabNetworks, networksTable(list, name == "", a),
		[]*Notice{staleClusters(list, name == "", now), a.notice(list, cluster.QuestionState, "Networks", "Interfaces")}, q)
	if name != "" && list[0].State != nil {
		m := newMatrix(list[0], now)
		if list[0].Lacks(cluster.QuestionState, "Interfaces") {
			m.Locked = missingText(cluster.QuestionState, "Interfaces")
		}
		page.Regions = append(page.Regions, Region{ID: "r-matrix", Class: "wide",
			Body: card("Interfaces", "Each node's adapter on each network", matrixBody(m))})
	}
	return page, nil
}

func networksTable(list []*cluster.Picture, fleet bool, a access) Table {
	t := Table{Label: "Networks", Class: "networks", None: unknown("No networks", "The cluster has told of none."),
		Cols: []Col{{Key: "name", Label: "Network"}}}
	if fleet {
		t.Cols = append(t.Cols, Col{Key: "cluster", Label: "Cluster"})
	}
	t.Cols = append(t.Cols, Col{Key: "state", Label: "State"}, Col{Key: "role", Label: "Carries"}, Col{Key: "subnet", Label: "Subnet"},
		Col{Key: "up", Label: "Interfaces up", Class: "r"}, Col{Key: "rank", Label: "Preference", Class: "r"})
	if len(list) == 1 && list[0].Lacks(cluster.QuestionState, "Networks") {
		t.None = a.empty(list[0], cluster.QuestionState, "Networks")
	}
	for _, p := range list {
		if p.State == nil {
			continue
		}
		ranks := networkRanks(p.State.Networks)
		for _, n := range p.State.Networks {
			t.Rows = append(t.Rows, networkRow(p, n, ranks[n.Metric], fleet, a))
		}
	}
	return t
}

// networkRanks turns metrics into ranks: only their order means something.
func networkRanks(networks []cluster.Network) map[int]int {
	var metrics []int
	for _, n := range networks {
		metrics = append(metrics, n.Metric)
	}
	slices.Sort(metrics)
	out := map[int]int{}
	for i, m := range slices.Compact(metrics) {
		out[m] = i + 1
	}
	return out
}

var carries = map[cluster.NetworkRole]string{
	cluster.RoleNone: "Nothing of the cluster", cluster.RoleCluster: "Heartbeats", cluster.RoleClient: "Clients",
	cluster.RoleClusterAndClient: "Heartbeats and clients",
}

func networkRow(p *cluster.Picture, n cluster.Network, rank int, fleet bool, a access) Row {
	h, why := seenAs(p)(cluster.NetworkHealth(n))
	st := stateOf(h)
	up, all := 0, 0
	for _, i := range p.State.Interfaces {
		if i.Network == n.Name {
			all++
			if i.State == cluster.InterfaceUp {
				up++
			}
		}
	}
	cells := []Cell{{Text: n.Name, State: &st, Sub: sentence(why), Tone: "st " + st.Class, Class: "full strong"}}
	if fleet {
		cells = append(cells, Cell{Text: p.Cluster, Href: clusterPath(p.Cluster), Class: "plain"})
	}
	state, count := Cell{Text: n.State.String()}, Cell{Text: strconv.Itoa(up) + " of " + strconv.Itoa(all), Class: "r num"}.by(ratio(up, all))
	if p.AllPaused() {
		state, count = state.asLastKnown(), count.asLastKnown()
	}
	if p.Lacks(cluster.QuestionState, "Interfaces") {
		count = a.cell(p, cluster.QuestionState, "Interfaces", "r")
	}
	cells = append(cells, state, Cell{Text: carries[n.Role]}, Cell{Text: fmt.Sprintf("%s/%d", n.Address, n.Prefix), Class: "num"}, count,
		Cell{Text: strconv.Itoa(rank), Class: "r num"}.by(float64(rank)))
	return Row{ID: rowID("net", p.Cluster, n.Name), Health: h, Cells: cells}
}

func newMatrix(p *cluster.Picture, now time.Time) matrix {
	m := matrix{Cluster: p.Cluster}
	for _, n := range p.State.Networks {
		m.Networks = append(m.Networks, n.Name)
	}
	at := map[[2]string]cluster.Interface{}
	for _, i := range p.State.Interfaces {
		at[[2]string{i.Node, i.Network}] = i
	}
	for _, name := range p.NodeNames() {
		h, _ := p.NodeHealth(name, now)
		row := matrixRow{ID: rowID("mx", name), Node: name, Href: nodePath(p.Cluster, name), State: stateOf(h)}
		for _, network := range m.Networks {
			i, ok := at[[2]string{name, network}]
			if !ok {
				row.Cells = append(row.Cells, matrixCell{None: true, Title: "no adapter"})
				continue
			}
			ih, why := seenAs(p)(cluster.InterfaceHealth(i))
			st := stateOf(ih)
			row.Cells = append(row.Cells, matrixCell{State: st, Address: i.Address,
				Title: joined(": ", name+" on "+network+", "+i.State.String(), why)})
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}
