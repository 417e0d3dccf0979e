package remoting_test

import (
	"os"
	"path/filepath"
	"testing"

	"looksalive/cluster"
)

// ntlmUsers writes the accounts where gss-ntlmssp looks for them, and returns the
// environment of an acceptor that knows them.
func ntlmUsers(t *testing.T) []string {
	t.Helper()
	if plugins, _ := filepath.Glob("/etc/gss/mech.d/*ntlm*"); len(plugins) == 0 {
		missing(t, "the NTLM plug-in for GSS-API", "gss-ntlmssp")
	}
	f := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(f, []byte("CONTOSO:reader:"+kdcPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), "NTLM_USER_FILE="+f, "LANG=C.UTF-8")
}

func TestNTLMWithAnotherImplementation(t *testing.T) {
	env := ntlmUsers(t)
	node, ca := behind(t)
	cert, roots := certificateOf(t, nodeName)
	other, _ := certificateOf(t, nodeName)
	plain := accept(t, node, ca, env, "--mech", "ntlm")
	secure := accept(t, node, ca, env, "--mech", "ntlm", "--cert", cert)
	bound := accept(t, node, ca, env, "--mech", "ntlm", "--cert", cert, "--bound", other)
	reader := password(`CONTOSO\reader`)
	wrong := cluster.Identity{User: `CONTOSO\reader`, Password: cluster.NewSecret("wrong")}
	none := cluster.Kerberos{}
	t.Run("sealed over http", func(t *testing.T) {
		everyQuestion(t, plain.through(cluster.AuthNTLM, reader, none, nil))
	})
	t.Run("bound over https", func(t *testing.T) {
		everyQuestion(t, secure.through(cluster.AuthNTLM, reader, none, roots))
	})
	t.Run("wrong password over http", func(t *testing.T) {
		refused(t, plain.through(cluster.AuthNTLM, wrong, none, nil), cluster.ReachPassword, "rejected")
	})
	t.Run("wrong password over https", func(t *testing.T) {
		refused(t, secure.through(cluster.AuthNTLM, wrong, none, roots), cluster.ReachPassword, "rejected")
	})
	t.Run("bound to another certificate", func(t *testing.T) {
		refused(t, bound.through(cluster.AuthNTLM, reader, none, roots), cluster.ReachPassword, "rejected")
		bound.heard(t, 1, "REJECTED")
	})
	for lie, detail := range map[string]string{"plain": "without encryption", "garble": "", "replay": ""} {
		t.Run(lie, func(t *testing.T) {
			liar := accept(t, node, ca, env, "--mech", "ntlm", "--lie", lie)
			refused(t, liar.through(cluster.AuthNTLM, reader, none, nil), cluster.ReachBadAnswer, detail)
		})
	}
	for _, a := range []*acceptor{plain, secure} {
		a.heard(t, 2, "1.3.6.1.4.1.311.2.2.10 flags") // both lanes by NTLM
	}
}
