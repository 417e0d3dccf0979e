package store

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// sameSecrets compares definitions with what is in their secrets.
var sameSecrets = cmp.Comparer(func(a, b cluster.Secret) bool { return a.Reveal() == b.Reveal() })

func openSealed(t testing.TB, dir string, c *clock, sealer Sealer) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Now: c.now, Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func definitions(t testing.TB, s *Store) []cluster.Definition {
	t.Helper()
	list, err := s.Definitions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func put(t testing.TB, s *Store, was string, d cluster.Definition) {
	t.Helper()
	if err := s.PutDefinition(t.Context(), was, d); err != nil {
		t.Fatal(err)
	}
}

// full is a definition with all there can be in one.
func full(name string) cluster.Definition {
	return cluster.Definition{
		Name: name, Paused: true,
		Access: cluster.Access{
			Transport: cluster.TransportHTTP, Port: 15985, Auth: cluster.AuthKerberos,
			Kerberos: cluster.Kerberos{Realm: "EXAMPLE.NET", KDCs: []string{"dc1.example.net", "10.0.0.2:88"}},
			Read:     cluster.Identity{User: `EXAMPLE\reader`, Password: cluster.NewSecret("r\x00éad"), Keytab: cluster.NewSecret("\x05\x02\xff\xfe not UTF-8")},
			Act:      &cluster.Identity{User: "actor@example.net", Password: cluster.NewSecret("act")},
		},
		Nodes: []cluster.NodeDefinition{
			{Name: "HV-01", Address: "hv-01.example.net", Pin: "sha256/AAAA"},
			{Name: "HV-02", Paused: true, Access: &cluster.Access{
				Auth: cluster.AuthCertificate, Trust: cluster.TrustCA, CA: "-----BEGIN CERTIFICATE-----",
				Read: cluster.Identity{Certificate: "-----BEGIN CERTIFICATE-----", Key: cluster.NewSecret("-----BEGIN PRIVATE KEY-----")}}},
		},
	}
}

func TestDefinitions(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := openSealed(t, dir, c, newVault(t, testKey))
	if got := definitions(t, s); len(got) != 0 {
		t.Errorf("at first: %+v", got)
	}
	beta := cluster.Definition{Name: "beta", Nodes: []cluster.NodeDefinition{{Name: "SAN-01"}}}
	put(t, s, "", full("gamma"))
	put(t, s, "", beta)
	want := []cluster.Definition{beta, full("gamma")}
	for i := range want {
		want[i].Changed = c.t
	}
	if diff := cmp.Diff(want, definitions(t, s), sameSecrets); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// Changed: another password, one identity less, one node less.
	c.t = c.t.Add(day)
	d := full("gamma")
	d.Changed = c.t
	d.Access.Read.Password = cluster.NewSecret("another")
	d.Access.Act = nil
	d.Nodes = d.Nodes[:1]
	put(t, s, "GAMMA", d)
	want[1] = d
	s.Close()
	s = openSealed(t, dir, c, newVault(t, testKey))
	if diff := cmp.Diff(want, definitions(t, s), sameSecrets); diff != "" {
		t.Errorf("after a change and a restart (-want +got):\n%s", diff)
	}
	if n := len(sealedNow(t, s)); n != 2 {
		t.Errorf("%d secrets on disk, want 2", n)
	}
	var text string
	if err := s.r.QueryRow(`SELECT group_concat(data) FROM definition`).Scan(&text); err != nil || strings.Contains(text, "hidden") || strings.Contains(text, "another") {
		t.Errorf("on disk: %s %v", text, err)
	}
}

func TestDefinitionsRefused(t *testing.T) {
	c := newClock()
	s := openSealed(t, t.TempDir(), c, newVault(t, testKey))
	put(t, s, "", cluster.Definition{Name: "alpha"})
	put(t, s, "", cluster.Definition{Name: "Übersee"})
	if err := s.Members(t.Context(), "Fixed", nil, nil); err != nil { // of the configuration
		t.Fatal(err)
	}
	before := definitions(t, s)
	twice := cluster.Definition{Name: "x", Nodes: []cluster.NodeDefinition{{Name: "HV-01"}, {Name: "HV-01"}}}
	tests := []struct {
		name, was string
		d         cluster.Definition
		want      error
	}{
		{"a name that is taken", "", cluster.Definition{Name: "alpha"}, cluster.ErrExists},
		{"in other letters", "", cluster.Definition{Name: "ALPHA"}, cluster.ErrExists},
		{"that SQLite does not fold", "", cluster.Definition{Name: "übersee"}, cluster.ErrExists},
		{"renamed to one", "alpha", cluster.Definition{Name: "übersee"}, cluster.ErrExists},
		{"of the configuration", "", cluster.Definition{Name: "FIXED"}, cluster.ErrExists},
		{"renamed to that", "alpha", cluster.Definition{Name: "fixed"}, cluster.ErrExists},
		{"not there", "nobody", cluster.Definition{Name: "nobody"}, cluster.ErrNotFound},
		{"not there, renamed", "nobody", cluster.Definition{Name: "beta"}, cluster.ErrNotFound},
		{"fixed", "", cluster.Definition{Name: "x", Fixed: true}, cluster.ErrFixed},
		{"no name", "", cluster.Definition{Name: " "}, nil},
		{"a node twice", "", twice, nil},
		{"a node without a name", "", cluster.Definition{Name: "x", Nodes: []cluster.NodeDefinition{{}}}, nil},
	}
	for _, tt := range tests {
		err := s.PutDefinition(t.Context(), tt.was, tt.d)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if diff := cmp.Diff(before, definitions(t, s), sameSecrets); diff != "" {
		t.Errorf("a refused one changed something:\n%s", diff)
	}
	if err := s.Health(); err != nil {
		t.Errorf("a refused definition is no failure of the disk: %v", err)
	}
	put(t, s, "alpha", cluster.Definition{Name: "Alpha"}) // its own name in other letters
	for _, err := range []error{s.DropDefinition(t.Context(), "nobody", false), s.DropNode(t.Context(), "nobody", "HV-01", false)} {
		if !errors.Is(err, cluster.ErrNotFound) {
			t.Errorf("removed what is not there: %v", err)
		}
	}
}

func TestWithoutAKey(t *testing.T) {
	s := openSealed(t, t.TempDir(), newClock(), nil)
	put(t, s, "", cluster.Definition{Name: "alpha"}) // has none
	err := s.PutDefinition(t.Context(), "", full("beta"))
	if err == nil || !strings.Contains(err.Error(), "no key") {
		t.Errorf("error %v, want one that says that there is no key", err)
	}
	if got := definitions(t, s); len(got) != 1 {
		t.Errorf("%d definitions, want 1", len(got))
	}
}

// Secrets that cannot be opened are empty, and the rest is there.
func TestLocked(t *testing.T) {
	const other = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
	tests := []struct {
		name   string
		key    string
		spoil  string // SQL
		locked [2]bool
		passes [2]string // of the clusters' readers
	}{
		{"nothing wrong", testKey, `SELECT 1`, [2]bool{false, false}, [2]string{"pass of alpha", "pass of beta"}},
		{"another key", other, `SELECT 1`, [2]bool{true, true}, [2]string{"", ""}},
		{"no key", "", `SELECT 1`, [2]bool{true, true}, [2]string{"", ""}},
		{"one damaged", testKey, `UPDATE secret SET data = data || x'00' WHERE definition = 1 AND identity = 'read'`, [2]bool{true, false}, [2]string{"", "pass of beta"}},
		{"one of the other cluster", testKey, `UPDATE secret SET data = (SELECT data FROM secret s WHERE s.definition = 1 AND s.identity = secret.identity) WHERE definition = 2`,
			[2]bool{false, true}, [2]string{"pass of alpha", ""}},
		{"one of the other identity", testKey, `UPDATE secret SET data = (SELECT data FROM secret s WHERE s.definition = secret.definition AND s.identity = 'act') WHERE definition = 2`,
			[2]bool{false, true}, [2]string{"pass of alpha", ""}},
		{"moved to another installation", testKey, `UPDATE installation SET id = 'x'`, [2]bool{true, true}, [2]string{"", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, c := t.TempDir(), newClock()
			s := openSealed(t, dir, c, newVault(t, testKey))
			for _, name := range []string{"alpha", "beta"} {
				put(t, s, "", cluster.Definition{Name: name, Access: cluster.Access{
					Read: cluster.Identity{User: "reader", Password: cluster.NewSecret("pass of " + name)},
					Act:  &cluster.Identity{User: "actor", Password: cluster.NewSecret("other of " + name)}}})
			}
			if _, err := s.w.Exec(tt.spoil); err != nil {
				t.Fatal(err)
			}
			s.Close()
			var sealer Sealer
			if tt.key != "" {
				sealer = newVault(t, tt.key)
			}
			s = openSealed(t, dir, c, sealer)
			for i, d := range definitions(t, s) {
				if d.Locked != tt.locked[i] || d.Access.Read.Password.Reveal() != tt.passes[i] || d.Access.Read.User != "reader" {
					t.Errorf("%s: locked %v, password %q, want %v and %q", d.Name, d.Locked, d.Access.Read.Password.Reveal(), tt.locked[i], tt.passes[i])
				}
			}
		})
	}
}

// While the key is missing, pausing and renaming lose no secret; but whatever decides
// where a secret is sent does.
func TestLockedChanges(t *testing.T) {
	tests := []struct {
		name   string
		change func(d *cluster.Definition)
		kept   bool
	}{
		{"nothing", func(*cluster.Definition) {}, true},
		{"paused", func(d *cluster.Definition) { d.Paused, d.Nodes[0].Paused = false, true }, true},
		{"renamed", func(d *cluster.Definition) { d.Name = "omega" }, true},
		{"one node less", func(d *cluster.Definition) { d.Nodes = d.Nodes[1:] }, true},
		{"entered again", func(d *cluster.Definition) { d.Locked = false }, false},
		{"another address", func(d *cluster.Definition) { d.Nodes[0].Address = "evil.example.net" }, false},
		{"another pin", func(d *cluster.Definition) { d.Nodes[0].Pin = "" }, false},
		{"one node more", func(d *cluster.Definition) { d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: "evil"}) }, false},
		{"a node called otherwise", func(d *cluster.Definition) { d.Nodes[0].Name = "evil" }, false},
		{"another kind of sign-in", func(d *cluster.Definition) { d.Access.Auth = cluster.AuthBasic }, false},
		{"another controller", func(d *cluster.Definition) { d.Access.Kerberos.KDCs = nil }, false},
		{"another user", func(d *cluster.Definition) { d.Access.Read.User = "x" }, false},
		{"other trust of one node", func(d *cluster.Definition) { d.Nodes[1].Access.Trust = cluster.TrustPin }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, c := t.TempDir(), newClock()
			s := openSealed(t, dir, c, newVault(t, testKey))
			put(t, s, "", full("alpha"))
			s.Close()
			s = openSealed(t, dir, c, nil)
			d := definitions(t, s)[0]
			if !d.Locked {
				t.Fatal("opened without a key")
			}
			tt.change(&d)
			put(t, s, "alpha", d)
			s.Close()
			s = openSealed(t, dir, c, newVault(t, testKey))
			got := definitions(t, s)[0]
			if got.Name != d.Name || got.Locked {
				t.Errorf("%s, locked %v", got.Name, got.Locked)
			}
			want := ""
			if tt.kept {
				want = "r\x00éad"
			}
			if pass := got.Access.Read.Password.Reveal(); pass != want {
				t.Errorf("password %q, want %q", pass, want)
			}
		})
	}
	// One new password beside others that stay locked.
	dir, c := t.TempDir(), newClock()
	s := openSealed(t, dir, c, newVault(t, testKey))
	put(t, s, "", full("alpha"))
	if _, err := s.w.Exec(`UPDATE secret SET data = x'01' WHERE identity = 'act'`); err != nil {
		t.Fatal(err)
	}
	d := definitions(t, s)[0]
	d.Access.Read.Keytab = cluster.Secret{} // opened, and taken out
	d.Access.Act.Password = cluster.NewSecret("new")
	put(t, s, "alpha", d)
	if d = definitions(t, s)[0]; d.Locked || d.Access.Act.Password.Reveal() != "new" || !d.Access.Read.Keytab.IsZero() || d.Access.Read.Password.IsZero() {
		t.Errorf("locked %v, %q, keytab there %v", d.Locked, d.Access.Act.Password.Reveal(), !d.Access.Read.Keytab.IsZero())
	}
}

func TestInstallation(t *testing.T) {
	dir := t.TempDir()
	var ids []string
	for _, d := range []string{dir, dir, t.TempDir()} {
		s := open(t, d, newClock())
		id, err := s.Installation(t.Context())
		if err != nil || len(id) != 32 {
			t.Fatalf("%q %v", id, err)
		}
		ids = append(ids, id)
		s.Close()
	}
	if ids[0] != ids[1] || ids[0] == ids[2] {
		t.Errorf("ids %v: want the same of one database, and another of another", ids)
	}
}

// A full disk refuses a change whole, and takes it when there is space again.
func TestDefinitionOnFullDisk(t *testing.T) {
	s := openSealed(t, t.TempDir(), newClock(), newVault(t, testKey))
	d := full("alpha")
	put(t, s, "", d)
	before := definitions(t, s)
	limitPages(t, s, 0)
	d.Name = "beta"
	d.Access.Read.Keytab = cluster.NewSecret(strings.Repeat("k", 200_000))
	if err := s.PutDefinition(t.Context(), "alpha", d); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("on a full disk: %v", err)
	}
	if diff := cmp.Diff(before, definitions(t, s), sameSecrets); diff != "" {
		t.Errorf("half a change:\n%s", diff)
	}
	if err := s.Record(t.Context(), cluster.Report{Observation: vitals("alpha", "HV-01", s.now(), 1)}); err != nil || s.Snapshot().Cluster("alpha") == nil {
		t.Errorf("the cluster that kept its name is not listened to: %v", err)
	}
	limitPages(t, s, -1)
	put(t, s, "alpha", d)
	if got := definitions(t, s); len(got) != 1 || got[0].Name != "beta" || len(got[0].Access.Read.Keytab.Reveal()) != 200_000 {
		t.Errorf("afterwards: %+v", got)
	}
	if err := s.Health(); err != nil {
		t.Error(err)
	}
}

// Everything at once, for the race detector; in the end all is as the last change says.
func TestDefinitionsConcurrently(t *testing.T) {
	s := openSealed(t, t.TempDir(), newClock(), newVault(t, testKey))
	ctx := t.Context()
	var all sync.WaitGroup
	for _, name := range []string{"alpha", "beta", "gamma"} {
		put(t, s, "", full(name))
		all.Go(func() {
			was := name
			for i := range 20 {
				now := name + strings.Repeat("x", i%3)
				if err := s.PutDefinition(ctx, was, full(now)); err != nil {
					t.Error(err)
					return
				}
				was = now
				if err := s.Members(ctx, now, []string{"HV-01"}, nil); err != nil {
					t.Error(err)
				}
				if err := s.DropNode(ctx, now, "HV-02", false); err != nil {
					t.Error(err)
				}
			}
			if err := s.DropDefinition(ctx, was, name == "beta"); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			for i := range 100 {
				faults := []cluster.Fault{fault(name, "HV-01")}
				if i%2 == 0 {
					faults = nil
				}
				if err := s.Record(ctx, cluster.Report{Observation: vitals(name, "HV-01", newClock().t, float64(i)), Faults: faults}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 20 {
				if _, err := s.Definitions(ctx); err != nil {
					t.Error(err)
				}
				if _, err := s.tidy(ctx); err != nil {
					t.Error(err)
				}
				s.Series(ctx, []cluster.SeriesKey{{Cluster: name, Object: "node/HV-01", Metric: cluster.MetricCPU}}, newClock().t.Add(-day), newClock().t.Add(day), 10)
			}
		})
	}
	all.Wait()
	if got := definitions(t, s); len(got) != 0 {
		t.Errorf("left: %+v", got)
	}
	if left := sealedNow(t, s); len(left) != 0 {
		t.Errorf("%d secrets left", len(left))
	}
}
