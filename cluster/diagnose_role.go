package cluster

import "strings"

// witnessFailed finds a witness that cannot vote.
func witnessFailed(d *diagnosis) {
	q := d.s.Quorum
	if !q.witnessDown() {
		return
	}
	since := d.p.stateSince("witness")
	f := Fault{
		Kind: FaultWitnessFailed, Object: Ref{"cluster", d.p.Cluster}, Health: Warning,
		Title:  "The witness of " + d.p.Cluster + witnessTrouble(q.WitnessState),
		Detail: d.stateSays("witness "+q.WitnessName+" ("+q.Witness.String()+", "+q.WitnessPath+") is "+q.WitnessState.String(), since),
		Steps:  []Step{{"See the quorum and its witness.", "Get-ClusterQuorum"}},
		Since:  since,
	}
	if c := quorumCeiling(d.s); c.Simultaneous == 0 {
		f.Health = Critical
		f.Impact = "The loss of one more vote may stop the whole cluster."
	} else {
		f.Impact = "The cluster keeps its quorum with " + count(c.Simultaneous, "lost vote") + " at once, but not more."
	}
	switch q.Witness {
	case WitnessFileShare:
		f.Steps = append(f.Steps,
			Step{"See whether the share can be reached from a node.", "Test-Path " + Quote(q.WitnessPath)},
			Step{"See why it failed (1562, 1563, 1564).", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=1562,1563,1564} -MaxEvents 20"})
	case WitnessCloud:
		f.Steps = append(f.Steps,
			Step{"See why it failed (1568 cannot reach Azure, 1569 key rejected).", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=1568,1569} -MaxEvents 20"})
	case WitnessDisk:
		f.Steps = append(f.Steps, Step{Text: "Check the disk at the storage system: is it presented to every node?"})
	}
	if q.WitnessName != "" {
		f.Steps = append(f.Steps, Step{"Bring it online once the reason is gone.", "Start-ClusterResource -Name " + Quote(q.WitnessName)})
	}
	d.add(f)
}

// resourcesFailed finds roles that failed, wholly or in part.
func resourcesFailed(d *diagnosis) {
	for _, r := range d.s.Roles {
		h, failed, why := r.trouble()
		failed = without(failed, d.s.Quorum.WitnessName)
		if h == Healthy || r.State != GroupFailed && why == "has a failed resource" && len(failed) == 0 {
			continue
		}
		since := d.p.stateSince("role/" + r.Name)
		f := Fault{
			Kind: FaultResourceFailed, Object: Ref{"role", r.Name}, Node: r.Owner, Health: h,
			Title:  r.Name + " " + why,
			Detail: d.stateSays("role state "+r.State.String()+", StatusInformation "+r.Status.String()+", owner "+r.Owner, since),
			Cause:  d.nodeCause(r.Owner),
			Since:  since,
		}
		switch {
		case r.State == GroupFailed && r.IsVM():
			f.Impact = "The virtual machine does not run."
		case r.State == GroupFailed:
			f.Impact = "The role serves nobody."
		case len(failed) > 0:
			f.Impact = "Part of the role does not work: " + listed(failed) + "."
		}
		if len(failed) > 0 {
			f.Detail += " Failed: " + listed(failed) + "."
		}
		if f.Cause == "" && r.IsVM() {
			f.Cause = d.storageCause()
		}
		f.Steps = []Step{
			{"See its resources.", "Get-ClusterGroup -Name " + Quote(r.Name) + " | Get-ClusterResource"},
			{"See why (1069 resource failed, 1205 role not online, 1254 tried too often).", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=1069,1205,1230,1254} -MaxEvents 20"},
			{"Try to start it.", "Start-ClusterGroup -Name " + Quote(r.Name)},
		}
		d.add(f)
	}
}

// storageCause explains a failed virtual machine when no shared volume is left
// to run it from: which volume it lives on we are not told.
func (d *diagnosis) storageCause() string {
	key := ""
	for _, v := range d.s.Volumes {
		f := d.find(FaultVolumeOffline, Ref{"volume", v.Label()})
		if f == nil {
			return ""
		}
		if key == "" {
			key = f.Key()
		}
	}
	return key
}

func without(names []string, name string) []string {
	var out []string
	for _, n := range names {
		if n != name {
			out = append(out, n)
		}
	}
	return out
}

func witnessTrouble(s ResourceState) string {
	if s == ResourceFailed {
		return " has failed"
	}
	return " is " + strings.ToLower(s.String())
}
