package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultSpec asks for a fault. In JSON the parameters stand beside the other
// fields: {"kind":"clock-skew","cluster":"EU-PROD-HCI01","target":"HV-FRA-01","seconds":90}.
type FaultSpec struct {
	Kind    string
	Cluster string
	Target  string // what the kind's TargetKind says; a node may leave Cluster open
	Params  map[string]any
}

// UnmarshalJSON reads the flat form.
func (s *FaultSpec) UnmarshalJSON(b []byte) error {
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	for key, p := range map[string]*string{"kind": &s.Kind, "cluster": &s.Cluster, "target": &s.Target} {
		if v, ok := m[key]; ok {
			text, isText := v.(string)
			if !isText {
				return fmt.Errorf("%s must be a string", key)
			}
			*p = text
			delete(m, key)
		}
	}
	s.Params = m
	return nil
}

// Fault is an injected one.
type Fault struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind"`
	Cluster string         `json:"cluster"`
	Target  string         `json:"target"`
	Params  map[string]any `json:"params"`
	Since   time.Time      `json:"since"`
	Story   bool           `json:"story"` // the story told it, and will end it

	kind *Kind
}

func (f *Fault) number(name string) float64 { return f.Params[name].(float64) }
func (f *Fault) text(name string) string    { return f.Params[name].(string) }

// Kind is one row of the fault catalogue.
type Kind struct {
	Kind        string  `json:"kind"`
	TargetKind  string  `json:"targetKind"` // node, network, drive, volume, witness or resource
	Description string  `json:"description"`
	Params      []Param `json:"params"`
	// Destructive ones take a node, a vote or data away; the story never has two at once.
	Destructive bool `json:"destructive"`

	// several names the parameters by which one target may have the fault more than once.
	several []string
	apply   func(*simCluster, *Fault)
	begin   func(*simCluster, *Fault) // once, when injected
	end     func(*simCluster, *Fault) // once, when cleared
}

// Param is a parameter of a kind: a number between Min and Max, one of Choices,
// or, with neither, any text.
type Param struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Default     any      `json:"default"`
	Min         float64  `json:"min,omitempty"`
	Max         float64  `json:"max,omitempty"`
	Choices     []string `json:"choices,omitempty"`
}

// errFault marks requests that make no sense, as opposed to unknown ids.
var errFault = errors.New("fault refused")

func kindByName(name string) *Kind {
	for i := range kinds {
		if kinds[i].Kind == name {
			return &kinds[i]
		}
	}
	return nil
}

// newFault checks a spec against the catalogue and the cluster. It lists all
// problems at once.
func (c *simCluster) newFault(s FaultSpec) (*Fault, error) {
	k := kindByName(s.Kind)
	if k == nil {
		return nil, fmt.Errorf("%w: unknown kind %q", errFault, s.Kind)
	}
	var problems []string
	if k.TargetKind == "witness" && s.Target == "" {
		s.Target = c.witnessName
	}
	if targets := c.targets(k.TargetKind); !slices.Contains(targets, s.Target) {
		problems = append(problems, fmt.Sprintf("%s has no %s %q", c.shape.Name, k.TargetKind, s.Target))
	}
	f := &Fault{Kind: k.Kind, Cluster: c.shape.Name, Target: s.Target, Params: map[string]any{}, Since: c.now, kind: k}
	for _, p := range k.Params {
		v, given := s.Params[p.Name]
		if !given {
			v = p.Default
		}
		if n, ok := v.(int); ok {
			v = float64(n)
		}
		if err := p.check(c, v); err != "" {
			problems = append(problems, err)
		}
		f.Params[p.Name] = v
	}
	for name := range s.Params {
		if !slices.ContainsFunc(k.Params, func(p Param) bool { return p.Name == name }) {
			problems = append(problems, fmt.Sprintf("%s has no parameter %q", k.Kind, name))
		}
	}
	for _, other := range c.faults {
		if other.Kind == f.Kind && other.Target == f.Target && !slices.ContainsFunc(k.several, func(p string) bool { return other.Params[p] != f.Params[p] }) {
			problems = append(problems, fmt.Sprintf("%s on %s is active already, as %s", f.Kind, f.Target, other.ID))
		}
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return nil, fmt.Errorf("%w: %s", errFault, strings.Join(problems, "; "))
	}
	return f, nil
}

func (p Param) check(c *simCluster, v any) string {
	if _, isNumber := p.Default.(int); isNumber {
		n, ok := v.(float64)
		if !ok || n < p.Min || n > p.Max {
			return fmt.Sprintf("%s must be a number from %v to %v", p.Name, p.Min, p.Max)
		}
		return ""
	}
	text, ok := v.(string)
	if !ok {
		return p.Name + " must be text"
	}
	if len(p.Choices) > 0 && !slices.Contains(p.Choices, text) {
		return fmt.Sprintf("%s must be one of %s", p.Name, strings.Join(p.Choices, ", "))
	}
	if p.Name == "user" && c.account(text) == nil {
		return fmt.Sprintf("there is no account %q", text)
	}
	if p.Name == "node" && text != "" && c.node(text) == nil {
		return fmt.Sprintf("%s has no node %q", c.shape.Name, text)
	}
	return ""
}

// targets lists what a fault of that target kind can hit.
func (c *simCluster) targets(kind string) []string {
	var out []string
	switch kind {
	case "node":
		for _, n := range c.nodes {
			out = append(out, n.Name)
		}
	case "network":
		for _, n := range c.nets {
			out = append(out, n.Name)
		}
	case "drive":
		for _, d := range c.drives {
			out = append(out, d.serial)
		}
	case "volume":
		for _, v := range c.volumes {
			out = append(out, v.Name)
		}
	case "witness":
		if c.witness != nil {
			out = append(out, c.witnessName)
		}
	case "resource":
		for _, r := range c.roles {
			for _, res := range r.resources {
				out = append(out, res.name)
			}
		}
	}
	return out
}

func (c *simCluster) inject(f *Fault) {
	c.faults = append(c.faults, f)
	if f.kind.begin != nil {
		f.kind.begin(c, f)
	}
	c.applyConditions()
}

func (c *simCluster) clear(f *Fault) {
	c.faults = slices.DeleteFunc(c.faults, func(x *Fault) bool { return x == f })
	if f.kind.end != nil {
		f.kind.end(c, f)
	}
	c.applyConditions()
}
