package remoting_test

import (
	"testing"

	"looksalive/cluster"
	"looksalive/remoting"
)

// BenchmarkKerberosSignIn connects and signs in, against MIT's library, with tickets at
// hand. masterzen/winrm needs 15 messages to the domain controller for each command.
func BenchmarkKerberosSignIn(b *testing.B) {
	k := startRealm(b)
	node, ca := behind(b)
	n := accept(b, node, ca, k.env, "--mech", "kerberos").through(cluster.AuthKerberos, password("reader"), k.kerberos(), nil)
	n.Kerberos.KDCs = []string{k.counted(b)}
	s := remoting.NewSignIns(n)
	if err := s.Once(b.Context()); err != nil {
		b.Fatal(err)
	}
	cold := k.asked.Swap(0)
	for b.Loop() {
		if err := s.Once(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cold), "KDC-messages-cold")
	b.ReportMetric(float64(k.asked.Load())/float64(b.N), "KDC-messages/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign-ins/s")
}
