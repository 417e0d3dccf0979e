package remoting_test

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
)

// principals of the test's realm.
func principals(dir string) []string {
	return []string{
		"addprinc -pw \"" + kdcPassword + "\" +requires_preauth reader",
		"addprinc -pw \"" + kdcPassword + "\" trusting", // needs no pre-authentication
		"addprinc -pw \"" + kdcPassword + "\" +requires_preauth -allow_tix locked",
		"addprinc -pw \"" + kdcPassword + "\" +requires_preauth -pwexpire \"2020-01-01\" expired",
		"addprinc -pw \"" + kdcPassword + "\" +requires_preauth -e arcfour-hmac:normal old",
		"addprinc -pw \"" + kdcPassword + "\" +requires_preauth -e aes128-cts-hmac-sha1-96:normal small",
		"addprinc -randkey HTTP/" + nodeName,
		"addprinc -randkey HTTP/stranger.looksalive.test",
		"addprinc -randkey -e aes128-cts-hmac-sha1-96:normal HTTP/small.looksalive.test",
		"ktadd -k " + dir + "/node.keytab -norandkey HTTP/" + nodeName,
		"ktadd -k " + dir + "/node.keytab -norandkey HTTP/small.looksalive.test",
		"ktadd -k " + dir + "/reader.keytab -norandkey reader",
	}
}

func startRealm(t testing.TB) *kdc {
	t.Helper()
	dir := t.TempDir()
	k := startKDC(t, principals(dir)...)
	k.env = append(k.env, "KRB5_KTNAME="+dir+"/node.keytab", "READER_KEYTAB="+dir+"/reader.keytab")
	return k
}

func (k *kdc) keytab(t testing.TB) cluster.Secret {
	t.Helper()
	for _, e := range k.env {
		if path, ok := strings.CutPrefix(e, "READER_KEYTAB="); ok {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return cluster.NewSecret(string(b))
		}
	}
	t.Fatal("no keytab")
	return cluster.Secret{}
}

func password(user string) cluster.Identity {
	return cluster.Identity{User: user, Password: cluster.NewSecret(kdcPassword)}
}

func TestKerberosWithAnotherImplementation(t *testing.T) {
	k := startRealm(t)
	node, ca := behind(t)
	cert, roots := certificateOf(t, nodeName)
	plain := accept(t, node, ca, k.env, "--mech", "kerberos")
	secure := accept(t, node, ca, k.env, "--mech", "kerberos", "--cert", cert)
	byKeytab := cluster.Identity{User: "reader@looksalive.test", Keytab: k.keytab(t)}
	for name, id := range map[string]cluster.Identity{
		"password":            password("reader"),
		"user@domain":         password("reader@looksalive.test"),
		`DOMAIN\user`:         password(`LOOKSALIVE\reader`),
		"keytab":              byKeytab,
		"AES 128":             password("small"),
		"no proof beforehand": password("trusting"),
	} {
		t.Run(name+", sealed over http", func(t *testing.T) {
			everyQuestion(t, plain.through(cluster.AuthKerberos, id, k.kerberos(), nil))
		})
	}
	for name, id := range map[string]cluster.Identity{"password": password("reader"), "keytab": byKeytab} {
		t.Run(name+", bound over https", func(t *testing.T) {
			everyQuestion(t, secure.through(cluster.AuthKerberos, id, k.kerberos(), roots))
		})
	}
	t.Run("the first domain controller is down", func(t *testing.T) {
		from := k.kerberos()
		from.KDCs = append([]string{freeAddr(t)}, from.KDCs...)
		everyQuestion(t, plain.through(cluster.AuthKerberos, password("reader"), from, nil))
	})
	t.Run("AES 128 for the service", func(t *testing.T) {
		n := plain.through(cluster.AuthKerberos, password("reader"), k.kerberos(), nil)
		n.ServerName = "small.looksalive.test"
		everyQuestion(t, n)
	})
	// 1.2.840.113554.1.2.2; confidentiality, integrity, mutual, replay, sequence; and
	// over TLS channel-bound (2048).
	for a, flags := range map[*acceptor]int{plain: 62, secure: 62 + 2048} {
		for line := range strings.Lines(a.heard(t, 2, "ACCEPTED")) {
			if !strings.Contains(line, "@"+realm+" 1.2.840.113554.1.2.2 flags") || !hasFlags(line, flags) {
				t.Errorf("%q, want flags %d", line, flags)
			}
		}
	}
}

func hasFlags(line string, want int) bool {
	_, text, _ := strings.Cut(strings.TrimSpace(line), "flags ")
	have := 0
	for _, r := range text {
		have = 10*have + int(r-'0')
	}
	return have&want == want
}

func TestKerberosSaysWhatIsWrong(t *testing.T) {
	k := startRealm(t)
	node, ca := behind(t)
	a := accept(t, node, ca, k.env, "--mech", "kerberos")
	n := a.through(cluster.AuthKerberos, password("reader"), k.kerberos(), nil)
	with := func(change func(*remoting.Node)) remoting.Node {
		n := n
		change(&n)
		return n
	}
	as := func(user string) remoting.Node {
		return with(func(n *remoting.Node) { n.Identity = password(user) })
	}
	for name, tt := range map[string]struct {
		node   remoting.Node
		reach  cluster.Reach
		detail string
	}{
		"unknown user":     {as("nobody"), cluster.ReachPassword, "The domain LOOKSALIVE.TEST has no account nobody."},
		"locked":           {as("locked"), cluster.ReachPassword, "refuses the account locked: it is locked, disabled or expired"},
		"password expired": {as("expired"), cluster.ReachPassword, "The password of expired has expired."},
		"only RC4":         {as("old"), cluster.ReachNoTicket, "does not offer AES for old"},
		"wrong password": {with(func(n *remoting.Node) { n.Password = cluster.NewSecret("wrong") }),
			cluster.ReachPassword, "The domain controller rejected the password of reader."},
		"wrong password, no proof beforehand": {with(func(n *remoting.Node) {
			n.Identity = cluster.Identity{User: "trusting", Password: cluster.NewSecret("wrong")}
		}), cluster.ReachPassword, "The domain controller rejected the password of trusting."},
		"keytab of somebody else": {with(func(n *remoting.Node) {
			n.Identity = cluster.Identity{User: "small", Keytab: k.keytab(t)}
		}), cluster.ReachPassword, "The keytab cannot be used for small"},
		"no keytab at all": {with(func(n *remoting.Node) {
			n.Identity = cluster.Identity{User: "reader", Keytab: cluster.NewSecret("\x05\x02\x00\x00")}
		}), cluster.ReachPassword, "The keytab cannot be used for reader"},
		"unknown SPN": {with(func(n *remoting.Node) { n.ServerName = "HV-99.looksalive.test" }),
			cluster.ReachNoTicket, "setspn -S HTTP/hv-99.looksalive.test HV-99"},
		"SPN of another account": {with(func(n *remoting.Node) { n.ServerName = "stranger.looksalive.test" }),
			cluster.ReachNoTicket, "The node cannot open the ticket for HTTP/stranger.looksalive.test"},
		"IP address": {with(func(n *remoting.Node) { n.ServerName = "" }),
			cluster.ReachNoTicket, "Kerberos needs the node's name, not the IP address 127.0.0.1."},
		"realm they do not serve": {with(func(n *remoting.Node) { n.Kerberos.Realm = "ELSEWHERE.TEST" }),
			cluster.ReachPassword, "The domain ELSEWHERE.TEST has no account reader."},
		"KDC unreachable": {with(func(n *remoting.Node) { n.Kerberos.KDCs = []string{freeAddr(t)} }),
			cluster.ReachNoTicket, "No domain controller of the realm LOOKSALIVE.TEST answers (127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, tt.node, tt.reach, tt.detail) })
	}
	for ahead, want := range map[time.Duration]string{time.Hour: "ours is 1h0m0s ahead", -time.Hour: "ours is 1h0m0s behind"} {
		t.Run("clock "+want, func(t *testing.T) {
			c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}, Now: func() time.Time { return time.Now().Add(ahead) }})
			if o := ask(t, c, n, cluster.QuestionVitals); !strings.Contains(o.Detail, want) {
				t.Errorf("%v: %s, want %s", o.Reach, o.Detail, want)
			}
		})
	}
}

// Nothing is sent to a node that does not prove itself, and nothing believed that it
// did not seal for this moment.
func TestKerberosAgainstALiar(t *testing.T) {
	k := startRealm(t)
	node, ca := behind(t)
	cert, roots := certificateOf(t, nodeName)
	other, _ := certificateOf(t, nodeName)
	for lie, detail := range map[string]string{
		"no-proof":    "The node did not prove that it is HTTP/" + nodeName,
		"other-proof": "The node did not prove that it is HTTP/" + nodeName,
		"plain":       "answered an encrypted request without encryption",
		"replay":      "not the next message",
		"garble":      "the seal is not right",
	} {
		t.Run(lie, func(t *testing.T) {
			a := accept(t, node, ca, k.env, "--mech", "kerberos", "--lie", lie)
			refused(t, a.through(cluster.AuthKerberos, password("reader"), k.kerberos(), nil), cluster.ReachBadAnswer, detail)
		})
	}
	t.Run("bound to another certificate", func(t *testing.T) {
		a := accept(t, node, ca, k.env, "--mech", "kerberos", "--cert", cert, "--bound", other)
		refused(t, a.through(cluster.AuthKerberos, password("reader"), k.kerberos(), roots), cluster.ReachNoRights, "did not accept")
		a.heard(t, 1, "REJECTED")
	})
}

// A wrong password is shown to the domain controller once, however many nodes want it.
func TestKerberosWrongPasswordIsTriedOnce(t *testing.T) {
	k := startRealm(t)
	node, ca := behind(t)
	a := accept(t, node, ca, k.env, "--mech", "kerberos")
	n := a.through(cluster.AuthKerberos, cluster.Identity{User: "reader", Password: cluster.NewSecret("wrong")}, k.kerberos(), nil)
	n.Kerberos.KDCs = []string{k.counted(t)}
	nodes := []remoting.Node{n, n, n, n, n, n, n, n}
	for i := range nodes {
		nodes[i].Name += strings.Repeat("x", i)
	}
	c := newClient(t, remoting.Options{Nodes: nodes})
	done := make(chan cluster.Observation)
	for range 3 {
		for _, n := range nodes {
			go func() { done <- c.Ask(t.Context(), n.Cluster, n.Name, cluster.QuestionVitals) }()
		}
		for range nodes {
			if o := <-done; o.Reach != cluster.ReachPassword {
				t.Errorf("%v: %s", o.Reach, o.Detail)
			}
		}
	}
	// One asks what proof is wanted, one gives it.
	if got := k.asked.Load(); got != 2 {
		t.Errorf("%d messages to the domain controller, want 2", got)
	}
}

// All nodes and lanes share one ticket to get tickets with, and one for each service.
func TestKerberosTicketsAreShared(t *testing.T) {
	k := startRealm(t)
	node, ca := behind(t)
	a := accept(t, node, ca, k.env, "--mech", "kerberos")
	n := a.through(cluster.AuthKerberos, password("reader"), k.kerberos(), nil)
	n.Kerberos.KDCs = []string{k.counted(t)}
	nodes := []remoting.Node{n, n, n, n}
	for i := range nodes {
		nodes[i].Name += strings.Repeat("x", i)
	}
	c := newClient(t, remoting.Options{Nodes: nodes})
	for _, n := range nodes {
		if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
			t.Fatalf("%v: %s", o.Reach, o.Detail)
		}
	}
	if got := k.asked.Load(); got != 3 { // two for the account, one for the service
		t.Errorf("%d messages to the domain controller, want 3", got)
	}
	a.heard(t, 2*len(nodes), "ACCEPTED") // two lanes for each node
}

// A ticket is replaced before it ends, by a new sign-in.
func TestKerberosTicketsAreReplaced(t *testing.T) {
	dir := t.TempDir()
	k := startKDC(t, "addprinc -pw \""+kdcPassword+"\" +requires_preauth -maxlife \"40 seconds\" brief",
		"addprinc -randkey HTTP/"+nodeName, "ktadd -k "+dir+"/node.keytab -norandkey HTTP/"+nodeName)
	k.env = append(k.env, "KRB5_KTNAME="+dir+"/node.keytab")
	node, ca := behind(t)
	n := accept(t, node, ca, k.env, "--mech", "kerberos").through(cluster.AuthKerberos, password("brief"), k.kerberos(), nil)
	n.Kerberos.KDCs = []string{k.counted(t)}
	later := n
	later.Name += "x"
	var passed atomic.Int64
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n, later}, Now: func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }})
	for _, n := range []remoting.Node{n, later} {
		if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
			t.Fatalf("%v: %s", o.Reach, o.Detail)
		}
		if passed.Swap(int64(35*time.Second)) == 0 {
			k.asked.Store(0)
			k.run(t, "modprinc -maxlife \"10 hours\" brief\n", tool(t, "kadmin.local", "krb5-admin-server"), "-r", realm)
		}
	}
	if got := k.asked.Load(); got != 3 {
		t.Errorf("%d messages to the domain controller, want 3: all tickets anew", got)
	}
}

// The node is in another domain of the forest, two referrals away.
func TestKerberosAcrossRealms(t *testing.T) {
	const middle, far, host = "EMEA." + realm, "DE.EMEA." + realm, "hv-01.de.emea.looksalive.test"
	dir := t.TempDir()
	trust := func(to, from string) string { return "addprinc -pw trust krbtgt/" + to + "@" + from }
	k := startRealms(t,
		realmOf{realm, []string{"addprinc -pw \"" + kdcPassword + "\" +requires_preauth reader", trust(middle, realm)}},
		realmOf{middle, []string{trust(middle, realm), trust(far, middle)}},
		realmOf{far, []string{trust(far, middle), "addprinc -randkey HTTP/" + host, "ktadd -k " + dir + "/node.keytab -norandkey HTTP/" + host}})
	k.env = append(k.env, "KRB5_KTNAME="+dir+"/node.keytab")
	node, ca := behind(t)
	a := accept(t, node, ca, k.env, "--mech", "kerberos")
	n := a.through(cluster.AuthKerberos, password("reader"), k.kerberos(), nil)
	n.ServerName = host
	s := remoting.NewSignIns(n)
	s.Krb5conf(k.file("krb5.conf"))
	if err := s.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.heard(t, 1, "ACCEPTED reader@"+realm)
}
