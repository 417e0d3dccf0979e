package remoting_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"looksalive/cluster"
)

// Other people's Kerberos: MIT's domain controller on loopback.

const (
	realm       = "LOOKSALIVE.TEST"
	kdcPassword = "correct horse battery"
	python      = "/usr/bin/python3"
)

// missing ends a test whose peer is not installed: CI must have them all.
func missing(t testing.TB, what, install string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: apt-get install %s", what, install)
	}
	t.Skipf("%s is missing: apt-get install %s", what, install)
}

// tool finds a program of an administrator, who has /usr/sbin in the path.
func tool(t testing.TB, name, install string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path := "/usr/sbin/" + name
	if _, err := os.Stat(path); err != nil {
		missing(t, name, install)
	}
	return path
}

// realmOf is a realm, and the commands for kadmin.local that fill it.
type realmOf struct {
	name       string
	principals []string
}

// kdc is a domain controller, with a database for each realm.
type kdc struct {
	dir, addr string
	realms    []realmOf
	env       []string
	asked     atomic.Int64 // messages that came by way of counted
}

// file is a path in the directory of the KDC.
func (k *kdc) file(name string) string { return filepath.Join(k.dir, name) }

func (k *kdc) run(t testing.TB, input, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Stdin = k.env, strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("while ")) { // kadmin.local goes on after an error
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
}

// startKDC makes a realm and serves it. principals are commands for kadmin.local.
func startKDC(t testing.TB, principals ...string) *kdc {
	t.Helper()
	return startRealms(t, realmOf{realm, principals})
}

func startRealms(t testing.TB, realms ...realmOf) *kdc {
	t.Helper()
	daemon, util, kadmin := tool(t, "krb5kdc", "krb5-kdc"), tool(t, "kdb5_util", "krb5-kdc"), tool(t, "kadmin.local", "krb5-admin-server")
	k := &kdc{dir: t.TempDir(), realms: realms}
	k.env = append(os.Environ(), "KRB5_CONFIG="+k.file("krb5.conf"), "KRB5_KDC_PROFILE="+k.file("kdc.conf"), "KRB5RCACHEDIR="+k.dir, "LANG=C.UTF-8")
	for try := 1; ; try++ {
		k.addr = freeAddr(t)
		k.configure(t)
		for _, r := range realms {
			if try == 1 {
				k.run(t, "", util, "create", "-s", "-r", r.name, "-P", "master")
				k.run(t, strings.Join(r.principals, "\n")+"\n", kadmin, "-r", r.name)
			}
		}
		if k.serve(t, daemon) {
			return k
		}
		if try == 10 {
			t.Fatal("krb5kdc does not start")
		}
	}
}

// freeAddr is an address that nobody uses at the moment.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (k *kdc) configure(t testing.TB) {
	t.Helper()
	var found, served, domains strings.Builder
	for _, r := range k.realms {
		fmt.Fprintf(&found, "%s = {\n kdc = %s\n}\n", r.name, k.addr)
		fmt.Fprintf(&served, "%[1]s = {\n database_name = %[2]s/db-%[1]s\n key_stash_file = %[2]s/stash-%[1]s\n acl_file = %[2]s/acl\n max_life = 10h\n host_based_services = HTTP\n"+
			" supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal\n}\n", r.name, k.dir)
		fmt.Fprintf(&domains, ".%s = %s\n", strings.ToLower(r.name), r.name)
	}
	for name, text := range map[string]string{
		"krb5.conf": fmt.Sprintf("[libdefaults]\ndefault_realm = %s\ndns_lookup_kdc = false\ndns_lookup_realm = false\nrdns = false\ndns_canonicalize_hostname = false\n[realms]\n%s[domain_realm]\n%s",
			realm, &found, &domains),
		"kdc.conf": fmt.Sprintf("[kdcdefaults]\nkdc_listen = %[1]s\nkdc_tcp_listen = %[1]s\n[realms]\n%[2]s[logging]\nkdc = STDERR\n", k.addr, &served),
	} {
		if err := os.WriteFile(k.file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// serve starts krb5kdc; false if it does not get its port.
func (k *kdc) serve(t testing.TB, daemon string) bool {
	t.Helper()
	args := []string{"-n", "-P", k.file("pid")}
	for _, r := range k.realms {
		args = append(args, "-r", r.name)
	}
	cmd := exec.Command(daemon, args...)
	cmd.Env = k.env
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "commencing operation") {
			drained := make(chan struct{})
			go func() { defer close(drained); _, _ = io.Copy(io.Discard, log) }()
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				<-drained
				_ = cmd.Wait()
			})
			return true
		}
	}
	_ = cmd.Wait()
	return false
}

// counted is a way to the KDC that counts the messages on it: one a connection.
func (k *kdc) counted(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); work.Wait() })
	work.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			k.asked.Add(1)
			work.Go(func() {
				defer from.Close()
				to, err := net.Dial("tcp", k.addr)
				if err != nil {
					return
				}
				defer to.Close()
				work.Go(func() { _, _ = io.Copy(to, from) })
				_, _ = io.Copy(from, to)
			})
		}
	})
	return l.Addr().String()
}

// kerberos is how the KDC is found.
func (k *kdc) kerberos() cluster.Kerberos {
	return cluster.Kerberos{Realm: realm, KDCs: []string{k.addr}}
}
