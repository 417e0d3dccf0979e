package views

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

func interfacesTable(p *cluster.Picture, node string, a access) Table {
	t := Table{Label: "Heartbeat networks", Cols: []Col{{Label: "Network"}, {Label: "Adapter"}, {Label: "Address"}, {Label: "Heartbeats"}, {Label: "State"}},
		None: unknown("No interfaces", "The cluster has not told the networks of this node.")}
	if p.State == nil {
		return t
	}
	if p.Lacks(cluster.QuestionState, "Interfaces") {
		t.None = a.empty(p, cluster.QuestionState, "Interfaces")
	}
	roles := map[string]cluster.NetworkRole{}
	for _, n := range p.State.Networks {
		roles[n.Name] = n.Role
	}
	for _, i := range p.State.Interfaces {
		if i.Node != node {
			continue
		}
		h, why := seenAs(p)(cluster.InterfaceHealth(i))
		st := stateOf(h)
		carries := "none"
		if roles[i.Network].CarriesHeartbeats() {
			carries = "yes"
		}
		t.Rows = append(t.Rows, Row{ID: rowID("if", i.Network, i.Name), Health: h, Cells: []Cell{
			{Text: i.Network, State: &st, Sub: sentence(why), Tone: "st " + st.Class, Class: "full"}, {Text: i.Adapter}, {Text: i.Address, Class: "num"}, {Text: carries}, {Text: i.State.String()},
		}})
	}
	return t
}

func ownedRoles(p *cluster.Picture, node string, a access) Table {
	t := Table{Label: "Roles on this node", Cols: []Col{{Label: "Role"}, {Label: "Type"}, {Label: "State"}, {Label: "Priority"}},
		None: Empty{State: State{Class: "quiet", Icon: "apps-list-detail-20-regular"}, Title: "No roles", Text: "This node owns none at the moment."}}
	if p.State == nil {
		return t
	}
	if p.Lacks(cluster.QuestionState, "Groups") {
		t.None = a.empty(p, cluster.QuestionState, "Groups")
	}
	for _, r := range p.State.Roles {
		if r.Owner != node {
			continue
		}
		row := roleRow(p, r, false, a)
		t.Rows = append(t.Rows, Row{ID: row.ID, Health: row.Health, Cells: []Cell{row.Cells[0], {Text: roleKind(r.Type)}, {Text: roleWord(r)}, {Text: priority(r.Priority)}}})
	}
	worstFirst(t.Rows)
	if len(t.Rows) > 12 {
		t.Rows = t.Rows[:12]
	}
	return t
}

// dressedBy is the worst open fault of a kind whose object's name fits: what
// is wrong is decided by cluster.Diagnose, not here.
func dressedBy(faults []cluster.Fault, kind cluster.FaultKind, fits func(object string) bool) cluster.Health {
	worst := cluster.Healthy
	for _, f := range faults {
		if f.Kind == kind && fits(f.Object.Name) {
			worst = max(worst, f.Health)
		}
	}
	return worst
}

func certificates(inv *cluster.Inventory, faults []cluster.Fault, now time.Time) Table {
	t := Table{Label: "Certificates", Cols: []Col{{Label: "Certificate"}, {Label: "Issuer"}, {Label: "Use"}, {Label: "Valid until", Class: "r"}},
		None: unknown("No certificates", "None was found.")}
	if inv == nil {
		return t
	}
	for _, c := range inv.Certificates {
		h := dressedBy(faults, cluster.FaultCertificate, func(object string) bool { return strings.HasSuffix(object, "/"+c.Thumbprint) })
		note := "expired"
		if left := c.NotAfter.Sub(now); left >= 0 {
			note = "in " + span(left)
		}
		st := stateOf(h)
		use := strings.Join(c.Usage, ", ")
		if c.Listener {
			use = "WinRM listener"
		}
		t.Rows = append(t.Rows, Row{ID: rowID("cert", c.Thumbprint), Health: h, Cells: []Cell{
			{Text: strings.TrimPrefix(c.Subject, "CN="), State: &st, Class: "full"}, {Text: strings.TrimPrefix(c.Issuer, "CN=")}, {Text: use},
			{Text: c.NotAfter.UTC().Format("2 Jan 2006"), Sub: note, Class: "r"}}})
	}
	return t
}

// serviceFacts are the services as the node last told them. What may no longer
// be so is not dressed as health.
func serviceFacts(v cluster.NodeView, faults []cluster.Fault, current bool) []Fact {
	if v.Vitals == nil {
		return nil
	}
	var out []Fact
	for _, sv := range v.Vitals.Services {
		st := stateOf(cluster.Healthy)
		if !sv.Running() {
			st = State{Class: "quiet", Icon: "circle-16-regular"} // not wanted, unless there is a fault
			if h := dressedBy(faults, cluster.FaultServiceStopped, func(object string) bool { return strings.HasSuffix(object, "/"+sv.Name) }); h != cluster.Healthy {
				st = stateOf(h)
			}
		}
		if !current && st.Health == cluster.Healthy && sv.Running() {
			st = stateOf(cluster.NoData)
		}
		out = append(out, Fact{Label: cmp.Or(sv.Display, sv.Name), Value: sv.State, State: &st})
	}
	return out
}

func membership(p *cluster.Picture, node string) []Fact {
	n, ok := p.State.Node(node)
	if !ok {
		return nil
	}
	out := []Fact{
		{Label: "Cluster state", Value: n.State.String()},
		{Label: "StatusInformation", Value: strings.Join(n.Status.Words(), ", ")},
		{Label: "Drain", Value: sentence(spaced(n.Drain.String()))},
		{Label: "Vote", Value: strconv.Itoa(n.DynamicWeight) + " now, " + strconv.Itoa(n.Weight) + " configured"},
	}
	for _, f := range []Fact{{Label: "Site", Value: n.Site}, {Label: "Rack", Value: n.Rack}} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return append(out, Fact{Label: "Node ID", Value: strconv.Itoa(n.ID)})
}

func contactFacts(v cluster.NodeView, paused bool, now time.Time) []Fact {
	c := v.Contact
	lastOK, lastTry := ago(c.LastOK, now), ago(c.LastTry, now)
	vitals, inv := ago(v.VitalsAt, now), ago(v.InventoryAt, now)
	out := []Fact{
		{Label: "Last answer", At: &lastOK},
		{Label: "Last attempt", At: &lastTry, Value: c.Reach.String()},
		{Label: "Vitals", At: &vitals}, {Label: "Inventory", At: &inv},
	}
	if c.Took > 0 {
		out = append(out, Fact{Label: "Answer took", Value: latency(c.Took)})
	}
	every := duration(cluster.QuestionVitals.PeriodIn(c.Mode))
	switch {
	case paused:
		st := stateOf(cluster.Paused)
		return append(out, Fact{Label: "Asked", Value: "not at all: paused", State: &st})
	case c.Mode == cluster.ModeProcess:
		out = append(out, Fact{Label: "Asked by", Value: "a PowerShell of its own for each question over WinRM, every " + every})
	default:
		out = append(out, Fact{Label: "Asked by", Value: "PowerShell over WinRM, every " + every})
	}
	breaker := Fact{Label: "Breaker", Value: c.Breaker.String()}
	if c.Breaker != cluster.BreakerClosed {
		st := stateOf(cluster.Warning)
		breaker.State = &st
	}
	if c.Failures > 0 {
		breaker.Note = plural(c.Failures, "failure") + " in a row"
	}
	out = append(out, breaker)
	if !c.RetryAt.IsZero() && c.RetryAt.After(now) {
		retry := ago(c.RetryAt, now)
		out = append(out, Fact{Label: "Next attempt", At: &retry})
	}
	return out
}

func hardware(p *cluster.Picture, node string, v cluster.NodeView, a access, now time.Time) []Fact {
	var out []Fact
	q := cluster.QuestionInventory
	add := func(label, value, part string) {
		switch {
		case v.Lacks(q, part):
			out = append(out, a.fact(p, label, q, part))
		case strings.TrimSpace(value) != "":
			out = append(out, Fact{Label: label, Value: strings.TrimSpace(value)})
		}
	}
	if i := v.Inventory; i != nil {
		add("System", i.OS, "OperatingSystem")
		add("Build", cmp.Or(i.Build, i.Version), "OperatingSystem")
		add("Model", i.Manufacturer+" "+i.Model, "ComputerSystem")
		add("Serial", i.Serial, "BIOS")
		add("BIOS", i.BIOS, "BIOS")
		add("Processor", i.CPUName, "Processor")
		add("Cores", plural(i.Cores, "core")+" in "+plural(i.Sockets, "socket"), "Processor")
		add("Memory", binary(i.Memory), "ComputerSystem")
		add("PowerShell", i.PSVersion, "")
		add("Domain", i.Domain, "ComputerSystem")
		add("Clock source", i.ClockSource, "ClockSource")
	} else if n, ok := p.State.Node(node); ok {
		add("Build", n.Build, "")
		add("Model", n.Manufacturer+" "+n.Model, "")
		add("Serial", n.Serial, "")
	}
	if vt := v.Vitals; vt != nil {
		if !vt.Boot.IsZero() {
			boot := onDate(vt.Boot, now)
			out = append(out, Fact{Label: "Started", At: &boot})
		} else if v.Lacks(cluster.QuestionVitals, "OperatingSystem") {
			out = append(out, a.fact(p, "Started", cluster.QuestionVitals, "OperatingSystem"))
		}
		add("Clock skew", skew(vt.Skew), "")
	}
	return out
}

// skew is a signed difference: "+12 ms", "-1.8 s".
func skew(d time.Duration) string {
	if d < 0 {
		return "-" + latency(-d)
	}
	return "+" + latency(d)
}

func adaptersTable(v cluster.NodeView, current bool) Table {
	t := Table{Label: "Adapters", Cols: []Col{{Label: "Adapter"}, {Label: "Link", Class: "r"}, {Label: "In", Class: "r"}, {Label: "Out", Class: "r"}},
		None: unknown("No adapters", "The node has not told its adapters.")}
	if v.Vitals == nil {
		return t
	}
	for _, a := range v.Vitals.Adapters {
		rates := []Cell{{Text: bits(a.LinkBps), Class: "r num"}, {Text: bits(a.RxBps), Class: "r num"}, {Text: bits(a.TxBps), Class: "r num"}}
		if !current {
			for i := range rates {
				rates[i] = rates[i].asLastKnown()
			}
		}
		t.Rows = append(t.Rows, Row{ID: rowID("ad", a.Name), Cells: append([]Cell{{Text: a.Name, Class: "full strong"}}, rates...)})
	}
	return t
}
