package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func env(pairs ...string) func(string) string {
	return func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestConfigSourcesOverrideEachOther(t *testing.T) {
	file := writeFile(t, "looksalive.toml", "addr = \"127.0.0.1:1001\"\ndata = \"/from/file\"\nlog_level = \"debug\"\n")
	got, err := loadConfig([]string{"-config", file, "-addr", "127.0.0.1:1003"},
		env("LOOKSALIVE_ADDR", "127.0.0.1:1002", "LOOKSALIVE_DATA", "/from/env", "HOME", "/home/a"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := config{Addr: "127.0.0.1:1003", Data: "/from/env", LogLevel: "debug", Story: true, KeyFile: "/home/a/.config/looksalive/key"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{}, cluster.Secret{})); diff != "" {
		t.Error(diff)
	}
}

func TestConfigNamesClusters(t *testing.T) {
	secret := writeFile(t, "secret", "s3cret\r\n")
	file := writeFile(t, "looksalive.toml", `
[[clusters]]
name = "EU-PROD"
user = 'CONTOSO\reader'
password_file = '`+secret+`'
nodes = ["hv-01.contoso.example", "hv-02:5999", { name = "HV-03", address = "10.0.0.3" }]
act = { user = 'CONTOSO\operator', password_env = "ACT" }
[[clusters]]
name = "EU-LAB"
transport = "http"
auth = "kerberos"
realm = "CONTOSO.EXAMPLE"
kdcs = ["dc-01"]
user = "reader@CONTOSO.EXAMPLE"
keytab_file = '`+secret+`'
nodes = ["lab-01.contoso.example"]
`)
	got, err := loadConfig([]string{"-config", file, "-data", t.TempDir()}, env("HOME", "/home/a", "ACT", "4ct"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := []cluster.Definition{
		{
			Name: "EU-PROD", Fixed: true,
			Nodes: []cluster.NodeDefinition{
				{Name: "HV-01", Address: "hv-01.contoso.example"}, {Name: "HV-02", Address: "hv-02:5999"}, {Name: "HV-03", Address: "10.0.0.3"},
			},
			Access: cluster.Access{
				Read: cluster.Identity{User: `CONTOSO\reader`, Password: cluster.NewSecret("s3cret")},
				Act:  &cluster.Identity{User: `CONTOSO\operator`, Password: cluster.NewSecret("4ct")},
			},
		},
		{
			Name: "EU-LAB", Fixed: true,
			Nodes: []cluster.NodeDefinition{{Name: "LAB-01", Address: "lab-01.contoso.example"}},
			Access: cluster.Access{
				Transport: cluster.TransportHTTP, Auth: cluster.AuthKerberos,
				Kerberos: cluster.Kerberos{Realm: "CONTOSO.EXAMPLE", KDCs: []string{"dc-01"}},
				Read:     cluster.Identity{User: "reader@CONTOSO.EXAMPLE", Keytab: cluster.NewSecret("s3cret\r\n")},
			},
		},
	}
	if diff := cmp.Diff(want, got.definitions, cmp.AllowUnexported(cluster.Secret{})); diff != "" {
		t.Error(diff)
	}
	if !got.Real {
		t.Error("clusters in the file, but simulated ones are watched")
	}
}

func TestConfigListsEveryProblemAtOnce(t *testing.T) {
	file := writeFile(t, "looksalive.toml", `
addr = "0.0.0.0"
log_level = "loud"
colour = "blue"
[[clusters]]
name = "A"
nodes = []
[[clusters]]
name = "A"
nodes = ["hv-01"]
user = "u"
password_env = "NOT_SET"
`)
	_, err := loadConfig([]string{"-config", file, "-data", t.TempDir()}, env("LOOKSALIVE_API_TOKEN", "secret"), io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"addr", "log level", `unknown key "colour"`, "has no nodes", "no user", "named twice", "LOOKSALIVE_API_TOKEN has 6", "NOT_SET is empty"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error does not mention %q:\n%v", part, err)
		}
	}
}

func TestSimulatedDataIsNeverBesideRealHistory(t *testing.T) {
	got, err := loadConfig(nil, env("XDG_DATA_HOME", "/data", "XDG_CONFIG_HOME", "/config"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got.Data != "/data/looksalive/simulated" {
		t.Errorf("data = %q", got.Data)
	}
}
