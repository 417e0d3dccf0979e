package simulator

import (
	"fmt"
	"slices"
	"strings"

	"looksalive/remoting/scripts"
	"looksalive/simulator/wsman"
)

// cimNode is one node's WMI: what WS-Management clients enumerate and get. Its
// numbers are those the scripts are answered with.
type cimNode struct{ h *host }

// row holds an instance's properties by name; what is left out is null.
type row map[string]any

// cimView is a node at one moment. The cluster's lock is held while it is used.
type cimView struct {
	sim  *Simulator
	c    *simCluster
	n    *simNode
	made struct {
		state  *scripts.ClusterState
		gauges *gauges
	}
}

func (v *cimView) state() *scripts.ClusterState {
	if v.made.state == nil {
		s := v.c.answerState(v.n)
		v.made.state = &s
	}
	return v.made.state
}

func (v *cimView) gauges() *gauges {
	if v.made.gauges == nil {
		g := v.c.measure(v.n, v.c.now)
		v.made.gauges = &g
	}
	return v.made.gauges
}

// cimClass is a class and where its instances come from.
type cimClass struct {
	wsman.Class
	rows func(v *cimView) []row
}

// cimClasses are all classes, by namespace and name in lower case.
var cimClasses = map[string]map[string]*cimClass{}

// define adds a class. Each property is "Name", a string, or "Name:type", with
// [] after the type for an array; the keys' names are marked with "*" in front,
// and "@" says that there is only one instance.
func define(namespace, name, properties string, rows func(v *cimView) []row) {
	c := &cimClass{wsman.Class{Namespace: namespace, Name: name}, rows}
	for field := range strings.FieldsSeq(properties) {
		if field == "@" {
			c.Singleton = true
			continue
		}
		p, kind, typed := strings.Cut(field, ":")
		t := wsman.PropertyType{Name: strings.TrimPrefix(p, "*"), Type: wsman.TypeString}
		kind, t.Array = strings.CutSuffix(kind, "[]")
		if typed && kind != "" {
			t.Type = wsman.CIMType(kind)
		}
		if t.Name != p {
			c.Keys = append(c.Keys, t.Name)
		}
		c.Properties = append(c.Properties, t)
	}
	slices.SortFunc(c.Properties, func(a, b wsman.PropertyType) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	space := strings.ToLower(namespace)
	if cimClasses[space] == nil {
		cimClasses[space] = map[string]*cimClass{}
	}
	cimClasses[space][strings.ToLower(name)] = c
}

// Class describes a class of the node.
func (w cimNode) Class(namespace, name string) (*wsman.Class, error) {
	space, ok := cimClasses[strings.ToLower(namespace)]
	if !ok || strings.EqualFold(namespace, nsCluster) && w.h.lacks(featureCluster) {
		return nil, fmt.Errorf("%s: %w", namespace, wsman.ErrNoNamespace)
	}
	c, ok := space[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, wsman.ErrNoClass)
	}
	return &c.Class, nil
}

// Instances lists a class's instances as the node knows them now.
func (w cimNode) Instances(class *wsman.Class) ([]wsman.Instance, error) {
	source := cimClasses[strings.ToLower(class.Namespace)][strings.ToLower(class.Name)]
	if source == nil {
		return nil, &wsman.CIMError{HRESULT: 0x80041010, Message: "Invalid class "}
	}
	h := w.h
	c := h.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(h.sim.opts.Now())
	err := h.cimError(class.Namespace)
	if err == nil && class.Name == "Win32_Service" && !h.may(RightServices) {
		err = accessDenied()
	}
	if err != nil {
		return nil, &wsman.CIMError{HRESULT: uint32(err.hresult), Message: err.message}
	}
	var out []wsman.Instance
	for _, r := range source.rows(&cimView{sim: h.sim, c: c, n: h.node}) {
		i := wsman.Instance{Class: &source.Class, Values: make([]any, len(source.Properties))}
		for n, p := range source.Properties {
			i.Values[n] = r[p.Name]
		}
		out = append(out, i)
	}
	return out, nil
}

// cimError is why a namespace cannot be asked at the moment, nil when it can;
// the cluster's lock is held.
func (h *host) cimError(namespace string) *psError {
	c := h.cluster
	if c.condOf(h.node).stopped["Winmgmt"] {
		return &psError{message: "The service cannot be started, either because it is disabled or because it has no enabled devices associated with it. ",
			kind: cimException, id: "HRESULT 0x80070422,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand", hresult: -2147023838, line: "Get-CimInstance"}
	}
	if right, guarded := spaceRights[strings.ToLower(namespace)]; guarded && !h.may(right) {
		return accessDenied()
	}
	switch {
	case strings.EqualFold(namespace, nsCluster) && c.condOf(h.node).missing[featureCluster]:
		return &psError{message: "Invalid namespace ", kind: cimException, line: "Get-CimInstance", category: "MetadataError: (root/MSCluster:String) [Get-CimInstance], CimException",
			id: "HRESULT 0x8004100e,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand", hresult: -2147217394}
	case strings.EqualFold(namespace, nsCluster), strings.EqualFold(namespace, nsStorage) && !c.shape.SAN:
		return c.memberError(h.node)
	}
	return nil
}

// The namespaces.
const (
	nsCimv2   = "root/cimv2"
	nsCluster = "root/MSCluster"
	nsStorage = "root/Microsoft/Windows/Storage"
	nsNetwork = "root/StandardCimv2"
	nsHyperV  = "root/virtualization/v2"
)

// u32 keeps -1 as CIM does, as 4294967295.
func u32(n int) uint32 { return uint32(int32(n)) }
