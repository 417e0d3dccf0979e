package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		env("LOOKSALIVE_ADDR", "127.0.0.1:1002", "LOOKSALIVE_DATA", "/from/env"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := config{Addr: "127.0.0.1:1003", Data: "/from/env", LogLevel: "debug", Story: true}
	if diff := cmp.Diff(want, got); diff != "" {
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
nodes = ["hv-01.contoso.example", "http://hv-02:5985", { name = "HV-03", url = "https://10.0.0.3:5986/wsman" }]
`)
	got, err := loadConfig([]string{"-config", file, "-data", t.TempDir()}, env(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := []nodeConfig{
		{"HV-01", "https://hv-01.contoso.example:5986/wsman"},
		{"HV-02", "http://hv-02:5985/wsman"},
		{"HV-03", "https://10.0.0.3:5986/wsman"},
	}
	if diff := cmp.Diff(want, got.Clusters[0].Nodes); diff != "" {
		t.Error(diff)
	}
	if p, err := got.Clusters[0].password(env()); err != nil || p != "s3cret" {
		t.Errorf("password = %q, %v", p, err)
	}
}

func TestConfigListsEveryProblemAtOnce(t *testing.T) {
	file := writeFile(t, "looksalive.toml", `
addr = "0.0.0.0:8686"
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
	_, err := loadConfig([]string{"-config", file, "-data", t.TempDir()}, env(), io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"no sign-in yet", "log level", `unknown key "colour"`, "has no nodes", "has no user", "named twice", "NOT_SET is empty"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error does not mention %q:\n%v", part, err)
		}
	}
}

func TestSimulatedDataIsNeverBesideRealHistory(t *testing.T) {
	got, err := loadConfig(nil, env("XDG_DATA_HOME", "/data"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got.Data != "/data/looksalive/simulated" {
		t.Errorf("data = %q", got.Data)
	}
}
