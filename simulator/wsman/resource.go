package wsman

import (
	"context"
	"errors"
	"strings"
)

const (
	wmiURI    = "http://schemas.microsoft.com/wbem/wsman/1/wmi/"
	dmtfURI   = "http://schemas.dmtf.org/wbem/wscim/1/"
	configURI = "http://schemas.microsoft.com/wbem/wsman/1/config"
	// defaultNamespace is that of a DMTF resource URI without __cimnamespace.
	defaultNamespace = "root/cimv2"
)

// What a resource URI can name.
const (
	resourceUnknown = iota
	resourceShell   // the cmd shell: one, or all with Enumerate
	resourceShells  // all shells, the parent URI
	resourceConfig
	resourceListener
	resourceWMI
)

// target is what a request is about.
type target struct {
	kind      int
	path      string // of resourceConfig: "service/auth", "" for all
	namespace string // of resourceWMI
	class     string // of resourceWMI: "*" for a query
}

// target reads the resource URI. Windows takes it in any case.
func (r *request) target() (target, *fault) {
	uri := r.resource
	under := func(prefix string) (string, bool) {
		if len(uri) < len(prefix) || !strings.EqualFold(uri[:len(prefix)], prefix) {
			return "", false
		}
		return uri[len(prefix):], true
	}
	if rest, ok := under(configURI); ok {
		rest = strings.ToLower(strings.Trim(rest, "/"))
		if rest == "listener" {
			return target{kind: resourceListener}, nil
		}
		return target{kind: resourceConfig, path: rest}, nil
	}
	if rest, ok := under(wmiURI); ok {
		slash := strings.LastIndexByte(rest, '/')
		if slash <= 0 || slash == len(rest)-1 {
			return target{}, faultURI()
		}
		t := target{kind: resourceWMI, namespace: rest[:slash], class: rest[slash+1:]}
		if ns, given := r.cimNamespace(); given && !strings.EqualFold(ns, t.namespace) {
			return target{}, faultNamespaces()
		}
		return t, nil
	}
	if rest, ok := under(dmtfURI); ok {
		t := target{kind: resourceWMI, namespace: defaultNamespace, class: strings.TrimPrefix(rest, "cim-schema/2/")}
		if ns, given := r.cimNamespace(); given {
			t.namespace = ns
		}
		if t.class == "" || strings.Contains(t.class, "/") {
			return target{}, faultURI()
		}
		return t, nil
	}
	switch {
	case strings.EqualFold(uri, shellURI):
		return target{kind: resourceShell}, nil
	case strings.EqualFold(uri, nsRSP):
		return target{kind: resourceShells}, nil
	case uri == "":
		return target{}, faultURI()
	}
	return target{}, faultResource(uri)
}

// cimNamespace takes the selector that names a namespace out of the selectors.
func (r *request) cimNamespace() (string, bool) {
	for name, v := range r.selectors {
		if strings.EqualFold(name, "__cimnamespace") {
			delete(r.selectors, name)
			return strings.Trim(strings.ReplaceAll(v, `\`, "/"), "/"), true
		}
	}
	return "", false
}

// class looks a class up and words the fault when it is not there.
func (s *Server) class(r *request, t target) (*Class, *fault) {
	if r.cim == nil {
		return nil, faultNotFound()
	}
	c, err := r.cim.Class(t.namespace, t.class)
	switch {
	case errors.Is(err, ErrNoClass), errors.Is(err, ErrNoNamespace):
		return nil, faultNotFound()
	case err != nil:
		return nil, faultCIM(err)
	}
	return c, nil
}

func (s *Server) doGet(ctx context.Context, c *caller, r *request) ([]byte, *fault) {
	t, f := r.target()
	if f != nil {
		return nil, f
	}
	switch t.kind {
	case resourceWMI:
		return s.getInstance(r, t)
	case resourceConfig:
		w := newEnvelope(nsX+"/GetResponse", r.messageID, "x", "w")
		if !s.writeConfig(w, t.path) {
			return nil, faultResource(r.resource)
		}
		return w.end(), nil
	case resourceListener:
		return s.getListener(r)
	}
	sh, f := s.findShell(c, r, true)
	if f != nil {
		return nil, f
	}
	defer sh.release()
	w := newEnvelope(nsX+"/GetResponse", r.messageID, "x", "w", "rsp", "p")
	sh.write(w)
	return w.end(), nil
}

// getInstance is WS-Transfer Get on a CIM instance: the selectors are its keys.
func (s *Server) getInstance(r *request, t target) ([]byte, *fault) {
	class, f := s.class(r, t)
	if f != nil {
		return nil, f
	}
	if len(r.selectors) == 0 && len(class.Keys) > 0 && !class.Singleton {
		return nil, faultNotSingleton()
	}
	for name := range r.selectors {
		if class.Property(name) < 0 {
			return nil, faultSelectors("")
		}
	}
	for _, key := range class.Keys {
		if _, given := selectorOf(r, key); !given && len(r.selectors) > 0 {
			return nil, faultMissingSelectors()
		}
	}
	list, err := r.cim.Instances(class)
	if err != nil {
		return nil, faultCIM(err)
	}
	for _, i := range list {
		if !selected(r, i) {
			continue
		}
		if r.fragment != "" {
			return getFragment(r, i)
		}
		w := newEnvelope(nsX+"/GetResponse", r.messageID, "x", "w")
		w.writeInstance(i)
		return w.end(), nil
	}
	return nil, faultNotFound()
}

func selectorOf(r *request, name string) (string, bool) {
	for n, v := range r.selectors {
		if strings.EqualFold(n, name) {
			return v, true
		}
	}
	return "", false
}

// selected says whether the selectors, names and values in any case, fit.
func selected(r *request, i Instance) bool {
	for name, want := range r.selectors {
		if v := i.Value(name); v == nil || !strings.EqualFold(cimText(v), want) {
			return false
		}
	}
	return true
}

// getFragment answers a Get with a w:FragmentTransfer header: one property, or
// its text (XPath Level 1, DSP0226 annex D.1).
func getFragment(r *request, i Instance) ([]byte, *fault) {
	name, onlyText := strings.CutSuffix(r.fragment, "/text()")
	if _, local, found := strings.Cut(name, ":"); found {
		name = local
	}
	n := i.Class.Property(name)
	if n < 0 {
		return nil, faultFilter("")
	}
	w := newEnvelopeWith(func(w *writer) {
		w.raw(`<w:FragmentTransfer s:mustUnderstand="true">`).text(r.fragment).raw(`</w:FragmentTransfer>`)
	}, nsX+"/GetResponse", r.messageID, "x", "w")
	w.raw(`<w:XmlFragment xmlns:xsi="`, nsXSI, `" xmlns:cim="`, nsCIM, `" xmlns:p="`, i.Class.uri(), `">`)
	if onlyText {
		for _, e := range elements(i.Values[n]) {
			w.text(cimText(e))
		}
	} else {
		w.property(i.Class.Properties[n], i.Values[n], "p:", "cim:")
	}
	return w.raw(`</w:XmlFragment>`).end(), nil
}
