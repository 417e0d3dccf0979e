package handlers

import (
	"time"

	"looksalive/cluster"
)

// The settings as the API says them. Secrets go in and never come out.

type apiWatchedList struct {
	Elsewhere bool         `json:"elsewhere"` // nothing can be seen or changed here
	Clusters  []apiWatched `json:"clusters"`
}

type apiWatched struct {
	Name    string           `json:"name"`
	Fixed   bool             `json:"fixed"`
	Locked  bool             `json:"locked"`
	Paused  bool             `json:"paused"`
	Changed *time.Time       `json:"changed"`
	Access  apiAccess        `json:"access"`
	Nodes   []apiWatchedNode `json:"nodes"`
}

type apiWatchedNode struct {
	Name    string     `json:"name"`
	Address *string    `json:"address"`
	Paused  bool       `json:"paused"`
	Pin     *string    `json:"pin"`
	Access  *apiAccess `json:"access"`
}

type apiAccess struct {
	Transport cluster.Transport `json:"transport"`
	Port      *int              `json:"port"`
	Auth      cluster.Auth      `json:"auth"`
	Trust     cluster.Trust     `json:"trust"`
	CA        *string           `json:"ca"`
	Realm     *string           `json:"realm"`
	KDCs      []string          `json:"kdcs"`
	Read      apiIdentity       `json:"read"`
	Act       *apiIdentity      `json:"act"`
}

type apiIdentity struct {
	User        *string `json:"user"`
	Certificate *string `json:"certificate"`
	HasPassword bool    `json:"hasPassword"`
	HasKeytab   bool    `json:"hasKeytab"`
	HasKey      bool    `json:"hasKey"`
}

func watchedOf(d cluster.Definition) apiWatched {
	return apiWatched{d.Name, d.Fixed, d.Locked, d.Paused, utc(d.Changed), accessOf(d.Access), each(d.Nodes, func(n cluster.NodeDefinition) apiWatchedNode {
		out := apiWatchedNode{n.Name, nonZero(n.Address), n.Paused, nonZero(n.Pin), nil}
		if n.Access != nil {
			own := accessOf(*n.Access)
			out.Access = &own
		}
		return out
	})}
}

func accessOf(a cluster.Access) apiAccess {
	out := apiAccess{a.Transport, nonZero(a.Port), a.Auth, a.Trust, nonZero(a.CA), nonZero(a.Kerberos.Realm), append([]string{}, a.Kerberos.KDCs...), identityOf(a.Read), nil}
	if a.Act != nil {
		act := identityOf(*a.Act)
		out.Act = &act
	}
	return out
}

func identityOf(i cluster.Identity) apiIdentity {
	return apiIdentity{nonZero(i.User), nonZero(i.Certificate), !i.Password.IsZero(), !i.Keytab.IsZero(), !i.Key.IsZero()}
}

// The same as it is sent to us. What is only for reading may be there, so that an
// answer can be changed and sent back; it is ignored.

type sentCluster struct {
	Name   string     `json:"name"`
	Paused bool       `json:"paused"`
	Access sentAccess `json:"access"`
	Nodes  []sentNode `json:"nodes"`

	Fixed   any `json:"fixed"`
	Locked  any `json:"locked"`
	Changed any `json:"changed"`
}

type sentNode struct {
	Name    string      `json:"name"`
	Address string      `json:"address"`
	Paused  bool        `json:"paused"`
	Pin     string      `json:"pin"`
	Access  *sentAccess `json:"access"`
}

type sentAccess struct {
	Transport cluster.Transport `json:"transport"`
	Port      int               `json:"port"`
	Auth      cluster.Auth      `json:"auth"`
	Trust     cluster.Trust     `json:"trust"`
	CA        string            `json:"ca"`
	Realm     string            `json:"realm"`
	KDCs      []string          `json:"kdcs"`
	Read      sentIdentity      `json:"read"`
	Act       *sentIdentity     `json:"act"`
}

type sentIdentity struct {
	User        string `json:"user"`
	Certificate string `json:"certificate"`
	Password    string `json:"password"`
	Keytab      []byte `json:"keytab"` // base64
	Key         string `json:"key"`    // PEM

	HasPassword any `json:"hasPassword"`
	HasKeytab   any `json:"hasKeytab"`
	HasKey      any `json:"hasKey"`
}

func (s sentCluster) definition() cluster.Definition {
	d := cluster.Definition{Name: s.Name, Paused: s.Paused, Access: s.Access.access()}
	for _, n := range s.Nodes {
		def := cluster.NodeDefinition{Name: n.Name, Address: n.Address, Paused: n.Paused, Pin: n.Pin}
		if def.Name == "" && def.Address != "" {
			def.Name = cluster.NameOf(def.Address)
		}
		if n.Access != nil {
			own := n.Access.access()
			def.Access = &own
		}
		d.Nodes = append(d.Nodes, def)
	}
	return d
}

func (s sentAccess) access() cluster.Access {
	a := cluster.Access{Transport: s.Transport, Port: s.Port, Auth: s.Auth, Trust: s.Trust, CA: s.CA,
		Kerberos: cluster.Kerberos{Realm: s.Realm, KDCs: s.KDCs}, Read: s.Read.identity()}
	if s.Act != nil {
		act := s.Act.identity()
		a.Act = &act
	}
	return normal(a)
}

func (s sentIdentity) identity() cluster.Identity {
	return cluster.Identity{User: s.User, Certificate: s.Certificate, Password: cluster.NewSecret(s.Password),
		Keytab: cluster.NewSecret(string(s.Keytab)), Key: cluster.NewSecret(s.Key)}
}

// apiCheckState is one line of a check.
type apiCheckState struct {
	Cluster *string        `json:"cluster"`
	Done    bool           `json:"done"`
	Nodes   []apiNodeCheck `json:"nodes"`
	Found   []apiFound     `json:"found"`
}

type apiFound struct {
	Name    string            `json:"name"`
	Address string            `json:"address"`
	State   cluster.NodeState `json:"state"`
}

type apiNodeCheck struct {
	Name        *string             `json:"name"`
	Address     string              `json:"address"`
	Mode        cluster.SessionMode `json:"mode"`
	Steps       []apiCheckStep      `json:"steps"`
	Certificate *apiNodeTLS         `json:"certificate"`
	Facts       []cluster.CheckFact `json:"facts"`
	Probes      []apiProbe          `json:"probes"`
}

type apiCheckStep struct {
	Kind    cluster.StepKind  `json:"kind"`
	State   cluster.StepState `json:"state"`
	Title   string            `json:"title"`
	Detail  *string           `json:"detail"`
	Fix     []apiStep         `json:"fix"`
	Took    *float64          `json:"tookSeconds"`
	Missing []string          `json:"missing"`
}

type apiNodeTLS struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	Pin       string    `json:"pin"`
	SHA256    string    `json:"sha256"`
	SHA1      string    `json:"sha1"`
	Accepted  bool      `json:"accepted"`
}

type apiProbe struct {
	Name     string `json:"name"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	OK       bool   `json:"ok"`
}

func checkStateOf(c cluster.Check) apiCheckState {
	return apiCheckState{nonZero(c.Cluster), c.Done, each(c.Nodes, nodeCheckOf), each(c.Found, func(f cluster.FoundNode) apiFound {
		return apiFound{f.Name, f.Address, f.State}
	})}
}

func nodeCheckOf(n cluster.NodeCheck) apiNodeCheck {
	out := apiNodeCheck{Name: nonZero(n.Name), Address: n.Address, Mode: n.Mode, Facts: append([]cluster.CheckFact{}, n.Facts...),
		Steps: each(n.Steps, func(s cluster.CheckStep) apiCheckStep {
			return apiCheckStep{s.Kind, s.State, s.Title, nonZero(s.Detail), each(s.Fix, stepOf), nonZero(s.Took.Seconds()), append([]string{}, s.Missing...)}
		}),
		Probes: each(n.Unverified, func(p cluster.CheckProbe) apiProbe { return apiProbe(p) })}
	if t := n.Certificate; t != nil {
		out.Certificate = &apiNodeTLS{t.Subject, t.Issuer, append([]string{}, t.Names...), t.NotBefore.UTC(), t.NotAfter.UTC(), t.Pin, t.SHA256, t.SHA1, t.Accepted}
	}
	return out
}

func stepOf(s cluster.Step) apiStep { return apiStep{s.Text, nonZero(s.Command)} }
