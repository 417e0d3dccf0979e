package cluster

import (
	"strings"
	"time"
)

// servicesStopped finds services of the management plane that should run.
func servicesStopped(d *diagnosis) {
	d.members(func(member, shown string, v NodeView) {
		if v.Vitals == nil || d.inMaintenance(member) {
			return
		}
		for _, s := range v.Vitals.Services {
			h := serviceHealth(s)
			if h == Healthy {
				continue
			}
			since := d.p.since("vitals/"+member, "service/"+s.Name, v.VitalsAt)
			name := s.Display
			if name == "" {
				name = s.Name
			}
			f := Fault{
				Kind: FaultServiceStopped, Object: Ref{"service", shown + "/" + s.Name}, Node: shown, Health: h,
				Title:  name + " is not running on " + shown,
				Impact: d.serviceImpact(s.Name, shown),
				Detail: d.vitalsSay("service "+s.Name+" is "+s.State+", start mode "+s.Start, member, since),
				Cause:  d.nodeCause(member),
				Steps: []Step{
					{"On " + shown + ": see its state and what it depends on.", "Get-Service -Name " + s.Name + " -RequiredServices"},
					{"See why it stopped (7031, 7034: ended unexpectedly).", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Service Control Manager';Id=7031,7034,7036} -MaxEvents 20"},
				},
				Since: since,
			}
			if strings.EqualFold(s.Name, "ClusSvc") {
				f.Steps = append(f.Steps, Step{"Start it.", "Start-ClusterNode -Name " + Quote(shown)})
			} else {
				f.Steps = append(f.Steps, Step{"On " + shown + ": start it.", "Start-Service -Name " + s.Name})
			}
			d.add(f)
		}
	})
}

func (d *diagnosis) serviceImpact(service, node string) string {
	switch strings.ToLower(service) {
	case "clussvc":
		return node + " takes no part in the cluster while it is stopped."
	case "vmms":
		vms := d.vmsOn(node, func(r Role) bool { return r.State == GroupOnline })
		s := "Virtual machines keep running, but nothing on " + node + " can be started, stopped, changed or moved live."
		if len(vms) > 0 {
			s += " It holds " + count(len(vms), "virtual machine") + ": " + listed(vms) + "."
		}
		return s
	case "winrm":
		return "Remote management of " + node + " stops with the sessions that are open now."
	case "w32time":
		return "The clock of " + node + " is no longer corrected and will drift."
	case "winmgmt":
		return "Management questions to " + node + " go unanswered."
	}
	return ""
}

// clocksSkewed finds nodes whose clock differs from ours, in two answers in a row.
func clocksSkewed(d *diagnosis) {
	d.members(func(member, shown string, v NodeView) {
		if v.Vitals == nil || d.inMaintenance(member) {
			return
		}
		h := skewHealth(*v.Vitals)
		since, ok := d.p.sustained(member, "skew", time.Second)
		if h == Healthy || !ok {
			return
		}
		way, off := "ahead of", v.Vitals.Skew.Abs().Round(time.Second)
		if v.Vitals.Skew < 0 {
			way = "behind"
		}
		f := Fault{
			Kind: FaultClockSkew, Object: Ref{"node", shown}, Node: shown, Health: h,
			Title:  "The clock of " + shown + " is " + off.String() + " off",
			Impact: "Logs and events of " + shown + " cannot be lined up with those of other nodes. At 5 minutes Kerberos sign-in fails.",
			Detail: d.vitalsSay("its clock is "+off.String()+" "+way+" ours", member, since),
			Cause:  d.nodeCause(member),
			Steps: []Step{
				{"On " + shown + ": see where it takes its time from.", "w32tm /query /status /verbose"},
				{"Compare it with a domain controller.", "w32tm /stripchart /computer:DC /samples:5 /dataonly"},
				{"On " + shown + ": correct it now.", "w32tm /resync"},
			},
			Since: since,
		}
		if h == Critical {
			f.Impact = "Kerberos refuses tickets beyond 5 minutes: sign-in, live migration and joining the cluster fail."
		}
		if d.allSkewed() {
			f.Detail += " Every node of the cluster says the same: the clock of this dashboard may be the wrong one."
		}
		d.add(f)
	})
}

// allSkewed says whether at least two nodes are off, and none is right.
func (d *diagnosis) allSkewed() bool {
	off, all := 0, 0
	for name, v := range d.p.Nodes {
		if v.Vitals == nil || d.p.IsPaused(name) {
			continue
		}
		all++
		if skewHealth(*v.Vitals) > Healthy {
			off++
		}
	}
	return all > 1 && off == all
}

// certificatesExpiring finds certificates of nodes that end soon or have ended.
func certificatesExpiring(d *diagnosis) {
	d.members(func(member, shown string, v NodeView) {
		if v.Inventory == nil {
			return
		}
		for _, c := range v.Inventory.Certificates {
			h := certificateHealth(c, v.Inventory.Certificates, d.now)
			if h == Healthy {
				continue
			}
			f := Fault{
				Kind: FaultCertificate, Object: Ref{"certificate", shown + "/" + c.Thumbprint}, Node: shown, Health: h,
				Title:  "A certificate of " + shown + " expires on " + c.NotAfter.UTC().Format("2006-01-02"),
				Impact: "Whatever uses it is refused afterwards.",
				Detail: "Subject " + c.Subject + ", issued by " + c.Issuer + ", thumbprint " + c.Thumbprint + ", valid until " + clock(c.NotAfter) + ".",
				Steps: []Step{
					{"On " + shown + ": look at it.", `Get-ChildItem Cert:\LocalMachine\My\` + c.Thumbprint + " | Format-List Subject, Issuer, NotAfter, EnhancedKeyUsageList"},
				},
				Since: c.NotAfter.Add(-CertificateWarning),
			}
			if !d.now.Before(c.NotAfter) {
				f.Title = "A certificate of " + shown + " expired on " + c.NotAfter.UTC().Format("2006-01-02")
				f.Impact = "Whatever uses it is refused."
			}
			if c.Listener {
				f.Impact = "The WinRM HTTPS listener uses it: we and others can no longer manage " + shown + " over TLS afterwards."
				f.Steps = append(f.Steps, Step{"On " + shown + ": see the listener that uses it.", `Get-ChildItem WSMan:\localhost\Listener`})
			}
			if d.p.InventoryStale(member, d.now) {
				f.Detail += " That is the last known: there is no newer answer."
			}
			d.add(f)
		}
	})
}
