package cluster

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const healthPrefix = "Microsoft.Health.FaultType."

// healthServiceFaults takes over what the cluster's own Health Service says:
// one fault for each type and object, whatever its id, because it is made anew
// after a fail-over. What we found ourselves already is not said twice: our
// fault gets its reason and advice.
func healthServiceFaults(d *diagnosis) {
	seen := map[string]bool{}
	for _, h := range d.storage().Faults {
		short := h.Type
		if len(short) > len(healthPrefix) && strings.EqualFold(short[:len(healthPrefix)], healthPrefix) {
			short = short[len(healthPrefix):]
		}
		id := h.key()
		severity := healthServiceSeverity(short, h.Severity)
		if severity == Healthy || seen[id] {
			continue
		}
		seen[id] = true
		if own := d.ownFault(short, h); own != nil {
			if h.Reason != "" {
				own.Detail += " Health Service: " + h.Reason
			}
			own.Steps = append(own.Steps, advice(h)...)
			continue
		}
		node, _ := d.nodeIn(h)
		since := h.Time
		if since.IsZero() {
			since = d.p.storageSince("health/" + id)
		}
		f := Fault{
			Kind: FaultHealthService, Object: Ref{"health fault", short + " " + h.ObjectID}, Node: node, Health: severity,
			Title:  h.Reason,
			Impact: h.Description,
			Detail: d.storageSays(fmt.Sprintf("Health Service fault %s, severity %d", h.Type, h.Severity), since),
			Steps:  advice(h),
			Since:  since,
		}
		if f.Title == "" {
			f.Title = short + " " + h.Description
		}
		if h.Location != "" {
			f.Impact = sentences(f.Impact, "("+h.Location+")")
		}
		if node != "" {
			f.Cause = d.nodeCause(node)
		}
		f.Steps = append(f.Steps, Step{"See all faults of the Health Service.", "Get-HealthFault"})
		d.add(f)
	}
}

// key tells faults of the Health Service apart; its own ids change.
func (h HealthFault) key() string { return strings.ToLower(h.Type) + "|" + h.ObjectID }

// healthServiceSeverity reads PerceivedSeverity, whose numbers differ between
// Microsoft's sources (docs: 4 informational, 5 warning, 6 error; fault list: 3
// degraded, 4 minor, 6 critical): from 6 it is critical, 4 and 5 warn, below is
// for information and no fault. One last copy of data is graded too low there.
func healthServiceSeverity(short string, severity int) Health {
	switch {
	case severity >= 6, strings.EqualFold(short, "VirtualDisks.LastCopy"):
		return Critical
	case severity >= 4:
		return Warning
	}
	return Healthy
}

func advice(h HealthFault) []Step {
	var out []Step
	for _, a := range h.Actions {
		out = append(out, Step{Text: a})
	}
	return out
}

// ownFault finds our own fault that says the same as one of the Health Service.
func (d *diagnosis) ownFault(short string, h HealthFault) *Fault {
	kind, _, _ := strings.Cut(strings.ToLower(short), ".")
	switch {
	case kind == "server":
		if node, ok := d.nodeIn(h); ok && !strings.EqualFold(short, "Server.Temperature") {
			for _, k := range []FaultKind{FaultNodeDown, FaultNodeQuarantined, FaultNodeIsolated} {
				if f := d.find(k, Ref{"node", node}); f != nil {
					return f
				}
			}
		}
	case strings.EqualFold(short, "Volume.Capacity"):
		for _, v := range d.s.Volumes {
			if h.about(v.ID) || h.about(v.Name) || h.about(v.Path) {
				return d.find(FaultVolumeFilling, Ref{"volume", v.Label()})
			}
		}
	case kind == "physicaldisk":
		for _, drive := range d.storage().Drives {
			if h.about(drive.ID) || h.about(drive.Serial) {
				return d.find(FaultStorageUnhealthy, Ref{"drive", drive.key()})
			}
		}
	case kind == "virtualdisks":
		for _, disk := range d.storage().VirtualDisks {
			if h.about(disk.Name) {
				return d.find(FaultStorageUnhealthy, Ref{"virtual disk", disk.Name})
			}
		}
	case kind == "networkinterface": // its texts name the server and the cluster network
		for _, i := range d.s.Interfaces {
			if h.about(i.Name) || h.mentions(i.Node) && h.mentions(i.Network) {
				if f := d.find(FaultInterfaceFailed, interfaceRef(i)); f != nil {
					return f
				}
			}
		}
	case kind == "clusterquorumwitness":
		return d.find(FaultWitnessFailed, Ref{"cluster", d.p.Cluster})
	}
	return nil
}

// about says whether the fault names this object, by id or in its description.
func (h HealthFault) about(name string) bool {
	return name != "" && (strings.EqualFold(h.ObjectID, name) || containsWord(h.Description, name) || containsWord(h.ObjectID, name))
}

// mentions says whether any of the fault's texts names this object. The reason is in
// the node's language, but holds names as they are.
func (h HealthFault) mentions(name string) bool {
	return h.about(name) || name != "" && (containsWord(h.Location, name) || containsWord(h.Reason, name))
}

// nodeIn finds the node a Health Service fault concerns.
func (d *diagnosis) nodeIn(h HealthFault) (string, bool) {
	for _, n := range d.s.Nodes {
		if strings.EqualFold(h.ObjectID, n.Name) || containsWord(h.Description, n.Name) || containsWord(h.Location, n.Name) {
			return n.Name, true
		}
	}
	return "", false
}

// containsWord finds a name in a text, not as part of a longer one ("HV-1" is
// not in "HV-10").
func containsWord(text, name string) bool {
	text, name = strings.ToLower(text), strings.ToLower(name)
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(name):])
		if !wordRune(before) && !wordRune(after) {
			return true
		}
		from = i + 1
	}
}

// wordRune says whether a name may go on with this character. Chinese and Japanese
// text stands next to names without a space.
func wordRune(r rune) bool {
	return r == '-' || r == '_' || unicode.IsDigit(r) || unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
