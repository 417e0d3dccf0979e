package cluster

import (
	"maps"
	"slices"
	"time"
)

// Picture is all we know of one cluster now, each part with its own age.
// It is immutable: With makes a new one.
type Picture struct {
	Cluster string   `json:"cluster"` // the name it was added under; unique
	Members []string `json:"members"` // nodes we were told to ask, in that order
	// Paused are the members that are not asked because somebody wants it so; all of
	// them while the cluster itself is paused.
	Paused []string `json:"paused,omitempty"`

	State     *State    `json:"state,omitempty"`
	StateAt   time.Time `json:"stateAt,omitzero"`
	StateFrom string    `json:"stateFrom,omitempty"` // the node that said it
	// StateMode is how that node was asked: it says when the next answer is due.
	StateMode SessionMode `json:"stateMode,omitempty"`
	// StateContact is the history of asking for the state, whichever node was asked.
	StateContact Contact `json:"stateContact"`

	Storage     *Storage    `json:"storage,omitempty"`
	StorageAt   time.Time   `json:"storageAt,omitzero"`
	StorageFrom string      `json:"storageFrom,omitempty"`
	StorageMode SessionMode `json:"storageMode,omitempty"`

	Nodes map[string]NodeView `json:"nodes"`

	// Since says when each thing that is not as it should be was first seen so.
	// The keys belong to the rules of Diagnose.
	Since map[string]time.Time `json:"since,omitempty"`
	// Held are the roles of each node that is out of the cluster, as it owned
	// them when it was last seen in it.
	Held map[string][]string `json:"held,omitempty"`
}

// NodeView is what we know of one node from talking to it ourselves. What the
// cluster says of it is in State.Nodes.
type NodeView struct {
	Contact       Contact     `json:"contact"`
	Vitals        *Vitals     `json:"vitals,omitempty"`
	VitalsAt      time.Time   `json:"vitalsAt,omitzero"`
	VitalsMode    SessionMode `json:"vitalsMode,omitempty"` // it was asked in
	Inventory     *Inventory  `json:"inventory,omitempty"`
	InventoryAt   time.Time   `json:"inventoryAt,omitzero"`
	InventoryMode SessionMode `json:"inventoryMode,omitempty"`
	// Denied are the parts the node would not let us read, of the last answer to each
	// question, as "question/Part" (see Part). Those of a question about the cluster
	// hold for the node that answered it last.
	Denied []string `json:"denied,omitempty"`
}

// Contact is the history of our attempts to reach a node, in short.
type Contact struct {
	Reach    Reach         `json:"reach"` // of the last attempt
	Detail   string        `json:"detail,omitempty"`
	LastTry  time.Time     `json:"lastTry,omitzero"`
	LastOK   time.Time     `json:"lastOK,omitzero"`
	Took     time.Duration `json:"took"`
	Failures int           `json:"failures"`       // in a row
	Since    time.Time     `json:"since,omitzero"` // when the present run of failures began
	Breaker  BreakerState  `json:"breaker"`
	RetryAt  time.Time     `json:"retryAt,omitzero"`
	Mode     SessionMode   `json:"mode,omitempty"` // of the last answer
}

// NewPicture is the picture of a cluster nobody has asked yet.
func NewPicture(name string, members []string) *Picture {
	return &Picture{Cluster: name, Members: slices.Clone(members), Nodes: map[string]NodeView{}}
}

// With is the picture after one more observation. An observation that failed
// changes only the contact: what was known stays, with its age. A question
// about the cluster that a node answers with an error says nothing about our
// way to that node, so it changes StateContact alone.
func (p *Picture) With(o Observation) *Picture {
	q := *p
	q.Nodes = maps.Clone(p.Nodes)
	if q.Nodes == nil {
		q.Nodes = map[string]NodeView{}
	}
	v := q.Nodes[o.Node]
	if !o.Question.OfCluster() || o.OK() || o.Reach == ReachNotAsked || o.Reach.OnTheWay() {
		v.Contact = v.Contact.after(o)
	}
	if o.Question == QuestionState {
		q.StateContact = q.StateContact.after(o)
	}
	if o.OK() {
		if denied := deniedAfter(v.Denied, o); !slices.Equal(denied, v.Denied) {
			q.Since = sinceAfter(q.Since, "denied/"+o.Node, denied, o.At)
			v.Denied = denied
		}
		switch o.Question {
		case QuestionState:
			if o.State != nil {
				q.Held = heldAfter(p, o.State)
				q.Since = sinceAfter(q.Since, "state", stateOddities(o.State, p.Since), o.At)
				q.State, q.StateAt, q.StateFrom, q.StateMode = o.State, o.At, o.Node, o.Mode
			}
		case QuestionStorage:
			if o.Storage != nil {
				q.Since = sinceAfter(q.Since, "storage", storageOddities(o.Storage), o.At)
				q.Storage, q.StorageAt, q.StorageFrom, q.StorageMode = o.Storage, o.At, o.Node, o.Mode
			}
		case QuestionVitals:
			if o.Vitals != nil {
				q.Since = sinceAfter(q.Since, "vitals/"+o.Node, vitalsOddities(o.Node, o.Vitals), o.At)
				v.Vitals, v.VitalsAt, v.VitalsMode = o.Vitals, o.At, o.Mode
			}
		case QuestionInventory:
			if o.Inventory != nil {
				v.Inventory, v.InventoryAt, v.InventoryMode = o.Inventory, o.At, o.Mode
			}
		}
	}
	q.Nodes[o.Node] = v
	return &q
}

// Routine says that an observation changes nothing for a cluster in which Diagnose
// found no fault: a node that answered before answers again about itself, and
// nothing it says is odd. What comes with time alone it does not know of.
func (p *Picture) Routine(o Observation) bool {
	if !o.OK() || o.Vitals == nil {
		return false
	}
	v := p.Nodes[o.Node]
	if !slices.Equal(v.Denied, deniedAfter(v.Denied, o)) {
		return false
	}
	return v.Vitals != nil && v.Contact.Reach == ReachOK && v.Contact.Breaker == BreakerClosed && len(vitalsOddities(o.Node, o.Vitals)) == 0
}

func (c Contact) after(o Observation) Contact {
	c.Breaker, c.RetryAt = o.Breaker, o.RetryAt
	if o.Reach == ReachNotAsked {
		return c // nothing was tried: keep the last reason
	}
	c.Reach, c.Detail, c.LastTry, c.Took = o.Reach, o.Detail, o.At, o.Took
	if o.Mode != ModeUnknown {
		c.Mode = o.Mode
	}
	if o.OK() {
		c.LastOK, c.Failures, c.Since = o.At, 0, time.Time{}
		return c
	}
	if c.Failures == 0 {
		c.Since = o.At
	}
	c.Failures++
	return c
}

// NodeNames lists the nodes to show: what the cluster says, else what we were told.
func (p *Picture) NodeNames() []string {
	if p.State == nil || len(p.State.Nodes) == 0 {
		return p.Members
	}
	names := make([]string, 0, len(p.State.Nodes))
	for _, n := range p.State.Nodes {
		names = append(names, n.Name)
	}
	return names
}
