package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// storageView is what "/storage" shows besides volumes.
type storageView struct {
	Jobs, Pools, Disks, Drives Table
	Notice                     *Notice
}

// Storage is "/storage" and "/c/{cluster}/storage": volumes, pools, drives, jobs.
func Storage(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	list, path, err := pictures(s, name, "storage")
	if err != nil {
		return Page{}, err
	}
	a := accessOf(s)
	notices := []*Notice{
		staleClusters(list, name == "", now), a.notice(list, cluster.QuestionState, "Volumes", "VolumeAccess"),
		a.notice(list, cluster.QuestionStorage, "Pools", "VirtualDisks", "Drives", "DriveNodes", "Jobs", "Faults"),
	}
	page := listPage(s, name, "Storage", path, "Filter storage", tabStorage, volumesTable(list, name == "", a, now), notices, q)
	for i := range page.Regions {
		if page.Regions[i].ID == "r-list" {
			page.Regions[i].Body = card("Volumes", "", table(*page.table))
		}
	}
	v := newStorageView(list, name == "", a, q, now)
	page.Head.Sub = storageSub(list)
	page.Regions = append(page.Regions, Region{ID: "r-storage", Class: "wide", Body: storageBody(v)})
	return page, nil
}

func storageSub(list []*cluster.Picture) string {
	var size, free int64
	n, drives := 0, 0
	for _, p := range list {
		if p.State != nil {
			for _, v := range p.State.Volumes {
				n, size, free = n+1, size+v.Size, free+v.Free
			}
		}
		if p.Storage != nil {
			drives += len(p.Storage.Drives)
		}
	}
	text := plural(n, "volume") + ", " + binary(free) + " of " + binary(size) + " free"
	if drives > 0 {
		text += ", " + plural(drives, "drive")
	}
	return text
}

func volumesTable(list []*cluster.Picture, fleet bool, a access, now time.Time) Table {
	t := Table{Label: "Volumes", Class: "volumes", None: unknown("No volumes", "The cluster has told of none."),
		Cols: []Col{{Key: "name", Label: "Volume"}}}
	if fleet {
		t.Cols = append(t.Cols, Col{Key: "cluster", Label: "Cluster"})
	}
	t.Cols = append(t.Cols, Col{Key: "used", Label: "Used", Class: "c-m"}, Col{Key: "free", Label: "Free", Class: "r"}, Col{Key: "size", Label: "Size", Class: "r"},
		Col{Key: "access", Label: "Access"}, Col{Key: "owner", Label: "Coordinator"}, Col{Key: "fs", Label: "File system"})
	if len(list) == 1 && list[0].Lacks(cluster.QuestionState, "Volumes") {
		t.None = a.empty(list[0], cluster.QuestionState, "Volumes")
	}
	for _, p := range list {
		if p.State == nil {
			continue
		}
		for _, v := range p.State.Volumes {
			t.Rows = append(t.Rows, volumeRow(p, v, fleet))
		}
	}
	return t
}

func volumeRow(p *cluster.Picture, v cluster.Volume, fleet bool) Row {
	own, _ := cluster.VolumeHealth(v)
	h, why := seenAs(p)(cluster.VolumeHealth(v))
	st := stateOf(h)
	first := Cell{Text: v.Label(), State: &st, Sub: sentence(why), Class: "full strong"}
	if why == "" && !strings.Contains(v.Name, first.Text) {
		first.Sub = v.Name
	}
	if why != "" {
		first.Tone = "st " + st.Class
	}
	cells := []Cell{first}
	if fleet {
		cells = append(cells, Cell{Text: p.Cluster, Href: clusterPath(p.Cluster), Class: "plain"})
	}
	share := ratio(v.Used(), v.Size)
	m := meter(share, v.Size > 0, "")
	if v.Size > 0 { // the bar follows the volume's own thresholds, not the general ones
		m.Tone = map[cluster.Health]string{cluster.Warning: "w", cluster.Critical: "c"}[own]
	}
	used, free := m.cell(share), Cell{Text: binary(v.Free), Class: "r num"}.by(float64(v.Free))
	if p.AllPaused() {
		used, free = used.asLastKnown(), free.asLastKnown()
	}
	cells = append(cells, used, free, Cell{Text: binary(v.Size), Class: "r num"}.by(float64(v.Size)),
		Cell{Text: sentence(spaced(v.Access.String()))}, Cell{Text: v.Owner, Href: nodePath(p.Cluster, v.Owner), Class: "plain"}, Cell{Text: v.FileSystem})
	return Row{ID: rowID("v", p.Cluster, cmp.Or(v.ID, v.Name)), Health: h, Cells: cells}
}

func newStorageView(list []*cluster.Picture, fleet bool, a access, q Query, now time.Time) storageView {
	v := storageView{
		Notice: staleStorage(list, fleet, now),
		Jobs:   Table{Label: "Storage jobs", Cols: []Col{{Label: "Job"}, {Label: "State"}, {Label: "Progress", Class: "c-m"}, {Label: "Done", Class: "r"}, {Label: "Running for", Class: "r"}}},
		Pools:  Table{Label: "Pools", Cols: []Col{{Label: "Pool"}, {Label: "Allocated", Class: "c-m"}, {Label: "Free", Class: "r"}, {Label: "Size", Class: "r"}, {Label: "Status"}}},
		Disks:  Table{Label: "Virtual disks", Cols: []Col{{Label: "Virtual disk"}, {Label: "Resiliency"}, {Label: "Size", Class: "r"}, {Label: "Footprint", Class: "r"}, {Label: "Status"}}},
		Drives: Table{Label: "Drives", None: filtered(q, unknown("No drives", ""), ""), Cols: []Col{{Label: "Drive"}, {Label: "Node"}, {Label: "Slot"}, {Label: "Media"}, {Label: "Size", Class: "r"},
			{Label: "Use"}, {Label: "Model"}, {Label: "Firmware"}}},
	}
	for _, p := range list {
		if p.Storage != nil {
			v.add(p, a)
		}
	}
	if len(list) == 1 {
		for part, t := range map[string]*Table{"Pools": &v.Pools, "VirtualDisks": &v.Disks, "Drives": &v.Drives, "Jobs": &v.Jobs} {
			if p := list[0]; p.Lacks(cluster.QuestionStorage, part) {
				t.None, t.Locked = a.empty(p, cluster.QuestionStorage, part), true
			}
		}
	}
	for _, t := range []*Table{&v.Pools, &v.Disks, &v.Drives} {
		worstFirst(t.Rows)
		t.Rows = slices.DeleteFunc(t.Rows, func(r Row) bool { return !r.matches(q) })
		t.Rows = t.Rows[:min(len(t.Rows), PageSize)]
	}
	return v
}

func (v *storageView) add(p *cluster.Picture, a access) {
	for _, j := range p.Storage.Jobs {
		v.Jobs.Rows = append(v.Jobs.Rows, Row{ID: rowID("job", p.Cluster, j.Name), Cells: []Cell{{Text: j.Name, Sub: p.Cluster, Class: "full strong"}, {Text: j.State},
			{Meter: plainMeter(float64(j.Percent) / 100), Class: "m"}, {Text: binary(j.Done) + " of " + binary(j.Total), Class: "r num"}, {Text: span(j.Elapsed), Class: "r num"}}})
	}
	for _, o := range p.Storage.Pools {
		h, why := seenAs(p)(cluster.PoolHealth(o))
		share := ratio(o.Allocated, o.Size)
		v.Pools.Rows = append(v.Pools.Rows, Row{ID: rowID("pool", p.Cluster, o.Name), Health: h, Cells: []Cell{object(o.Name, h, why, p.Cluster),
			{Meter: meter(share, o.Size > 0, ""), Class: "m"}, {Text: binary(o.Size - o.Allocated), Class: "r num"}, {Text: binary(o.Size), Class: "r num"}, {Text: strings.Join(o.Status, ", ")}}})
	}
	for _, d := range p.Storage.VirtualDisks {
		h, why := seenAs(p)(cluster.VirtualDiskHealth(d))
		kind := d.Resiliency
		if d.Copies > 1 {
			kind += ", " + plural(d.Copies, "copy")
		}
		v.Disks.Rows = append(v.Disks.Rows, Row{ID: rowID("vd", p.Cluster, d.Name), Health: h, Cells: []Cell{object(d.Name, h, why, p.Cluster),
			{Text: kind}, {Text: binary(d.Size), Class: "r num"}, {Text: binary(d.Footprint), Class: "r num"}, {Text: strings.Join(d.Status, ", ")}}})
	}
	for _, d := range p.Storage.Drives {
		h, why := seenAs(p)(cluster.DriveHealth(d))
		node := Cell{Text: d.Node, Class: "plain"}
		if p.Lacks(cluster.QuestionStorage, "DriveNodes") {
			node = a.cell(p, cluster.QuestionStorage, "DriveNodes", "")
		}
		if d.Node != "" {
			node.Href = nodePath(p.Cluster, d.Node)
		}
		v.Drives.Rows = append(v.Drives.Rows, Row{ID: rowID("d", p.Cluster, cmp.Or(d.ID, d.Serial)), Health: h, Cells: []Cell{object(cmp.Or(d.Name, d.Serial), h, why, d.Serial),
			node, {Text: d.Slot}, {Text: d.Media}, {Text: decimal(d.Size), Class: "r num"}, {Text: sentence(spaced(d.Usage))}, {Text: d.Model}, {Text: d.Firmware, Class: "num"}}})
	}
}

func object(name string, h cluster.Health, why, otherwise string) Cell {
	st := stateOf(h)
	c := Cell{Text: name, State: &st, Sub: otherwise, Class: "full strong"}
	if why != "" {
		c.Sub, c.Tone = sentence(why), "st "+st.Class
	}
	return c
}

// plainMeter is a share that is no warning however large it is.
func plainMeter(share float64) *Meter {
	m := meter(share, true, "")
	m.Tone = ""
	return m
}
