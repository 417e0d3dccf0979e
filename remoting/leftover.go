package remoting

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/masterzen/winrm/soap"
)

const (
	actionEnumerate = soap.NS_ENUM + "/Enumerate"
	actionPull      = soap.NS_ENUM + "/Pull"

	shellName  = "LooksAlive" // before the installation's id
	sweepLimit = 5 * time.Second
	sweepBatch = "50" // shells in one answer
	sweepPages = 20   // answers that are read
)

// registry are the shells this process opened and did not delete yet, on all nodes.
// Their ids are random, and more than one Client may be at work.
type registry struct {
	mu  sync.Mutex
	ids map[string]bool
}

var ours = registry{ids: make(map[string]bool)}

func (r *registry) add(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[strings.ToUpper(id)] = true
}

func (r *registry) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ids, strings.ToUpper(id))
}

func (r *registry) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[strings.ToUpper(id)]
}

// shellName is what Windows shows in the list of shells.
func (p *peer) shellName() string {
	if id := p.client.opts.Installation; id != "" {
		return shellName + " " + id
	}
	return shellName
}

// sweep deletes the shells that a run before this one left on the node, once. Only
// those count that have exactly our name, that this process did not open, and that
// are older than it. A node that lets us not look is no problem: a shell nobody uses
// goes away by itself after shellIdle.
func (p *peer) sweep(ctx context.Context, l *lane) {
	if p.client.opts.Installation == "" || p.swept.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	found, err := listShells(ctx, l, p.node.URL)
	if err != nil && !errors.As(err, new(*fault)) {
		p.log.Debug("leftover shells cannot be listed", "err", err)
		return // it may be listed the next time
	}
	p.swept.Store(true)
	if err != nil {
		p.log.Debug("leftover shells may not be listed", "err", err)
	}
	for _, s := range found {
		// Ages are told in whole seconds. A shell that another Client of this process is
		// opening at this moment is not known as ours yet, but it is young.
		young := s.knowsAge && s.age+time.Second <= p.client.opts.Now().Sub(p.born)
		if s.name != p.shellName() || s.id == "" || len(s.id) > maxID || ours.has(s.id) || young || s.resource != "" && !strings.EqualFold(s.resource, cmdURI) {
			continue
		}
		if _, err := l.post(ctx, deleteShell(p.node.URL, s.id)); err != nil {
			p.log.Debug("a leftover shell was not deleted", "shell", clean(s.id, 64), "err", err)
			continue
		}
		p.log.Info("a shell left by an earlier run was deleted", "shell", clean(s.id, 64))
	}
}

// listed is a shell in the answer to an Enumerate.
type listed struct {
	id, name, resource string
	age                time.Duration
	knowsAge           bool
}

// listShells enumerates the shells we may see: MS-WSMV 3.1.4.8.2, DSP0226 8.
func listShells(ctx context.Context, l *lane, url string) ([]listed, error) {
	m := enumerateShells(url)
	var found []listed
	for range sweepPages {
		r, err := l.post(ctx, m)
		if err != nil {
			return found, err
		}
		found = append(found, r.shells...)
		if r.ended || r.context == "" || len(r.context) > maxID {
			break
		}
		m = pullShells(url, r.context)
	}
	return found, nil
}

func enumerateShells(url string) message {
	return envelopeTo(shellURI, url, actionEnumerate, "", sendFor, nil, func(m *soap.SoapMessage) {
		e := m.CreateBodyElement("Enumerate", soap.DOM_NS_ENUM)
		m.CreateElement(e, "OptimizeEnumeration", soap.DOM_NS_WSMAN_DMTF)
		m.CreateElement(e, "MaxElements", soap.DOM_NS_WSMAN_DMTF).SetContent(sweepBatch)
	})
}

func pullShells(url, enumeration string) message {
	return envelopeTo(shellURI, url, actionPull, "", sendFor, nil, func(m *soap.SoapMessage) {
		p := m.CreateBodyElement("Pull", soap.DOM_NS_ENUM)
		m.CreateElement(p, "EnumerationContext", soap.DOM_NS_ENUM).SetContent(escape(enumeration))
		m.CreateElement(p, "MaxElements", soap.DOM_NS_ENUM).SetContent(sweepBatch)
	})
}

// parseAge reads ShellRunTime: P0DT1H2M3S, with or without parts of a second.
func parseAge(s string) (time.Duration, bool) {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok {
		return 0, false
	}
	date, clock, _ := strings.Cut(rest, "T")
	var total time.Duration
	if date != "" {
		days, ok := strings.CutSuffix(date, "D")
		d, err := time.ParseDuration(days + "h")
		if !ok || err != nil || d < 0 || d > 1e6*time.Hour/24 {
			return 0, false
		}
		total = 24 * d
	}
	if clock != "" {
		d, err := time.ParseDuration(strings.ToLower(clock))
		if err != nil || d < 0 || strings.ContainsAny(clock, "uµn+-") || strings.Contains(strings.ToLower(clock), "ms") {
			return 0, false
		}
		total += d
	}
	return total, date != "" || clock != ""
}
