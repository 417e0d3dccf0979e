package wsman

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// WS-Enumeration (DSP0226 8, MS-WSMV 3.1.4.8 to 3.1.4.10): Enumerate, Pull,
// Release, over CIM instances, shells and listeners.

const (
	dialectWQL      = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
	dialectSelector = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
	// maxBatchItems is the configuration's MaxBatchItems.
	maxBatchItems = 32000
)

// collection is what an enumeration walks through, as it was when it began.
type collection struct {
	size   int
	object func(w *writer, i int)
	epr    func(w *writer, i int) // nil: the items cannot be addressed
}

// enumeration is a collection with the place where the next Pull goes on.
type enumeration struct {
	collection
	id, account, mode string

	mu    sync.Mutex // held during a Pull; a second one waits
	at    int
	ended bool
	timer *time.Timer
}

func (s *Server) doEnumerate(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	if r.body == nil || r.body.name.Local != "Enumerate" {
		return nil, faultSchema()
	}
	expires := s.o.EnumerationTimeout
	if v := r.body.value(nsN, "Expires"); v != "" {
		d, ok := parseDuration(v)
		if !ok || d == 0 {
			return nil, faultExpiration()
		}
		expires = min(expires, d)
	}
	col, f := s.collect(c, r)
	if f != nil {
		return nil, f
	}
	e := &enumeration{collection: col, account: c.account, mode: r.body.value(nsW, "EnumerationMode")}
	switch {
	case e.mode != "" && e.mode != "EnumerateEPR" && e.mode != "EnumerateObjectAndEPR", e.mode != "" && e.epr == nil:
		return nil, faultEnumerationMode()
	}
	e.mu.Lock() // as soon as it is kept, its time-out may end it
	defer e.mu.Unlock()
	w := newEnvelope(nsN+"/EnumerateResponse", r.messageID, "n", "w")
	w.raw(`<n:EnumerateResponse>`)
	if r.body.child(nsW, "OptimizeEnumeration") == nil {
		if f := s.keep(e, expires); f != nil {
			return nil, f
		}
		return w.raw(`<n:EnumerationContext>uuid:`, e.id, `</n:EnumerationContext></n:EnumerateResponse>`).end(), nil
	}
	most, f := batchSize(r.body.value(nsW, "MaxElements"))
	if f != nil {
		return nil, f
	}
	items := &writer{}
	if f := e.take(items, most, s.room(r)); f != nil {
		return nil, f
	}
	if e.at == e.size {
		w.raw(`<n:EnumerationContext></n:EnumerationContext>`)
	} else if f := s.keep(e, expires); f != nil {
		return nil, f
	} else {
		w.raw(`<n:EnumerationContext>uuid:`, e.id, `</n:EnumerationContext>`)
	}
	w.raw(`<w:Items>`, items.b.String(), `</w:Items>`)
	if e.at == e.size {
		w.raw(`<w:EndOfSequence/>`)
	}
	return w.raw(`</n:EnumerateResponse>`).end(), nil
}

func (s *Server) doPull(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	e, f := s.enumeration(c, r)
	if f != nil {
		return nil, f
	}
	most, f := batchSize(r.body.value(nsN, "MaxElements"))
	if f != nil {
		return nil, f
	}
	room := s.room(r)
	if v := r.body.value(nsN, "MaxCharacters"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n <= 0 {
			return nil, faultParameter("MaxCharacters")
		}
		room = min(room, n)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return nil, faultContext()
	}
	items := &writer{}
	if f := e.take(items, most, room); f != nil {
		return nil, f
	}
	w := newEnvelope(nsN+"/PullResponse", r.messageID, "n", "w")
	w.raw(`<n:PullResponse>`)
	if e.at < e.size {
		w.raw(`<n:EnumerationContext>uuid:`, e.id, `</n:EnumerationContext>`)
		e.timer.Reset(s.o.EnumerationTimeout)
	}
	w.raw(`<n:Items>`, items.b.String(), `</n:Items>`)
	if e.at == e.size {
		w.raw(`<n:EndOfSequence/>`)
		s.discard(e)
	}
	return w.raw(`</n:PullResponse>`).end(), nil
}

func (s *Server) doRelease(_ context.Context, c *caller, r *request) ([]byte, *fault) {
	e, f := s.enumeration(c, r)
	if f != nil {
		return nil, f
	}
	e.mu.Lock()
	s.discard(e)
	e.mu.Unlock()
	return newEnvelope(nsN+"/ReleaseResponse", r.messageID, "n", "w").end(), nil
}

// batchSize is MaxElements: one when the client does not say (DSP0226 8.2.3).
func batchSize(v string) (int, *fault) {
	if v == "" {
		return 1, nil
	}
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil || n == 0 {
		return 0, faultParameter("MaxElements")
	}
	return int(min(n, maxBatchItems)), nil
}

// room is how many bytes of items an answer may hold.
func (s *Server) room(r *request) int {
	size := s.o.MaxEnvelopeKB << 10
	if r.maxEnvelope > 0 {
		size = min(size, r.maxEnvelope)
	}
	return size - envelopeCost
}

// take writes the next items, as many as are wanted and fit.
func (e *enumeration) take(w *writer, most, room int) *fault {
	for n := 0; n < most && e.at < e.size; n++ {
		before := w.b.Len()
		e.item(w, e.at)
		if w.b.Len() > room {
			if n == 0 {
				return faultTooLarge()
			}
			w.b.Truncate(before)
			return nil
		}
		e.at++
	}
	return nil
}

func (e *enumeration) item(w *writer, i int) {
	if e.mode == "" {
		e.object(w, i)
		return
	}
	if e.mode == "EnumerateObjectAndEPR" {
		w.raw(`<w:Item>`)
		e.object(w, i)
	}
	w.raw(`<a:EndpointReference>`)
	e.epr(w, i)
	w.raw(`</a:EndpointReference>`)
	if e.mode == "EnumerateObjectAndEPR" {
		w.raw(`</w:Item>`)
	}
}

// keep makes an enumeration's context known until it is used up, released or
// left alone for longer than expires; e.mu is held.
func (s *Server) keep(e *enumeration, expires time.Duration) *fault {
	e.id = newUUID()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, other := range s.enumerations {
		if other.account == e.account {
			n++
		}
	}
	if n >= s.o.MaxEnumerationsPerUser {
		return faultOperationQuota(s.o.MaxEnumerationsPerUser)
	}
	if s.closed {
		return faultAborted()
	}
	s.enumerations[e.id] = e
	e.timer = time.AfterFunc(expires, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		s.discard(e)
	})
	return nil
}

// discard forgets an enumeration; e.mu is held.
func (s *Server) discard(e *enumeration) {
	e.ended = true
	e.timer.Stop()
	e.collection = collection{}
	s.mu.Lock()
	delete(s.enumerations, e.id)
	s.mu.Unlock()
}

// enumeration finds the caller's context a Pull or Release names.
func (s *Server) enumeration(c *caller, r *request) (*enumeration, *fault) {
	if r.body == nil || r.body.name.Local != lastPart(r.action) {
		return nil, faultSchema()
	}
	id, ok := strings.CutPrefix(r.body.value(nsN, "EnumerationContext"), "uuid:")
	s.mu.Lock()
	e := s.enumerations[strings.ToUpper(id)]
	s.mu.Unlock()
	if !ok || e == nil || e.account != c.account {
		return nil, faultContext()
	}
	return e, nil
}

// collect gathers what an Enumerate asks for.
func (s *Server) collect(c *caller, r *request) (collection, *fault) {
	t, f := r.target()
	if f != nil {
		return collection{}, f
	}
	filter := r.body.child(nsW, "Filter")
	if filter == nil {
		filter = r.body.child(nsN, "Filter")
	}
	if t.kind == resourceWMI {
		return s.collectInstances(r, t, filter)
	}
	if filter != nil {
		return collection{}, faultFiltering()
	}
	switch t.kind {
	case resourceListener:
		list := s.listenerTable()
		return collection{len(list), func(w *writer, i int) { list[i].write(w) },
			func(w *writer, i int) { w.eprTo(configURI+"/listener", list[i].keys()) }}, nil
	case resourceShell, resourceShells:
		list := slices.DeleteFunc(s.sorted(), func(sh *shell) bool { return sh.owner != c.account && !s.o.Administrator(c.account) })
		return collection{len(list), func(w *writer, i int) { list[i].write(w) },
			func(w *writer, i int) { w.eprTo(shellURI, []KeyValue{{"ShellId", list[i].id}}) }}, nil
	}
	return collection{}, faultAction(r.action)
}

// collectInstances is a class's instances, all or those a filter lets through.
func (s *Server) collectInstances(r *request, t target, filter *element) (collection, *fault) {
	if len(r.selectors) > 0 {
		return collection{}, faultKeysInEnumerate()
	}
	switch dialect := filter.attrOr("Dialect", dialectWQL); {
	case filter == nil && t.class == "*":
		return collection{}, faultFilter("")
	case filter == nil:
		return s.instances(r, t, nil)
	case dialect == dialectWQL && t.class != "*":
		return collection{}, faultWildcard()
	case dialect == dialectWQL:
		return s.collectQuery(r, t, strings.TrimSpace(filter.text))
	case dialect == dialectSelector && t.class != "*":
		return s.instances(r, t, filter.child(nsW, "SelectorSet"))
	}
	return collection{}, faultDialect()
}

func (s *Server) instances(r *request, t target, set *element) (collection, *fault) {
	class, f := s.class(r, t)
	if f != nil {
		return collection{}, f
	}
	list, err := r.cim.Instances(class)
	if err != nil {
		return collection{}, faultCIM(err)
	}
	if set != nil {
		for _, e := range set.children {
			name, want := e.attr("Name"), strings.TrimSpace(e.text)
			n := class.Property(name)
			if n < 0 || class.Properties[n].Array {
				return collection{}, faultFilter("")
			}
			list = slices.DeleteFunc(slices.Clone(list), func(i Instance) bool {
				return i.Values[n] == nil || !strings.EqualFold(cimText(i.Values[n]), want)
			})
		}
	}
	return collection{len(list), func(w *writer, i int) { w.writeInstance(list[i]) },
		func(w *writer, i int) { w.epr(list[i].reference()) }}, nil
}

// collectQuery runs a WQL query. What it does not find is a fault of the
// filter, not of the resource: so a real server answered (see the recorded
// fault in enumerate_test.go).
func (s *Server) collectQuery(r *request, t target, text string) (collection, *fault) {
	q, err := parseWQL(text)
	if err != nil {
		return collection{}, faultQuery("Invalid query ", t.namespace, text)
	}
	if r.cim == nil {
		return collection{}, faultNotFound()
	}
	class, err := r.cim.Class(t.namespace, q.class)
	switch {
	case errors.Is(err, ErrNoNamespace):
		return collection{}, faultNotFound()
	case errors.Is(err, ErrNoClass):
		return collection{}, faultQuery("The specified class does not exist in the given namespace. ", t.namespace, text)
	case err != nil:
		return collection{}, faultCIM(err)
	}
	fields, err := q.bind(class)
	if err != nil {
		return collection{}, faultQuery("Invalid query ", t.namespace, text)
	}
	list, err := r.cim.Instances(class)
	if err != nil {
		return collection{}, faultCIM(err)
	}
	list = q.filter(list)
	col := collection{size: len(list), object: func(w *writer, i int) { w.writeInstance(list[i]) },
		epr: func(w *writer, i int) { w.epr(list[i].reference()) }}
	if fields != nil {
		col.object = func(w *writer, i int) { w.writeFragment(list[i], fields) }
		col.epr = nil
	}
	return col, nil
}

// sorted lists the shells, oldest first.
func (s *Server) sorted() []*shell {
	s.mu.Lock()
	list := make([]*shell, 0, len(s.shells))
	for _, sh := range s.shells {
		list = append(list, sh)
	}
	s.mu.Unlock()
	sort.Slice(list, func(i, j int) bool {
		if !list[i].created.Equal(list[j].created) {
			return list[i].created.Before(list[j].created)
		}
		return list[i].id < list[j].id
	})
	return list
}
