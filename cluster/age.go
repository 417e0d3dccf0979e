package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// StaleAfterIn is the age at which an answer of a node that is asked in this mode no
// longer counts as the present: three missed periods.
func StaleAfterIn(q Question, m SessionMode) time.Duration { return 3 * q.PeriodIn(m) }

// StateStale says whether the cluster's own state is missing or too old.
func (p *Picture) StateStale(now time.Time) bool {
	return p.State == nil || now.Sub(p.StateAt) > StaleAfterIn(QuestionState, p.StateMode)
}

// StorageStale says whether the storage answer is missing or too old.
func (p *Picture) StorageStale(now time.Time) bool {
	return p.Storage == nil || now.Sub(p.StorageAt) > StaleAfterIn(QuestionStorage, p.StorageMode)
}

// VitalsStale says whether a node's light facts are missing or too old.
func (p *Picture) VitalsStale(node string, now time.Time) bool {
	v, _ := p.View(node)
	return v.vitalsStale(now)
}

// InventoryStale says whether a node's slow facts are missing or too old.
func (p *Picture) InventoryStale(node string, now time.Time) bool {
	v, _ := p.View(node)
	return v.Inventory == nil || now.Sub(v.InventoryAt) > StaleAfterIn(QuestionInventory, v.InventoryMode)
}

func (v NodeView) vitalsStale(now time.Time) bool {
	return v.Vitals == nil || now.Sub(v.VitalsAt) > StaleAfterIn(QuestionVitals, v.VitalsMode)
}

// View finds what we know of a node from talking to it. The cluster calls a
// node by its short name; we may have been told to ask it by its full name or
// in other letters, so those match too.
func (p *Picture) View(node string) (NodeView, bool) {
	if v, ok := p.Nodes[node]; ok {
		return v, true
	}
	for _, m := range p.Members {
		if SameNode(m, node) {
			v, ok := p.Nodes[m]
			return v, ok
		}
	}
	return NodeView{}, false
}

// Asked says whether we were told to ask this node.
func (p *Picture) Asked(node string) bool {
	if slices.Contains(p.Members, node) {
		return true
	}
	for _, m := range p.Members {
		if SameNode(m, node) {
			return true
		}
	}
	return false
}

// SameNode compares two names of nodes: letters in any case, and a full name
// equals its short name ("hv-01.corp.example" and "HV-01").
func SameNode(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	sa, _, da := strings.Cut(a, ".")
	sb, _, db := strings.Cut(b, ".")
	return da != db && strings.EqualFold(sa, sb)
}

// ageText says a span as people do: "40 s", "12 min", "3 h", "5 days".
func ageText(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
