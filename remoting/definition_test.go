package remoting

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestNodesOf(t *testing.T) {
	a := newAuthority(t)
	ca, _ := pems(t, a.issue(t, nil))
	cert, key := pems(t, a.issue(t, nil))
	reader := cluster.Identity{User: `CORP\reader`, Password: cluster.NewSecret("p")}
	other := &cluster.Access{Transport: cluster.TransportHTTP, Auth: cluster.AuthNTLM, Port: 15985, Read: cluster.Identity{User: `.\watch`, Password: cluster.NewSecret("q")}}
	d := cluster.Definition{
		Name:   "C1",
		Access: cluster.Access{Trust: cluster.TrustCA, CA: ca, Read: reader, Act: &cluster.Identity{User: "a", Password: cluster.NewSecret("r")}},
		Nodes: []cluster.NodeDefinition{
			{Name: "N1"},
			{Name: "N2", Address: "n2.corp.example"},
			{Name: "N3", Address: "n3.corp.example:6000"},
			{Name: "N4", Address: "192.0.2.4"},
			{Name: "N5", Address: "2001:db8::5"},
			{Name: "N6", Address: "[2001:db8::6]:6001"},
			{Name: "N7", Address: "[2001:db8::7]"},
			{Name: "N8", Access: other},
			{Name: "N9", Paused: true},
			{Name: "N10", Access: &cluster.Access{Auth: cluster.AuthCertificate, Read: cluster.Identity{Certificate: cert, Key: cluster.NewSecret(key)}}},
			{Name: "N11", Address: "n11.corp.example", Pin: PinOf(a.cert), Access: &cluster.Access{Auth: cluster.AuthKerberos, Trust: cluster.TrustPin,
				Kerberos: cluster.Kerberos{Realm: "CORP.EXAMPLE"}, Read: cluster.Identity{User: "reader", Keytab: cluster.NewSecret("k")}}},
			{Name: "N12", Address: "fe80::1%eth0"},
		},
	}
	nodes, err := NodesOf(d)
	if err != nil {
		t.Fatal(err)
	}
	urls := make(map[string]string)
	for _, n := range nodes {
		urls[n.Name] = n.URL
		if n.Cluster != "C1" || n.Identity != d.Of(*d.Node(n.Name)).Read {
			t.Errorf("%s: %+v", n.Name, n)
		}
		if (n.Trust == cluster.TrustCA) != (n.RootCAs != nil) {
			t.Errorf("%s: trust %v, authorities %v", n.Name, n.Trust, n.RootCAs)
		}
	}
	if diff := cmp.Diff(map[string]string{
		"N1": "https://N1:5986/wsman", "N2": "https://n2.corp.example:5986/wsman", "N3": "https://n3.corp.example:6000/wsman",
		"N4": "https://192.0.2.4:5986/wsman", "N5": "https://[2001:db8::5]:5986/wsman", "N6": "https://[2001:db8::6]:6001/wsman",
		"N7": "https://[2001:db8::7]:5986/wsman", "N8": "http://N8:15985/wsman", "N10": "https://N10:5986/wsman", "N11": "https://n11.corp.example:5986/wsman",
		"N12": "https://[fe80::1%25eth0]:5986/wsman",
	}, urls); diff != "" {
		t.Error(diff)
	}
	if n := nodes[len(nodes)-2]; n.Pin != PinOf(a.cert) || n.Kerberos.Realm != "CORP.EXAMPLE" || n.Auth != cluster.AuthKerberos {
		t.Errorf("N11: %+v", n)
	}
	c, err := New(Options{Nodes: nodes})
	if err != nil {
		t.Errorf("the client does not take them: %v", err)
	} else if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	d.Paused = true
	if nodes, err = NodesOf(d); err != nil || len(nodes) != 0 {
		t.Errorf("a paused cluster: %d nodes, %v", len(nodes), err)
	}
}

func TestNodesOfListsEveryProblem(t *testing.T) {
	a := newAuthority(t)
	cert, key := pems(t, a.issue(t, nil))
	_, otherKey := pems(t, a.issue(t, nil))
	secret := cluster.NewSecret(canary)
	ok := cluster.Identity{User: "u", Password: secret}
	access := func(a cluster.Access) *cluster.Access { return &a }
	d := cluster.Definition{
		Name:   "C1",
		Access: cluster.Access{Trust: cluster.TrustCA, CA: canary, Port: 70000, Read: cluster.Identity{User: "u"}},
		Nodes: []cluster.NodeDefinition{
			{Name: ""},
			{Name: "A", Access: access(cluster.Access{Read: ok})},
			{Name: "a", Access: access(cluster.Access{Read: ok})},
			{Name: "B", Address: "not a host", Access: access(cluster.Access{Read: ok})},
			{Name: "C", Address: "host:99999", Access: access(cluster.Access{Read: ok})},
			{Name: "D", Address: "u:p@host", Access: access(cluster.Access{Read: ok})},
			{Name: "E", Access: access(cluster.Access{Transport: cluster.TransportHTTP, Auth: cluster.AuthBasic, Read: ok})},
			{Name: "F", Access: access(cluster.Access{Transport: cluster.TransportHTTP, Auth: cluster.AuthCertificate, Read: cluster.Identity{Certificate: cert, Key: cluster.NewSecret(key)}})},
			{Name: "G", Access: access(cluster.Access{Auth: cluster.AuthCertificate, Read: cluster.Identity{Certificate: cert, Key: cluster.NewSecret(otherKey)}})},
			{Name: "H", Access: access(cluster.Access{Auth: cluster.AuthCertificate, Read: cluster.Identity{Certificate: canary, Key: secret}})},
			{Name: "I", Address: "192.0.2.1", Access: access(cluster.Access{Auth: cluster.AuthKerberos, Read: ok})},
			{Name: "J", Access: access(cluster.Access{Auth: cluster.AuthKerberos, Read: cluster.Identity{User: "u"}})},
			{Name: "K", Pin: "sha256/no", Access: access(cluster.Access{Trust: cluster.TrustPin, Read: ok})},
			{Name: "L", Access: access(cluster.Access{Auth: 9, Read: ok})},
			{Name: "M", Access: access(cluster.Access{Transport: 9, Trust: 9, Read: ok})},
			{Name: "N", Paused: true, Access: access(cluster.Access{Read: ok, Act: &cluster.Identity{User: "x"}})},
			{Name: "O", Access: access(cluster.Access{Auth: cluster.AuthBasic, Read: cluster.Identity{User: "u:v", Password: secret}})},
			{Name: "P", Access: access(cluster.Access{Read: cluster.Identity{User: "u\r\nX: y", Password: secret}})},
		},
	}
	_, err := NodesOf(d)
	var problems cluster.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	text := err.Error()
	for _, want := range []string{
		"The certificate of the authority is missing", "The port must be between", "A user and password are required.",
		"A node has no name.", "a is there twice.", "B: The address", "C: The port in the address", "D: The address must be",
		"E: Basic over http", "F: A client certificate needs https", "G: The client certificate or its key", "H: The client certificate or its key",
		"I: Kerberos needs", "J: A user and a password or keytab", "K: The confirmed key", "L: There is no such sign-in", "M: There is no such transport",
		"M: There is no such way to trust", "N: The account that changes things: A user and password", "O: The user of Basic", "P: The user contains",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if len(problems) != 21 {
		t.Errorf("%d problems:\n%s", len(problems), text)
	}
	if strings.Contains(text, canary) || strings.Contains(text, "PRIVATE") {
		t.Errorf("a secret is repeated:\n%s", text)
	}
	_, err = NodesOf(cluster.Definition{Locked: true, Access: cluster.Access{Read: cluster.Identity{User: "u"}}})
	if err == nil || !strings.Contains(err.Error(), "enter them again") || !strings.Contains(err.Error(), "needs a name") ||
		!strings.Contains(err.Error(), "has no nodes") || strings.Contains(err.Error(), "required") {
		t.Errorf("a locked one: %v", err)
	}
}
