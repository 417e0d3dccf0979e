package views

import (
	"time"

	"looksalive/cluster"
)

// seenIcon stands wherever somebody has seen a fault.
const seenIcon = "eye-16-regular"

// seenBy says who acknowledged a fault. By is "by ann", "" where nobody signs in.
type seenBy struct {
	By   string
	At   When
	Note string
}

// seenOf is nil for a fault nobody has acknowledged.
func seenOf(f cluster.Fault, now time.Time) *seenBy {
	if f.Acked.IsZero() {
		return nil
	}
	s := &seenBy{At: clock(f.Acked, now), Note: f.AckNote}
	if now.Sub(f.Acked) >= 24*time.Hour {
		s.At = onDate(f.Acked, now)
	}
	if f.AckedBy != "" {
		s.By = "by " + f.AckedBy
	}
	return s
}

// FaultPath is the page of a fault.
func FaultPath(f cluster.Fault) string { return faultPath(f) }

// may says whether a button is of use. It decides nothing: the routes do.
func (m Me) may(least cluster.UserRole) bool { return !m.SignIn || m.Role >= least }

// toLookAt are the open faults that wait for somebody: those nobody has acknowledged,
// without the consequences of others. A consequence that is worse than its acknowledged
// cause waits too: nobody has seen that.
func toLookAt(faults []cluster.Fault) []cluster.Fault {
	var out []cluster.Fault
	for _, g := range byCause(faults) {
		if !g.fault.Acknowledged() {
			out = append(out, g.fault)
			continue
		}
		for _, f := range g.after {
			if !f.Acknowledged() && f.Health > g.fault.Health {
				out = append(out, f)
			}
		}
	}
	return out
}

// ackChip offers the faults nobody has acknowledged, where there are others.
func (t *Tools) ackChip(faults []cluster.Fault, q Query) {
	n := 0
	for _, f := range faults {
		if !f.Acknowledged() {
			n++
		}
	}
	if n == len(faults) && q.Ack == "" {
		return
	}
	to := q
	to.Ack, to.Page = "false", 1
	if q.Ack == "false" {
		to.Ack = ""
	}
	t.Chips = append(t.Chips, StateChip{State: State{Class: "quiet", Icon: "alert-16-regular", Word: "Not acknowledged"}, Count: count(n), Href: to.on(t.Action), On: q.Ack == "false"})
}

// wantsAck says whether a fault is asked for.
func (q Query) wantsAck(f cluster.Fault) bool {
	return q.Ack == "" || f.Acknowledged() == (q.Ack == "true")
}
