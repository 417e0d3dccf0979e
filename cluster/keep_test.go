package cluster

import (
	"strings"
	"testing"
)

func keepable() Definition {
	secret := NewSecret("hunter2")
	return Definition{Name: "A", Access: Access{Auth: AuthKerberos, Trust: TrustCA, CA: "pem", Kerberos: Kerberos{Realm: "R", KDCs: []string{"dc"}},
		Read: Identity{User: "reader", Password: secret}, Act: &Identity{User: "actor", Password: secret}},
		Nodes: []NodeDefinition{
			{Name: "N1", Address: "n1.example.net"}, {Name: "N2"},
			{Name: "N3", Address: "n3", Access: &Access{Auth: AuthNTLM, Trust: TrustPin, Read: Identity{User: "own", Password: secret}}, Pin: "sha256/x"},
		}}
}

// entered is the same as it comes from a form whose secrets were left empty.
func entered() Definition {
	d := keepable()
	d.Access.Read.Password = Secret{}
	d.Access.Act = &Identity{User: "actor"}
	own := *d.Nodes[2].Access
	own.Read.Password = Secret{}
	d.Nodes[2].Access = &own
	return d
}

func TestKeepSecrets(t *testing.T) {
	for _, tt := range []struct {
		name           string
		change         func(*Definition)
		read, act, own bool   // kept
		why            string // part of a reason
	}{
		{"nothing", func(*Definition) {}, true, true, true, ""},
		{"its name", func(d *Definition) { d.Name = "B" }, true, true, true, ""},
		{"a node left out, another paused", func(d *Definition) { d.Nodes = d.Nodes[1:]; d.Nodes[0].Paused = true }, true, true, true, ""},
		{"letters and dot of an address", func(d *Definition) { d.Nodes[0].Address = "N1.Example.net." }, true, true, true, ""},
		{"the port that is meant anyway", func(d *Definition) { d.Access.Port = 5986 }, true, true, true, ""},
		{"letters of the user", func(d *Definition) { d.Access.Read.User = "READER" }, true, true, true, ""},
		{"the user", func(d *Definition) { d.Access.Read.User = "boss" }, false, true, true, "the user changed"},
		{"the account for changes", func(d *Definition) { d.Access.Act.User = "boss" }, true, false, true, "account for changes again: the user changed"},
		{"an address", func(d *Definition) { d.Nodes[0].Address = "evil.example.org" }, false, false, true, "evil.example.org is a new address"},
		{"one more node", func(d *Definition) { d.Nodes = append(d.Nodes, NodeDefinition{Name: "evil"}) }, false, false, true, "evil is a new address"},
		{"a port of a node", func(d *Definition) { d.Nodes[0].Address += ":8443" }, false, false, true, "port 8443 of n1.example.net is new"},
		{"the port", func(d *Definition) { d.Access.Port = 443 }, false, false, true, "the transport or its port"},
		{"the transport", func(d *Definition) { d.Access.Transport = TransportHTTP }, false, false, true, "the transport or its port"},
		{"the sign-in", func(d *Definition) { d.Access.Auth = AuthBasic }, false, false, true, "the kind of sign-in"},
		{"the authority", func(d *Definition) { d.Access.CA = "other" }, false, false, true, "which certificates"},
		{"the trust", func(d *Definition) { d.Access.Trust = TrustSystem }, false, false, true, "which certificates"},
		{"the domain controllers", func(d *Definition) { d.Access.Kerberos.KDCs = []string{"evil"} }, false, false, true, "domain controllers"},
		{"the realm", func(d *Definition) { d.Access.Kerberos.Realm = "EVIL" }, false, false, true, "domain controllers"},
		{"a node takes the cluster's secret to where its own went", func(d *Definition) { d.Nodes[2].Access = nil }, false, false, false, "n3 is a new address"},
		{"the key of the node with its own", func(d *Definition) { d.Nodes[2].Pin = "sha256/evil" }, true, true, false, "N3: Enter the password again: the key of n3 is new"},
		{"the address of the node with its own", func(d *Definition) { d.Nodes[2].Address = "evil" }, true, true, false, "evil is a new address"},
		{"a node with the name of the one with its own", func(d *Definition) { d.Nodes[0].Name, d.Nodes[2].Name = "N3", "N1" }, true, true, false, ""},
	} {
		now := entered()
		tt.change(&now)
		kept, why := KeepSecrets(keepable(), now)
		if got := !kept.Access.Read.Password.IsZero(); got != tt.read {
			t.Errorf("%s changed: password kept %v (%q)", tt.name, got, why)
		}
		if got := !kept.Access.Act.Password.IsZero(); got != tt.act {
			t.Errorf("%s changed: password for changes kept %v (%q)", tt.name, got, why)
		}
		own := false
		for _, n := range kept.Nodes {
			own = own || n.Access != nil && !n.Access.Read.Password.IsZero()
		}
		if own != tt.own {
			t.Errorf("%s changed: the node's own password kept %v (%q)", tt.name, own, why)
		}
		if all := strings.Join(why, "\n"); !strings.Contains(all, tt.why) || tt.why == "" && all != "" {
			t.Errorf("%s changed: %q, want %q", tt.name, why, tt.why)
		}
		if strings.Contains(strings.Join(why, ""), "hunter2") {
			t.Error("a reason tells the secret")
		}
	}
}

// What was entered goes wherever it was entered for, and nothing old beside it.
func TestKeepSecretsPrefersWhatWasEntered(t *testing.T) {
	now := entered()
	now.Nodes[0].Address = "new.example.net"
	now.Access.Read.Keytab = NewSecret("new")
	now.Access.Act.Password = NewSecret("new too")
	kept, why := KeepSecrets(keepable(), now)
	if len(why) > 0 || kept.Access.Read.Keytab.Reveal() != "new" || !kept.Access.Read.Password.IsZero() || kept.Access.Act.Password.Reveal() != "new too" {
		t.Errorf("%q %q %q", why, kept.Access.Read.Keytab.Reveal(), kept.Access.Read.Password.Reveal())
	}
	if now.Access.Act == kept.Access.Act || &now.Nodes[0] == &kept.Nodes[0] {
		t.Error("what was given is shared")
	}
}

func TestKeepSecretsOfACertificate(t *testing.T) {
	was := Definition{Access: Access{Auth: AuthCertificate, Read: Identity{Certificate: "c", Key: NewSecret("k")}}, Nodes: []NodeDefinition{{Name: "a"}}}
	now := Definition{Access: Access{Auth: AuthCertificate, Read: Identity{Certificate: "c"}}, Nodes: was.Nodes}
	if kept, why := KeepSecrets(was, now); kept.Access.Read.Key.Reveal() != "k" || len(why) > 0 {
		t.Errorf("the key is gone: %q", why)
	}
	now.Access.Read.Certificate = "d"
	if kept, why := KeepSecrets(was, now); !kept.Access.Read.Key.IsZero() || len(why) != 1 || why[0] != "Enter the key again: the certificate changed." {
		t.Errorf("another certificate: %q", why)
	}
	if _, why := KeepSecrets(Definition{}, now); len(why) > 0 {
		t.Errorf("nothing was stored: %q", why)
	}
}
